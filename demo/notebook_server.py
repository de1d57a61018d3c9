"""The demo's server: the notebook page and all it needs on one origin.

``/`` the page, ``/wasminstall/`` the bootstrap, ``/pyodide/`` the Pyodide distribution, ``/index/simple/`` an index
proxy for the default index. What was fetched stays in the cache folder, so the second start needs no network.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import webbrowser
from argparse import Namespace
from pathlib import Path

import httpx
from aiohttp import web

from mirror import DistributionMirror, cache_folder
from wasminstall._default_index import DEFAULT_INDEX_URL
from wasminstall.serve import (
    Answer,
    ContentStore,
    Distribution,
    Folder,
    IndexProxy,
    create_app,
    listen,
    run_until_stopped,
)
from wasminstall.serve.running import HOST

__all__ = ["demo_app", "run"]

ROOT = Path(__file__).resolve().parent.parent


def demo_app(mirror: DistributionMirror, *, cache: Path, proxy: bool) -> web.Application:
    """The notebook's server; ``proxy`` is which index the page begins with."""
    store = ContentStore(cache / "sha256")
    return create_app(
        [
            Answer("/config.json", {"proxy": proxy}),
            Distribution(ROOT / "node_modules/pyodide", mirror.wheel, store),
            IndexProxy(cache, store),
            Folder("/wasminstall/", ROOT / "js/dist"),
            Folder("/", ROOT / "demo/dist"),
        ]
    )


def run(options: Namespace) -> int:
    """Serve until interrupted; the exit code."""
    try:
        listener = listen(options.port)
    except OSError as error:
        print(f"Cannot listen on {HOST}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        asyncio.run(serve(listener, options))
    except KeyboardInterrupt:
        print("Stopped.")
    return 0


async def serve(listener: socket.socket, options: Namespace) -> None:
    """Run the server on this socket until cancelled."""
    proxy = options.index == "proxy" or (options.index == "auto" and not await readable_from_pages(DEFAULT_INDEX_URL))
    version = json.loads((ROOT / "node_modules/pyodide/package.json").read_text("utf-8"))["version"]
    cache = options.cache or cache_folder()
    async with DistributionMirror(version, cache=cache) as mirror:
        app = demo_app(mirror, cache=cache, proxy=proxy)
        await run_until_stopped(app, listener, lambda address: announce(address, browser=not options.no_browser))


async def readable_from_pages(index: str) -> bool:
    """Whether this index sends the CORS headers a browser wants to see."""
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=5) as client:
            answer = await client.head(f"{index}packaging/", headers={"Origin": f"http://{HOST}"})
    except httpx.HTTPError:
        return False
    return "access-control-allow-origin" in answer.headers


def announce(address: str, *, browser: bool) -> None:
    """Tell where the page is, and open it where there is a screen to see it on."""
    print(f"The notebook is at {address}\nStop with Ctrl-C.", flush=True)
    has_display = sys.platform in {"win32", "darwin"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if browser and has_display:
        webbrowser.open(address)
