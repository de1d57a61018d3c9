"""piplite's API by this installer, and the indexes of the site a kernel runs in.

A kernel calls ``install`` for its own parts, notebooks call it as ``piplite.install``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterable
from types import ModuleType
from typing import Any

from ..._default_index import DEFAULT_INDEX_URL
from ...context import default_index_urls, set_default_index
from .site_settings import site_settings

__all__ = ["install", "use_site_indexes"]

_KERNEL = ["ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]
"""What a kernel asks for at its start, one after the other."""


def use_site_indexes(others: Iterable[str] = ()) -> None:
    """Make the indexes that the site was built with the default ones, then ``others``.

    Without others those that are in use already: PyPI, unless the site forbids it. Outside of JupyterLite nothing is
    changed.
    """
    if _site() is not None:
        set_default_index(*_indexes(others or default_index_urls()))


def _site() -> ModuleType | None:
    """Where a kernel notes the indexes."""
    return sys.modules.get("piplite.piplite")


def _indexes(others: Iterable[str]) -> list[str]:
    site = _site()
    forbidden = DEFAULT_INDEX_URL if getattr(site, "_PIPLITE_DISABLE_PYPI", False) else ""
    found: dict[str, str] = {}  # one is there twice, with its hash and without
    for url in (*getattr(site, "_PIPLITE_URLS", ()), *others):
        found.setdefault(url.partition("?")[0], url)
    return [url for url in found.values() if url != forbidden]


def install(
    requirements: str | list[str],
    keep_going: bool = False,
    deps: bool = True,
    credentials: str | None = None,
    pre: bool = False,
    index_urls: list[str] | str | None = None,
    *,
    verbose: bool | int = False,
    constraints: list[str] | None = None,
    reinstall: bool = False,
) -> asyncio.Future[None]:
    """Install packages and what they need, from the site's indexes first; see ``micropip.install``."""
    from .. import micropip  # few kernels need it after their start

    is_kernel = requirements == _KERNEL[0]
    if is_kernel:  # comes before the extension that sets them for notebooks
        use_site_indexes(site_settings()["index_urls"])
    # All that a kernel needs at once: a third of the time that one after the other takes.
    wanted = _KERNEL if is_kernel else requirements
    others = [index_urls] if isinstance(index_urls, str) else index_urls
    work = micropip.install(
        wanted,
        keep_going,
        deps,
        credentials,
        pre,
        _indexes(others or default_index_urls()),
        verbose=verbose,
        constraints=constraints,
        reinstall=reinstall,
    )
    return asyncio.ensure_future(_while_the_library_comes(work) if is_kernel else work)


async def _while_the_library_comes(work: Coroutine[Any, Any, None]) -> None:
    from .standard_library import library

    await asyncio.gather(library().begin(), work)
