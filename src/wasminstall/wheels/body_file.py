"""A ``Body`` as a file to read, for ``zipfile``: only the parts that are read are copied."""

from __future__ import annotations

import io

from ..transport.port import Body

__all__ = ["BodyFile"]


class BodyFile(io.RawIOBase):
    """``len(body)`` bytes, read at a position."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._position = 0

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position, in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as every file does. Raises ``ValueError`` for a place before the beginning."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._body)}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._position = base + offset
        return self._position

    def read(self, count: int = -1) -> bytes:
        """The next ``count`` bytes, or all that are left."""
        begin = min(self._position, len(self._body))
        end = len(self._body) if count < 0 else min(begin + count, len(self._body))
        self._position = end
        return self._body[begin:end]
