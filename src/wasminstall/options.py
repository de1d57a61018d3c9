"""The options of ``install()`` that say where to look and what to prefer, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypedDict

from .progress import Reporter
from .resolution import Prefer
from .wheels.archive import Limits

__all__ = ["IndexStrategy", "InstallOptions", "SyncOptions"]

IndexStrategy = Literal["first-index", "best-match"]
"""``first-index``: the first index that has a project speaks for it. ``best-match``: all are asked, the best wins."""


class SyncOptions(TypedDict, total=False):
    """The keyword arguments of ``sync()`` besides ``dry_run``; see ``install()``."""

    extras: Iterable[str]
    groups: Iterable[str]
    headers: Mapping[str, Mapping[str, str]]
    mirrors: Mapping[str, str | Sequence[str]]
    timeout: float
    cache: bool
    offline: bool
    limits: Limits
    progress: Reporter | str | None


class InstallOptions(SyncOptions, total=False):
    """The keyword arguments of ``install()`` besides ``dry_run``; see there."""

    file: str | None
    lock: str | None
    constraints: str | Iterable[str]
    index_urls: str | Sequence[str]
    index_strategy: IndexStrategy
    index_for: Mapping[str, str]
    prefer: Prefer
    pre: bool
    deps: bool
    upgrade: bool | Iterable[str]
    reinstall: bool
    require_hashes: bool
    download: str | None
