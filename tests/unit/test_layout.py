"""Where members go: the "spread" step of the wheel specification (PEP 427, PEP 491)."""

from __future__ import annotations

import posixpath
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasminstall.wheels.layout import Place, lay_out, path_fault, with_portable_shebang

STEM = "Foo_Bar-1.0"


@pytest.mark.parametrize(
    ("member", "root", "expected"),
    [
        ("foo/__init__.py", "purelib", Place("purelib", "foo/__init__.py")),
        ("foo.so", "platlib", Place("platlib", "foo.so")),
        (f"{STEM}.dist-info/METADATA", "platlib", Place("platlib", f"{STEM}.dist-info/METADATA")),
        (f"{STEM}.data/purelib/a/b.py", "platlib", Place("purelib", "a/b.py")),
        (f"{STEM}.data/platlib/a.so", "purelib", Place("platlib", "a.so")),
        (f"{STEM}.data/data/share/x.json", "purelib", Place("data", "share/x.json")),
        (f"{STEM}.data/scripts/run", "purelib", Place("scripts", "run")),
        (f"{STEM}.data/headers/x.h", "purelib", Place("headers", "Foo_Bar/x.h")),
        ("other-1.0.data/scripts/run", "purelib", Place("purelib", "other-1.0.data/scripts/run")),
        ("foo.libs/libx.so", "platlib", Place("platlib", "foo.libs/libx.so")),
    ],
)
def test_places(member: str, root: Literal["purelib", "platlib"], expected: Place) -> None:
    assert lay_out([member], STEM, root) == {member: expected}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([f"{STEM}.data/include/x.h"], "unknown scheme 'include'"),
        ([f"{STEM}.data/library/x.so"], "unknown scheme 'library'"),
        ([f"{STEM}.data/purelib"], "not inside one of"),
        ([f"{STEM}.data/purelib/evil-9.dist-info/METADATA"], "list of installed"),
        ([f"{STEM}.data/data/evil-9.DIST-INFO/METADATA"], "list of installed"),
        (["a.py", f"{STEM}.data/purelib/a.py"], "same path"),
        ([f"{STEM}.data/platlib/a.py", f"{STEM}.data/purelib/a.py"], "same path"),
    ],
)
def test_members_without_a_place(members: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        lay_out(members, STEM, "purelib")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a/b.py", ""),
        ("a/..b/c", ""),
        ("a b/ü,'.py", ""),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("c:x", "absolute"),
        ("a\\b", "backslash"),
        ("a\0b", "NUL"),
        ("../a", "climbs"),
        ("a/../b", "climbs"),
        ("a/..", "climbs"),
        ("a//b", "empty"),
        ("./a", "empty"),
        ("a/", "empty"),
        ("", "empty"),
    ],
)
def test_faulty_paths(name: str, fault: str) -> None:
    assert fault in path_fault(name)
    assert bool(path_fault(name)) is bool(fault)


parts = st.one_of(
    st.sampled_from(["..", ".", "", "a", "C:", f"{STEM}.data", "purelib", "data", "scripts", "headers", "\\", "\0"]),
    st.text(max_size=5),
)


@given(st.lists(parts, min_size=1, max_size=6).map("/".join))
def test_nothing_leaves_its_folder(member: str) -> None:
    if path_fault(member):
        return
    try:
        place = lay_out([member], STEM, "purelib")[member]
    except ValueError:
        return
    landed = posixpath.normpath(posixpath.join("/target/folder", place.path))
    assert landed.startswith("/target/folder/")
    assert not path_fault(place.path)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (b"#!python\nimport a\n", b"#!/usr/bin/env python\nimport a\n"),
        (b"#!pythonw\r\nimport a\r\n", b"#!/usr/bin/env python\r\nimport a\r\n"),
        (b"#!python -E\n#!python\n", b"#!/usr/bin/env python\n#!python\n"),
        (b"#!python", b"#!/usr/bin/env python"),
        (b"#!/usr/bin/python\n", b"#!/usr/bin/python\n"),
        (b"#!/bin/sh\n#!python\n", b"#!/bin/sh\n#!python\n"),
        (b"\x7fELF #!python", b"\x7fELF #!python"),
        (b"", b""),
    ],
)
def test_shebangs(script: bytes, expected: bytes) -> None:
    assert with_portable_shebang(script) == expected
