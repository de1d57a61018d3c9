"""What an install will do, before it does it: the difference between the answer and what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from .indexes import Candidate
from .resolution import Problem, Resolution
from .tables import html_table

__all__ = ["Action", "Plan", "make_plan"]

Kind = Literal["add", "replace", "keep", "remove"]


@dataclass(frozen=True)
class Action:
    """What becomes of one distribution. ``replaces`` is the installed version that goes, or empty."""

    kind: Kind
    candidate: Candidate
    replaces: str = ""
    requested: bool = False

    @property
    def name(self) -> str:
        """The normalised project name."""
        return self.candidate.name

    @property
    def version(self) -> str:
        """The version that will be there afterwards; of what is removed, the one that goes."""
        return self.replaces if self.kind == "remove" else str(self.candidate.version)


@dataclass(frozen=True, repr=False)
class Plan:
    """All actions, by name. ``install(..., dry_run=True)`` returns it and touches nothing."""

    actions: tuple[Action, ...]
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Action, ...]:
        """The actions that need a wheel."""
        return tuple(action for action in self.actions if action.kind in ("add", "replace"))

    @property
    def removals(self) -> tuple[Action, ...]:
        """The actions that only take away."""
        return tuple(action for action in self.actions if action.kind == "remove")

    @property
    def size(self) -> int:
        """Bytes to fetch, as far as the sources announce sizes."""
        return sum(action.candidate.size for action in self.changes)

    def __repr__(self) -> str:
        rows = [_sentence(action) for action in self.actions]
        return "\n".join([f"Plan: {self._summary()}", *(f"  {row}" for row in rows), *self.warnings])

    def _repr_html_(self) -> str:
        head = ("", "name", "version", "replaces", "from")
        cells = [(a.kind, a.name, a.version, a.replaces, a.candidate.source) for a in self.actions]
        return html_table(self._summary(), head, cells, notes=self.warnings)

    def _summary(self) -> str:
        removed = f", {len(self.removals)} to remove" if self.removals else ""
        return f"{len(self.changes)} to install{removed}"


def make_plan(problem: Problem, resolution: Resolution, removals: Iterable[Action] = ()) -> Plan:
    """Compare the answer with what is installed; ``removals`` is what else is to be done."""
    requested = {requirement.name for requirement in problem.wish.requirements}
    actions = [
        _action(candidate, problem.installed.get(name), name in requested)
        for name, candidate in resolution.candidates.items()
    ]
    actions = sorted((*actions, *removals), key=attrgetter("name"))
    return Plan(tuple(actions), (*problem.wish.notes, *resolution.warnings))


def _action(candidate: Candidate, before: Candidate | None, requested: bool) -> Action:
    if candidate.origin == "installed":
        return Action("keep", candidate, requested=requested)
    replaces = "" if before is None else str(before.version)
    return Action("replace" if before else "add", candidate, replaces, requested)


def _sentence(action: Action) -> str:
    what = f"{action.kind} {action.name} {action.version}"
    if action.kind == "remove":
        return what
    return what + (f" in place of {action.replaces}" if action.replaces else "") + f" ({action.candidate.source})"
