"""Bodies compared with what was announced of them.

Hashes are computed in Python here, where no SubtleCrypto does it: a piece at a time, so that a page is not blocked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping

from ..errors import HashMismatch, UnsafeWheel
from .port import Body

__all__ = ["hash_of", "too_long", "verify"]

_PIECE = 1 << 21


async def hash_of(body: Body, algorithm: str) -> str:
    """The hex digest of the body."""
    state = hashlib.new(algorithm, usedforsecurity=False)
    for piece in _pieces(body):
        state.update(piece)
        await asyncio.sleep(0)
    return state.hexdigest()


def verify(body: Body, filename: str, hashes: Mapping[str, str], size: int, source: str) -> None:
    """Compare with every announced hash (hex digest by algorithm) and with the announced size (0: none), at once.

    Raises ``HashMismatch``, or ``UnsafeWheel`` when there are more bytes than announced.
    """
    error = too_long(body, filename, size)
    if error is not None:
        raise error
    for algorithm, expected in hashes.items():
        state = hashlib.new(algorithm, usedforsecurity=False)
        for piece in _pieces(body):
            state.update(piece)
        if state.hexdigest() != expected:
            raise HashMismatch(filename, algorithm, expected, state.hexdigest(), source)


def too_long(body: Body, filename: str, size: int) -> UnsafeWheel | None:
    """The error for more bytes than announced, if there are."""
    if not size or len(body) <= size:
        return None
    return UnsafeWheel(filename, filename, f"{len(body)} bytes came where {size} were announced")


def _pieces(body: Body) -> Iterator[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
