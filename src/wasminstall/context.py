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
from .environment import Environment
from .hosts.folder import FolderHost
from .indexes import DistributionIndex, FirstThatHasIt, Index, SimpleIndex
from .progress import Reporter
from .targets import Target, running_target
from .transport import Client, default_transport

__all__ = ["Context", "current_context", "default_index_urls", "set_default_index"]

_default_index_urls: tuple[str, ...] = (DEFAULT_INDEX_URL,)


@dataclass(frozen=True)
class Context:
    """The world of one install.

    ``sources`` come after what is installed, most preferred first; ``libraries`` are shared libraries in place that
    no ``.dist-info`` tells of, version by name.
    """

    target: Target
    environment: Environment
    client: Client
    sources: tuple[Index, ...]
    libraries: Mapping[str, str] = field(default_factory=dict)
    reporter: Reporter | None = None


def set_default_index(*urls: str) -> None:
    """Use these Simple API addresses instead of PyPI wherever ``index_urls`` is not given; without any, PyPI again."""
    global _default_index_urls
    _default_index_urls = urls or (DEFAULT_INDEX_URL,)


def default_index_urls() -> tuple[str, ...]:
    """The indexes in use where none are named."""
    return _default_index_urls


def current_context(index_urls: Sequence[str] = ()) -> Context:
    """The running interpreter as the world to install into."""
    target = running_target()
    client = Client(default_transport())
    indexes = [
        SimpleIndex(client, url, target, "PyPI" if url == DEFAULT_INDEX_URL else "")
        for url in index_urls or _default_index_urls
    ]
    chain = FirstThatHasIt(indexes)
    if sys.platform != "emscripten":
        return Context(target, Environment(_own_folder()), client, (chain,))
    from .hosts.pyodide import PyodideHost, announce, distribution_base_url, distribution_lock, loaded_libraries

    lock = distribution_lock()
    return Context(
        target=target,
        environment=Environment(PyodideHost()),
        client=client,
        sources=(DistributionIndex(lock, distribution_base_url(), target), chain),
        libraries=loaded_libraries(lock),
        reporter=announce,
    )


def _own_folder() -> FolderHost:
    """The folder this interpreter imports from, outside Pyodide."""
    return FolderHost(Path(sysconfig.get_path("purelib")), Path(sys.prefix))
