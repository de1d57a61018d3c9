"""The manners of talking to servers: how many at once, what to try again, which error it is in the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from ..errors import HTTPStatusError, NetworkError
from .port import OnBytes, Request, Response, Transport

__all__ = ["Client", "without_credentials"]

_AT_ONCE = 16
_ATTEMPTS = 3
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Client:
    """Fetches URLs through a transport: at most 16 requests an origin at once, three attempts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._slots: dict[str, asyncio.Semaphore] = {}

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        digest: str = "",
        on_bytes: OnBytes | None = None,
    ) -> Response:
        """The answer with status 200 behind ``url``.

        Raises ``HTTPStatusError`` for another status, ``NetworkError`` when no answer came; both after trying again
        where that can help (RFC 9110: 408, 425, 429, 5xx, and a lost connection).
        """
        request = Request(url, headers or {}, digest=digest)
        origin = urlunsplit((*urlsplit(url)[:2], "", "", ""))
        async with self._slots.setdefault(origin, asyncio.Semaphore(_AT_ONCE)):
            return await self._insist(request, on_bytes)

    async def _insist(self, request: Request, on_bytes: OnBytes | None) -> Response:
        for attempt in range(1, _ATTEMPTS + 1):
            pause = _FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1)
            try:
                response = await self._transport.send(request, on_bytes)
            except NetworkError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                if response.status == 200:
                    return response
                if response.status not in _WORTH_RETRYING or attempt == _ATTEMPTS:
                    raise HTTPStatusError(without_credentials(request.url), response.status)
                pause = max(pause, _retry_after(response))
            await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")


def without_credentials(url: str) -> str:
    """The URL as it may be shown: no user, password or query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], parts.path, "", ""))


def _retry_after(response: Response) -> float:
    """Seconds the server asks to wait (RFC 9110, 10.2.3), bounded; dates count as no wish."""
    value = response.headers.get("retry-after", "")
    return min(float(value), _LONGEST_PAUSE) if value.isdigit() else 0.0
