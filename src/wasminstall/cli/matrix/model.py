"""The matrix as data: a column is a target, a verdict one project in it, a problem why something is not to be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...targets import Target
from .files import Files

__all__ = ["GOOD", "Column", "Kind", "Problem", "Verdict"]

Kind = Literal[
    "works",
    "distribution",
    "older",
    "skipped",
    "missing",
    "hash",
    "version",
    "python",
    "unknown",
    "conflict",
    "unusable",
    "unasked",
]
"""What can be said of a project on a target.

``works``, or works from the Pyodide ``distribution``; only an ``older`` version works; ``skipped``: its marker says
that it is not wanted there. ``missing``: a wheel that does not exist, its own or that of something it needs;
``hash``: the hash of its wheel is none of those that were given; ``version``: no such version; ``python``: not for
this Python; ``unknown``: no such project; ``conflict``: with something else that was asked for; ``unusable``: for
another reason. ``unasked``: it could not be found out.
"""

GOOD: frozenset[Kind] = frozenset(("works", "distribution", "older", "skipped"))


@dataclass(frozen=True)
class Verdict:
    """One project on one target.

    ``detail`` says why it is only an older version, or what is in the way; ``filename``, ``source`` and ``size`` (in
    bytes, 0 when it is not known) are of the wheel.
    """

    name: str
    kind: Kind
    requested: bool
    version: str = ""
    detail: str = ""
    filename: str = ""
    source: str = ""
    size: int = 0


@dataclass(frozen=True)
class Problem:
    """Why something is not to be had on a target: ``name`` is the project in the way.

    ``required_by`` is who asks for it, nearest first, up to what the user wrote; ``message`` the whole of it in words,
    ``advice`` what to try; ``files`` what exists of it, and ``elsewhere`` the targets there are wheels for.
    """

    name: str
    kind: Kind
    requirement: str
    required_by: tuple[str, ...]
    message: str
    advice: tuple[str, ...] = ()
    files: Files | None = None
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """All about one target: verdicts by project name."""

    target: Target
    verdicts: Mapping[str, Verdict]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Whether everything that was asked for can be had together."""
        return not self.problems
