"""What a person sees of the cache: how much there is of what, and what was removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..tables import html_table

__all__ = ["CacheInfo", "Removed", "Share"]


class Share(NamedTuple):
    """How many entries, and their bytes as stored."""

    entries: int
    bytes: int


@dataclass(frozen=True, repr=False)
class CacheInfo:
    """What the cache holds, and where (a text for people).

    ``kinds`` has the share of each kind of entry; ``budget`` is how many bytes are kept at most; ``oldest`` is when the
    least recently used entry was used, in seconds since 1970, or ``None``.
    """

    where: str
    entries: int
    bytes: int
    budget: int
    kinds: Mapping[str, Share] = field(default_factory=dict)
    oldest: float | None = None
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows = [f"  {kind}: {share.entries}, {_megabytes(share.bytes)}" for kind, share in self.kinds.items()]
        return "\n".join([self._summary(), *rows, *(f"  {note}" for note in self._notes())])

    def _repr_html_(self) -> str:
        cells = [(kind, str(share.entries), _megabytes(share.bytes)) for kind, share in self.kinds.items()]
        return html_table(self._summary(), ("kind", "entries", "size"), cells, notes=self._notes())

    def _summary(self) -> str:
        if not self.entries:
            return "The cache is empty"
        return f"{_entries(self.entries)} in the cache, {_megabytes(self.bytes)} of at most {_megabytes(self.budget)}"

    def _notes(self) -> list[str]:
        oldest = [] if self.oldest is None else [f"not used for the longest time: since {_date(self.oldest)}"]
        return [f"where: {self.where}", *oldest, *(f"warning: {text}" for text in self.warnings)]


@dataclass(frozen=True, repr=False)
class Removed:
    """What was removed from the cache."""

    entries: int
    bytes: int
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        what = f"Removed {_entries(self.entries)}, {_megabytes(self.bytes)}" if self.entries else "Nothing to remove"
        return "\n".join([what, *(f"  warning: {text}" for text in self.warnings)])


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e4 else f"{size} bytes"


def _date(seconds: float) -> str:
    from time import localtime, strftime

    return strftime("%Y-%m-%d %H:%M", localtime(seconds))
