"""Whether everything that is installed fits together: ``check()`` names each dependency that is missing or does not."""

from __future__ import annotations

from dataclasses import dataclass

from .graph import current_graph
from .tables import escape, html_table

__all__ = ["Problem", "Problems", "check"]


@dataclass(frozen=True)
class Problem:
    """``name`` needs ``requirement``, and instead of that ``found`` is there: ``name version``, or nothing."""

    name: str
    requirement: str
    found: str

    def __str__(self) -> str:
        there = f"{self.found} is installed" if self.found else "that is not installed"
        return f"{self.name} needs {self.requirement}, and {there}"


class Problems(tuple[Problem, ...]):
    """What does not fit together; empty where everything does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "Everything that is installed fits together"

    def _repr_html_(self) -> str:
        if not self:
            return escape(repr(self))
        rows = [(each.name, each.requirement, each.found or "nothing") for each in self]
        return html_table(f"{len(self)} do not fit", ("", "needs", "installed"), rows)


def check() -> Problems:
    """Whether what is installed has everything it needs, in versions that fit; what has not, by name."""
    graph = current_graph()
    broken = [edge for edge in graph.edges if edge.state != "satisfied"]
    return Problems(Problem(graph.label(edge.by), edge.requirement, graph.label(edge.to)) for edge in broken)
