"""METADATA out of the last bytes of a wheel: the end of a zip says where everything is (APPNOTE 4.3).

The ``.dist-info`` folder comes last in most wheels (PEP 427 recommends it), so the tail often holds it too.
Nothing here is trusted: what is found is compared with the verified wheel once that is there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InvalidWheel
from .directory import Member, read_directory

__all__ = ["Part", "metadata_in_tail"]

_LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")
# A local header repeats the name and has an extra field that the central directory does not tell the length of.
_HEADER_SLACK = _LOCAL_HEADER.size + 1024


@dataclass(frozen=True)
class Part:
    """The bytes from ``start`` up to ``end`` (exclusive) of the wheel are needed as well."""

    start: int
    end: int


def metadata_in_tail(filename: str, size: int, stretches: Mapping[int, bytes]) -> bytes | Part:
    """The METADATA file of a wheel of ``size`` bytes, or the part of it that is missing.

    ``stretches`` are the bytes known so far, by where they start: the end first, then each part that was asked for.
    Raises ``InvalidWheel`` when the end is not that of a zip with one METADATA.
    """
    body = _Stretches(size, stretches)
    try:
        members = [member for member in read_directory(body) if _is_metadata(member.name)]
        if len(members) != 1:
            raise InvalidWheel(filename, f"it has {len(members)} METADATA files, not one")
        return _content(body, members[0])
    except _Missing as missing:
        return missing.part
    except (ValueError, struct.error, zlib.error) as error:
        raise InvalidWheel(filename, f"its METADATA cannot be read: {error}") from None


def _is_metadata(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(".dist-info/METADATA")


def _content(body: _Stretches, member: Member) -> bytes:
    most = _HEADER_SLACK + len(member.name) * 4 + member.packed_size
    stretch = body[member.offset : member.offset + most]
    *_, name_length, extra_length = _LOCAL_HEADER.unpack_from(stretch)
    start = _LOCAL_HEADER.size + name_length + extra_length
    packed = stretch[start : start + member.packed_size]
    if not member.deflated:
        return packed
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.size + 1)


class _Missing(Exception):
    def __init__(self, part: Part) -> None:
        self.part = part


class _Stretches:
    """A ``Body`` of which some stretches are there; asking for more raises ``_Missing``."""

    def __init__(self, size: int, stretches: Mapping[int, bytes]) -> None:
        self._size = size
        self._stretches = stretches

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        begin, end, _ = part.indices(self._size)
        if begin >= end:
            return b""
        for start, data in self._stretches.items():
            if start <= begin and end <= start + len(data):
                return data[begin - start : end - start]
        raise _Missing(Part(begin, end))

    def __bytes__(self) -> bytes:
        return self[:]
