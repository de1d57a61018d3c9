"""What is asked of the resolver, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .._vendor.packaging.version import Version
from ..indexes.model import Candidate
from ..requirements import Requirement
from ..targets import Target

__all__ = ["Prefer", "Problem", "Resolution", "Wish"]

Prefer = Literal["distribution", "newest"]


@dataclass(frozen=True)
class Wish:
    """What the user wants.

    ``constraints`` limit versions and ask for nothing. ``pre`` admits pre-releases everywhere; without ``deps`` only
    the named projects are looked at. What is installed stays where it satisfies everything, but for the projects in
    ``upgrade`` (the best version counts) and in ``reinstall`` (placed again in any case). ``prefer`` says whether the
    version of the Pyodide distribution or the newest one comes first; before both come the versions in ``locked``, by
    project name, which are those of a lock that is made anew. ``hashes`` limits files by project name, as
    ``algorithm:digest``; with ``require_hashes`` nothing may come without. ``notes`` are passed on as warnings.
    """

    requirements: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...] = ()
    pre: bool = False
    deps: bool = True
    upgrade: frozenset[str] = frozenset()
    reinstall: frozenset[str] = frozenset()
    prefer: Prefer = "distribution"
    locked: Mapping[str, Version] = field(default_factory=dict)
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    require_hashes: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Find a set of distributions for ``target`` that fulfils the wish.

    ``installed`` are the distributions in place by normalised name, their metadata known; none of them is left with
    a broken dependency.
    """

    wish: Wish
    target: Target
    installed: Mapping[str, Candidate] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolution:
    """The answer: one candidate by normalised name, and what a person should be told about it."""

    candidates: Mapping[str, Candidate]
    warnings: tuple[str, ...] = ()
