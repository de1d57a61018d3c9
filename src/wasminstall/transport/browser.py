"""HTTP inside Pyodide (pages, workers and Node): the JavaScript half does it, in one call a request.

Nothing here keeps a JavaScript object between two requests: a memory snapshot could not hold it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import js
from pyodide.ffi import create_proxy

from ..errors import NetworkError
from ..javascript import JavaScriptBytes, page_helper
from .digests import hash_of
from .port import OnBytes, Request, Response

__all__ = ["BrowserTransport", "JavaScriptBytes"]

_SUBTLE_NAMES = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


class BrowserTransport:
    """``fetch`` with a limit on silence; bytes stay on the JavaScript side and are hashed there where it can."""

    def __init__(self, credentials: str = "same-origin") -> None:
        """``credentials``: whether cookies go along (``omit``, ``same-origin``, ``include``)."""
        self.has_http_cache = hasattr(js, "location")  # pages and workers; Node's fetch has none
        self._credentials = credentials

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """See ``Transport.send``."""
        helper = page_helper()
        if helper is None:
            from .plain_fetch import fetch_alone  # where a Content-Security-Policy forbids our script

            return await fetch_alone(request, self._credentials, on_bytes)
        facts, body = await _sent(helper, request, self._credentials, on_bytes)
        if "kind" in facts:
            raise NetworkError(request.shown, request.hide_secrets(facts["reason"]), kind=facts["kind"])
        content = JavaScriptBytes(body)
        digest = facts["digest"] or (await hash_of(content, request.digest) if request.digest else "")
        return Response(facts["url"], facts["status"], facts["headers"], content, digest)


async def _sent(
    helper: Any, request: Request, credentials: str, on_bytes: OnBytes | None
) -> tuple[dict[str, Any], Any]:
    """What js/src/page/send.ts found: its facts, and the ``Uint8Array``."""
    raised: list[BaseException] = []

    def step(done: int, total: int) -> None:
        try:
            on_bytes(done, total)  # type: ignore[misc]
        except BaseException as error:  # noqa: BLE001 - it has no business in JavaScript
            raised.append(error)
            sending.abort()

    steps = create_proxy(step) if on_bytes else None
    sending = helper.send(request.url, _options(request, credentials), steps)
    try:
        answer = await sending.answer  # is never rejected
    except asyncio.CancelledError:
        sending.abort()
        raise
    finally:
        if steps is not None:
            steps.destroy()
    if raised:
        raise raised[0]
    return json.loads(answer.facts), answer.body


def _options(request: Request, credentials: str) -> str:
    """``SendOptions`` of js/src/page/send.ts, as text: one crossing and no proxies."""
    return json.dumps(
        {
            "headers": dict(request.headers),
            "private": dict(request.private),
            "credentials": credentials,
            "cache": "reload" if request.fresh else "default",
            "priority": "high" if request.urgent else "auto",
            "silence": request.timeout * 1000,
            "limit": request.limit,
            "digest": _SUBTLE_NAMES.get(request.digest, ""),
        }
    )
