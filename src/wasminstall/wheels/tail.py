"""METADATA out of the last bytes of a wheel: the end of a zip says where everything is (APPNOTE 4.3).

The ``.dist-info`` folder comes last in most wheels (PEP 427 recommends it), so the tail often holds it too.
Nothing here is trusted: what is found is compared with the verified wheel once that is there.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InvalidWheel
from .metadata import Metadata, parse_metadata

__all__ = ["Part", "metadata_in_tail"]

_LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")
# A local header repeats the name and has an extra field that the central directory does not tell the length of.
_HEADER_SLACK = _LOCAL_HEADER.size + 1024


@dataclass(frozen=True)
class Part:
    """The bytes from ``start`` up to ``end`` (exclusive) of the wheel are needed as well."""

    start: int
    end: int


def metadata_in_tail(filename: str, size: int, stretches: Mapping[int, bytes]) -> Metadata | Part:
    """The metadata of a wheel of ``size`` bytes, or the part of it that is missing.

    ``stretches`` are the bytes known so far, by where they start: the end first, then each part that was asked for.
    Raises ``InvalidWheel`` when the end is not that of a zip with one METADATA.
    """
    window = _Window(size, stretches)
    try:
        with zipfile.ZipFile(window) as archive:
            entries = [info for info in archive.infolist() if _is_metadata(info.filename)]
    except _Missing as missing:
        return missing.part
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, NotImplementedError) as error:
        raise InvalidWheel(filename, f"it cannot be read as a zip file ({error})") from None
    if len(entries) != 1:
        raise InvalidWheel(filename, f"it has {len(entries)} METADATA files, not one")
    try:
        return parse_metadata(_content(window, entries[0], size).decode("utf-8", "replace"))
    except _Missing as missing:
        return missing.part
    except (ValueError, struct.error, zlib.error) as error:
        raise InvalidWheel(filename, f"its METADATA cannot be read ({error})") from None


def _is_metadata(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(".dist-info/METADATA")


def _content(window: _Window, info: zipfile.ZipInfo, size: int) -> bytes:
    end = min(info.header_offset + _HEADER_SLACK + len(info.orig_filename) * 4 + info.compress_size, size)
    window.require(info.header_offset, end)
    window.seek(info.header_offset)
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(window.read(_LOCAL_HEADER.size))
    window.seek(name_length + extra_length, io.SEEK_CUR)
    packed = window.read(info.compress_size)
    if info.compress_type == zipfile.ZIP_STORED:
        return packed
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, info.file_size + 1)


class _Missing(Exception):
    def __init__(self, part: Part) -> None:
        self.part = part


class _Window(io.RawIOBase):
    """A file of ``size`` bytes of which some stretches are there; reading elsewhere raises ``_Missing``."""

    def __init__(self, size: int, stretches: Mapping[int, bytes]) -> None:
        self._size = size
        self._stretches = stretches
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._position = base + offset
        return self._position

    def read(self, count: int = -1) -> bytes:
        end = self._size if count < 0 else min(self._position + count, self._size)
        begin, self._position = self._position, max(self._position, end)
        return self.require(begin, end)

    def require(self, begin: int, end: int) -> bytes:
        """The bytes in between; raises ``_Missing``."""
        if begin >= end:
            return b""
        for start, data in self._stretches.items():
            if start <= begin and end <= start + len(data):
                return data[begin - start : end - start]
        raise _Missing(Part(begin, end))
