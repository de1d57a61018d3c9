"""The manners of talking to servers: who goes first, what to try again, what is verified, which error it is in the end.

Credentials in a URL belong to its origin: they are taken out of it, sent with every request to that origin, and to no
other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from ..addresses import split_address, without_credentials
from ..errors import HashMismatch, HTTPStatusError, NetworkError, TransportError, UnsafeWheel, WheelError
from .digests import hash_of, too_long
from .headers import sendable
from .lanes import Lane
from .patience import attempts_for, pause_before, retry_after
from .port import Body, OnBytes, Request, Response, Transport, Urgency
from .refusals import explanation

__all__ = ["Client"]

_ATTEMPTS = 3
_SILENCE = 30.0
_FIRST_PAUSE = 0.2
_WISHED = {206: frozenset({"Range"}), 304: frozenset({"If-None-Match", "If-Modified-Since"})}


class Client:
    """Fetches URLs through a transport: at most 16 requests an origin at once, three attempts.

    ``has_answered`` says whether any server has answered so far; ``has_http_cache`` whether answers may come out of an
    HTTP cache that asks servers by itself.
    """

    def __init__(
        self,
        transport: Transport,
        headers: Mapping[str, Mapping[str, str]] | None = None,
        *,
        timeout: float = _SILENCE,
        attempts: int = _ATTEMPTS,
    ) -> None:
        """Limits and credentials.

        ``headers``: by origin (or any URL of it), sent with every request to that origin and to no other;
        ``timeout``: the longest silence accepted, in seconds; ``attempts``: how often to try what may pass.
        Raises ``InvalidInput`` for a header that cannot be sent.
        """
        self.has_answered = False
        self.has_http_cache = transport.has_http_cache
        self._transport = transport
        self._timeout = timeout
        self._attempts = attempts
        self._lanes: dict[str, Lane] = {}
        self._headers = {split_address(url)[1]: sendable(values) for url, values in (headers or {}).items()}

    def headers_for(self, origin: str) -> Mapping[str, str]:
        """What goes to this origin (``https://host:port``) besides the headers of a request."""
        return self._headers.get(origin, {})

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        part: tuple[int, int] | None = None,
        digest: str = "",
        limit: int = 0,
        urgency: Urgency = Urgency.PAGE,
        fresh: bool = False,
        on_bytes: OnBytes | None = None,
    ) -> Response:
        """The answer with status 200 behind ``url``, or 206 when a ``part`` (start, exclusive end) was asked for.

        A server that knows no ranges answers with the whole, status 200; one that was sent validators in ``headers``
        may answer with 304 and without a body. ``limit``: the most bytes it may have;
        ``fresh``: not from the HTTP cache.

        Raises ``HTTPStatusError`` for another status, ``NetworkError`` when no whole answer came; both after trying
        again where that can help.
        """
        try:
            address, origin, authorization = split_address(url)
        except ValueError:
            origin = ""
        if not origin:
            raise NetworkError(without_credentials(url), "it is not a web address", kind="address")
        own = self._headers.setdefault(origin, {})
        if authorization:
            own.setdefault("Authorization", authorization)
        request = Request(
            url=address,
            headers={**(headers or {}), **({"Range": f"bytes={part[0]}-{part[1] - 1}"} if part else {})},
            private={**own, "Authorization": authorization} if authorization else dict(own),
            timeout=self._timeout,
            digest=digest,
            limit=limit,
            fresh=fresh,
            urgent=urgency < Urgency.WHEEL,
        )
        return await self._insist(request, self._lanes.setdefault(origin, Lane()), urgency, on_bytes)

    async def file(
        self,
        urls: Sequence[str],
        *,
        filename: str,
        hashes: Mapping[str, str],
        size: int = 0,
        urgency: Urgency = Urgency.WHEEL,
        on_bytes: OnBytes | None = None,
    ) -> Body:
        """The verified content of a file, from the first of these addresses that gives it.

        Every one of ``hashes`` (hex digest by algorithm) has to be right, and there are no more bytes than ``size``
        (0: not known). What is wrong is fetched once more, past every cache; then the next address is asked.

        Raises, when none has it, the error of the first address, which names the others: ``HashMismatch``,
        ``UnsafeWheel`` for too many bytes, or as ``get`` does.
        """
        failures: dict[str, TransportError | WheelError] = {}
        for url in dict.fromkeys(urls):
            for fresh in (False, True):
                body, failure = await self._verified(url, filename, hashes, size, urgency, fresh, on_bytes)
                if failure is None:
                    return body
                failures[without_credentials(url)] = failure
                if isinstance(failure, TransportError):
                    break  # tried again already, where that could help
        first, *others = failures
        raise failures[first].also_tried({address: failures[address].message for address in others})

    async def _verified(
        self,
        url: str,
        filename: str,
        hashes: Mapping[str, str],
        size: int,
        urgency: Urgency,
        fresh: bool,
        on_bytes: OnBytes | None,
    ) -> tuple[Body, TransportError | WheelError | None]:
        """The content, and what is wrong with it."""
        algorithm = next(iter(hashes), "")
        try:
            answer = await self.get(url, digest=algorithm, limit=size, urgency=urgency, fresh=fresh, on_bytes=on_bytes)
        except TransportError as error:
            failure = error
        else:
            return answer.body, await _compared(answer, filename, hashes, size, without_credentials(url))
        failure.filename = filename
        if isinstance(failure, NetworkError) and failure.kind == "oversized":
            return b"", UnsafeWheel(filename, filename, failure.reason)
        return b"", failure

    async def _insist(self, request: Request, lane: Lane, urgency: Urgency, on_bytes: OnBytes | None) -> Response:
        """Send until there is an answer or no hope; the place in the lane is free during the pauses."""
        attempt = 1
        while True:
            async with lane.turn(urgency, request.limit):
                outcome, wished = await self._try(request, on_bytes)
            if isinstance(outcome, Response):
                return outcome
            if attempt >= attempts_for(outcome, self._attempts):
                raise outcome
            attempt += 1
            await asyncio.sleep(pause_before(attempt, _FIRST_PAUSE, wished))

    async def _try(self, request: Request, on_bytes: OnBytes | None) -> tuple[Response | TransportError, float]:
        """One attempt: the answer or the error, and the pause in seconds that the server wishes."""
        try:
            response = await self._transport.send(request, on_bytes)
        except NetworkError as error:
            return error, 0.0
        self.has_answered = True
        if response.status == 200 or _WISHED.get(response.status, frozenset()) & request.headers.keys():
            return response, 0.0
        wished = retry_after(response.headers.get("retry-after", ""), response.headers.get("date", ""))
        return HTTPStatusError(request.shown, response.status, explanation(request, response)), wished


async def _compared(
    answer: Response, filename: str, hashes: Mapping[str, str], size: int, shown: str
) -> TransportError | WheelError | None:
    """What contradicts the announcement, the first hash as computed on the way."""
    error = too_long(answer.body, filename, size)
    if error is not None:
        return error
    for position, (algorithm, expected) in enumerate(hashes.items()):
        actual = answer.digest if position == 0 and answer.digest else await hash_of(answer.body, algorithm)
        if actual != expected:
            return HashMismatch(filename, algorithm, expected, actual, shown)
    return None
