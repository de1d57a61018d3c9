"""Wheels recognised without opening them: what js/src/wheelfs finds good, Python accepts, and says the same of it."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import zipfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.distribution import ROOT
from support.real_wheels import PINS, distribution_wheels, real_wheel
from support.wheel_factory import Member, make_wheel, make_zip, record_row
from wasminstall.errors import WheelError
from wasminstall.wheels.archive import DEFAULT_LIMITS, Archive, Limits
from wasminstall.wheels.mountable import Columns, Layout, Unread
from wasminstall.wheels.survey import Survey, surveyed_layout
from wasminstall.wheels.wheel import WheelArchive

RUNNER = Path(__file__).with_name("support") / "survey.mjs"

Look = Callable[..., Survey | None]


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """``survey`` of js/src/wheelfs, in a Node that answers until the last test."""
    bundle = tmp_path_factory.mktemp("bundle") / "survey.mjs"
    source = ROOT / "js" / "src" / "wheelfs" / "survey.ts"
    options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=error", f"--outfile={bundle}"]
    subprocess.run(["node", ROOT / "node_modules" / "esbuild" / "bin" / "esbuild", source, *options], check=True)
    with subprocess.Popen(
        ["node", RUNNER, bundle], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        to_node, from_node = process.stdin, process.stdout

        def ask(wheel: bytes, limits: Limits = DEFAULT_LIMITS) -> Survey | None:
            question = {"wheel": base64.b64encode(wheel).decode(), "limits": astuple(limits)}
            to_node.write(json.dumps(question) + "\n")
            to_node.flush()
            return _survey(json.loads(from_node.readline()))

        yield ask
        to_node.close()


def _survey(found: dict[str, Any] | None) -> Survey | None:
    if found is None:
        return None
    columns = Columns(found["names"], array("d", found["table"]).tobytes())
    return Survey(found["distInfo"], columns, found["tails"], found["apart"])


def same(layout: Layout) -> Layout:
    """The layout without what a survey leaves out of the members that are read: it changes nothing."""

    def plain(unread: Unread) -> Unread:
        return unread._replace(member=unread.member._replace(unix_mode=unread.member.mode, flags=0))

    return replace(layout, read=tuple(map(plain, layout.read)))


def test_real_wheels(look: Look) -> None:
    """More than twenty, nearly all of them recognised."""
    wheels = [*map(real_wheel, PINS), *asyncio.run(distribution_wheels("numpy", "pandas", "lxml"))]
    opened = []
    for filename, data in wheels:
        survey = look(data)
        if survey is None:
            opened.append(filename)
        else:
            assert surveyed_layout(filename, data, survey) == same(WheelArchive(filename, data).layout), filename
    assert len(wheels) > 20
    assert len(opened) < 4, opened


BASE = "foo-1.0.dist-info"
ABOUT = {
    f"{BASE}/METADATA": b"Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Dist: bar\n\nfoo",
    f"{BASE}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def with_members(*members: Member) -> bytes:
    """A wheel with these, all of them in RECORD."""
    every = [*members, *(Member(name, content) for name, content in ABOUT.items())]
    rows = [record_row(member.name, member.data) for member in every]
    record = "\n".join([*rows, f"{BASE}/RECORD,,", ""]).encode()
    return make_zip([*every, Member(f"{BASE}/RECORD", record)])


FINE: list[tuple[str, dict[str, Any]]] = [
    ("plain", {}),
    ("with scripts, data and headers", {"data": {"scripts/run": "#!python\n", "data/x": "x", "headers/x.h": ""}}),
    ("executable", {"executable": ["foo/__init__.py"]}),
    ("sha512", {"algorithm": "sha512"}),
    ("in platlib", {"tag": "cp314-cp314-x"}),
    ("with requirements", {"requires": ["a>1", "b; python_version > '3'"]}),
]
UNUSUAL: list[tuple[str, dict[str, Any]]] = [
    ("unlisted", {"unlisted": ["foo/__init__.py"]}),
    ("appended", {"members": [Member("foo/more.py", b"")]}),
    ("md5", {"algorithm": "md5"}),
    ("not ASCII", {"files": {"foo/ä.py": ""}}),
    ("a comma", {"files": {"foo/a,b.py": ""}}),
    ("climbing", {"files": {"foo/../b.py": ""}}),
    ("absolute", {"files": {"/b.py": ""}}),
    ("a drive", {"files": {"C:b.py": ""}}),
    ("a backslash", {"files": {"foo\\b.py": ""}}),
    ("an empty part", {"files": {"foo//b.py": ""}}),
    ("a control character", {"files": {"foo/\x07.py": ""}}),
    ("a file and a folder", {"files": {"foo": "", "foo/x.py": ""}}),
    ("two .dist-info folders", {"files": {"bar-1.0.dist-info/x": ""}}),
    ("two, one of them in capitals", {"files": {"bar-1.0.DIST-INFO/x": ""}}),
    ("another .data folder", {"files": {"bar-1.0.data/purelib/x.py": ""}}),
    ("an INSTALLER", {"files": {"foo-1.0.dist-info/INSTALLER": "x"}}),
    ("a signature", {"files": {"foo-1.0.dist-info/RECORD.jws": "x"}}),
    ("no RECORD", {"omit": ["RECORD"]}),
    ("a row without a file", {"omit": ["foo/__init__.py"]}),
]


@pytest.mark.parametrize(("what", "options"), FINE, ids=[what for what, _ in FINE])
def test_recognised(look: Look, what: str, options: dict[str, Any]) -> None:
    filename, data = make_wheel("foo", "1.0", **options)
    survey = look(data)
    assert survey is not None, what
    assert surveyed_layout(filename, data, survey) == same(WheelArchive(filename, data).layout)


@pytest.mark.parametrize(("what", "options"), UNUSUAL, ids=[what for what, _ in UNUSUAL])
def test_left_to_python(look: Look, what: str, options: dict[str, Any]) -> None:
    assert look(make_wheel("foo", "1.0", **options)[1]) is None, what


@pytest.mark.parametrize(
    "member",
    [
        Member("foo/x.py", b"x", mode=0o120777),
        Member("foo/x.py", b"x", mode=0o040755),
        Member("foo/x.py", b"x", encrypted=True),
        Member("foo/x.py", b"x", compression=zipfile.ZIP_BZIP2),
        Member("foo/x.py", b"x", claimed_size=2),
        Member("foo/", b""),
        Member("foo/y.py", b"y"),
    ],
)
def test_kinds_of_members_left_to_python(look: Look, member: Member) -> None:
    assert look(with_members(Member("foo/y.py", b"y"))) is not None
    assert look(with_members(Member("foo/y.py", b"y"), member)) is None


def test_other_zips_left_to_python(look: Look) -> None:
    """More entries than were counted, a comment, something before the zip, zip64, another local header."""
    good = with_members(Member("foo/x.py", b"x"))
    counted = make_wheel("foo", "1.0", members=[Member("foo/more.py", b"")])[1]
    fewer = (int.from_bytes(counted[-12:-10], "little") - 1).to_bytes(2, "little")
    at = good.rindex(f"{BASE}/RECORD".encode(), 0, good.index(b"PK\1\2"))
    assert look(good) is not None
    assert look(counted[:-14] + fewer + fewer + counted[-10:]) is None
    assert look(good[:-2] + b"\1\0x") is None
    assert look(b"x" + good) is None
    assert look(good[:-14] + b"\xff\xff\xff\xff" + good[-10:]) is None
    assert look(good[:at] + b"F" + good[at + 1 :]) is None
    assert look(good[:-1]) is None
    assert look(b"") is None


@pytest.mark.parametrize("stamp", [0, 0xBF7D0000 | 24 << 11, 0x00210000 | 60 << 5, 0x0021001E | 30, 0x5C5E0000])
def test_dates_that_are_none(look: Look, stamp: int) -> None:
    data = bytearray(with_members())
    at = data.index(b"PK\1\2")
    data[at + 12 : at + 16] = stamp.to_bytes(4, "little")
    assert look(bytes(data)) is None


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("another name inside", {"metadata_name": "bar"}),
        ("another folder", {"dist_info": "bar-1.0"}),
        ("an unknown Wheel-Version", {"wheel_version": "2.0"}),
        ("modules in .data", {"data": {"purelib/foo/__init__.py": "x"}}),
        ("an unknown scheme", {"data": {"elsewhere/x": "x"}}),
        ("no METADATA", {"omit": ["METADATA"], "unlisted": ["foo-1.0.dist-info/METADATA"]}),
    ],
)
def test_not_what_its_name_says(look: Look, what: str, options: dict[str, Any]) -> None:
    filename, data = make_wheel("foo", "1.0", **options)
    survey = look(data)
    assert survey is not None, what
    assert surveyed_layout(filename, data, survey) is None, what


@pytest.mark.parametrize(
    "limits",
    [
        replace(DEFAULT_LIMITS, total=600),
        replace(DEFAULT_LIMITS, members=3),
        replace(DEFAULT_LIMITS, ratio=0, ratio_from=10),
        replace(DEFAULT_LIMITS, length=20),
        replace(DEFAULT_LIMITS, depth=2),
    ],
)
def test_limits(look: Look, limits: Limits) -> None:
    filename, data = make_wheel("foo", "1.0", files={"a/b/c/d.py": "x" * 600})
    assert look(data) is not None
    assert look(data, limits) is None
    with pytest.raises(WheelError):
        WheelArchive(filename, data, limits=limits)


PARTS = ("a", "b.py", "foo", "foo-1.0.dist-info", "foo-1.0.data", "scripts", "data", "purelib", "INSTALLER", "x y")
HOSTILE = ("..", ".", "", "é", "x,y", 'q"', "C:", "a\\b", "a\0b", "a\nb", "bar-1.0.DIST-INFO", "FOO-1.0.data", "RECORD")

names = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map("/".join)
hostile_names = st.lists(st.sampled_from((*PARTS, *HOSTILE)), min_size=1, max_size=4).map("/".join)
contents = st.sampled_from([b"", b"x", b"y" * 300])
usual = st.tuples(names, contents, st.just(0o100644), st.booleans())
unusual = st.tuples(
    hostile_names, contents, st.sampled_from([0o100755, 0, 0o644, 0o040755, 0o120777, 0o100600]), st.booleans()
)

SPOILT = st.sampled_from(
    [
        lambda row: "",
        lambda row: f"{row}\n{row}",
        lambda row: row.replace("sha256", "SHA256"),
        lambda row: row.replace("sha256", "md5"),
        lambda row: row.rpartition(",")[0] + ",",
        lambda row: row.rpartition(",")[0] + ",007",
        lambda row: row.rpartition(",")[0] + ",-1",
        lambda row: row.partition(",")[0] + ",,",
        lambda row: row.replace("sha256", "sha512"),
        lambda row: row.rpartition(",")[0] + "==," + row.rpartition(",")[2],
        lambda row: row + ",more",
        lambda row: row + "\r",
        lambda row: f'"{row.partition(",")[0]}",' + row.partition(",")[2],
        lambda row: f"{row}\nelsewhere.py,,",
    ]
)


@st.composite
def small_wheels(draw: st.DrawFn) -> bytes:
    """Mostly good ones, a few members and now and then something wrong with one of them, RECORD or the bytes."""
    some = draw(st.lists(usual, max_size=5)) + draw(st.one_of(st.just([]), st.lists(unusual, max_size=2)))
    chosen = [*some, *((name, content, 0o100644, True) for name, content in ABOUT.items())]
    members = [Member(name, content, mode, 8 if packed else 0) for name, content, mode, packed in chosen]
    if draw(st.booleans()):
        members = list({member.name: member for member in members}.values())
    rows = [record_row(member.name, member.data) for member in members] + [f"{BASE}/RECORD,,"]
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(rows) - 1))
        rows[at] = draw(SPOILT)(rows[at])
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    members.insert(draw(st.integers(0, len(members))), Member(f"{BASE}/RECORD", end.join([*rows, ""]).encode()))
    data = bytearray(make_zip(members))
    if draw(st.integers(0, 3)) == 0:
        # The directory is what matters: it is at the end.
        at = len(data) - 1 - draw(st.integers(0, min(len(data) - 1, 600)))
        data[at] = draw(st.sampled_from([0, 1, 8, 0xFF, data[at] ^ 1, data[at] ^ 0x80]))
    return bytes(data)


@settings(max_examples=600, deadline=None)
@given(small_wheels(), st.sampled_from([DEFAULT_LIMITS, DEFAULT_LIMITS, Limits(900, 6, 2, 400, 40, 2)]))
def test_what_is_recognised_is_accepted(look: Look, data: bytes, limits: Limits) -> None:
    survey = look(data, limits)
    if survey is None:
        return
    filename = "foo-1.0-py3-none-any.whl"
    Archive(filename, data, limits=limits)
    layout = surveyed_layout(filename, data, survey)
    if layout is not None:
        assert layout == same(WheelArchive(filename, data, limits=limits).layout)


@settings(max_examples=100, deadline=None)
@given(st.lists(usual, max_size=5))
def test_plain_wheels_are_recognised(look: Look, some: list[tuple[str, bytes, int, bool]]) -> None:
    files = {f"pkg/{name}": content for name, content, _, _ in some}
    folders = {path[:at] for path in files for at, sign in enumerate(path) if sign == "/"}
    filename, data = make_wheel("foo", "1.0", files={path: files[path] for path in files.keys() - folders})
    survey = look(data)
    assert survey is not None
    assert surveyed_layout(filename, data, survey) == same(WheelArchive(filename, data).layout)
