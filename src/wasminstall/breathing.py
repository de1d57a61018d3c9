"""Breathing: long work lets the page have its turn, as Python runs on the thread that draws it and hears its user."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

__all__ = ["breathe"]

_LONGEST = 0.016
"""Seconds for which the page's timers may have to wait."""

_MOMENT = 0.003
"""Seconds; in Pyodide less than this is no timer but a message."""


async def breathe() -> None:
    """Go on if the event loop had time for others lately, else after a moment; whoever waits, in order.

    To be awaited between two pieces of work. A timer tells whether there was time: all that is ready in Python at a
    moment is done before the page has its turn, however much it is.
    """
    await _breaths.setdefault(asyncio.get_running_loop(), _Breath()).take()


class _Breath:
    """Of one event loop."""

    def __init__(self) -> None:
        self._queue = asyncio.Lock()
        self._waiting_since: float | None = None  # for a timer

    async def take(self) -> None:
        async with self._queue:
            if self._waiting_since is not None and time.perf_counter() - self._waiting_since > _LONGEST:
                await asyncio.sleep(_MOMENT)
            if self._waiting_since is None:
                self._waiting_since = time.perf_counter()
                asyncio.get_running_loop().call_later(_MOMENT, self._heard)

    def _heard(self) -> None:
        self._waiting_since = None


_breaths: WeakKeyDictionary[asyncio.AbstractEventLoop, _Breath] = WeakKeyDictionary()
