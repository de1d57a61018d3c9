"""A complete Pyodide distribution on the page's own origin, so that ``pyodide.loadPackage`` works unmodified.

The core files (runtime, standard library, lock) come from a folder, such as the npm package. The wheels the lock
names come from an injected source the first time they are asked for, and from the content store ever after: the
lock's sha256 decides what is right, so it does not matter who hands over the bytes.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from aiohttp import web

from .static import file_answer, inside
from .store import ContentStore, WrongContent, one_chunk

__all__ = ["Distribution", "WheelSource"]

WheelSource = Callable[[str, str], Awaitable[bytes]]
"""Given a file name and its sha256, the file's bytes; any exception means that it cannot be had."""


class Distribution:
    """The Pyodide distribution whose core lies in ``core``, at ``prefix``."""

    def __init__(self, core: Path, source: WheelSource, store: ContentStore, *, prefix: str = "/pyodide") -> None:
        self._core = core
        self._source = source
        self._store = store
        self._prefix = "/" + prefix.strip("/")
        self._hashes = _locked_files(core / "pyodide-lock.json")
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def routes(self) -> Sequence[web.RouteDef]:
        """Core files and wheels share one folder, as on a CDN."""
        return [web.get(self._prefix + "/{path:.+}", self._answer)]

    async def close(self) -> None:
        """Nothing to close; the source belongs to whoever made it."""

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = request.match_info["path"]
        path = inside(self._core, asked)
        if path is not None and path.is_file():
            return file_answer(path)
        sha256 = self._hashes.get(asked)
        if sha256 is None:
            raise web.HTTPNotFound(text=f"the Pyodide distribution has no file {asked}\n")
        return file_answer(await self._wheel(asked, sha256), name=asked)

    async def _wheel(self, file_name: str, sha256: str) -> Path:
        """Where the wheel lies; fetched if need be, and once for all who ask meanwhile."""
        async with self._fetching[sha256]:
            kept = self._store.path(sha256)
            if kept is not None:
                return kept
            try:
                return await self._store.put(one_chunk(await self._source(file_name, sha256)), sha256)
            except WrongContent as error:
                raise web.HTTPBadGateway(text=f"{file_name}: the source handed over other bytes: {error}\n") from error
            except Exception as error:
                raise web.HTTPBadGateway(text=f"{file_name} cannot be had: {error}\n") from error


def _locked_files(lock: Path) -> Mapping[str, str]:
    """The sha256 of every file the lock names, by file name."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    return {package["file_name"]: package["sha256"] for package in packages.values()}
