"""The cache of the world this interpreter runs in."""

from __future__ import annotations

import sys

from .cache import Cache
from .port import Store, StoreTrouble

__all__ = ["open_cache"]


def open_cache(enabled: bool = True) -> Cache:
    """The cache of this origin or user; one that keeps nothing where it is not ``enabled`` or nothing can be kept.

    In Pyodide, ``load_page_helper()`` must have been awaited before.
    """
    return Cache(_store() if enabled else None)


def _store() -> Store | None:
    if sys.platform == "emscripten":
        from ..javascript import page_helper

        if page_helper() is None:
            return None
        from .browser import BrowserStore

        return BrowserStore()
    from .folder import FolderStore

    try:
        return FolderStore()
    except StoreTrouble:
        return None
