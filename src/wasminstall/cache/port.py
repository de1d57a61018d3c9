"""The port of everything that keeps bytes between visits: a folder on a desktop, the JavaScript store in Pyodide.

A store knows keys and bytes. What is kept how long, and that trouble with it never stops an install, is ``cache.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..transport.port import Body

__all__ = ["Kept", "NoRoom", "Store", "StoreTrouble", "Stored"]


@dataclass(frozen=True)
class Stored:
    """What was found under a key: the bytes, and the JSON text that was stored with them."""

    body: Body
    meta: str


@dataclass(frozen=True)
class Kept:
    """One entry of a list: ``size`` in bytes as stored, ``used`` in seconds since 1970."""

    key: str
    size: int
    used: float


class StoreTrouble(Exception):
    """The storage does not do what it should; the text says why."""


class NoRoom(StoreTrouble):
    """The disk or the browser's quota is full."""


class Store(Protocol):
    """Bytes under keys ``kind/name``, shared with other pages, workers or processes.

    A put is atomic, and what is damaged is dropped when it is asked for. Every method raises ``StoreTrouble`` when
    the storage fails, except ``touch``: losing a note is harmless.
    """

    async def where(self) -> str:
        """Where the bytes lie, for people; empty where nothing can be kept."""
        ...

    async def get_many(self, keys: Sequence[str]) -> list[Stored | None]:
        """What is there, in the order of the keys."""
        ...

    async def put(self, key: str, body: Body, meta: str, sha256: str = "") -> None:
        """Keep this; raises ``NoRoom`` when it does not fit.

        ``meta`` is JSON on one line; ``sha256`` that of the body, in hexadecimal, where it is known already.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove these; absent ones are no error."""
        ...

    async def entries(self) -> Sequence[Kept]:
        """Everything that is kept."""
        ...

    async def touch(self, keys: Sequence[str]) -> None:
        """Note that these were used just now."""
        ...

    async def clear(self) -> None:
        """Remove everything."""
        ...

    async def budget(self) -> int:
        """How many bytes may be kept here."""
        ...
