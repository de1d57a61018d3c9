"""What makes a zip a wheel (binary distribution format, PEP 427) and what RECORD has to say about its members."""

from __future__ import annotations

from typing import Any

import pytest

from support.wheel_factory import Member, make_wheel, record_row
from wasminstall.errors import InvalidWheel, UnsafeWheel
from wasminstall.wheels.layout import Place
from wasminstall.wheels.wheel import WheelArchive


def open_wheel(name: str = "foo", version: str = "1.0", **options: Any) -> WheelArchive:
    return WheelArchive(*make_wheel(name, version, **options))


def test_a_wheel() -> None:
    wheel = open_wheel("Foo.Bar", "1.0.0", requires=["a>1"], data={"scripts/run": "#!python\n"}, build="1")
    assert (wheel.name, wheel.version, wheel.dist_info) == ("foo-bar", "1.0.0", "Foo_Bar-1.0.0.dist-info")
    assert wheel.metadata.requires_dist == ("a>1",)
    assert wheel.places["Foo_Bar-1.0.0.data/scripts/run"] == Place("scripts", "run")
    assert wheel.read("foo_bar/__init__.py") == b"__version__ = '1.0.0'\n"


@pytest.mark.parametrize(
    ("purelib", "tag", "root"),
    [
        (None, "py3-none-any", "purelib"),
        (False, "py3-none-any", "platlib"),
        (True, "cp314-cp314-x", "purelib"),
        (None, "cp314-cp314-x", "platlib"),
    ],
)
def test_root_is_purelib_decides(purelib: bool | None, tag: str, root: str) -> None:
    wheel = open_wheel(purelib=purelib, tag=tag)
    assert wheel.root == root
    assert wheel.places["foo/__init__.py"].scheme == root


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("versions are compared by PEP 440", {"version": "1.0", "dist_info": "foo-1.0.0"}),
        ("names are compared normalised (PEP 503)", {"name": "foo", "dist_info": "FOO-1.0"}),
        ("METADATA may spell the name its own way", {"name": "foo-bar", "metadata_name": "Foo.Bar"}),
        ("a higher minor Wheel-Version is read", {"wheel_version": "1.9"}),
        ("members that RECORD leaves out, as in old wheels", {"unlisted": ["foo/__init__.py"]}),
        ("members appended after RECORD was made", {"members": [Member("foo/more.py", b"")]}),
        ("signatures are exempt", {"members": [Member("foo-1.0.dist-info/RECORD.jws", b"{}")]}),
        ("a signature that RECORD lists and that is gone", {"record": "foo-1.0.dist-info/RECORD.p7s,,\n"}),
        ("sha512", {"algorithm": "sha512"}),
        ("sha384", {"algorithm": "sha384"}),
        ("rows without hash", {"record": "foo/__init__.py,,\n"}),
        ("the same row twice", {"record": (record_row("foo/__init__.py", b"__version__ = '1.0'\n") + "\n") * 2}),
    ],
)
def test_accepted(what: str, options: dict[str, Any]) -> None:
    wheel = open_wheel(**options)
    for member in wheel.members:
        wheel.read(member)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"omit": ["WHEEL"], "unlisted": ["foo-1.0.dist-info/WHEEL"]}, "has no foo-1.0.dist-info/WHEEL"),
        ({"omit": ["METADATA"], "unlisted": ["foo-1.0.dist-info/METADATA"]}, "has no foo-1.0.dist-info/METADATA"),
        ({"omit": ["RECORD"]}, "has no foo-1.0.dist-info/RECORD"),
        ({"omit": ["RECORD", "WHEEL", "METADATA"]}, "0 .dist-info folders"),
        ({"members": [Member("bar-1.0.dist-info/METADATA", b"")]}, "2 .dist-info folders"),
        ({"dist_info": "bar-1.0"}, "is about bar 1.0"),
        ({"dist_info": "foo-1.1"}, "is about foo 1.1"),
        ({"dist_info": "foo"}, "is about foo "),
        ({"metadata_name": "bar"}, "METADATA is about bar 1.0"),
        ({"metadata_version": "1.1"}, "METADATA is about foo 1.1"),
        ({"metadata_version": "one"}, "METADATA is about foo one"),
        ({"metadata_name": "\n"}, "METADATA has no Name"),
        ({"wheel_version": "2.0"}, "Wheel-Version is '2'"),
        ({"wheel_version": ""}, "Wheel-Version is 'missing'"),
        ({"data": {"include/x.h": ""}}, "unknown scheme 'include'"),
        ({"data": {"purelib/evil-1.dist-info/METADATA": ""}}, "list of installed"),
        ({"data": {"purelib/foo/__init__.py": ""}}, "same path"),
        ({"record": "a,b,c,d\n"}, "RECORD has the row"),
    ],
)
def test_invalid(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidWheel, match=reason):
        open_wheel(**options)


def test_root_is_purelib_must_be_said() -> None:
    with pytest.raises(InvalidWheel, match="Root-Is-Purelib"):
        open_wheel(record="", omit=["WHEEL"], members=[Member("foo-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\n")])


def test_record_must_be_utf8() -> None:
    bad = Member("foo-1.0.dist-info/RECORD", b"\xff,,\n")
    with pytest.raises(InvalidWheel, match="not UTF-8"):
        open_wheel(omit=["RECORD"], members=[bad])


def test_metadata_in_latin_1_is_read_as_far_as_it_goes() -> None:
    old = Member("foo-1.0.dist-info/METADATA", b"Name: foo\nVersion: 1.0\nAuthor: J\xf6rg\nRequires-Dist: a\n")
    wheel = open_wheel(omit=["METADATA"], unlisted=["foo-1.0.dist-info/METADATA"], members=[old])
    assert wheel.metadata.requires_dist == ("a",)


@pytest.mark.parametrize(
    "filename",
    ["foo.whl", "foo-1.0.zip", "foo-1.0-any.whl", "foo-one-py3-none-any.whl", "foo-1.0-py3-none-any.whl.txt"],
)
def test_file_names_that_are_none(filename: str) -> None:
    with pytest.raises(InvalidWheel, match="name does not follow"):
        WheelArchive(filename, make_wheel("foo", "1.0")[1])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"omit": ["foo/__init__.py"]}, "not in the archive"),
        ({"algorithm": "md5"}, "with md5 only"),
        ({"algorithm": "sha1"}, "with sha1 only"),
        ({"algorithm": "sha224"}, "with sha224 only"),
        ({"record": "foo/__init__.py,sha256=a,1\nfoo/__init__.py,sha256=b,1\n"}, "twice"),
        ({"record": record_row("foo-1.0.dist-info/METADATA", b"other") + "\n"}, "bytes"),
        ({"record": "foo-1.0.dist-info/WHEEL,sha256=AAAA,\n"}, "sha256 is not the one"),
    ],
)
def test_record_contradicts_the_archive_when_opened(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsafeWheel, match=reason):
        open_wheel(**options)


@pytest.mark.parametrize(
    ("claimed", "reason"),
    [
        (b"__version__ = '6.6'\n", "sha256 is not the one in RECORD"),
        (b"longer than it is, much longer", "RECORD says 30"),
    ],
)
def test_record_contradicts_a_member_when_read(claimed: bytes, reason: str) -> None:
    wheel = open_wheel(record=record_row("foo/__init__.py", claimed) + "\n")
    with pytest.raises(UnsafeWheel, match=reason) as caught:
        wheel.read("foo/__init__.py")
    assert caught.value.member == "foo/__init__.py"
