"""The world of a desktop command: the network, the cache, and for each named target the ``Context`` to resolve in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ..cache import open_cache
from ..context import Access, Context, default_index_urls, open_index
from ..environment import Environment
from ..hosts.folder import FolderHost
from ..indexes import DistributionIndex, FirstThatHasIt, KeptOnly
from ..pages import Pages
from ..reading import reader
from ..requirements.requested import Read, Requested
from ..targets import Target
from ..transport import Client
from ..transport.desktop import DesktopTransport
from .distribution import LocalFiles, PyodideDistribution, find_distribution
from .options import Sources

__all__ = ["World", "open_world"]

_NOWHERE = Path(os.devnull, "nothing")
"""A folder that cannot be: an environment in it is empty."""


@asynccontextmanager
async def open_world(sources: Sources) -> AsyncIterator[World]:
    """The world for what the options of a command say; connections are closed and the cache is written at the end."""
    transport = DesktopTransport()
    world = World(sources, LocalFiles(transport))
    try:
        yield world
    finally:
        await world.pages.cache.settle()
        await transport.close()


class World:
    """Gives what commands work with; made by ``open_world``."""

    def __init__(self, sources: Sources, transport: LocalFiles) -> None:
        self._sources = sources
        self._transport = transport
        self.pages = Pages(Client(transport), open_cache(sources.cache), offline=sources.offline)

    @property
    def read(self) -> Read:
        """Gets the bytes behind a path or a URL."""
        return reader(self.pages)

    async def distribution(self, target: Target) -> PyodideDistribution | None:
        """The Pyodide distribution of this target; ``None`` for one that is no Pyodide. Raises ``InvalidInput``."""
        found = await find_distribution(target, self._sources.distributions, self.pages)
        if found is not None and found.folder is not None:
            self._transport.folders[found.base_url] = found.folder
        return found

    async def context(self, target: Target, requested: Requested | None = None, *, into: Path | None = None) -> Context:
        """The ``Context`` for this target, with the indexes that the options and what was ``requested`` name.

        ``into`` is the folder to install into; without it the environment is empty, and offline what the pages of an
        index say counts even where the wheels are not kept.
        Raises ``InvalidInput`` when the target's distribution cannot be had.
        """
        pages = Pages(self.pages.client, self.pages.cache, offline=self.pages.offline)
        kept_only = into is not None and pages.offline
        own = Requested(index_url=self._sources.index_url, extra_index_urls=self._sources.extra_index_urls)
        urls = (own + (requested or Requested())).index_urls(default_index_urls())
        indexes = FirstThatHasIt([open_index(url, pages, target) for url in urls])
        question = repr(urls)
        found = await self.distribution(target)
        distribution = None if found is None else DistributionIndex(found.lock, found.base_url, target)
        if distribution is not None:
            question += distribution.fingerprint
        sources = [source for source in (distribution, indexes) if source is not None]
        return Context(
            target=target,
            environment=Environment(FolderHost(into or _NOWHERE)),
            pages=pages,
            sources=tuple(KeptOnly(source, pages.cache) if kept_only else source for source in sources),
            distribution=distribution,
            access=Access(index_urls=urls, cache=self._sources.cache, offline=pages.offline),
            question=question,
        )
