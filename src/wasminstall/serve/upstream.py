"""The upstream index over HTTP: pages with revalidation, files as streams, failures as answers a person can read.

Credentials in the base URL belong to its origin: they are taken out of every address and sent nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
from aiohttp import web

from .pages import HTML_TYPE, JSON_TYPE

__all__ = ["PageAnswer", "Upstream"]

_ACCEPT_PAGE = f"{JSON_TYPE}, {HTML_TYPE};q=0.2, text/html;q=0.1"


@dataclass(frozen=True)
class PageAnswer:
    """A page as the upstream sent it; ``body`` is ``None`` when it has not changed. ``url`` is after redirects."""

    url: str
    body: bytes | None
    content_type: str
    etag: str
    last_modified: str


class Upstream:
    """A client for one Simple API. Everything it raises is an aiohttp error that can be answered as it is."""

    def __init__(
        self, base_url: str, *, timeout: float = 30.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        parts = urlsplit(base_url)
        host = parts.netloc.rpartition("@")[2]
        self.base_url = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))
        self._origin = (parts.scheme, host)
        self._auth = httpx.BasicAuth(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=True, transport=transport)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def page(self, url: str, *, etag: str = "", last_modified: str = "") -> PageAnswer:
        """The page at this address, unless it is still the one with these validators."""
        headers = {"Accept": _ACCEPT_PAGE}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        async with self.get(url, headers) as response:
            unchanged = response.status_code == httpx.codes.NOT_MODIFIED
            return PageAnswer(
                url=str(response.url),
                body=None if unchanged else await response.aread(),
                content_type=response.headers.get("content-type", ""),
                etag=response.headers.get("etag", ""),
                last_modified=response.headers.get("last-modified", ""),
            )

    @asynccontextmanager
    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET"
    ) -> AsyncIterator[httpx.Response]:
        """The upstream's answer, its body not read yet; its failures become 404, 502 or 504."""
        parts = urlsplit(url)
        auth = self._auth if (parts.scheme, parts.netloc) == self._origin else None
        try:
            async with self._client.stream(method, url, headers=headers, auth=auth) as response:
                _refuse_failure(url, response.status_code)
                yield response
        except httpx.TimeoutException as error:
            raise web.HTTPGatewayTimeout(text=f"{url} did not answer in time\n") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise web.HTTPBadGateway(text=f"{url} cannot be reached: {reason}\n") from error


def _refuse_failure(url: str, status: int) -> None:
    """Raise what the client shall see for a status that is no answer."""
    if status in {404, 410}:
        raise web.HTTPNotFound(text=f"{url} does not exist\n")
    if status == 416:
        raise web.HTTPRequestRangeNotSatisfiable(text=f"{url} has no such range\n")
    if status >= 400:
        raise web.HTTPBadGateway(text=f"{url} answered with HTTP status {status}\n")
