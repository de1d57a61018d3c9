"""What a zip may not hold. The attacks are those of PEP 427's "absolute paths and ..", zip bombs and zip confusion."""

from __future__ import annotations

import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheel_factory import Member, make_wheel, make_zip
from wasminstall.errors import InvalidWheel, UnsafeWheel, WheelError
from wasminstall.wheels.archive import Archive, LibraryArchive, Limits
from wasminstall.wheels.layout import Place
from wasminstall.wheels.wheel import WheelArchive


def test_members_are_the_files_in_order() -> None:
    archive = Archive(
        "x.zip",
        make_zip(
            [
                Member("b/", mode=stat.S_IFDIR | 0o755),
                Member("b/run", b"run", stat.S_IFREG | 0o755),
                Member("a.py", b"", compression=zipfile.ZIP_STORED),
                Member("ü,'\n.py", b"x" * 5000),
            ]
        ),
    )
    assert [(member.name, member.size, member.executable) for member in archive.members.values()] == [
        ("b/run", 3, True),
        ("a.py", 0, False),
        ("ü,'\n.py", 5000, False),
    ]
    assert [archive.read(name) for name in archive.members] == [b"run", b"", b"x" * 5000]


def test_a_library_goes_to_the_library_folder() -> None:
    archive = LibraryArchive("libx-1.zip", make_zip([Member("libx.so", b"\0asm")]), name="libx", version="1")
    assert archive.places == {"libx.so": Place("library", "libx.so")}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([Member("/etc/passwd")], "absolute"),
        ([Member("C:/x")], "absolute"),
        ([Member("../x")], "climbs"),
        ([Member("a/../../x")], "climbs"),
        ([Member("a/../", mode=stat.S_IFDIR)], "climbs"),
        ([Member("a\\b")], "backslash"),
        ([Member("a.py\0.txt")], "NUL"),
        ([Member("a//b")], "empty"),
        ([Member("./a")], "empty"),
        ([Member("a"), Member("a")], "twice"),
        ([Member("a"), Member("a/b")], "a file and a folder"),
        ([Member("a/b/c"), Member("a")], "a file and a folder"),
        ([Member("a", b"/etc/passwd", stat.S_IFLNK | 0o777)], "a link"),
        ([Member("a", mode=stat.S_IFIFO | 0o644)], "a link or a device"),
        ([Member("a", encrypted=True)], "encrypted"),
    ],
)
def test_unsafe_members(members: list[Member], reason: str) -> None:
    with pytest.raises(UnsafeWheel, match=reason) as caught:
        Archive("x.whl", make_zip([Member("good.py"), *members]))
    assert caught.value.filename == "x.whl"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "zip"),
        (b"<!DOCTYPE html>", "zip"),
        (make_zip([Member("a", b"x" * 1000)])[:-30], "zip"),
        (make_zip([Member("a", b"x" * 1000, compression=zipfile.ZIP_BZIP2)]), "method 12"),
        (make_zip([Member("a" * 2000)]), "too long"),
        (make_zip([Member("a/" * 100 + "x")]), "too long"),
    ],
)
def test_what_cannot_be_opened(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidWheel, match=reason):
        Archive("x.whl", data)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(members=2), "3 members"),
        (Limits(total=2_000_000), "unfolds to 3000000 bytes"),
        (Limits(ratio=100, ratio_from=1_000_000), "meant to harm"),
    ],
)
def test_limits(limits: Limits, reason: str) -> None:
    data = make_zip([Member(name, b"\0" * 1_000_000) for name in "abc"])
    assert len(Archive("x.whl", data).members) == 3
    with pytest.raises(InvalidWheel, match=reason):
        Archive("x.whl", data, limits=limits)


@pytest.mark.parametrize("claimed", [0, 10, 999, 1001, 5000])
def test_a_size_that_is_a_lie(claimed: int) -> None:
    """The limits look at announced sizes, so no more than the announced size is ever inflated."""
    for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        archive = Archive("x.whl", make_zip([Member("a", b"x" * 1000, compression=compression, claimed_size=claimed)]))
        with pytest.raises(InvalidWheel, match="damaged"):
            archive.read("a")


def test_two_archives_in_one() -> None:
    """A local header with another name shows one archive to streaming readers and another to us (zip confusion)."""
    data = make_zip([Member("good.py", b"1"), Member("other.py", b"2")])
    archive = Archive("x.whl", data.replace(b"good.py", b"evil.py", 1))
    with pytest.raises(UnsafeWheel, match="another name"):
        archive.read("good.py")


def test_a_damaged_member() -> None:
    data = make_zip([Member("a", b"content", compression=zipfile.ZIP_STORED)])
    with pytest.raises(InvalidWheel, match="damaged"):
        Archive("x.whl", data.replace(b"content", b"contend", 1)).read("a")


def test_an_unknown_member() -> None:
    with pytest.raises(KeyError):
        Archive("x.whl", make_zip([])).read("a")


FILENAME, WHEEL = make_wheel("foo", "1.0", files={"foo/__init__.py": "x = 1\n" * 9, "foo/b": "y"})


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(WHEEL) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(WHEEL)))
def test_damage_is_a_wheel_error_or_no_harm(damage: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(WHEEL)
    for position, value in damage:
        data[position] = value
    for variant in (bytes(data), bytes(data[:cut]), bytes(data[cut:])):
        try:
            wheel = WheelArchive(FILENAME, variant)
            contents = [wheel.read(name) for name in wheel.members]
        except WheelError:
            continue
        assert b"x = 1\n" * 9 in contents


@given(st.binary(max_size=200))
def test_any_bytes_are_a_wheel_error(data: bytes) -> None:
    with pytest.raises(WheelError):
        WheelArchive(FILENAME, data)
