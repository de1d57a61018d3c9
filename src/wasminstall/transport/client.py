"""The manners of talking to servers: how many at once, what to try again, which error it is in the end.

Credentials in a URL belong to its origin: they are taken out of it, sent with every request to that origin, and to no
other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from ..addresses import split_address, without_credentials
from ..errors import HTTPStatusError, NetworkError
from .port import OnBytes, Request, Response, Transport

__all__ = ["Client"]

_AT_ONCE = 16
_ATTEMPTS = 3
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Client:
    """Fetches URLs through a transport: at most 16 requests an origin at once, three attempts."""

    def __init__(self, transport: Transport, headers: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """``headers``: by origin (or any URL of it), sent with every request to that origin and to no other."""
        self._transport = transport
        self._slots: dict[str, asyncio.Semaphore] = {}
        # One spelling, or a header of the user's and one of ours would be two.
        self._headers = {
            split_address(url)[1]: {name.title(): value for name, value in values.items()}
            for url, values in (headers or {}).items()
        }

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        part: tuple[int, int] | None = None,
        digest: str = "",
        on_bytes: OnBytes | None = None,
    ) -> Response:
        """The answer with status 200 behind ``url``, or 206 when a ``part`` (start, exclusive end) was asked for.

        A server that knows no ranges answers with the whole, status 200.

        Raises ``HTTPStatusError`` for another status, ``NetworkError`` when no answer came; both after trying again
        where that can help (RFC 9110: 408, 425, 429, 5xx, and a lost connection).
        """
        try:
            address, origin, authorization = split_address(url)
        except ValueError:
            raise NetworkError(without_credentials(url), "it is not a web address") from None
        own = self._headers.setdefault(origin, {})
        if authorization:
            own.setdefault("Authorization", authorization)
        # Authorization is dropped by the adapters when a redirect leaves the origin; other headers would go along.
        follow = own.keys() <= {"Authorization"}
        ranged = {"Range": f"bytes={part[0]}-{part[1] - 1}"} if part else {}
        sent = {**own, "Authorization": authorization} if authorization else own
        request = Request(address, {**sent, **(headers or {}), **ranged}, digest=digest, follow=follow)
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
                if response.status == 200 or (response.status == 206 and "Range" in request.headers):
                    return response
                if response.status not in _WORTH_RETRYING or attempt == _ATTEMPTS:
                    raise HTTPStatusError(without_credentials(request.url), response.status)
                pause = max(pause, _retry_after(response))
            await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _retry_after(response: Response) -> float:
    """Seconds the server asks to wait (RFC 9110, 10.2.3), bounded; dates count as no wish."""
    value = response.headers.get("retry-after", "")
    return min(float(value), _LONGEST_PAUSE) if value.isdecimal() else 0.0
