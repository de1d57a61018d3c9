"""Universes for the solver: few keys with few choices, what they need, and whether a proof about them holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from wasminstall.resolution.proof import Clause, Derived, Premise, leaves, steps
from wasminstall.resolution.solver import Solver, Unsolvable

__all__ = [
    "ABSENT",
    "Fact",
    "Terms",
    "Universe",
    "bits",
    "broken",
    "check_proof",
    "check_steps",
    "needs",
    "root",
    "universe",
]

ABSENT = 1

Fact = Clause[str, str]
Terms = Mapping[str, int]


def bits(*choices: int) -> int:
    return sum(1 << choice for choice in choices)


def needs(key: str, choice: int, other: str, *accepted: int) -> Fact:
    return Clause({key: bits(choice), other: ~bits(*accepted)}, f"{key} {choice} needs {other}")


def root(key: str, *accepted: int) -> Fact:
    return Clause({key: ~bits(*accepted)}, f"root needs {key}")


class Universe:
    """Sizes of keys, root clauses, and the clauses that come with each choice."""

    def __init__(self, sizes: Mapping[str, int], roots: Iterable[Fact], of: Iterable[tuple[str, int, Fact]] = ()):
        self.sizes = dict(sizes)
        self.roots = list(roots)
        self.of: dict[tuple[str, int], list[Fact]] = {}
        for key, choice, fact in of:
            self.of.setdefault((key, choice), []).append(fact)
        self.asked: list[tuple[str, int]] = []

    @property
    def facts(self) -> list[Fact]:
        return self.roots + [fact for facts in self.of.values() for fact in facts]

    def solve(self) -> dict[str, int]:
        self.asked = []
        search = Solver[str, str](self.sizes.__getitem__).solve(self.roots)
        try:
            pair = next(search)
            while True:
                self.asked.append(pair)
                pair = search.send(self.of.get(pair, ()))
        except StopIteration as end:
            answer: dict[str, int] = end.value
            return answer

    def fails(self) -> Unsolvable[str, str]:
        with pytest.raises(Unsolvable) as caught:
            self.solve()
        return caught.value

    def assignments(self, keys: Iterable[str]) -> Iterator[dict[str, int]]:
        names = list(keys)
        for values in itertools.product(*(range(self.sizes[name] + 1) for name in names)):
            yield dict(zip(names, values, strict=True))


def universe(sizes: Mapping[str, int], roots: Iterable[Fact], *dependencies: tuple[str, int, str, Any]) -> Universe:
    """Write dependencies as ("a", 1, "b", (2, 3)): choice 1 of a needs choice 2 or 3 of b."""
    return Universe(sizes, roots, [(k, c, needs(k, c, other, *accepted)) for k, c, other, accepted in dependencies])


def broken(terms: Terms, values: Mapping[str, int]) -> bool:
    return all(mask >> values.get(key, 0) & 1 for key, mask in terms.items())


def check_proof(world: Universe, proof: Premise[str, str]) -> None:
    """The leaves alone cannot be satisfied, they were all given, and each derivation follows from its two premises."""
    found = leaves(proof)
    given_facts = world.facts
    assert all(any(leaf is fact for fact in given_facts) for leaf in found)
    keys = dict.fromkeys(key for leaf in found for key in leaf.terms)
    assert all(any(broken(leaf.terms, values) for leaf in found) for values in world.assignments(keys))
    seen: set[int] = set()
    stack = [proof]
    while stack:
        node = stack.pop()
        if isinstance(node, Derived) and id(node) not in seen:
            seen.add(id(node))
            stack += (node.left, node.right)
            assert node.pivot in node.left.terms
            assert node.pivot in node.right.terms
            keys = dict.fromkeys((*node.terms, *node.left.terms, *node.right.terms))
            for values in world.assignments(keys):
                if broken(node.terms, values):
                    assert broken(node.left.terms, values) or broken(node.right.terms, values)
    check_steps(world, proof)
    check_steps(world, proof, coarse=True)


def check_steps(world: Universe, proof: Premise[str, str], coarse: bool = False) -> None:
    told = steps(proof, coarse=coarse)
    for index, step in enumerate(told):
        premises = [told[p].terms if isinstance(p, int) else p.terms for p in step.premises]
        assert all(p < index for p in step.premises if isinstance(p, int))
        keys = dict.fromkeys(itertools.chain(step.terms, *premises))
        for values in world.assignments(keys):
            if broken(step.terms, values):
                assert any(broken(terms, values) for terms in premises)
        assert (step.uses == 0) == (index == len(told) - 1)
    cited = [p for step in told for p in step.premises if not isinstance(p, int)]
    assert set(map(id, cited)) == set(map(id, leaves(proof))) or not told
    if told:
        assert all(mask == (2 << world.sizes[key]) - 1 for key, mask in told[-1].terms.items())
