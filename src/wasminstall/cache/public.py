"""The verbs for people: what is in the cache, and out with it."""

from __future__ import annotations

import sys

from .cache import Cache, settled
from .info import CacheInfo, Removed
from .opening import open_cache

__all__ = ["clear", "flush", "info", "prune"]


async def info() -> CacheInfo:
    """What the cache holds, how much of each kind, and where."""
    return await (await _cache()).info()


async def clear() -> Removed:
    """Remove everything that is kept. What is installed stays installed; the next install fetches again."""
    return await (await _cache()).clear()


async def prune(max_bytes: int | None = None, unused_for_days: float | None = None) -> Removed:
    """Remove what is no longer used.

    ``unused_for_days``: what was not used for so many days goes. ``max_bytes``: the least recently used goes, until no
    more than this is left. Without either: what was not used for 30 days.
    """
    return await (await _cache()).prune(max_bytes, unused_for_days)


async def flush() -> None:
    """Keep now what would be kept a moment later: what imports have compiled.

    Only for those who close the page, or end the process, right after an import. Never raises.
    """
    from ..bytecode import settle

    await settle()


async def _cache() -> Cache:
    await settled()
    if sys.platform == "emscripten":
        from ..javascript import load_page_helper

        await load_page_helper()
    return open_cache()
