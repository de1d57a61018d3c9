"""A zip opened safely: every rule about what an archive may hold is checked before a byte of it is inflated.

``Archive`` is any zip; ``LibraryArchive`` one of Pyodide's ``shared_library`` zips. What makes a zip a wheel is in
``wheel.py``.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from ..errors import InvalidWheel, UnsafeWheel
from ..transport.port import Body
from .body_file import BodyFile
from .layout import Place, path_fault
from .record import RecordEntry

__all__ = ["DEFAULT_LIMITS", "Archive", "LibraryArchive", "Limits", "Member"]

_LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")
_FIRST_DATE = 315_532_800_000
_ENCRYPTED = 0x1 | 0x40 | 0x2000


@dataclass(frozen=True)
class Limits:
    """How much an archive may unfold to. The defaults leave room for everything on PyPI that a page could hold.

    ``total``: bytes of all members together (the wasm32 heap ends at 4 GiB); ``members``: how many there are;
    ``ratio``: unfolded bytes per archive byte, looked at above ``ratio_from`` bytes only, as small files of zeros are
    common and harmless (DEFLATE itself ends at 1032); ``length`` and ``depth``: characters and folders of one path.
    """

    total: int = 2 * 1024**3
    members: int = 100_000
    ratio: int = 200
    ratio_from: int = 64 * 1024**2
    length: int = 1024
    depth: int = 64


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    ``size`` is in bytes, unfolded; ``executable`` says whether any x bit is set; ``mtime`` is in milliseconds since
    the epoch, what the archive says taken for UTC, as zip files know no time zone.
    """

    name: str
    size: int
    executable: bool
    mtime: int
    offset: int
    packed_size: int
    deflated: bool
    crc: int
    utf8: bool

    @property
    def mode(self) -> int:
        """The permission bits it is placed with."""
        return 0o755 if self.executable else 0o644


DEFAULT_LIMITS = Limits()


class Archive:
    """A zip file in memory, ``filename`` used in messages only.

    ``members`` are its files by name, in archive order; directories are left out. Opening costs O(members).
    Raises ``InvalidWheel`` when it is damaged or no zip, ``UnsafeWheel`` for members that could do harm: duplicates,
    absolute paths, ``..``, backslashes, NUL, links and devices, encryption, and more content than ``limits`` allow.
    """

    def __init__(self, filename: str, data: Body, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self.filename = filename
        self.body = data
        self._data: Body | memoryview = memoryview(data) if isinstance(data, bytes) else data
        infos = _directory(filename, data)
        _check_limits(filename, infos, len(data), limits)
        self.members: Mapping[str, Member] = _members(filename, infos)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.filename}>"

    def read(self, name: str) -> bytes:
        """The content of one member (``KeyError`` when there is none of this name).

        Raises ``InvalidWheel`` when the member is damaged: its size and CRC-32 must be those of the central directory,
        and its local header must give the same name (or two tools could see two different archives).
        """
        member = self.members[name]
        packed = self._packed(member)
        data = _inflated(packed, member.size) if member.deflated else bytes(packed)
        if data is None or len(data) != member.size or zlib.crc32(data) != member.crc:
            raise InvalidWheel(self.filename, f"its member {name!r} is damaged")
        return data

    def _packed(self, member: Member) -> bytes | memoryview:
        start = member.offset + _LOCAL_HEADER.size
        header = self._data[member.offset : start]
        if len(header) != _LOCAL_HEADER.size or bytes(header[:4]) != b"PK\3\4":
            raise InvalidWheel(self.filename, f"its member {member.name!r} has no local header")
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        name = bytes(self._data[start : start + name_length])
        if name.decode("utf-8" if member.utf8 else "cp437", "replace") != member.name:
            raise UnsafeWheel(self.filename, member.name, "its local header gives another name")
        start += name_length + extra_length
        return self._data[start : start + member.packed_size]


class LibraryArchive(Archive):
    """A ``shared_library`` zip of the Pyodide lock: files for the ``library`` folder, no metadata of its own.

    ``name`` (normalised) and ``version`` are those of its lock entry; ``places`` says where each member goes.
    """

    generated: frozenset[str] = frozenset()

    def __init__(self, filename: str, data: Body, *, name: str, version: str, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(filename, data, limits=limits)
        self.name = name
        self.version = version
        self.record: Mapping[str, RecordEntry] = {}
        self.places: Mapping[str, Place] = {member: Place("library", member) for member in self.members}


def _directory(filename: str, data: Body) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data) if isinstance(data, bytes) else BodyFile(data)) as file:
            return file.infolist()
    # A damaged directory makes zipfile raise more than BadZipFile: that it cannot be read is all there is to say.
    except (zipfile.BadZipFile, struct.error, ValueError, IndexError, OverflowError, NotImplementedError) as error:
        raise InvalidWheel(filename, f"it cannot be read as a zip file ({error})") from None


def _check_limits(filename: str, infos: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    total = sum(info.file_size for info in infos)
    if len(infos) > limits.members:
        raise InvalidWheel(filename, f"it has {len(infos)} members; at most {limits.members} are accepted")
    if total > limits.total:
        raise InvalidWheel(filename, f"it unfolds to {total} bytes; at most {limits.total} are accepted")
    if total > limits.ratio_from and total > size * limits.ratio:
        raise InvalidWheel(filename, f"it unfolds to {total} bytes from {size}, as only archives meant to harm do")
    for info in infos:
        if len(info.orig_filename) > limits.length or info.orig_filename.count("/") > limits.depth:
            raise InvalidWheel(filename, f"the path of its member {info.orig_filename[:80]!r}... is too long")


def _members(filename: str, infos: list[zipfile.ZipInfo]) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for info in infos:
        # orig_filename: zipfile cuts ``filename`` at a NUL.
        name = info.orig_filename
        fault = path_fault(name.removesuffix("/")) or _fault(info)
        if not fault and name in members:
            fault = "it is there twice"
        if fault:
            raise UnsafeWheel(filename, name, fault)
        if not name.endswith("/"):
            members[name] = _member(filename, info)
    _refuse_files_as_folders(filename, members)
    return members


def _fault(info: zipfile.ZipInfo) -> str:
    """Why a member of this kind is refused, or an empty string."""
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link or a device, not a file"
    return "it is encrypted" if info.flag_bits & _ENCRYPTED else ""


def _member(filename: str, info: zipfile.ZipInfo) -> Member:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidWheel(filename, f"{info.orig_filename!r} is compressed with method {info.compress_type}")
    return Member(
        name=info.orig_filename,
        size=info.file_size,
        executable=bool((info.external_attr >> 16) & 0o111),
        mtime=_milliseconds(info.date_time),
        offset=info.header_offset,
        packed_size=info.compress_size,
        deflated=info.compress_type == zipfile.ZIP_DEFLATED,
        crc=info.CRC,
        utf8=bool(info.flag_bits & 0x800),
    )


@lru_cache(maxsize=64)  # members mostly share one date
def _milliseconds(date: tuple[int, int, int, int, int, int]) -> int:
    """Dates of zip files may be no dates at all (month 0): those count as the first one there is."""
    try:
        return int(datetime(*date, tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return _FIRST_DATE


def _refuse_files_as_folders(filename: str, members: Mapping[str, Member]) -> None:
    folders = {name.rpartition("/")[0] for name in members}
    for folder in sorted(folders):
        while folder:
            if folder in members:
                raise UnsafeWheel(filename, folder, "it is a file and a folder")
            folder = folder.rpartition("/")[0]


def _inflated(packed: bytes | memoryview, size: int) -> bytes | None:
    """The inflated bytes, never more than ``size`` + 1 of them; ``None`` when they are damaged or cut off."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(packed, size + 1)
    except zlib.error:
        return None
    return data if inflater.eof else None
