"""What placing an archive comes to, known from its bytes alone: a few long strings instead of a value for each member.

A wheel may have thousands of members, and looking at each of them in Python is what takes long in a page. So it is done
once, when the archive has been judged; what comes out is the same every time, and can be kept (``kept_layout.py``).
"""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from .directory import Member
from .layout import Place, Scheme
from .record import RecordEntry, row_tail

__all__ = ["COLUMNS", "Columns", "Group", "Layout", "Members", "Unread", "columns_of", "layout_of"]

COLUMNS = 7
"""Numbers that js/src/wheelfs wants to know of a member."""

_DEFLATED = 8
_MTIME = 6


class Columns(NamedTuple):
    """Members of an archive as js/src/wheelfs wants them.

    ``names`` as they are stored, one character for each byte, separated by NUL; ``table`` has ``COLUMNS`` numbers for
    each (float64, this machine's byte order).
    """

    names: str
    table: bytes


class Members(Mapping[str, Member]):
    """The members of columns by name, each made when it is asked for; only those whose name is ASCII.

    Of mode and flags they know as much as reading and placing them takes.
    """

    def __init__(self, columns: Columns) -> None:
        self._rows = {name: row for row, name in enumerate(columns.names.split("\0")) if name.isascii()}
        self._table = memoryview(columns.table).cast("d")

    def __getitem__(self, name: str) -> Member:
        start = self._rows[name] * COLUMNS
        offset, packed_size, size, method, crc, mode, mtime = map(int, self._table[start : start + COLUMNS])
        return Member(name, offset, packed_size, size, method, crc, mtime, mode, 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True)
class Group:
    """Files of one scheme that are placed just as they are, and that RECORD vouches for.

    ``paths`` are relative to the scheme's folder, ``tails`` what follows the path in their rows of RECORD (empty for a
    library, which has none); both are separated by NUL, as ``columns.names`` are.
    """

    scheme: Scheme
    columns: Columns
    paths: str
    tails: str

    def without(self, left_out: Container[str]) -> Group:
        """The group without the files of these paths."""
        paths = self.paths.split("\0")
        keep = [path not in left_out for path in paths]
        numbers = array("d", self.columns.table)
        rows = [numbers[at : at + COLUMNS] for at in range(0, len(numbers), COLUMNS)]
        names = "\0".join(compress(self.columns.names.split("\0"), keep))
        table = b"".join([row.tobytes() for row in compress(rows, keep)])
        tails = "\0".join(compress(self.tails.split("\0"), keep))
        return Group(self.scheme, Columns(names, table), "\0".join(compress(paths, keep)), tails)


class Unread(NamedTuple):
    """A member that is placed, where it goes, and its row of RECORD if it has one."""

    member: Member
    place: Place
    row: RecordEntry | None = None


@dataclass(frozen=True)
class Layout:
    """Where everything of an archive goes.

    ``name`` is normalised, ``dist_info`` the name of the ``.dist-info`` folder (empty for a library), ``root`` where
    the archive's root goes. ``groups`` has the files that need not be looked at, no group empty; ``read`` the members
    that have to be read before they are placed: scripts, and what has no hash in RECORD. What an installer writes
    itself is in neither.
    """

    name: str
    version: str
    dist_info: str
    root: Scheme
    requires_dist: tuple[str, ...]
    groups: tuple[Group, ...]
    read: tuple[Unread, ...]

    def sources(self) -> dict[str, float]:
        """The files below the folders that imports look into: time of change in milliseconds by relative path."""
        found: dict[str, float] = {}
        for group in self.groups:
            if group.scheme in ("purelib", "platlib"):
                found.update(
                    zip(group.paths.split("\0"), array("d", group.columns.table)[_MTIME::COLUMNS], strict=True)
                )
        return found


def columns_of(members: Sequence[Member]) -> Columns:
    """The columns of these members."""
    names = "\0".join([member.name for member in members])
    if not names.isascii():
        names = "\0".join([_stored_name(member) for member in members])
    numbers = [
        number
        for _, offset, packed_size, size, method, crc, mtime, mode, _ in members
        for number in (
            offset,
            packed_size,
            size,
            _DEFLATED if method == _DEFLATED else 0,
            crc,
            0o755 if mode & 0o111 else 0o644,
            mtime,
        )
    ]
    return Columns(names, array("d", numbers).tobytes())


def layout_of(
    name: str,
    version: str,
    files: Iterable[Unread],
    *,
    dist_info: str = "",
    root: Scheme = "library",
    requires_dist: tuple[str, ...] = (),
) -> Layout:
    """The layout of an archive that was found to be good, with these ``files`` to place."""
    grouped: dict[Scheme, list[Unread]] = {root: []}
    read: list[Unread] = []
    for file in files:
        _, place, row = file
        if not dist_info or (row and row.algorithm and row.size is not None and place.scheme != "scripts"):
            grouped.setdefault(place.scheme, []).append(file)
        else:
            read.append(file)
    groups = tuple([_group(scheme, files) for scheme, files in grouped.items() if files])
    return Layout(name, version, dist_info, root, requires_dist, groups, tuple(read))


def _group(scheme: Scheme, files: Sequence[Unread]) -> Group:
    paths = "\0".join([place.path for _, place, _ in files])
    tails = "\0".join([row_tail(row) if row else "" for _, _, row in files])
    return Group(scheme, columns_of([member for member, _, _ in files]), paths, tails)


def _stored_name(member: Member) -> str:
    if member.name.isascii():
        return member.name
    return member.name.encode("utf-8" if member.utf8 else "cp437").decode("latin-1")
