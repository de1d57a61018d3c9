"""Wheels that js/src/wheelfs has recognised as good: what placing them comes to, without opening them here.

It knows most of the wheels that ``WheelArchive`` accepts and none that it refuses, and it gives no reasons. So ``None``
always means: open it, and be told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..errors import WheelError
from ..transport.port import Body
from .directory import Member
from .layout import lay_out
from .mountable import COLUMNS, Columns, Group, Layout, Members, Unread, layout_of
from .named import NamedWheel
from .record import RecordEntry, parse_record
from .wheel import read_checked

__all__ = ["Survey", "surveyed_layout"]

_ROW = 8 * COLUMNS
"""Bytes of a member in the table."""


class Survey(NamedTuple):
    """What is in a wheel: the name of the ``.dist-info`` folder, and all members but RECORD.

    ``tails`` follow their names in the rows of RECORD; they are separated by NUL, as the names are. The last ``apart``
    of them are in the ``.data`` folder.
    """

    dist_info: str
    columns: Columns
    tails: str
    apart: int


def surveyed_layout(filename: str, body: Body, survey: Survey) -> Layout | None:
    """The layout that ``WheelArchive`` would find; ``None`` when it has to be asked."""
    members = Members(survey.columns)
    names, tails = [*members], survey.tails.split("\0")
    tail_of = dict(zip(names, tails, strict=True))
    usual, dist_info = len(names) - survey.apart, survey.dist_info

    def find(name: str) -> tuple[Member, RecordEntry]:
        (row,) = parse_record(name + tail_of[name])
        return members[name], row

    def read(name: str) -> bytes:
        return read_checked(filename, body, *find(f"{dist_info}/{name}"))

    try:
        wheel = NamedWheel(filename)
        wheel.check_folder(dist_info)
        metadata = wheel.read_metadata(read("METADATA").decode("utf-8", "replace"))
        root = wheel.read_root(read("WHEEL").decode())
        places = lay_out(names[usual:], dist_info[: -len(".dist-info")], root)
    except (WheelError, ValueError, KeyError):
        return None
    if any(place.scheme in ("purelib", "platlib") for place in places.values()):
        return None  # where a member of the root may go too
    apart = [Unread(member, places[member.name], row) for member, row in map(find, places)]
    found = layout_of(
        wheel.name, wheel.version, apart, dist_info=dist_info, root=root, requires_dist=metadata.requires_dist
    )
    paths = "\0".join(names[:usual])
    columns = Columns(paths, survey.columns.table[: usual * _ROW])
    return replace(found, groups=(Group(root, columns, paths, "\0".join(tails[:usual])), *found.groups))
