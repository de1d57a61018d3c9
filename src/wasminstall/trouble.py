"""What can be wrong between a page and a server, in words: the part of the errors that is the same for all of them."""

from __future__ import annotations

from typing import Literal

__all__ = ["NETWORK_HINTS", "NETWORK_TROUBLE", "NetworkTrouble", "status_hint"]

NetworkTrouble = Literal["unreachable", "offline", "address", "silence", "truncated", "oversized", "redirect"]
"""``unreachable``: refused, reset, or withheld by the browser for lack of CORS headers, which a page cannot tell apart;
``offline``: the browser says there is no network; ``address``: no web address; ``silence``: nothing came for as long as
``timeout`` says; ``truncated``: the answer ended early; ``oversized``: it was longer than announced; ``redirect``: it
leads in a circle, or to where credentials must not go."""

NETWORK_TROUBLE: dict[NetworkTrouble, str] = {
    "unreachable": "cannot reach",
    "offline": "cannot reach",
    "address": "cannot reach",
    "silence": "gave up on",
    "truncated": "no whole answer from",
    "oversized": "refused the answer of",
    "redirect": "cannot follow",
}

NETWORK_HINTS: dict[NetworkTrouble, str] = {
    "unreachable": "check the address and the network; from a page, a server on another origin must send CORS headers",
    "offline": "connect to a network and try again",
    "address": "an address begins with https:// or http://",
    "silence": "try again; where a server needs long, timeout= (seconds of silence) gives it more time",
    "truncated": "try again; a server or a proxy between cuts its answers off",
    "oversized": "something else answers at this address than what was announced",
    "redirect": "name the address that the server redirects to, with the credentials for it",
}


def status_hint(status: int) -> str:
    """One thing to try after an answer with this status, or nothing."""
    known = {
        401: "the server wants credentials: in the address (https://user:password@...), or with headers=",
        403: "the server refuses access: check the credentials, and that they are for this origin",
        404: "the address does not exist on this server",
        407: "a proxy in between wants credentials",
        429: "the server has had too many requests: try again later",
    }
    return known.get(status, "try again later, or use another index" if status >= 500 else "")
