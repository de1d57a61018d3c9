"""Who may talk to a server now: a bounded number of requests at once for each origin, the most urgent first.

Pages and metadata go before wheels, as more requests follow from them; among wheels the biggest goes first, as the
others then fit beside it. A small wheel waits until the bigger ones have begun, and no longer: an install ends with the
last of them, so nothing is lost.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from .port import Urgency

__all__ = ["Lane"]

_AT_ONCE = 16
_KEPT_FREE = 4


class Lane:
    """One origin: ``width`` requests at once, of which wheels leave ``kept_free`` to what the next step waits for."""

    def __init__(self, width: int = _AT_ONCE, kept_free: int = _KEPT_FREE) -> None:
        self._width = width
        self._width_for_wheels = width - kept_free
        self._busy = 0
        self._wheels = 0
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def turn(self, urgency: Urgency = Urgency.PAGE, size: int = 0) -> AsyncIterator[None]:
        """Wait for a place, and hold it for the ``with`` block."""
        if self._has_room(urgency):
            self._take(urgency)
        else:
            await self._wait(urgency, size)
        try:
            yield
        finally:
            self._give_back(urgency)

    async def _wait(self, urgency: Urgency, size: int) -> None:
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (int(urgency), -size, next(self._order), admitted))
        try:
            await admitted
        except asyncio.CancelledError:
            if not admitted.cancelled():  # admitted and cancelled in the same moment
                self._give_back(urgency)
            raise

    def _has_room(self, urgency: int) -> bool:
        if urgency == Urgency.WHEEL and self._wheels >= self._width_for_wheels:
            return False
        return self._busy < self._width

    def _take(self, urgency: int) -> None:
        self._busy += 1
        self._wheels += urgency == Urgency.WHEEL

    def _give_back(self, urgency: int) -> None:
        self._busy -= 1
        self._wheels -= urgency == Urgency.WHEEL
        while self._waiting:
            first, _, _, admitted = self._waiting[0]
            if not admitted.done() and not self._has_room(first):
                return
            heapq.heappop(self._waiting)
            if not admitted.done():
                self._take(first)
                admitted.set_result(None)
