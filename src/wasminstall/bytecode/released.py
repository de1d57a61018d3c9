"""Bytecode that comes with a release: of what the first import of large packages of the Pyodide distribution compiles.

A page fetches it behind the wheels (js/src/ahead/compiled.ts). That of a module is valid for one source, whose hash it
has (PEP 552), and of one CPython, whatever the wheel: all else is compiled as ever.
"""

from __future__ import annotations

import asyncio
import marshal
import struct
import sys
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER, source_hash
from types import CodeType
from typing import Any

from ..transport.port import Body

__all__ = ["Modules", "Released", "code_of"]

Module = tuple[bytes, bytes]
"""Hash of the source and marshalled code."""

Modules = dict[str, Module]
"""By absolute path."""


class Released:
    """What there is for the wheels of one install, in the folder ``site``: ``modules``, filled as it comes."""

    def __init__(self, site: str) -> None:
        self.modules: Modules = {}
        self._site = site
        self._coming: dict[str, asyncio.Task[None]] = {}

    @property
    def is_coming(self) -> bool:
        """Whether some of what was asked for may still come."""
        return not all(task.done() for task in self._coming.values())

    def ask(self, wheels: Iterable[str]) -> None:
        """Begin to fetch what there is for the wheels with these file names, unless that has begun."""
        if sys.platform != "emscripten":
            return
        from ..javascript import page_helper

        helper = page_helper()
        for wheel in wheels if helper is not None else ():
            asked = helper.compiled(wheel) if wheel not in self._coming else None
            if asked is not None:
                self._coming[wheel] = asyncio.ensure_future(self._take(asked))

    def stop(self) -> None:
        """What did not come by now is of no use."""
        for task in self._coming.values():
            task.cancel()

    def add(self, data: Body) -> None:
        """Take over what js/build/compiled.py made, if this Python can read it."""
        try:
            (length,) = struct.unpack("<I", data[:4])
            magic, index = marshal.loads(data[4 : 4 + length])
        except (ValueError, EOFError, TypeError, struct.error):
            return
        start = 4 + length
        if magic == MAGIC_NUMBER:
            for path, (digest, begin, end) in index.items():
                # One by one: as a whole it would make Python's memory larger for good.
                self.modules[f"{self._site}/{path}"] = digest, data[start + begin : start + end]

    async def _take(self, asked: Any) -> None:  # noqa: ANN401
        from ..javascript import JavaScriptBytes

        try:
            found = await asked.bytes
        except asyncio.CancelledError:
            asked.abort()
            raise
        if found is not None:
            self.add(JavaScriptBytes(found))


def code_of(module: Module, path: str, source: bytes) -> CodeType | None:
    """The code of the module, if it was made of this source for this path."""
    digest, code = module
    if digest != source_hash(source):
        return None
    loaded: CodeType = marshal.loads(code)
    return loaded if loaded.co_filename == path else None
