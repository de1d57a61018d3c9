"""HTTP on a desktop, with httpx."""

from __future__ import annotations

import hashlib

import httpx

from ..addresses import hide_credentials, without_credentials
from ..errors import NetworkError
from .port import OnBytes, Request, Response

__all__ = ["DesktopTransport"]


class DesktopTransport:
    """One httpx client, opened on first use; proxies and certificates come from the environment."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """See ``Transport.send``."""
        if self._client is None:
            self._client = httpx.AsyncClient()
        body = bytearray()
        digest = hashlib.new(request.digest) if request.digest else None
        try:
            async with self._client.stream(
                "GET",
                request.url,
                headers=dict(request.headers),
                timeout=request.timeout,
                follow_redirects=request.follow,
            ) as answer:
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if digest:
                        digest.update(chunk)
                    if on_bytes:
                        on_bytes(len(body), int(answer.headers.get("content-length", 0)))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise NetworkError(
                without_credentials(request.url), hide_credentials(str(error)) or type(error).__name__
            ) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(str(answer.url), answer.status_code, headers, bytes(body), digest.hexdigest() if digest else "")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
