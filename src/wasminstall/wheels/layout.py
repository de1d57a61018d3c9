"""Where each member of a wheel goes: the wheel specification's "spread" step, as a function from names to names.

A path below ``NAME-VERSION.data/SCHEME/`` belongs to that scheme (PEP 427, PEP 491); every other to the root, which is
purelib or platlib. Nothing here touches a disk, and what comes out never leaves its scheme's folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

__all__ = ["Place", "Scheme", "has_path_fault", "lay_out", "path_fault", "with_portable_shebang"]

Scheme = Literal["purelib", "platlib", "data", "scripts", "headers", "library"]
"""A kind of installation folder: those of ``sysconfig``, and ``library`` for Pyodide's ``shared_library`` zips."""

_DATA_SCHEMES: dict[str, Scheme] = {
    "purelib": "purelib",
    "platlib": "platlib",
    "data": "data",
    "scripts": "scripts",
    "headers": "headers",
}
_DRIVE = re.compile(r"[A-Za-z]:")
_MAYBE_FAULTY = re.compile(r"[\0\\]|(?:^|/)\.{0,2}(?:/|$)|^[A-Za-z]:", re.MULTILINE)
_PYTHON_SHEBANG = re.compile(rb"#!python[^\r\n]*")


class Place(NamedTuple):
    """A path below a scheme's folder: relative, ``/`` between its parts, none of them ``..``."""

    scheme: Scheme
    path: str


def path_fault(name: str) -> str:
    """Why this archive member name is no plain relative path, or an empty string when it is one."""
    if "\0" in name or "\\" in name:
        return "its name holds a NUL or a backslash"
    if name.startswith("/") or _DRIVE.match(name):
        return "its path is absolute"
    parts = name.split("/")
    if ".." in parts:
        return "its path climbs out of the target with '..'"
    return "its path has empty or '.' parts" if "" in parts or "." in parts else ""


def has_path_fault(names: Iterable[str]) -> bool:
    """Whether any of them may have a ``path_fault``: one look at thousands of names. False alarms are possible."""
    joined = "\n".join(names)
    return _MAYBE_FAULTY.search(joined) is not None


def lay_out(members: Iterable[str], stem: str, root: Literal["purelib", "platlib"]) -> dict[str, Place]:
    """The place of every member. ``stem`` is ``NAME-VERSION`` as the wheel's ``.dist-info`` folder spells it.

    Member names are plain relative paths (see ``path_fault``). Raises ``ValueError`` for an unknown scheme, for a
    second ``.dist-info`` brought in through ``.data``, and for two members that would land on one path.
    """
    data = f"{stem}.data/"
    names = list(members)
    elsewhere = [name for name in names if name.startswith(data)]
    places = {name: Place(root, name) for name in names}
    taken = {(_folder(root), name): name for name in names} if elsewhere else {}
    for name in elsewhere:
        del taken[_folder(root), name]
    for name in elsewhere:
        place = _place(name, data, stem)
        other = taken.setdefault((_folder(place.scheme), place.path), name)
        if other is not name:
            raise ValueError(f"{other!r} and {name!r} would land on the same path")
        places[name] = place
    return places


def with_portable_shebang(script: bytes) -> bytes:
    """The script with a first line ``#!python`` made ``#!/usr/bin/env python`` (PEP 427); any other as it is."""
    return _PYTHON_SHEBANG.sub(b"#!/usr/bin/env python", script, count=1) if script.startswith(b"#!python") else script


def _place(member: str, data: str, stem: str) -> Place:
    """The place of a member below the ``.data/`` folder."""
    name, _, path = member.removeprefix(data).partition("/")
    scheme = _DATA_SCHEMES.get(name)
    if not path or scheme is None:
        raise ValueError(f"{member!r} is not inside one of {', '.join(_DATA_SCHEMES)}: unknown scheme {name!r}")
    if path.partition("/")[0].lower().endswith(".dist-info"):
        raise ValueError(f"{member!r} would add to the list of installed distributions")
    return Place(scheme, f"{stem.partition('-')[0]}/{path}" if scheme == "headers" else path)


def _folder(scheme: Scheme) -> str:
    """Purelib and platlib count as one folder, which they are in all but a few Linux distributions."""
    return "lib" if scheme in ("purelib", "platlib") else scheme
