"""What the solver is told and what it can prove: clauses, derivations, and ways to read them.

A **clause** is a fact from outside: its terms do not all hold at once. A **derivation** is a clause that follows from
two others by resolution (see ``solver``). A **proof** is a derivation without terms: "nothing at all does not hold" is
absurd, so the facts at its leaves contradict each other. Learned clauses are used many times, so a proof is a directed
acyclic graph and can be deep; nothing here recurses.

The solver never imports wording, and wording never needs to know how the search went: ``leaves`` and ``steps`` are all
that an explanation has to read.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

__all__ = ["Clause", "Derived", "Premise", "Step", "Unsolvable", "leaves", "steps"]

Key = TypeVar("Key", bound=Hashable)
Reason = TypeVar("Reason")


@dataclass(frozen=True, slots=True, eq=False)
class Clause(Generic[Key, Reason]):
    """The terms do not all hold at once, for this reason; a term ``key: mask`` holds when key's value is in mask.

    Bit 0 of a mask is "absent", bit i the i-th choice. Bits outside the key's domain are ignored, so that a complement
    may be written ``~mask``. Two clauses are equal only when they are the same object.
    """

    terms: Mapping[Key, int]
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Derived(Generic[Key, Reason]):
    """A clause that follows from ``left`` and ``right``: whatever value ``pivot`` takes, one of the two forbids it."""

    terms: Mapping[Key, int]
    left: Premise[Key, Reason]
    right: Premise[Key, Reason]
    pivot: Key

    def __repr__(self) -> str:
        return f"Derived(terms={self.terms!r}, pivot={self.pivot!r})"


Premise: TypeAlias = Clause[Key, Reason] | Derived[Key, Reason]


@dataclass(frozen=True, slots=True)
class Step(Generic[Key, Reason]):
    """One sentence of a proof: because of the premises, ``terms`` do not all hold at once.

    A premise is a clause from outside, or the index of an earlier step. ``uses`` counts the later steps that lean on
    this one: a step with more than one use deserves a number in the text.
    """

    premises: tuple[Clause[Key, Reason] | int, ...]
    terms: Mapping[Key, int]
    pivot: Key
    uses: int


class Unsolvable(Exception, Generic[Key, Reason]):
    """No assignment satisfies the clauses. ``proof`` says why: a clause or derivation none of whose terms can fail."""

    def __init__(self, proof: Premise[Key, Reason]) -> None:
        super().__init__("the clauses contradict each other")
        self.proof = proof

    def leaves(self) -> list[Clause[Key, Reason]]:
        """The clauses that contradict each other; see the function of the same name."""
        return leaves(self.proof)


def leaves(proof: Premise[Key, Reason]) -> list[Clause[Key, Reason]]:
    """Return the clauses the proof rests on, each once, in reading order (left before right). Linear in its size."""
    found: dict[Clause[Key, Reason], None] = {}
    seen: set[int] = set()
    stack = [proof]
    while stack:
        node = stack.pop()
        if isinstance(node, Clause):
            found.setdefault(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack += (node.right, node.left)
    return list(found)


def steps(proof: Premise[Key, Reason], *, coarse: bool = False) -> list[Step[Key, Reason]]:
    """Return the proof as a list of steps, premises before conclusions; the last step is the proof's own conclusion.

    A run of derivations over one pivot is one step: "version 1 cannot, version 2 cannot, ..., so nothing can" is one
    thought, however many versions there are. If ``coarse``, every run of derivations used only once is one step. A
    derivation that is used more than once always has a step of its own.
    A proof that is a single clause has no steps. Linear in the size of the proof.
    """
    uses: dict[int, int] = {}
    stack = [proof]
    while stack:
        node = stack.pop()
        if isinstance(node, Derived):
            uses[id(node)] = uses.get(id(node), 0) + 1
            if uses[id(node)] == 1:
                stack += (node.right, node.left)

    done: list[Step[Key, Reason]] = []
    number: dict[int, int] = {}
    todo: list[tuple[Premise[Key, Reason], list[Premise[Key, Reason]] | None]] = [(proof, None)]
    while todo:
        node, premises = todo.pop()
        if isinstance(node, Clause) or id(node) in number:
            continue
        if premises is None:
            premises = _premises(node, uses, coarse)
            todo.append((node, premises))
            todo += ((premise, None) for premise in reversed(premises))
            continue
        number[id(node)] = len(done)
        cited = dict.fromkeys(p if isinstance(p, Clause) else number[id(p)] for p in premises)
        done.append(Step(tuple(cited), node.terms, node.pivot, 0 if node is proof else uses[id(node)]))
    return done


def _premises(node: Derived[Key, Reason], uses: Mapping[int, int], coarse: bool) -> list[Premise[Key, Reason]]:
    """Return what node rests on, looking through unshared derivations (over the same pivot, unless coarse)."""
    found: list[Premise[Key, Reason]] = []
    stack: list[Premise[Key, Reason]] = [node.right, node.left]
    while stack:
        part = stack.pop()
        if isinstance(part, Derived) and uses[id(part)] == 1 and (coarse or part.pivot == node.pivot):
            stack += (part.right, part.left)
        else:
            found.append(part)
    return found
