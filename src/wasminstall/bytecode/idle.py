"""When nobody is waiting: moments for work that may be done at any time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

__all__ = ["Idle", "idle"]

Idle = Callable[[float], Awaitable[None]]
"""Waits for so many seconds, and then until there is nothing else to do."""

_LONGEST_MS = 1000


async def idle(pause: float) -> None:
    """See ``Idle``. Pages know when they have nothing to do; in workers and in Node, the next turn has to do."""
    await asyncio.sleep(pause)
    if sys.platform == "emscripten":
        await _page_is_idle()


async def _page_is_idle() -> None:
    import js
    from pyodide.ffi import create_once_callable, to_js

    if not hasattr(js, "requestIdleCallback"):
        return
    moment: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def come(*_: object) -> None:
        if not moment.done():
            moment.set_result(None)

    # A page in the background may never be idle.
    options = to_js({"timeout": _LONGEST_MS}, dict_converter=js.Object.fromEntries)
    js.requestIdleCallback(create_once_callable(come), options)
    await moment
