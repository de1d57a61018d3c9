"""HTTP inside Pyodide, with ``fetch``: pages, workers and Node.

Nothing here keeps a JavaScript object between two requests: a memory snapshot could not hold it.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from js import AbortController, Blob, Object, Uint8Array, crypto, fetch
from pyodide.ffi import JsException, to_js

from ..addresses import hide_credentials, without_credentials
from ..errors import NetworkError
from ..javascript import JavaScriptBytes
from .port import OnBytes, Request, Response

__all__ = ["BrowserTransport", "JavaScriptBytes"]

_SUBTLE_NAMES = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


class BrowserTransport:
    """``fetch`` with a limit on silence; bytes are hashed on the JavaScript side where it offers that."""

    def __init__(self, credentials: str = "same-origin") -> None:
        """``credentials``: whether cookies go along (``omit``, ``same-origin``, ``include``)."""
        self._credentials = credentials

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """See ``Transport.send``."""
        shown = without_credentials(request.url)
        abort = AbortController.new()
        try:
            answer = await asyncio.wait_for(
                fetch(request.url, _options(request, abort, self._credentials)), request.timeout
            )
            buffer = await _body(answer, request.timeout, on_bytes)
            return Response(
                url=answer.url or request.url,
                status=answer.status,
                headers={str(name).lower(): str(value) for name, value in answer.headers},
                body=JavaScriptBytes(Uint8Array.new(buffer)),
                digest=await _digest(request.digest, buffer) if request.digest else "",
            )
        except JsException as error:
            raise NetworkError(shown, _reason(error)) from None
        except TimeoutError:
            raise NetworkError(shown, f"no answer for {request.timeout:g} seconds") from None
        finally:
            # Harmless after the end, and what stops the download when this task is cancelled.
            abort.abort()


def _options(request: Request, abort: Any, credentials: str) -> Any:
    options = {
        "headers": dict(request.headers),
        "signal": abort.signal,
        "credentials": credentials,
        "redirect": "follow" if request.follow else "error",
    }
    return to_js(options, dict_converter=Object.fromEntries)


async def _body(answer: Any, silence: float, on_bytes: OnBytes | None) -> Any:
    """The body as an ArrayBuffer, read in pieces: silence ends it, slowness does not."""
    if not answer.body:
        return await asyncio.wait_for(answer.arrayBuffer(), silence)
    reader = answer.body.getReader()
    announced = str(answer.headers.get("content-length") or "")
    total = int(announced) if announced.isdecimal() else 0
    pieces = to_js([])
    arrived = 0
    while True:
        piece = await asyncio.wait_for(reader.read(), silence)
        if piece.done:
            break
        pieces.push(piece.value)
        arrived += piece.value.byteLength
        if on_bytes:
            on_bytes(arrived, total)
    return await Blob.new(pieces).arrayBuffer()


async def _digest(algorithm: str, buffer: Any) -> str:
    """SubtleCrypto exists in secure contexts only; hashlib is the slower way."""
    subtle = getattr(crypto, "subtle", None)
    if subtle and algorithm in _SUBTLE_NAMES:
        result = await subtle.digest(_SUBTLE_NAMES[algorithm], buffer)
        return str(result.to_bytes().hex())
    return hashlib.new(algorithm, buffer.to_bytes()).hexdigest()


def _reason(error: JsException) -> str:
    """What the browser tells: little, by design; Node keeps the reason in ``cause``."""
    cause = getattr(getattr(error, "js_error", error), "cause", None)
    detail = str(getattr(cause, "message", "") or "")
    return hide_credentials(detail or str(error).removeprefix("TypeError: "))
