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
from .environment import Environment
from .errors import InvalidInput
from .hosts.folder import FolderHost
from .indexes import AllThatHaveIt, DistributionIndex, FirstThatHasIt, Index, PinnedTo, SimpleIndex
from .indexes.direct import local_path
from .installed import Installed
from .options import IndexStrategy
from .progress import Reporter
from .targets import Target, running_target
from .transport import Client, default_transport
from .wheels.metadata import Metadata

__all__ = ["Context", "current_context", "default_index_urls", "set_default_index"]

_default_index_urls: tuple[str, ...] = (DEFAULT_INDEX_URL,)


@dataclass(frozen=True)
class Context:
    """The world of one install.

    ``sources`` come after what is installed, most preferred first, the ``distribution`` among them where there is one;
    ``libraries`` are shared libraries in place that no ``.dist-info`` tells of, version by name.
    """

    target: Target
    environment: Environment
    client: Client
    sources: tuple[Index, ...]
    distribution: DistributionIndex | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)
    reporter: Reporter | None = None

    def metadata(self, item: Installed) -> Metadata:
        """The metadata of an installed distribution; of one that the Pyodide lock has, as much as the lock goes by."""
        return item.metadata if self.distribution is None else self.distribution.as_locked(item.name, item.metadata)

    async def read(self, address: str) -> bytes:
        """The bytes behind a path or URL. Raises ``InvalidInput`` or ``TransportError``."""
        path = local_path(address)
        if not path:
            return bytes((await self.client.get(address)).body)
        return _file(path)


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput(f"cannot read {path}: {reason}", hint="check the path") from None


def set_default_index(*urls: str) -> None:
    """Use these Simple API addresses instead of PyPI wherever ``index_urls`` is not given; without any, PyPI again."""
    global _default_index_urls
    _default_index_urls = urls or (DEFAULT_INDEX_URL,)


def default_index_urls() -> tuple[str, ...]:
    """The indexes in use where none are named."""
    return _default_index_urls


def current_context(
    index_urls: Sequence[str] | None = None,
    *,
    strategy: IndexStrategy = "first-index",
    index_for: Mapping[str, str] | None = None,
    headers: Mapping[str, Mapping[str, str]] | None = None,
    credentials: str = "same-origin",
) -> Context:
    """The running interpreter as the world to install into; see ``install()`` for the arguments.

    ``credentials`` is that of ``fetch``: whether cookies go along (``omit``, ``same-origin``, ``include``).
    """
    target = running_target()
    client = Client(default_transport(credentials), headers)

    def index(url: str) -> Index:
        return SimpleIndex(client, url, target, "PyPI" if url == DEFAULT_INDEX_URL else "")

    indexes = [index(url) for url in (_default_index_urls if index_urls is None else index_urls)]
    chain: Index = AllThatHaveIt(indexes) if strategy == "best-match" else FirstThatHasIt(indexes)
    pins = {str(canonicalize_name(name)): index(url) for name, url in (index_for or {}).items()}
    if sys.platform != "emscripten":
        return Context(target, Environment(_own_folder()), client, (PinnedTo(pins, chain),))
    from .hosts.pyodide import PyodideHost, announce, distribution_base_url, distribution_lock, loaded_libraries

    lock = distribution_lock()
    distribution = DistributionIndex(lock, distribution_base_url(), target, without=frozenset(pins))
    return Context(
        target=target,
        environment=Environment(PyodideHost()),
        client=client,
        sources=(distribution, PinnedTo(pins, chain)),
        libraries=loaded_libraries(lock),
        distribution=distribution,
        reporter=announce,
    )


def _own_folder() -> FolderHost:
    """The folder this interpreter imports from, outside Pyodide."""
    return FolderHost(Path(sysconfig.get_path("purelib")), Path(sys.prefix))
