"""HTTP on a desktop, with httpx."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urljoin

import httpx

from ..addresses import split_address
from ..errors import InvalidInput, NetworkError, NetworkTrouble
from .port import OnBytes, Request, Response

__all__ = ["DesktopTransport"]

_REDIRECTS = 20
_READ_ON = 1 << 16
_TRUNCATED = ("incomplete", "without sending complete")


class DesktopTransport:
    """One httpx client, opened on first use; proxies and certificates come from the environment."""

    has_http_cache = False

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """See ``Transport.send``. Raises ``InvalidInput`` for a proxy or certificates that are not to be used."""
        if self._client is None:
            self._client = _opened()
        kind: NetworkTrouble
        try:
            return await _fetched(self._client, request, on_bytes)
        except httpx.TimeoutException:
            reason, kind = f"no answer for {request.timeout:g} seconds", "silence"
        except _Refused as error:
            reason, kind = str(error), error.kind
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason, kind = str(error) or type(error).__name__, _kind(error)
        # Out of the except clause: httpx's errors hold the request with all its headers.
        raise NetworkError(request.shown, request.hide_secrets(reason), kind=kind)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _opened() -> httpx.AsyncClient:
    """A client with what the environment says. Raises ``InvalidInput`` where that is a mistake."""
    try:
        return httpx.AsyncClient()
    except ImportError:
        message, hint = "a SOCKS proxy needs the package socksio", 'pip install "httpx[socks]", or unset ALL_PROXY'
    except OSError as error:
        place = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or "of this machine"
        message = f"cannot read the certificates {place}: {error.strerror or error}"
        hint = "correct or unset SSL_CERT_FILE"
    except (httpx.InvalidURL, ValueError) as error:
        message, hint = f"cannot use the proxy: {error}", "correct or unset HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
    raise InvalidInput(message, hint=hint)


class _Refused(Exception):
    """What httpx sees nothing wrong with."""

    def __init__(self, reason: str, kind: NetworkTrouble) -> None:
        super().__init__(reason)
        self.kind: NetworkTrouble = kind


async def _fetched(client: httpx.AsyncClient, request: Request, on_bytes: OnBytes | None) -> Response:
    digest = hashlib.new(request.digest) if request.digest else None
    body = bytearray()
    async with _answer(client, request) as answer:
        total = _announced(answer)
        if request.limit and total > request.limit:
            raise _too_long(total, request.limit)
        async for chunk in answer.aiter_bytes():
            body += chunk
            if request.limit and len(body) > request.limit:
                raise _too_long(len(body), request.limit)
            if digest:
                digest.update(chunk)
            if on_bytes:
                on_bytes(len(body), total)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(str(answer.url), answer.status_code, headers, bytes(body), digest.hexdigest() if digest else "")


@asynccontextmanager
async def _answer(client: httpx.AsyncClient, request: Request) -> AsyncIterator[httpx.Response]:
    """The answer after redirects, its body still to come. Followed by hand: httpx drops ``Authorization`` only."""
    url, private = request.url, request.private
    for _ in range(_REDIRECTS):
        headers = {**_freshness(request), **request.headers, **private}
        async with client.stream(
            "GET", url, headers=headers, timeout=request.timeout, follow_redirects=False
        ) as answer:
            if not answer.has_redirect_location:
                yield answer
                return
            if "content-length" in answer.headers and _announced(answer) <= _READ_ON:
                await answer.aread()  # or the connection is of no more use
            target, origin, _ = split_address(urljoin(url, answer.headers["location"]))
            if origin != split_address(url)[1]:
                private = {}
            url = target
    raise _Refused(f"more than {_REDIRECTS} redirects", "redirect")


def _freshness(request: Request) -> Mapping[str, str]:
    return {"Cache-Control": "no-cache"} if request.fresh else {}


def _announced(answer: httpx.Response) -> int:
    """The length of the body as it is on the line, 0 when it is not known or packed."""
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdecimal() and "content-encoding" not in answer.headers else 0


def _too_long(came: int, limit: int) -> _Refused:
    return _Refused(f"{came} bytes came where {limit} were announced", "oversized")


def _kind(error: Exception) -> NetworkTrouble:
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return "address"
    cut = isinstance(error, httpx.RemoteProtocolError) and any(word in str(error) for word in _TRUNCATED)
    return "truncated" if cut else "unreachable"
