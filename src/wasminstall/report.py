"""What an install did: what is importable now, where every byte came from, how long it took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .plan import Plan
from .tables import html_table

__all__ = ["Added", "Removed", "Report"]


@dataclass(frozen=True)
class Added:
    """One distribution that was placed. ``size`` is the wheel's bytes, ``replaced`` the version that went, or empty."""

    name: str
    version: str
    source: str
    filename: str
    size: int
    replaced: str = ""


@dataclass(frozen=True, repr=False)
class Report:
    """The result of ``install()``. ``seconds`` is wall time; ``size`` the bytes of all wheels placed.

    ``imported`` names replaced projects whose old modules are in memory until the interpreter restarts; ``notes`` are
    about the install itself, such as a cache that cannot be used. ``folder`` is where the wheels are, when nothing was
    placed.
    """

    plan: Plan
    added: tuple[Added, ...]
    seconds: float
    imported: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folder: str = ""

    @property
    def kept(self) -> tuple[str, ...]:
        """Names that were there already and satisfied everything."""
        return tuple(action.name for action in self.plan.actions if action.kind == "keep")

    @property
    def removed(self) -> tuple[str, ...]:
        """What was removed without anything in its place, as ``name==version``."""
        return tuple(f"{action.name}=={action.version}" for action in self.plan.removals)

    @property
    def size(self) -> int:
        """Bytes of all wheels placed."""
        return sum(item.size for item in self.added)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know although it worked."""
        stale = [f"{name} was imported before: restart Python to use the new version" for name in self.imported]
        return (*self.plan.warnings, *stale, *self.notes)

    def __repr__(self) -> str:
        rows = [f"  {item.name} {_versions(item)} ({_megabytes(item.size)}, {item.source})" for item in self.added]
        rows += [f"  {action.name} {action.version} removed" for action in self.plan.removals]
        return "\n".join([self._summary(), *rows, *(f"  warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        head = ("name", "version", "size", "from")
        cells = [(item.name, _versions(item), _megabytes(item.size), item.source) for item in self.added]
        cells += [(action.name, action.version, "", "removed") for action in self.plan.removals]
        return html_table(self._summary(), head, cells, notes=self.warnings)

    def _summary(self) -> str:
        if not self.plan.actions:
            return "Nothing was asked for"
        less = f", removed {len(self.removed)}" if self.removed else ""
        if not self.added:
            return less[2:].capitalize() or f"Everything was there already: {', '.join(self.kept)}"
        done = f"Downloaded {len(self.added)} to {self.folder}" if self.folder else f"Installed {len(self.added)}"
        return f"{done} in {self.seconds:.1f} s, {_megabytes(self.size)}{less}"


class Removed(tuple[str, ...]):
    """The result of ``uninstall()``: what was removed, as ``name==version``; ``warnings`` name who still needs it."""

    warnings: tuple[str, ...]

    def __new__(cls, removed: Iterable[str], *, warnings: Iterable[str] = ()) -> Self:
        """Removed distributions, and what a person should know about that."""
        made = super().__new__(cls, removed)
        made.warnings = tuple(warnings)
        return made

    def __repr__(self) -> str:
        head = f"Removed {', '.join(self)}" if self else "Nothing was removed"
        return "\n".join([head, *(f"  warning: {text}" for text in self.warnings)])


def _versions(item: Added) -> str:
    return item.version + (f" in place of {item.replaced}" if item.replaced else "")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e4 else f"{size} bytes"
