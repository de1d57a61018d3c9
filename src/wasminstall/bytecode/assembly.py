"""Bytes put together where they are needed: in Pyodide on JavaScript's side, so that Python's heap does not grow."""

from __future__ import annotations

import sys
from typing import Any

from ..transport.port import Body

__all__ = ["Assembly"]

_CHUNK = 2**20


class Assembly:
    """Grows at its end; ``len()`` is how far it is."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._rest = bytearray()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, piece: bytes) -> None:
        """A copy of these bytes."""
        self._rest += piece
        self._size += len(piece)
        if len(self._rest) >= _CHUNK:
            self._hand_over()

    def add_part(self, body: Body, start: int, end: int) -> None:
        """The bytes of ``body`` from ``start`` to ``end``, which must not change."""
        proxy = getattr(body, "proxy", None)
        if proxy is None:
            self.add(body[start:end])
            return
        self._hand_over()
        self._chunks.append(proxy.subarray(start, end))
        self._size += end - start

    def body(self) -> Body:
        """All of it; nothing may be added any more."""
        if sys.platform != "emscripten":
            return b"".join([*self._chunks, self._rest])
        import js

        from ..javascript import JavaScriptBytes

        self._hand_over()
        whole, at = js.Uint8Array.new(self._size), 0
        for chunk in self._chunks:
            whole.set(chunk, at)
            at += int(chunk.byteLength)
        return JavaScriptBytes(whole)

    def _hand_over(self) -> None:
        if not self._rest:
            return
        if sys.platform == "emscripten":
            from pyodide.ffi import to_js

            self._chunks.append(to_js(self._rest))
        else:
            self._chunks.append(bytes(self._rest))
        self._rest.clear()
