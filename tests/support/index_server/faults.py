"""Every way in which an answer goes wrong, and the sending of answers, right or wrong."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, get_args

from aiohttp import web

from support.index_server.answers import Answer, redirect_to

__all__ = ["Fault", "FaultKind", "Throttle", "break_off", "deliver", "faulty"]

FaultKind = Literal[
    "hang",  # not one byte of an answer, ever
    "close_before_answer",  # the connection ends instead of an answer
    "stall",  # half a body, then silence
    "reset",  # half a body, then RST
    "truncated",  # half a body under the full Content-Length, then the end
    "slow_drip",  # all of the body, over DRIP_SECONDS
    "redirect_loop",  # to itself
    "redirect_elsewhere",  # to another origin (`to`; by default this server under the name localhost)
    "wrong_content_type",
    "captive_portal",  # 200 and a log-in page
    "extra_bytes",
    "flipped_byte",
    "lying_gzip",  # says gzip, is not
    "empty",
    "no_cors",
]
"""The faults without a number; ``status:N`` is the other one."""

DRIP_SECONDS = 20.0
_DRIPS = 200
_CHUNK = 1 << 16
_PORTAL = b"<!DOCTYPE html><html><title>Welcome</title><form action='/login'>Please accept the terms.</form></html>"


@dataclass
class Fault:
    """One fault on the addresses that match ``pattern`` (as in ``fnmatch``), ``times`` times or for ever."""

    pattern: str
    kind: str
    times: int | None = None
    retry_after: str | None = None
    to: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind) and not re.fullmatch(r"status:\d{3}", self.kind):
            raise ValueError(
                f"no fault is called {self.kind!r}; there are status:N and {', '.join(get_args(FaultKind))}"
            )

    def meets(self, path: str, host: str, method: str) -> bool:
        """Whether this request is the fault's next victim. Preflights are only met by ``no_cors``."""
        if self.times == 0 or not fnmatchcase(path, self.pattern) or (method == "OPTIONS" and self.kind != "no_cors"):
            return False
        return not (self.kind == "redirect_elsewhere" and self.to is None and host.startswith("localhost"))

    def use_up(self) -> None:
        """One time less."""
        if self.times is not None:
            self.times -= 1


_ALTERED: dict[str, Callable[[Answer], Answer]] = {
    "stall": lambda answer: replace(answer, delivery="stall"),
    "reset": lambda answer: replace(answer, delivery="reset"),
    "truncated": lambda answer: replace(answer, delivery="truncated"),
    "slow_drip": lambda answer: replace(answer, delivery="slow_drip"),
    "wrong_content_type": lambda answer: replace(answer, content_type="text/plain"),
    "captive_portal": lambda _: Answer(body=_PORTAL, content_type="text/html"),
    "extra_bytes": lambda answer: replace(answer, body=answer.body + b"\0extra bytes"),
    "flipped_byte": lambda answer: replace(answer, body=_flipped(answer.body)),
    "lying_gzip": lambda answer: answer.with_headers(Content_Encoding="gzip"),
    "empty": lambda answer: replace(answer, body=b""),
    "no_cors": lambda answer: replace(answer, cors=False),
}


def faulty(fault: Fault, answer: Answer, path: str, port: int) -> Answer:
    """The answer, gone wrong. (``hang`` and ``close_before_answer`` have none: the server looks for them itself.)"""
    if fault.kind.startswith("status:"):
        refusal = Answer(int(fault.kind[7:]), b"the server does not feel well\n")
        return refusal.with_headers(Retry_After=fault.retry_after) if fault.retry_after is not None else refusal
    if fault.kind == "redirect_loop":
        return redirect_to(path)
    if fault.kind == "redirect_elsewhere":
        return redirect_to(fault.to or f"http://localhost:{port}{path}")
    return _ALTERED[fault.kind](answer)


class Throttle:
    """A rate in bytes per second that all answers share."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def wait(self, size: int, rate: float) -> None:
        """Until ``size`` more bytes may go."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(now, self._free_at) + size / rate
        await asyncio.sleep(self._free_at - now)


async def deliver(
    request: web.BaseRequest, answer: Answer, throttle: Throttle, rate: float | None
) -> web.StreamResponse:
    """Send the answer, or as much of it as its ``delivery`` lets through."""
    response = web.StreamResponse(status=answer.status, headers={**answer.headers, "Content-Type": answer.content_type})
    if answer.status not in {204, 304}:
        response.content_length = len(answer.body)
    whole = answer.delivery in {"whole", "slow_drip"}
    body = answer.body if whole else answer.body[: len(answer.body) // 2]
    with suppress(ConnectionError):  # the client went away: its right
        await response.prepare(request)
        if request.method != "HEAD":
            await _write(response, body, answer, throttle, rate)
        if whole:
            await response.write_eof()
        else:
            await break_off(request, answer.delivery)
    return response


async def break_off(request: web.BaseRequest, how: str) -> None:
    """End the connection in the middle: by silence, by RST, or by an ordinary end that comes too early."""
    if how in {"hang", "stall"}:
        await asyncio.Event().wait()
    transport = request.transport
    if transport is None:
        return
    await asyncio.sleep(0.02)  # what was written goes out first
    if how == "reset":
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


async def _write(
    response: web.StreamResponse, body: bytes, answer: Answer, throttle: Throttle, rate: float | None
) -> None:
    drip = answer.delivery == "slow_drip"
    size = max(1, len(body) // _DRIPS) if drip else _CHUNK if rate is None else max(1, min(_CHUNK, int(rate / 50)))
    for start in range(0, len(body), size):
        chunk = body[start : start + size]
        if drip:
            await asyncio.sleep(DRIP_SECONDS / _DRIPS)
        elif rate is not None:
            await throttle.wait(len(chunk), rate)
        await response.write(chunk)


def _flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 0x01]) + body[middle + 1 :] if body else body
