"""METADATA from the end of a wheel, byte for byte what the whole wheel says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheel_factory import make_wheel
from wasminstall.errors import InvalidWheel
from wasminstall.wheels.metadata import Metadata, parse_metadata
from wasminstall.wheels.tail import Part, metadata_in_tail
from wasminstall.wheels.wheel import WheelArchive

BIG = {f"big/{number}.bin": bytes(range(256)) * 40 for number in range(50)}


def read(data: bytes, tail: int) -> tuple[Metadata, int]:
    """The metadata, and how many more parts were asked for."""
    stretches = {max(0, len(data) - tail): data[-tail:]}
    while True:
        found = metadata_in_tail("big-1.0-py3-none-any.whl", len(data), stretches)
        if isinstance(found, bytes):
            return parse_metadata(found.decode()), len(stretches) - 1
        stretches[found.start] = data[found.start : found.end]
        assert len(stretches) < 4


@pytest.mark.parametrize("tail", [100, 3000, 16384, 10**6])
def test_same_as_in_the_whole_wheel(tail: int) -> None:
    filename, data = make_wheel("big", "1.0", files=BIG, requires=["a>=1", "b; extra == 'x'"], extras={"x": []})
    found, parts = read(data, tail)
    assert found == WheelArchive(filename, data).metadata
    assert parts <= (2 if tail <= 3000 else 1)


def test_one_request_is_enough_for_most() -> None:
    assert read(make_wheel("big", "1.0", files=BIG)[1], 16384)[1] == 0


@pytest.mark.parametrize("data", [b"", b"x" * 500, b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_wheel(data: bytes) -> None:
    with pytest.raises(InvalidWheel):
        metadata_in_tail("x-1-py3-none-any.whl", len(data), {0: data})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_give_a_part_an_error_or_metadata(noise: bytes, keep: int) -> None:
    data = make_wheel("big", "1.0")[1]
    broken = data[: len(data) - keep] + noise
    try:
        found = metadata_in_tail("big-1.0-py3-none-any.whl", len(broken), {max(0, len(broken) - 200): broken[-200:]})
    except InvalidWheel:
        return
    assert isinstance(found, bytes | Part)
