"""HTTP inside Pyodide without the JavaScript half: the same manners from Python, at several times the cost."""

from __future__ import annotations

import asyncio
from typing import Any

from js import AbortController, Object, Uint8Array, fetch
from pyodide.ffi import JsException, to_js

from ..errors import NetworkError, NetworkTrouble
from ..javascript import JavaScriptBytes
from .digests import hash_of
from .port import OnBytes, Request, Response

__all__ = ["fetch_alone"]


async def fetch_alone(request: Request, credentials: str, on_bytes: OnBytes | None = None) -> Response:
    """See ``Transport.send``; ``credentials`` is that of ``fetch``."""
    abort = AbortController.new()
    kind: NetworkTrouble
    try:
        answer = await asyncio.wait_for(fetch(request.url, _options(request, abort, credentials)), request.timeout)
        body = JavaScriptBytes(await _body(answer, request, on_bytes))
        return Response(
            url=answer.url or request.url,
            status=answer.status,
            headers={str(name).lower(): str(value) for name, value in answer.headers},
            body=body,
            digest=await hash_of(body, request.digest) if request.digest else "",
        )
    except JsException as error:
        reason, kind = _reason(error), "unreachable"
    except TimeoutError:
        reason, kind = f"no answer for {request.timeout:g} seconds", "silence"
    except _TooLong as error:
        reason, kind = str(error), "oversized"
    finally:
        abort.abort()
    raise NetworkError(request.shown, request.hide_secrets(reason), kind=kind)


class _TooLong(Exception):
    """More came than there should be."""


def _options(request: Request, abort: Any, credentials: str) -> Any:
    options = {
        "headers": {**request.headers, **request.private},
        "signal": abort.signal,
        "credentials": credentials,
        "cache": "reload" if request.fresh else "default",
        # Browsers take Authorization off where a redirect leaves the origin; they would send other headers along.
        "redirect": "follow" if request.private.keys() <= {"Authorization"} else "error",
    }
    return to_js(options, dict_converter=Object.fromEntries)


async def _body(answer: Any, request: Request, on_bytes: OnBytes | None) -> Any:
    """The body, read in pieces: silence ends it, slowness does not."""
    if not answer.body:
        return Uint8Array.new(await asyncio.wait_for(answer.arrayBuffer(), request.timeout))
    reader = answer.body.getReader()
    announced = str(answer.headers.get("content-length") or "")
    total = int(announced) if announced.isdecimal() else 0
    pieces: list[Any] = []
    arrived = 0
    while True:
        piece = await asyncio.wait_for(reader.read(), request.timeout)
        if piece.done:
            break
        pieces.append(piece.value)
        arrived += piece.value.byteLength
        if request.limit and arrived > request.limit:
            raise _TooLong(f"{arrived} bytes came where {request.limit} were announced")
        if on_bytes:
            on_bytes(arrived, total)
    whole = Uint8Array.new(arrived)
    position = 0
    for value in pieces:
        whole.set(value, position)
        position += value.byteLength
    return whole


def _reason(error: JsException) -> str:
    """What the browser tells: little, by design; Node keeps the reason in ``cause``."""
    cause = getattr(getattr(error, "js_error", error), "cause", None)
    detail = str(getattr(cause, "message", "") or "")
    return detail or str(error).removeprefix("TypeError: ")
