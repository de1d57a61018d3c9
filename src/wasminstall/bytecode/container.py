"""The compiled modules of one wheel as one archive: a zip of ``.pyc`` files.

Each member has the name of its source, relative to the folder that is on ``sys.path``, and the source's time of change.
Nothing is compressed: such a file is mounted without work, and imports read it at once. Before the directory that every
zip has lies an index: all that mounting needs, in two long strings, so that no member has to be looked at.
"""

from __future__ import annotations

import marshal
import struct
import time
import zlib
from array import array
from importlib.util import MAGIC_NUMBER
from types import CodeType

from ..cache import Meta
from ..errors import WheelError
from ..transport.port import Body
from ..wheels.archive import Archive
from ..wheels.directory import Member
from ..wheels.mountable import COLUMNS, Columns
from .assembly import Assembly

__all__ = ["Packing", "begins_with", "header", "open_archive", "pyc", "read_index"]

_HEADER = struct.Struct("<4s3I")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _UTF8 = 20, 0x800
_REGULAR_FILE = 0o100644 << 16
_MADE_BY_UNIX = 3 << 8
_FIRST_TIME = 315_532_800
_MOST = 0xFFFE
_INDEX = ".index"
_PERMISSIONS = 0o644


def header(mtime: int, size: int) -> bytes:
    """How the ``.pyc`` of a source of this time (seconds since 1970) and size begins (PEP 552)."""
    return _HEADER.pack(MAGIC_NUMBER, 0, mtime & 0xFFFFFFFF, size & 0xFFFFFFFF)


def pyc(code: CodeType, mtime: int, size: int) -> bytes:
    """The ``.pyc`` of a source of this time and size. Raises ``ValueError`` for code that cannot be stored."""
    return header(mtime, size) + marshal.dumps(code)


def open_archive(body: Body) -> Archive | None:
    """The archive, judged as a wheel is; ``None`` for anything else."""
    try:
        return Archive("bytecode", body)
    except WheelError:
        return None


def read_index(body: Body, meta: Meta) -> Columns | None:
    """The members as they are mounted, the source's name for the path; ``None`` when there is no index."""
    start, size = meta.get("index"), meta.get("index_size")
    if not isinstance(start, int) or not isinstance(size, int):
        return None
    names, _, table = body[start : start + size].partition(b"\n")
    if not names or len(table) != 8 * COLUMNS * (names.count(b"\0") + 1):
        return None
    return Columns(names.decode("latin-1"), table)


def begins_with(archive: Archive, name: str, start: bytes) -> bool:
    """Whether the archive has bytecode of this source that begins like this."""
    member = archive.members.get(name)
    if member is None:
        return False
    at = _start(member)
    return archive.body[at : at + len(start)] == start


class Packing:
    """An archive in the making; ``len()`` is how many bytes it has so far."""

    def __init__(self) -> None:
        self._data = Assembly()
        self._directory: dict[str, bytes] = {}
        self._table = array("d")

    def __len__(self) -> int:
        return len(self._data)

    def add(self, name: str, mtime: int, content: bytes) -> None:
        """Add a module, unless it is there, or its time is one that no zip can tell: no wheel has a file of that.

        Nor one with a line feed in its name, which the index could not tell.
        """
        if self._begin(name, mtime, len(content), zlib.crc32(content)):
            self._data.add(content)

    def take_over(self, archive: Archive, member: Member) -> None:
        """The same for a member of another such archive. What is damaged there stays so, and is noticed when read."""
        start = _start(member)
        end = start + member.size
        if (
            member.name != _INDEX
            and end <= len(archive.body)
            and self._begin(member.name, member.mtime // 1000, member.size, member.crc)
        ):
            self._data.add_part(archive.body, start, end)

    def finish(self) -> tuple[Body, Meta]:
        """The archive, and what ``read_index`` must know of it; nothing may be added any more."""
        index = b"\n".join(["\0".join(self._directory).encode(), self._table.tobytes()])
        self._begin(_INDEX, _FIRST_TIME, len(index), zlib.crc32(index))
        start = len(self._data)
        self._data.add(index)
        at, count = len(self._data), len(self._directory)
        for entry in self._directory.values():
            self._data.add(entry)
        self._data.add(_END.pack(b"PK\5\6", 0, 0, count, count, len(self._data) - at, at, 0))
        return self._data.body(), {"index": start, "index_size": len(index)}

    def _begin(self, name: str, mtime: int, size: int, crc: int) -> bool:
        when = _zip_time(mtime)
        if when is None or name in self._directory or "\n" in name or len(self._directory) >= _MOST:
            return False
        path = name.encode()
        self._table.extend((len(self._data), size, size, 0, crc, _PERMISSIONS, mtime * 1000))
        facts = (_UTF8, 0, *when, crc, size, size, len(path), 0)
        entry = (_MADE_BY_UNIX | _VERSION, _VERSION, *facts, 0, 0, 0, _REGULAR_FILE, len(self._data))
        self._directory[name] = _ENTRY.pack(b"PK\1\2", *entry) + path
        self._data.add(_LOCAL.pack(b"PK\3\4", _VERSION, *facts) + path)
        return True


def _start(member: Member) -> int:
    """Where the content is, in an archive that ``Packing`` made."""
    return member.offset + _LOCAL.size + len(member.name.encode())


def _zip_time(mtime: int) -> tuple[int, int] | None:
    """Hour and date as zip files have them: even seconds from 1980 to 2107, without a time zone."""
    year, month, day, hour, minute, second, *_ = time.gmtime(mtime)
    if not 1980 <= year <= 2107 or second % 2:
        return None
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
