"""A server on this machine until somebody stops it: only for this machine, on the first free port."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

from aiohttp import web

__all__ = ["HOST", "listen", "run_until_stopped"]

HOST = "127.0.0.1"
_PORTS = 100
_LAST_WORDS = 0.5
"""Seconds that open connections have when the server stops."""


def listen(port: int) -> socket.socket:
    """A listening socket on this port or the first free one after it. Raises ``OSError``."""
    for candidate in range(port, port + _PORTS):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return listener
    raise OSError(errno.EADDRINUSE, f"ports {port} to {port + _PORTS - 1} are all in use")


async def run_until_stopped(app: web.Application, listener: socket.socket, ready: Callable[[str], object]) -> None:
    """Serve on this socket until cancelled; ``ready`` is called with the address when it answers."""
    runner = web.AppRunner(app, shutdown_timeout=_LAST_WORDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        ready(f"http://{HOST}:{listener.getsockname()[1]}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
