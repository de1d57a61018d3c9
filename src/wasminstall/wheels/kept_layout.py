"""A layout as it is kept between two visits: one line of JSON, then the long strings as they are.

It says which file it is about, and under which limits that was judged: for anything else it does not count.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import astuple
from io import BytesIO
from typing import Any

from .archive import Limits
from .directory import Member
from .layout import Place
from .mountable import COLUMNS, Columns, Group, Layout, Unread
from .record import RecordEntry

__all__ = ["pack_layout", "unpack_layout"]

_FORM = f"1 {sys.byteorder}"
"""To be changed with everything that changes what a layout says of an archive, or which archives are refused."""

_NUMBER = 8


def pack_layout(layout: Layout, sha256: str, filename: str, limits: Limits) -> bytes:
    """The layout of the file with this digest and name."""
    pieces: list[bytes] = []
    groups = []
    for group in layout.groups:
        columns = [
            group.columns.names.encode(),
            group.paths.encode(),
            group.tails.encode(),
            group.columns.table,
        ]
        if columns[0] == columns[1]:
            columns[0] = b""
        pieces += columns
        groups.append([group.scheme, *map(len, columns)])
    header = {
        **_about(sha256, filename, limits),
        "name": layout.name,
        "version": layout.version,
        "dist_info": layout.dist_info,
        "root": layout.root,
        "requires_dist": layout.requires_dist,
        "read": layout.read,
        "groups": groups,
    }
    return b"\n".join([json.dumps(header, separators=(",", ":")).encode(), b"".join(pieces)])


def unpack_layout(data: bytes, sha256: str, filename: str, limits: Limits) -> Layout | None:
    """The layout again; ``None`` for what is damaged, of another release, about another file or other limits."""
    line, _, content = data.partition(b"\n")
    try:
        header = json.loads(line)
        if {key: header[key] for key in _about("", "", limits)} != _about(sha256, filename, limits):
            return None
        return Layout(
            name=header["name"],
            version=header["version"],
            dist_info=header["dist_info"],
            root=header["root"],
            requires_dist=tuple(header["requires_dist"]),
            groups=tuple(_groups(header["groups"], content)),
            read=tuple([_unread(*facts) for facts in header["read"]]),
        )
    except (ValueError, LookupError, TypeError):
        return None


def _unread(member: list[Any], place: list[Any], row: list[Any] | None) -> Unread:
    return Unread(Member(*member), Place(*place), None if row is None else RecordEntry(*row))


def _about(sha256: str, filename: str, limits: Limits) -> dict[str, Any]:
    return {"form": _FORM, "sha256": sha256, "filename": filename, "limits": list(astuple(limits))}


def _groups(described: list[list[Any]], content: bytes) -> Iterator[Group]:
    """Raises ``ValueError`` when it does not add up."""
    source = BytesIO(content)
    for scheme, *lengths in described:
        names, paths, tails, table = pieces = [source.read(length) for length in lengths]
        names = names or paths
        between = len(table) / (_NUMBER * COLUMNS) - 1
        if [*map(len, pieces)] != lengths or any(each.count(b"\0") != between for each in (names, paths, tails)):
            raise ValueError("the columns are not of one length")
        yield Group(scheme, Columns(names.decode(), table), paths.decode(), tails.decode())
    if source.read(1):
        raise ValueError("there is more than was announced")
