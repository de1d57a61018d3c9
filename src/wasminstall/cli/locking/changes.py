"""What a lock that was made again says differently, for people."""

from __future__ import annotations

from collections.abc import Iterable

from ...locks.entries import LockEntry
from .existing import Earlier

__all__ = ["changes_between"]


def changes_between(earlier: Earlier, entries: Iterable[LockEntry]) -> list[str]:
    """One line for each project whose versions are not those of the last lock, by name, in rich's markup."""
    before = earlier.versions
    after: dict[str, set[str]] = {}
    for entry in entries:
        after.setdefault(entry.name, set()).add(entry.version)
    lines = []
    for name in sorted({*before, *after}):
        old, new = ", ".join(before.get(name, ())), ", ".join(sorted(after.get(name, ())))
        if not new:
            lines.append(f"[red]-[/] [bold]{name}[/] {old}".rstrip())
        elif not old:
            lines.append(f"[green]+[/] [bold]{name}[/] {new}")
        elif old != new:
            lines.append(f"[yellow]~[/] [bold]{name}[/] {old} to {new}")
    return lines
