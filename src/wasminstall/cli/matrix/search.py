"""One target's resolver, asked more than once: what it has learnt of the indexes serves every question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...catalogue import Catalogue
from ...context import Context
from ...download import Downloads
from ...errors import NotInCache, ResolutionError
from ...indexes import Listing
from ...progress import Progress, Reporter
from ...resolution import Knowledge, Problem, Resolution, Wish, resolve

__all__ = ["Search"]


class Search:
    """Resolves wishes in one context; fetches pages and metadata, each once, and no wheel that it can do without."""

    def __init__(self, context: Context, reporter: Reporter | None = None) -> None:
        self._context = context
        asked = tuple(source.source for source in context.sources if source.source)
        distribution = context.distribution
        self._knowledge = (
            Knowledge(asked) if distribution is None else Knowledge(asked, distribution.names, distribution.modules)
        )
        progress = Progress(reporter)
        self.downloads = Downloads(context.client, context.cache, progress, offline=context.access.offline)
        self._catalogue = Catalogue(context.sources, context, self.downloads, self._knowledge, progress)

    async def resolve(self, wish: Wish) -> Resolution:
        """The answer. Raises ``ResolutionError``, and what the indexes raise."""
        steps = resolve(Problem(wish, self._context.target), self._knowledge)
        try:
            while True:
                await self._catalogue.supply(next(steps))
        except StopIteration as end:
            resolution: Resolution = end.value
            return resolution
        except ResolutionError as error:
            # Offline an index that nobody kept the page of says nothing about the project.
            if self._context.pages.missing:
                raise NotInCache([*self._context.pages.missing], error.message) from None
            raise

    def listings(self, name: str) -> Sequence[Listing]:
        """What the sources that were asked say of a project."""
        return list({listing.source: listing for listing in self._listings(name)}.values())

    def _listings(self, name: str) -> Iterator[Listing]:
        for need, found in self._knowledge.listings.items():
            if need.name == name:
                yield from found.listings
