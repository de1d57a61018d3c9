"""A zip opened safely: every rule about what an archive may hold is checked before a byte of it is inflated.

``Archive`` is any zip; ``LibraryArchive`` one of Pyodide's ``shared_library`` zips. What makes a zip a wheel is in
``wheel.py``.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..errors import InvalidWheel, UnsafeWheel
from ..transport.port import Body
from .directory import DEFLATED, STORED, Member, read_directory
from .layout import Place, has_path_fault, path_fault
from .mountable import Layout, Unread, layout_of

__all__ = ["DEFAULT_LIMITS", "Archive", "LibraryArchive", "Limits", "read_member"]

_LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_ACCEPTED = {(kind, 0, method) for kind in _KINDS for method in (STORED, DEFLATED)}


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
        members = _directory(filename, data)
        _check_limits(filename, members, len(data), limits)
        self.members: Mapping[str, Member] = _checked(filename, members)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.filename}>"

    def read(self, name: str) -> bytes:
        """The content of one member (``KeyError`` when there is none of this name).

        Raises ``InvalidWheel`` when the member is damaged: its size and CRC-32 must be those of the central directory,
        and its local header must give the same name (or two tools could see two different archives).
        """
        return read_member(self.filename, self.body, self.members[name])


class LibraryArchive(Archive):
    """A ``shared_library`` zip of the Pyodide lock: files for the ``library`` folder, no metadata of its own.

    ``name`` (normalised) and ``version`` are those of its lock entry; ``places`` says where each member goes.
    """

    def __init__(self, filename: str, data: Body, *, name: str, version: str, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(filename, data, limits=limits)
        self.name = name
        self.version = version
        self.places: Mapping[str, Place] = {member: Place("library", member) for member in self.members}

    @cached_property
    def layout(self) -> Layout:
        """What placing it comes to."""
        return layout_of(self.name, self.version, self.files())

    def files(self) -> Iterator[Unread]:
        """Everything that is placed, in archive order."""
        return (Unread(self.members[member], place) for member, place in self.places.items())


def read_member(filename: str, body: Body, member: Member) -> bytes:
    """The content of one member of the archive ``body``. Raises as ``Archive.read`` does."""
    packed = _packed(filename, memoryview(body) if isinstance(body, bytes) else body, member)
    data = _inflated(packed, member.size) if member.deflated else bytes(packed)
    if data is None or len(data) != member.size or zlib.crc32(data) != member.crc:
        raise InvalidWheel(filename, f"its member {member.name!r} is damaged")
    return data


def _packed(filename: str, body: Body | memoryview, member: Member) -> bytes | memoryview:
    start = member.offset + _LOCAL_HEADER.size
    header = body[member.offset : start]
    if len(header) != _LOCAL_HEADER.size or bytes(header[:4]) != b"PK\3\4":
        raise InvalidWheel(filename, f"its member {member.name!r} has no local header")
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    name = bytes(body[start : start + name_length])
    if name.decode("utf-8" if member.utf8 or name.isascii() else "cp437", "replace") != member.name:
        raise UnsafeWheel(filename, member.name, "its local header gives another name")
    start += name_length + extra_length
    return body[start : start + member.packed_size]


def _directory(filename: str, body: Body) -> list[Member]:
    try:
        return read_directory(body)
    except ValueError as error:
        raise InvalidWheel(filename, f"it cannot be read as a zip file: {error}") from None


def _check_limits(filename: str, members: list[Member], size: int, limits: Limits) -> None:
    total = sum([member.size for member in members])
    if len(members) > limits.members:
        raise InvalidWheel(filename, f"it has {len(members)} members; at most {limits.members} are accepted")
    if total > limits.total:
        raise InvalidWheel(filename, f"it unfolds to {total} bytes; at most {limits.total} are accepted")
    if total > limits.ratio_from and total > size * limits.ratio:
        raise InvalidWheel(filename, f"it unfolds to {total} bytes from {size}, as only archives meant to harm do")
    for member in members:
        if len(member.name) > limits.length or member.name.count("/") > limits.depth:
            raise InvalidWheel(filename, f"the path of its member {member.name[:80]!r}... is too long")


def _checked(filename: str, members: list[Member]) -> dict[str, Member]:
    """The files by name. All are looked at together, and one by one only when something is wrong with any."""
    names = [member.name.removesuffix("/") for member in members]
    by_name = dict(zip(names, members, strict=True))
    kinds = {(stat.S_IFMT(member.unix_mode), member.flags & _ENCRYPTED, member.method) for member in members}
    if len(by_name) != len(members) or has_path_fault(names) or not kinds <= _ACCEPTED:
        _refuse(filename, members)
    files = {name: member for name, member in by_name.items() if not member.name.endswith("/")}
    _refuse_files_as_folders(filename, files)
    return files


def _refuse(filename: str, members: list[Member]) -> None:
    """Raise for the first member that is not acceptable, if there is one."""
    seen: set[str] = set()
    for member in members:
        fault = path_fault(member.name.removesuffix("/")) or _fault(member)
        if fault or member.name in seen:
            raise UnsafeWheel(filename, member.name, fault or "it is there twice")
        if member.method not in (STORED, DEFLATED):
            raise InvalidWheel(filename, f"{member.name!r} is compressed with method {member.method}")
        seen.add(member.name)


def _fault(member: Member) -> str:
    """Why a member of this kind is refused, or an empty string."""
    if stat.S_IFMT(member.unix_mode) not in _KINDS:
        return "it is a link or a device, not a file"
    return "it is encrypted" if member.flags & _ENCRYPTED else ""


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
