"""Files kept by their sha256: checked when they come in, complete or not there at all.

The proxy and the distribution share one store, so a wheel that both offer is fetched and kept once.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["ContentStore", "WrongContent", "is_sha256", "one_chunk"]

_SHA256 = re.compile(r"[0-9a-f]{64}")


class WrongContent(Exception):
    """Bytes whose sha256 is not the announced one; they were not kept."""

    def __init__(self, expected: str, actual: str) -> None:
        self.expected = expected
        self.actual = actual
        super().__init__(f"expected sha256 {expected}, got {actual}")


class ContentStore:
    """A folder of files named by their sha256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path | None:
        """Where this content lies, or ``None`` when it is not here."""
        path = self._place(sha256)
        return path if path.is_file() else None

    async def put(self, chunks: AsyncIterable[bytes], sha256: str) -> Path:
        """Keep these bytes and say where. Raises ``WrongContent`` (and keeps nothing) if they are others."""
        place = self._place(sha256)
        with _incoming(place) as file:
            digest = hashlib.sha256()
            async for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
            if digest.hexdigest() != sha256:
                raise WrongContent(sha256, digest.hexdigest())
        return place

    def _place(self, sha256: str) -> Path:
        if not is_sha256(sha256):
            raise ValueError(f"not a sha256: {sha256!r}")
        return self._folder / sha256[:2] / sha256


def is_sha256(text: str) -> bool:
    """Whether this is a sha256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None


async def one_chunk(content: bytes) -> AsyncIterator[bytes]:
    """Bytes that are already here, in the shape ``put`` wants."""
    yield content


@contextmanager
def _incoming(place: Path) -> Iterator[IO[bytes]]:
    """A file to write that appears at ``place`` when all went well, and not at all otherwise."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".incoming-")
    incoming = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        incoming.replace(place)
    finally:
        incoming.unlink(missing_ok=True)
