"""Pages that load themselves anew when a file changes: a stream of events, and the script that listens to it.

Files are looked at by their times a few times a second, and only while a page is open; that works on every system.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

__all__ = ["Reload"]

_SCRIPT = """{
  // The server tells when it started, and each change. One that was started anew may have changed as well.
  let started;
  new EventSource("CHANGES").onmessage = ({ data }) => {
    started ??= data;
    if (data !== started) location.reload();
  };
}
"""


class Reload:
    """Tells pages of changes below ``root``. Pages have the script at the address ``script``."""

    def __init__(self, root: Path, *, prefix: str = "/_reload", every: float = 0.4) -> None:
        """``every`` so many seconds the files are looked at."""
        self._root = root
        self._prefix = prefix
        self._every = every
        self._started = f"{time.time()}"

    @property
    def script(self) -> str:
        """The address of the script that pages need."""
        return f"{self._prefix}.js"

    def routes(self) -> Sequence[web.RouteDef]:
        """The stream and the script."""
        return [web.get(self._prefix, self._changes), web.get(self.script, self._answer_script)]

    async def close(self) -> None:
        """Nothing to close: streams end with the server."""

    async def _answer_script(self, _request: web.Request) -> web.Response:
        text = _SCRIPT.replace("CHANGES", self._prefix)
        return web.Response(text=text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        seen = await self._look()  # before the page is told that it is watched for
        await response.write(f"data: {self._started}\n\n".encode())
        with suppress(ConnectionError):  # the page has gone
            while True:
                await asyncio.sleep(self._every)
                now = await self._look()
                await response.write(b"data: changed\n\n" if now != seen else b": \n\n")
                seen = now
        return response

    async def _look(self) -> frozenset[tuple[str, int, int]]:
        return await asyncio.to_thread(lambda: frozenset(_states(self._root)))


def _states(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of every file, but for what is hidden or fetched by a package manager."""
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".") and name not in ("node_modules", "__pycache__")]
        for name in files:
            try:
                found = (Path(place) / name).stat()
            except OSError:
                continue  # gone meanwhile, or a link to nowhere
            yield f"{place}/{name}", found.st_mtime_ns, found.st_size
