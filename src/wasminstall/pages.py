"""Answers by URL: index pages mostly, fresh out of the cache, asked for again, or fetched (RFC 9111).

An answer counts as fresh for as long as its server says (``Cache-Control: max-age``), or for ten minutes where it says
nothing. That a page is not there counts as well.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from .addresses import split_address, without_credentials
from .cache import Cache
from .errors import HTTPStatusError
from .transport import Body, Client, Response

__all__ = ["Form", "NotKept", "Pages"]

_Read = TypeVar("_Read")
_ASSUMED = 600.0
_LONGEST = 24 * 3600.0
_MAX_AGE = re.compile(r"max-age=\"?(\d{1,9})")


class Form(Protocol):
    """What to make of an answer before it is kept; ``name`` tells one form from another."""

    name: str

    async def condense(self, answer: Response) -> Response:
        """The answer in this form."""
        ...


class NotKept(Exception):
    """Offline, and there is no answer of this URL in the cache."""


@dataclass(frozen=True)
class _Kept:
    """An answer with its validators; ``fetched`` and ``until`` in seconds since 1970."""

    url: str
    status: int
    content_type: str
    etag: str
    modified: str
    fetched: float
    until: float
    storable: bool
    body: Body

    def is_fresh(self, now: float) -> bool:
        """Whether it may be used without asking; never when the clock was set back since."""
        return self.fetched <= now < self.until

    def validators(self) -> dict[str, str]:
        """The headers that ask whether it has changed."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in found.items() if value}

    def answer(self) -> Response:
        """The answer again. Raises ``HTTPStatusError`` when it was that there is no such page."""
        if self.status == 404:
            raise HTTPStatusError(without_credentials(self.url), 404)
        return Response(self.url, 200, {"content-type": self.content_type}, self.body)


class Pages:
    """Pages through a client and a cache.

    ``until`` is when the first of the answers given so far stops being fresh (seconds since 1970); ``reused`` counts
    those that came out of the cache unasked; ``missing`` are the addresses that offline nobody had. With ``ask_again``
    servers are asked whether something has changed; with ``distrust`` they send it all, past every cache.
    """

    def __init__(self, client: Client, cache: Cache | None = None, *, offline: bool = False) -> None:
        self.until = math.inf
        self.reused = 0
        self.missing: dict[str, None] = {}
        self.ask_again = False
        self.distrust = False
        self.client = client
        self.cache = cache or Cache(None)
        self.offline = offline

    @property
    def may_stay_unasked(self) -> bool:
        """Whether what is fresh in the cache will do."""
        return not (self.ask_again or self.distrust)

    async def get(
        self,
        url: str,
        read: Callable[[Response], _Read],
        *,
        headers: Mapping[str, str] | None = None,
        assumed: float = _ASSUMED,
        form: Form | None = None,
    ) -> _Read:
        """What ``read`` makes of the answer with status 200, in this ``form``. What it raises on is not kept.

        ``assumed`` is for how many seconds an answer is fresh when the server does not say.
        Raises ``HTTPStatusError`` and ``NetworkError`` as ``Client.get`` does, ``NotKept`` when offline.
        """
        asked = dict(headers or {})
        key = self._key(url, asked, form.name if form else "")
        kept = await self._kept(key)
        if kept is not None and (self.offline or (kept.is_fresh(time.time()) and self.may_stay_unasked)):
            self.reused += 1
            self.until = min(self.until, kept.until)
            return read(kept.answer())
        if self.offline:
            self.missing[without_credentials(url)] = None
            raise NotKept(url)
        page = await self._ask(url, asked, kept, assumed, form)
        self.until = min(self.until, page.until)
        try:
            found = read(page.answer())
        except HTTPStatusError:  # that there is no such page is an answer too
            self._keep(key, page)
            raise
        self._keep(key, page)
        return found

    def _key(self, url: str, headers: Mapping[str, str], form: str) -> str:
        """What one user is told is not for another: the credentials are part of the question."""
        try:
            address, origin, authorization = split_address(url)
        except ValueError:  # the client will say so
            address, origin, authorization = url, "", ""
        sent = sorted({**self.client.headers_for(origin), **headers}.items())
        return hashlib.sha256(json.dumps([address, authorization, sent, form]).encode()).hexdigest()

    async def _kept(self, key: str) -> _Kept | None:
        entry = await self.cache.get("page", key)
        if entry is None:
            return None
        try:
            return _Kept(**entry.meta, body=entry.body)  # type: ignore[arg-type]
        except TypeError:  # of another release
            return None

    async def _ask(
        self, url: str, headers: Mapping[str, str], kept: _Kept | None, assumed: float, form: Form | None
    ) -> _Kept:
        """The server's answer; what is kept counts as it, when the server says that nothing has changed."""
        # A page's own HTTP cache does this by itself, and without a preflight.
        by_itself = self.client.has_http_cache
        validators = {} if kept is None or by_itself or self.distrust else kept.validators()
        fresh = self.distrust or (self.ask_again and by_itself)
        try:
            answer = await self.client.get(url, headers={**headers, **validators}, fresh=fresh)
        except HTTPStatusError as error:
            if error.status != 404:
                raise
            answer = Response(without_credentials(url), 404, {}, b"")
        now, told = time.time(), answer.headers
        control = told.get("cache-control", "").lower()
        until = now + _fresh_for(control, assumed)
        if answer.status == 304 and kept is not None:
            return replace(kept, fetched=now, until=until)
        if form is not None and answer.status == 200:
            answer = await form.condense(answer)
        return _Kept(
            url=answer.url,
            status=answer.status,
            content_type=answer.headers.get("content-type", ""),
            etag=told.get("etag", ""),
            modified=told.get("last-modified", ""),
            fetched=now,
            until=until,
            storable="no-store" not in control,
            body=answer.body,
        )

    def _keep(self, key: str, page: _Kept) -> None:
        if page.storable:
            meta = {name: value for name, value in vars(page).items() if name != "body"}
            self.cache.put_later("page", key, page.body, meta)


def _fresh_for(cache_control: str, assumed: float) -> float:
    """Seconds, at most a day: nobody waits longer than that for a new release."""
    if "no-cache" in cache_control or "no-store" in cache_control:
        return 0.0
    told = _MAX_AGE.search(cache_control)
    return min(float(told[1]) if told else assumed, _LONGEST)
