"""Parts put together to one aiohttp application, with the headers that concern them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from .static import safe_headers

__all__ = ["Answer", "Part", "create_app"]

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "600",
}
ISOLATION_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Part(Protocol):
    """Some addresses of the server, and what answers there."""

    def routes(self) -> Sequence[web.RouteDef]:
        """The addresses, the most particular first."""

    async def close(self) -> None:
        """Called once, when the server stops."""


class Answer:
    """One JSON document, or the bytes of a file, at one address."""

    def __init__(self, path: str, document: object) -> None:
        self._path = path
        self._document = document

    def routes(self) -> Sequence[web.RouteDef]:
        """The one address."""
        return [web.get(self._path, self._answer)]

    async def close(self) -> None:
        """Nothing to close."""

    async def _answer(self, _request: web.Request) -> web.Response:
        if isinstance(self._document, bytes):
            return web.Response(body=self._document, headers=safe_headers(self._path) | {"Cache-Control": "no-cache"})
        return web.json_response(self._document, headers={"Cache-Control": "no-cache"})


def create_app(parts: Sequence[Part], *, cors: bool = False, isolated: bool = False) -> web.Application:
    """The application. Where two parts know an address the first one answers, so a folder at ``/`` comes last.

    ``cors`` lets pages of every origin read from this server; ``isolated`` makes its pages cross-origin isolated,
    which ``SharedArrayBuffer`` needs.
    """
    app = web.Application()
    for part in parts:
        app.router.add_routes(part.routes())
    headers = (CORS_HEADERS if cors else {}) | (ISOLATION_HEADERS if isolated else {})
    app.on_response_prepare.append(_adding(headers))
    if cors:
        app.middlewares.append(_answer_preflight)
    app.cleanup_ctx.append(_closing(parts))
    return app


def _adding(headers: Mapping[str, str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal handler that puts these headers on every response."""

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    return add


def _closing(parts: Sequence[Part]) -> Callable[[web.Application], AsyncIterator[None]]:
    """A clean-up context that closes the parts when the server stops."""

    async def close_them(_app: web.Application) -> AsyncIterator[None]:
        yield
        for part in parts:
            await part.close()

    return close_them


@web.middleware
async def _answer_preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Browsers ask before they send a request with unusual headers; the answer is yes."""
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return web.Response(status=204, headers=PREFLIGHT_HEADERS)
    return await handler(request)
