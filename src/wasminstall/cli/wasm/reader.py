"""The few things a WebAssembly file is written with: bytes, LEB128 numbers and counted UTF-8."""

from __future__ import annotations

__all__ = ["Reader"]

_REFERENCE_WITH_TYPE = (0x63, 0x64)


class Reader:
    """Reads from ``at`` up to ``end``; every method raises ``IndexError`` past the end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self.at = at
        self._end = end

    @property
    def done(self) -> bool:
        """Whether everything is read."""
        return self.at >= self._end

    def byte(self) -> int:
        """One byte."""
        if self.at >= self._end:
            raise IndexError("it ends too early")
        self.at += 1
        return self._data[self.at - 1]

    def number(self) -> int:
        """An unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def text(self) -> str:
        """A string with its length before it. Raises ``UnicodeDecodeError`` too."""
        return bytes(self.part(self.number())).decode()

    def part(self, size: int) -> Reader:
        """A reader of the next ``size`` bytes, which this one passes."""
        start, self.at = self.at, self.at + size
        if self.at > self._end:
            raise IndexError("it ends too early")
        return Reader(self._data, start, self.at)

    def value_type(self) -> None:
        """Pass a value type: one byte, or a reference with the type it refers to."""
        if self.byte() in _REFERENCE_WITH_TYPE:
            self.number()

    def __bytes__(self) -> bytes:
        return self._data[self.at : self._end]
