"""What the solver's keys and clauses stand for in packaging: the two words it hands through without reading."""

from __future__ import annotations

from dataclasses import dataclass

from ..indexes.model import Candidate
from ..requirements import Requirement
from .proof import Clause

__all__ = ["CONSTRAINT", "Key", "Leaves", "Reason"]

Key = tuple[str, str]
"""A project and one of its extras; the empty extra is the project itself."""


CONSTRAINT = "constraint"
"""The ``text`` of a reason that is the user's constraint."""


@dataclass(frozen=True)
class Reason:
    """Why a clause holds: ``requirement`` was made by ``by`` (nobody: the user), or ``text`` says it."""

    requirement: Requirement | None = None
    by: Candidate | None = None
    text: str = ""


Leaves = list[Clause[Key, Reason]]
"""The clauses that contradict each other, in reading order."""
