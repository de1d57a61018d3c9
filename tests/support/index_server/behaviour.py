"""The settings of the server that can be replaced at any time."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from support.index_server.pages import MetadataMode

__all__ = ["Behaviour", "basic", "bearer"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the server behaves; replace it (or use ``behave``) at any time, the next request sees it."""

    html: bool = True
    json: bool = True
    relative_urls: bool = False
    api_version: str = "1.1"
    metadata: MetadataMode = "hash"
    metadata_keys: Sequence[str] = ("core-metadata", "dist-info-metadata")
    cors: bool = True
    ranges: bool = True
    validators: bool = True
    gzip: bool = False
    cache_control: str = "no-cache"
    delay: float | Callable[[str], float] = 0.0
    """Seconds before each answer, or a function of the path that gives them."""
    together: Mapping[str, int] = field(default_factory=dict)
    """By pattern of paths, how many requests must have been in flight at once before one of them is answered."""
    rate: float | None = None
    """Bytes per second, shared by all answers."""
    authorization: str | None = None
    """The ``Authorization`` header that the index and its files want; see ``basic`` and ``bearer``."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers for every answer: a CSP, COOP and COEP ..."""


def basic(user: str, password: str) -> str:
    """The ``Authorization`` header of a user with a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def bearer(token: str) -> str:
    """The ``Authorization`` header of a token."""
    return f"Bearer {token}"
