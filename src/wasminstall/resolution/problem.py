"""What is asked of the resolver, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..indexes.model import Candidate
from ..requirements import Requirement
from ..targets import Target

__all__ = ["Problem", "Resolution"]


@dataclass(frozen=True)
class Problem:
    """Find a set of distributions for ``target`` that satisfies ``requirements``.

    ``installed`` are the distributions in place by normalised name, their metadata known: preferred where they
    satisfy everything, never left with a broken dependency. ``pre`` admits pre-releases everywhere;
    without ``deps`` only the named projects are looked at.
    """

    requirements: tuple[Requirement, ...]
    target: Target
    installed: Mapping[str, Candidate] = field(default_factory=dict)
    pre: bool = False
    deps: bool = True


@dataclass(frozen=True)
class Resolution:
    """The answer: one candidate by normalised name, and what a person should be told about it."""

    candidates: Mapping[str, Candidate]
    warnings: tuple[str, ...] = ()
