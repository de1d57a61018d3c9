"""An index without a network: only the wheels in the cache are candidates."""

from __future__ import annotations

from dataclasses import replace

from ..cache import Cache
from .model import Candidate, Index, Listing, RefusedFile

__all__ = ["KeptOnly"]


class KeptOnly:
    """What another index says, less the files that could not be had."""

    def __init__(self, index: Index, cache: Cache) -> None:
        self._index = index
        self._cache = cache
        self._wheels: frozenset[str] | None = None

    @property
    def source(self) -> str:
        """The name shown to people."""
        return self._index.source

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``."""
        listing = await self._index.listing(name)
        if listing is None:
            return None
        if self._wheels is None:
            self._wheels = await self._cache.keys("wheel")
        kept = tuple(item for item in listing.candidates if item.hashes.get("sha256") in self._wheels)
        refused = tuple(_refused(item) for item in listing.candidates if item not in kept)
        return replace(listing, candidates=kept, refused=(*listing.refused, *refused))


def _refused(candidate: Candidate) -> RefusedFile:
    return RefusedFile(candidate.filename, str(candidate.version), "offline")
