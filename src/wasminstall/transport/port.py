"""The port every byte comes through: a request in, a response out, one method.

Adapters: ``browser.py`` (``fetch`` in pages, workers and Node) and ``desktop.py`` (httpx). They know HTTP and nothing
else; retries, limits and errors live in ``client.py``, once for all adapters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Body", "OnBytes", "Request", "Response", "Transport"]


class Body(Protocol):
    """Bytes, wherever they are: ``bytes`` itself on a desktop, a JavaScript array in a page."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes: ...
    def __bytes__(self) -> bytes: ...


OnBytes = Callable[[int, int], None]
"""Called while a body arrives: bytes so far, and bytes in all (0 when the server does not say)."""


@dataclass(frozen=True)
class Request:
    """A GET request.

    ``timeout`` is the longest silence accepted, in seconds; ``digest`` names a hash of the body that the adapter
    computes where the bytes are (``sha256``, ``sha384``, ``sha512``), or is empty; ``follow`` allows redirects, on
    which ``Authorization`` must not leave the origin.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0
    digest: str = ""
    follow: bool = True


@dataclass(frozen=True)
class Response:
    """A complete answer: final ``url`` after redirects, ``status``, lower-case header names, whole ``body``.

    ``digest`` is the hex digest that was asked for, or empty.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: Body
    digest: str = ""


class Transport(Protocol):
    """Sends one request and waits for the whole answer."""

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """Any status is an answer; only when none arrives is ``NetworkError`` raised."""
        ...
