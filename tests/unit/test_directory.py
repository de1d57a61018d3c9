"""The central directory, compared with what ``zipfile`` reads, and where it is stricter."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheel_factory import Member, make_zip
from wasminstall.wheels.directory import read_directory

NAMES = st.text(st.characters(exclude_characters="\0\\", exclude_categories=["Cs"]), min_size=1, max_size=20)


def as_zipfile_reads(data: bytes) -> list[tuple[object, ...]]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return [
            (
                i.orig_filename,
                i.header_offset,
                i.compress_size,
                i.file_size,
                i.compress_type,
                i.CRC,
                i.external_attr >> 16,
            )
            for i in file.infolist()
        ]


def as_we_read(data: bytes) -> list[tuple[object, ...]]:
    return [(m.name, m.offset, m.packed_size, m.size, m.method, m.crc, m.unix_mode) for m in read_directory(data)]


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=50), max_size=6), st.binary(max_size=30), st.booleans())
def test_the_same_as_zipfile(files: dict[str, bytes], comment: bytes, zip64: bool) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment.replace(b"PK", b"")
        for name, content in files.items():
            info = zipfile.ZipInfo("x", (2020, 2, 3, 4, 5, 6))
            info.filename, info.external_attr = name, (stat.S_IFREG | 0o755) << 16
            with archive.open(info, "w", force_zip64=zip64) as file:
                file.write(content)
    data = buffer.getvalue()
    assert as_we_read(data) == as_zipfile_reads(data)
    assert all(member.mtime == 1580702706000 for member in read_directory(data))


def test_zip64_with_wide_numbers() -> None:
    """All numbers of the entry in the extra field, and an end record of 64 bits."""
    data = make_zip([Member("a", b"content", compression=zipfile.ZIP_STORED)])
    start = data.index(b"PK\1\2")
    local, entry, end = data[:start], bytearray(data[start:-22]), data[-22:]
    extra = struct.pack("<2H3Q", 1, 24, 7, 7, 0)
    struct.pack_into("<2L", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
    entry += extra
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + len(entry), 1)
    end = end[:8] + struct.pack("<2H2LH", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    wide = local + bytes(entry) + end64 + locator + end
    assert as_we_read(wide) == as_zipfile_reads(wide) == [("a", 0, 7, 7, 0, zlib.crc32(b"content"), 0o100644)]
    with pytest.raises(ValueError, match="size in its directory is missing"):
        read_directory(wide.replace(extra[:4], b"\7\0" + extra[2:4]))


GOOD = make_zip([Member("a", b"x" * 100)])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no end"),
        (b"PK", "no end"),
        (GOOD[:-1], "contradicts itself|cut off"),
        (GOOD + b"trailing", "contradicts itself"),
        (b"prefix" + GOOD, "not where its end says"),
        (GOOD.replace(b"PK\1\2", b"PK\1\3"), "damaged"),
        (GOOD[:-12] + b"\2\0" + GOOD[-10:], "contradicts itself"),
        (GOOD[:-14] + b"\2\0\2\0" + GOOD[-10:], "1 entries, not 2"),
    ],
)
def test_what_contradicts_itself(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_directory(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=3), st.integers(0, len(GOOD)))
def test_damage_is_a_value_error(damage: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(GOOD)
    for position, value in damage:
        data[position] = value
    for variant in (bytes(data), bytes(data[:cut]), bytes(data[cut:])):
        try:
            read_directory(variant)
        except ValueError:
            continue


def test_a_date_that_is_none() -> None:
    assert [member.mtime for member in read_directory(GOOD.replace(GOOD[10:14], b"\0\0\0\0"))] == [315532800000]
