"""The demo's own application in a thread: the real distribution, and the real index behind its proxy."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from mirror import DistributionMirror, cache_folder
from notebook_server import demo_app
from support.distribution import ROOT
from wasminstall.serve import listen

__all__ = ["demo_server"]


@contextmanager
def demo_server() -> Iterator[str]:
    """Serve it until the block ends; gives its address. What it fetched stays in the cache folder."""
    listener = listen(8100)
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        version = json.loads((ROOT / "node_modules/pyodide/package.json").read_text("utf-8"))["version"]
        async with DistributionMirror(version) as mirror:
            runner = web.AppRunner(demo_app(mirror, cache=cache_folder(), proxy=True), access_log=None)
            await runner.setup()
            await web.SockSite(runner, listener).start()
            started.set()
            await stop.wait()
            await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()], daemon=True)
    thread.start()
    assert started.wait(30)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()
