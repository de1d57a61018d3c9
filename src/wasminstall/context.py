"""What an install works with: the target, the host, the network, and the sources in order of preference.

Built anew for each call, so that nothing of ours stays in the interpreter that a memory snapshot could not hold.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ._default_index import DEFAULT_INDEX_URL
from ._vendor.packaging.utils import canonicalize_name
from .arguments import check_addresses
from .cache import Cache, open_cache
from .environment import Environment
from .hosts.folder import FolderHost
from .indexes import (
    AllThatHaveIt,
    DistributionIndex,
    FirstThatHasIt,
    Index,
    KeptOnly,
    PinnedTo,
    PipliteIndex,
    SimpleIndex,
    is_piplite,
)
from .installed import Installed
from .options import IndexStrategy
from .pages import Pages
from .targets import Target, running_target
from .transport import Client, default_transport
from .wheels.archive import DEFAULT_LIMITS, Limits
from .wheels.metadata import Metadata

__all__ = [
    "Access",
    "Context",
    "current_context",
    "default_index_urls",
    "make_ready",
    "open_index",
    "open_pages",
    "set_default_index",
]

_default_index_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Access:
    """Where to look, and how to get there; see ``install()``.

    ``index_urls`` are the default ones when ``None``; ``credentials`` is that of ``fetch``: whether cookies go along
    (``omit``, ``same-origin``, ``include``).
    """

    index_urls: Sequence[str] | None = None
    strategy: IndexStrategy = "first-index"
    index_for: Mapping[str, str] = field(default_factory=dict)
    mirrors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    credentials: str = "same-origin"
    timeout: float = 30.0
    cache: bool = True
    offline: bool = False
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True)
class Context:
    """The world of one install.

    ``sources`` come after what is installed, most preferred first, the ``distribution`` among them where there is one;
    ``libraries`` are shared libraries in place that no ``.dist-info`` tells of, version by name. ``question`` is what
    an answer of the resolver depends on besides the wish: it is remembered for the same one only.
    """

    target: Target
    environment: Environment
    pages: Pages
    sources: tuple[Index, ...]
    distribution: DistributionIndex | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)
    access: Access = field(default_factory=Access)
    question: str = field(default="", repr=False)

    @property
    def client(self) -> Client:
        """For what is not kept by its address."""
        return self.pages.client

    @property
    def cache(self) -> Cache:
        """What is kept between installs."""
        return self.pages.cache

    def metadata(self, item: Installed) -> Metadata:
        """The metadata of an installed distribution; of one that the Pyodide lock has, as much as the lock goes by."""
        return item.metadata if self.distribution is None else self.distribution.as_locked(item.name, item.metadata)


def set_default_index(*urls: str) -> None:
    """Use these Simple API addresses instead of PyPI wherever ``index_urls`` is not given.

    Without any it is the index that the page named for this Python again, or PyPI.

    Raises ``InvalidInput`` for what is no address.
    """
    global _default_index_urls
    check_addresses("urls", urls)
    _default_index_urls = urls


def default_index_urls() -> tuple[str, ...]:
    """The indexes in use where none are named: those of ``set_default_index``, the page's, or PyPI."""
    return _default_index_urls or _page_index_urls() or (DEFAULT_INDEX_URL,)


def _page_index_urls() -> tuple[str, ...]:
    """The index that the page named for this Python when it started it."""
    if sys.platform != "emscripten":
        return ()
    from .javascript import page_helper

    url = getattr(page_helper(), "index", "")
    return (str(url),) if url else ()


async def make_ready() -> None:
    """Load what has to be loaded before a cache can be opened: in a page, the JavaScript half."""
    if sys.platform == "emscripten":
        from .javascript import load_page_helper

        await load_page_helper()


def open_pages(access: Access) -> Pages:
    """The network and the cache."""
    client = Client(default_transport(access.credentials), access.headers, timeout=access.timeout)
    return Pages(client, open_cache(access.cache), offline=access.offline)


def open_index(url: str, pages: Pages, target: Target) -> Index:
    """The index at this address, of whichever kind it is."""
    kind = PipliteIndex if is_piplite(url) else SimpleIndex
    return kind(pages, url, target, "PyPI" if url == DEFAULT_INDEX_URL else "")


def current_context(access: Access | None = None, opened: Pages | None = None) -> Context:
    """The running interpreter as the world to install into; ``opened`` are pages of the same access."""
    access = access or Access()
    target = running_target()
    pages = opened or open_pages(access)

    def index(url: str) -> Index:
        found = open_index(url, pages, target)
        return KeptOnly(found, pages.cache) if access.offline else found

    urls = default_index_urls() if access.index_urls is None else tuple(access.index_urls)
    indexes = [index(url) for url in urls]
    chain: Index = AllThatHaveIt(indexes) if access.strategy == "best-match" else FirstThatHasIt(indexes)
    pins = {str(canonicalize_name(name)): index(url) for name, url in access.index_for.items()}
    pinned = PinnedTo(pins, chain)
    question = repr((urls, access.strategy, access.index_for, access.headers, access.credentials))
    if sys.platform != "emscripten":
        return Context(target, Environment(_own_folder()), pages, (pinned,), access=access, question=question)
    from .hosts.pyodide import PyodideHost, distribution_base_url, distribution_lock, loaded_libraries

    lock = distribution_lock()
    distribution = DistributionIndex(lock, distribution_base_url(), target, without=frozenset(pins))
    return Context(
        target=target,
        environment=Environment(PyodideHost()),
        pages=pages,
        sources=(KeptOnly(distribution, pages.cache) if access.offline else distribution, pinned),
        libraries=loaded_libraries(lock),
        distribution=distribution,
        access=access,
        question=question + distribution.fingerprint,
    )


def _own_folder() -> FolderHost:
    """The folder this interpreter imports from, outside Pyodide."""
    return FolderHost(Path(sysconfig.get_path("purelib")), Path(sys.prefix))
