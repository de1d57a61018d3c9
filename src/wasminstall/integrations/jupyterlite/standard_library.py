"""The standard library in a kernel: every module is compiled once, and in the next kernel not at all.

Pyodide has it as a zip of sources, of which a kernel imports some 180 after its start. ``zipimport`` compiles each of
them twice, for the name of its file and then to run it; and what it compiled is gone with the kernel. So a function of
ours stands in its place, that remembers the last one, gives out what an earlier kernel compiled, and notes the rest,
which is kept in the cache a little later. A source counts by its hash, as with the ``.pyc`` files of PEP 552.
"""

from __future__ import annotations

import asyncio
import marshal
import sys
import zipimport
from collections.abc import Callable
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, source_hash
from types import CodeType
from typing import Any

from ...bytecode.names import is_wanted
from ...cache.opening import open_cache
from ...context import make_ready

__all__ = ["Library", "library"]

_KIND = "kernel"
_PAUSES = (3, 10, 60)
"""Seconds before each time of keeping: when a kernel has started, and when it has been used for a while."""
_HASH_SIZE = 8

Compile = Callable[..., CodeType]


class Library:
    """Stands between ``zipimport`` and its compiler, for the modules whose path begins with ``place``."""

    def __init__(self, compile_source: Compile, place: str) -> None:
        self._compile = compile_source
        self._place = place
        self._last: tuple[str, bytes, CodeType] | None = None
        self._kept: dict[str, bytes] = {}
        self._noted: dict[str, tuple[bytes, CodeType]] = {}
        self._keeping: asyncio.Task[None] | None = None

    def __call__(self, path: str, source: bytes, *rest: object) -> CodeType:
        """The code of a module, as ``zipimport._compile_source`` gives it. Raises ``SyntaxError`` like that."""
        if self._last is None or self._last[:2] != (path, source):
            self._last = path, source, self._code(path, source, *rest)
        return self._last[2]

    def _code(self, path: str, source: bytes, *rest: object) -> CodeType:
        if not path.startswith(self._place):
            return self._compile(path, source, *rest)
        digest = source_hash(source)
        kept = self._kept.get(path, b"")
        if kept[:_HASH_SIZE] == digest:
            known: CodeType = marshal.loads(memoryview(kept)[_HASH_SIZE:])
            return known
        code = self._compile(path, source, *rest)
        self._noted[path] = digest, code
        return code

    async def begin(self) -> None:
        """Give out what an earlier kernel compiled, and keep what this one does. Never raises."""
        with suppress(Exception):  # it saves time, or it does not
            await make_ready()
            cache = open_cache()
            if is_wanted() and await cache.can_keep():
                entry = await cache.get(_KIND, _key())
                self._kept = marshal.loads(bytes(entry.body)) if entry else {}
                self._keeping = asyncio.get_running_loop().create_task(self._keep_later())

    async def _keep_later(self) -> None:
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            await self.settle()

    async def settle(self) -> None:
        """Keep now what was compiled so far. Never raises."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        with suppress(Exception):
            for path, (digest, code) in noted.items():
                self._kept[path] = digest + marshal.dumps(code)
                await asyncio.sleep(0)  # a cell may be waiting
            cache = open_cache()
            await cache.put(_KIND, _key(), marshal.dumps(self._kept))
            await cache.settle()


def _key() -> str:
    return f"{sys.implementation.cache_tag}-{sys.flags.optimize}-{MAGIC_NUMBER.hex()}"


def library() -> Library:
    """That of this kernel; from the first call on ``zipimport`` uses it."""
    module: Any = zipimport
    if not isinstance(module._compile_source, Library):
        major, minor = sys.version_info[:2]
        module._compile_source = Library(module._compile_source, f"/lib/python{major}{minor}.zip/")
    found: Library = module._compile_source
    return found
