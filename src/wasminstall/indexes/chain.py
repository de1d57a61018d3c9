"""Several indexes as one, without dependency confusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import Index, Listing

__all__ = ["AllThatHaveIt", "FirstThatHasIt", "PinnedTo"]


class _Several:
    """Indexes in the order in which they are asked."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes

    @property
    def source(self) -> str:
        """The names shown to people."""
        return ", ".join(index.source for index in self._indexes)


class FirstThatHasIt(_Several):
    """The first index that has a project speaks for it, so that no other can shadow it."""

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``. An index that fails is an error, never a reason to ask the next."""
        for index in self._indexes:
            listing = await index.listing(name)
            if listing is not None:
                return listing
        return None


class AllThatHaveIt(_Several):
    """Every index is asked and the best version wins, whoever has it: only for indexes that trust each other."""

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``. An index that fails is an error."""
        found = [listing for index in self._indexes if (listing := await index.listing(name)) is not None]
        if not found:
            return None
        return Listing(
            name,
            self.source,
            tuple(candidate for listing in found for candidate in listing.candidates),
            tuple(file for listing in found for file in listing.refused),
            next((listing.status for listing in found if listing.status), ""),
            next((listing.status_reason for listing in found if listing.status_reason), ""),
        )


class PinnedTo:
    """Some projects come from one index each and never from another; the rest come from ``others``."""

    def __init__(self, pins: Mapping[str, Index], others: Index) -> None:
        """``pins``: index by normalised project name."""
        self._pins = pins
        self._others = others

    @property
    def source(self) -> str:
        """The names shown to people."""
        return ", ".join(dict.fromkeys([*(index.source for index in self._pins.values()), self._others.source]))

    def is_pinned(self, name: str) -> bool:
        """Whether this project is tied to one index."""
        return name in self._pins

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``."""
        return await self._pins.get(name, self._others).listing(name)
