"""The port every byte comes through: a request in, a response out, one method.

Adapters: ``browser.py`` (``fetch`` in pages, workers and Node) and ``desktop.py`` (httpx). They know HTTP and nothing
else; retries, queues, verification and the choice of errors live in ``client.py``, once for all adapters.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol
from urllib.parse import urlsplit

from ..addresses import hide_credentials, without_credentials

__all__ = ["Body", "OnBytes", "Request", "Response", "Transport", "Urgency"]


class Body(Protocol):
    """Bytes, wherever they are: ``bytes`` itself on a desktop, a JavaScript array in a page."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes: ...
    def __bytes__(self) -> bytes: ...


OnBytes = Callable[[int, int], None]
"""Called while a body arrives: bytes so far, and bytes in all (0 when the server does not say)."""


class Urgency(IntEnum):
    """What goes first where requests have to wait: the lower number."""

    PAGE = 0
    METADATA = 1
    WHEEL = 2


@dataclass(frozen=True)
class Request:
    """A GET request.

    ``headers`` go to whichever server answers; ``private`` ones (credentials) to the origin of ``url`` and never along
    with a redirect to another. ``timeout`` is the longest silence accepted, in seconds; ``digest`` names a hash of the
    body that the adapter computes where the bytes are (``sha256``, ``sha384``, ``sha512``), or is empty; ``limit`` is
    the most bytes the body may have (0: any number); ``fresh`` goes past the HTTP cache; ``urgent`` is a hint to
    send it before others.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0
    digest: str = ""
    limit: int = 0
    fresh: bool = False
    urgent: bool = True

    def __repr__(self) -> str:
        return f"<Request {self.shown}>"

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return without_credentials(self.url)

    def hide_secrets(self, text: str) -> str:
        """The text without anything secret in this request, should a server or a library repeat it."""
        for secret in sorted(set(_secrets(self)), key=len, reverse=True):
            text = text.replace(secret, "***")
        return hide_credentials(text)


@dataclass(frozen=True)
class Response:
    """A complete answer: final ``url`` after redirects, ``status``, lower-case header names, whole ``body``.

    ``digest`` is the hex digest that was asked for, or empty.
    """

    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Body = field(repr=False)
    digest: str = ""


class Transport(Protocol):
    """Sends one request and waits for the whole answer.

    ``has_http_cache``: answers may come out of an HTTP cache, which asks servers by itself whether something changed.
    """

    has_http_cache: bool

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """Any status is an answer; only when none arrives whole is ``NetworkError`` raised, its ``kind`` says why.

        Cancelling ends the request. No other exception hangs on the error: those of libraries hold headers.
        """
        ...


def _secrets(request: Request) -> Iterator[str]:
    query = urlsplit(request.url).query
    if query:
        yield query
    for pair in query.split("&"):
        value = pair.partition("=")[2]
        if len(value) > 3:  # "1" is no secret, and would blacken half of the text
            yield value
    for value in request.private.values():
        if value:
            yield value
        scheme, _, token = value.partition(" ")
        if token:
            yield token
        if scheme.lower() == "basic":
            yield from _user_and_password(token)


def _user_and_password(token: str) -> Iterator[str]:
    """The password, or the user where it stands for one, as tokens do."""
    try:
        pair = base64.b64decode(token).decode()
    except (binascii.Error, UnicodeDecodeError):
        return
    user, _, password = pair.partition(":")
    if password or user:
        yield password or user
