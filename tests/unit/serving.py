"""The development server as tests ask it: on a free port, with one wheel."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from aiohttp import web

__all__ = ["METADATA", "SHA256", "WHEEL", "WHEEL_NAME", "Client", "running"]

WHEEL = b"PK\x03\x04 the bytes of a wheel, for all the proxy knows " * 40
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
WHEEL_NAME = "demo-1.0+local-py3-none-any.whl"
SHA256 = hashlib.sha256(WHEEL).hexdigest()

Client = httpx.AsyncClient


@asynccontextmanager
async def running(app: web.Application) -> AsyncIterator[Client]:
    """A client of the application, which listens on a free port."""
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with Client(base_url=f"http://{host}:{port}", trust_env=False, verify=False) as client:
            yield client
    finally:
        await runner.cleanup()
