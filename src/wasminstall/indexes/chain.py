"""Several indexes in a fixed order, without dependency confusion."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Index, Listing

__all__ = ["FirstThatHasIt"]


class FirstThatHasIt:
    """Several indexes as one: the first that has a project speaks for it, so that no other can shadow it."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes

    @property
    def source(self) -> str:
        """The names shown to people."""
        return ", ".join(index.source for index in self._indexes)

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``. An index that fails is an error, never a reason to ask the next."""
        for index in self._indexes:
            listing = await index.listing(name)
            if listing is not None:
                return listing
        return None
