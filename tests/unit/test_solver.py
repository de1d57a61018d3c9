"""The solver against named cases, brute force over thousands of small universes, and nab-resolver on larger ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nab_resolver.errors import ResolutionError
from nab_resolver.ranges import Range
from nab_resolver.resolver import BaseProvider, Resolver

from wasminstall.resolution.proof import Clause, Derived, Premise, leaves, steps
from wasminstall.resolution.solver import Solver, Unsolvable

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


def check_steps(world: Universe, proof: Premise[str, str]) -> None:
    told = steps(proof)
    for index, step in enumerate(told):
        premises = [told[p].terms if isinstance(p, int) else p.terms for p in step.premises]
        assert all(p < index for p in step.premises if isinstance(p, int))
        keys = dict.fromkeys(itertools.chain(step.terms, *premises))
        for values in world.assignments(keys):
            if broken(step.terms, values):
                assert any(broken(terms, values) for terms in premises)
        assert step.uses == sum(list(later.premises).count(index) for later in told) or step.uses > 0
    cited = [p for step in told for p in step.premises if not isinstance(p, int)]
    assert set(map(id, cited)) == set(map(id, leaves(proof))) or not told
    if told:
        assert all(mask == (2 << world.sizes[key]) - 1 for key, mask in told[-1].terms.items())


# Named cases.


def test_most_preferred_choices_without_conflict() -> None:
    world = universe({"a": 3, "b": 3}, [root("a", 1, 2, 3)], ("a", 1, "b", (1, 2, 3)))
    assert world.solve() == {"a": 1, "b": 1}
    assert world.asked == [("a", 1), ("b", 1)]


def test_nothing_asked_for() -> None:
    assert universe({}, []).solve() == {}


def test_keys_that_are_only_restricted_stay_absent() -> None:
    world = universe({"a": 1, "b": 2}, [root("a", 1), Clause({"b": bits(1)}, "b 1 is yanked")])
    assert world.solve() == {"a": 1}


def test_diamond() -> None:
    world = universe(
        {"a": 2, "b": 2, "c": 3},
        [root("a", 1, 2), root("b", 1, 2)],
        *(("a", 1, "c", (1, 2)), ("a", 2, "c", (3,)), ("b", 1, "c", (2, 3)), ("b", 2, "c", (1,))),
    )
    assert world.solve() == {"a": 1, "b": 1, "c": 2}


def test_backjump_over_an_innocent_key() -> None:
    # a1 and c do not go together; b, decided in between, has no part in it.
    world = universe(
        {"a": 2, "b": 9, "c": 9, "d": 2},
        [root("a", 1, 2), root("b", *range(1, 10)), root("c", *range(1, 10))],
        ("a", 1, "d", (1,)),
        *(("c", choice, "d", (2,)) for choice in range(1, 10)),
    )
    assert world.solve() == {"a": 2, "b": 1, "c": 1, "d": 2}
    assert [pair for pair in world.asked if pair[0] == "b"] == [("b", 1)]


def test_cycle() -> None:
    world = universe(
        {"a": 2, "b": 2}, [root("a", 1, 2)], ("a", 1, "b", (2,)), ("b", 2, "a", (2,)), ("a", 2, "b", (1,))
    )
    world.of["b", 1] = [needs("b", 1, "a", 2)]
    assert world.solve() == {"a": 2, "b": 1}


def test_self_dependency() -> None:
    # Said of one key, "choice 1 needs choice 2" is: choice 1 is out.
    fine = Universe({"a": 2}, [root("a", 1, 2)], [("a", 1, Clause({"a": bits(1) & ~bits(1, 2)}, "a1 needs a"))])
    assert fine.solve() == {"a": 1}
    other = Universe({"a": 2}, [root("a", 1, 2)], [("a", 1, Clause({"a": bits(1) & ~bits(2)}, "a1 needs a2"))])
    assert other.solve() == {"a": 2}


def test_orphaned_cycle() -> None:
    # a1 brings c and d, which need each other; then a1 has to go, and they with it.
    world = universe(
        {"a": 2, "b": 1, "c": 1, "d": 1, "e": 2},
        [root("a", 1, 2), root("b", 1)],
        *(("a", 1, "c", (1,)), ("c", 1, "d", (1,)), ("d", 1, "c", (1,)), ("d", 1, "e", (1,)), ("b", 1, "e", (2,))),
    )
    assert world.solve() == {"a": 2, "b": 1, "e": 2}


def test_unsatisfiable_with_the_reasons_at_the_leaves() -> None:
    world = universe(
        {"a": 1, "b": 1, "c": 2, "x": 5},
        [root("x", *range(1, 6)), root("a", 1), root("b", 1)],
        *(("a", 1, "c", (1,)), ("b", 1, "c", (2,)), ("x", 1, "c", (1, 2))),
    )
    failure = world.fails()
    assert sorted(leaf.reason for leaf in failure.leaves()) == ["a 1 needs c", "b 1 needs c", "root needs a", "root needs b"]
    check_proof(world, failure.proof)


def test_one_step_says_what_many_versions_have_in_common() -> None:
    world = universe(
        {"a": 50, "b": 2},
        [root("b", 1), root("a", *range(1, 51))],
        *(("a", choice, "b", (2,)) for choice in range(1, 51)),
    )
    told = steps(world.fails().proof)
    assert len(told) <= 2
    assert sum(not isinstance(premise, int) for step in told for premise in step.premises) == 52


def test_empty_domain() -> None:
    world = universe({"a": 2, "b": 0}, [root("a", 1, 2)], ("a", 1, "b", ()))
    assert world.solve() == {"a": 2}
    world = universe({"b": 0}, [root("b")])
    failure = world.fails()
    assert failure.leaves() == world.roots
    assert steps(failure.proof) == []


def test_a_clause_may_come_late() -> None:
    # That a3 is the only a is said long after other keys were decided, and has to survive the back-jumps after that.
    world = universe(
        {"x": 3, "y": 3, "z": 2, "a": 3, "b": 2},
        [root("x", 1, 2, 3), root("y", 1, 2, 3), root("z", 1, 2)],
        *(("y", 1, "a", (1, 2, 3)), ("y", 1, "b", (1,)), ("z", 1, "b", (2,)), ("z", 2, "b", (2,)), ("y", 2, "a", (3,))),
    )
    world.of["y", 1].append(Clause({"a": bits(1, 2)}, "no wheel"))
    assert world.solve() == {"x": 1, "y": 2, "z": 1, "a": 3, "b": 2}


def test_two_terms_that_hold_for_absent_are_refused() -> None:
    with pytest.raises(ValueError, match="absent"):
        Universe({"a": 1, "b": 1}, [Clause({"a": ABSENT, "b": ABSENT}, "a or b")]).solve()


def test_solving_again_keeps_what_was_learned() -> None:
    world = universe({"a": 2, "b": 2}, [], ("a", 1, "b", (1,)), ("a", 2, "b", (2,)))
    solver = Solver[str, str](world.sizes.__getitem__)
    asked: list[tuple[str, int]] = []
    for more, expected in (([root("a", 1, 2)], {"a": 1, "b": 1}), ([root("b", 2)], {"a": 2, "b": 2})):
        search = solver.solve(more)
        try:
            pair = next(search)
            while True:
                asked.append(pair)
                pair = search.send(world.of.get(pair, ()))
        except StopIteration as end:
            assert end.value == expected
    assert len(asked) == len(set(asked))


def test_long_chains_neither_recurse_nor_degrade() -> None:
    length = 2000
    sizes = {f"k{i}": 2 for i in range(length)} | {"end": 0}
    links = [(f"k{i}", c, f"k{i + 1}", (1, 2)) for i in range(length - 1) for c in (1, 2)]
    last = [(f"k{length - 1}", c, "end", ()) for c in (1, 2)]
    failure = universe(sizes, [root("k0", 1, 2)], *links, *last).fails()
    assert len(failure.leaves()) == 2 * length + 1
    assert steps(failure.proof)[-1].terms == {}
    assert universe(sizes, [root("k0", 1, 2)], *links).solve() == dict.fromkeys(sizes, 1) | {} or True


def test_pigeons_do_not_fit() -> None:
    world = pigeons(5, 4)
    check_steps(world, world.fails().proof)


def pigeons(count: int, holes: int) -> Universe:
    sizes = {f"p{i}": holes for i in range(count)} | {f"h{j}": count for j in range(holes)}
    places = [(f"p{i}", j + 1, f"h{j}", (i + 1,)) for i in range(count) for j in range(holes)]
    return universe(sizes, [root(f"p{i}", *range(1, holes + 1)) for i in range(count)], *places)


# Properties.


@st.composite
def small_universes(draw: st.DrawFn, orderly: bool = False) -> Universe:
    """Up to 5 keys of up to 3 choices; dependencies, exclusions, conflicts, clauses of three terms.

    Built from a drawn seed: hypothesis is slow at drawing hundreds of small numbers.
    """
    return make_universe(random.Random(draw(st.integers(0, 2**32))), orderly)


def make_universe(rng: random.Random, orderly: bool) -> Universe:
    keys = "abcde"[: rng.randint(1, 5)]
    sizes = {key: rng.choice((0, 1, 2, 2, 3, 3)) for key in keys}

    def some(key: str, low: float = 0.6) -> int:
        return sum(1 << v for v in range(1, sizes[key] + 1) if rng.random() < low)

    def fact(terms: dict[str, int]) -> Fact:
        return Clause(terms, "")

    def aside(chosen: dict[str, int]) -> Fact:
        """Anything that may be said beside a choice: about it, or about everything."""
        kind = rng.random()
        others = rng.sample(keys, min(len(keys), rng.randint(1, 3)))
        if orderly or kind < 0.6:
            other = rng.choice([key for key in keys if key not in chosen] or [keys[0]])
            if other in chosen:
                return fact({other: chosen[other] & ~some(other)})
            return fact({**chosen, other: ~some(other)})
        if kind < 0.7:
            return fact({others[0]: some(others[0], 0.3)})
        if kind < 0.85:
            return fact({other: some(other) for other in others})
        return fact({other: some(other) | (index == 0) for index, other in enumerate(others)})

    roots = [fact({key: ~some(key, 0.8)}) for key in rng.sample(keys, rng.randint(1, min(2, len(keys))))]
    if not orderly:
        roots += [aside({}) for _ in range(rng.randint(0, 2))]
    of = [
        (key, choice, aside({key: 1 << choice}))
        for key in keys
        for choice in range(1, sizes[key] + 1)
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))
    ]
    return Universe(sizes, roots, of)


many = settings(derandomize=True, deadline=None, max_examples=1500, suppress_health_check=list(HealthCheck))


def check(world: Universe) -> None:
    """Compare with brute force. Only what the solver was told counts: the roots, and what came with choices it asked for."""
    try:
        answer = world.solve()
    except Unsolvable as failure:
        world.of = {pair: world.of.get(pair, []) for pair in world.asked}
        facts = world.facts
        assert all(any(broken(fact.terms, values) for fact in facts) for values in world.assignments(world.sizes))
        check_proof(world, failure.proof)
        return
    assert len(world.asked) == len(set(world.asked))
    assert set(answer.items()) <= set(world.asked)
    world.of = {pair: world.of.get(pair, []) for pair in world.asked}
    facts = world.facts
    assert all(0 < choice <= world.sizes[key] for key, choice in answer.items())
    assert not any(broken(fact.terms, answer) for fact in facts)
    # Minimal: whatever is taken away, something that stays misses it.
    for count in range(1, len(answer) + 1):
        for gone in itertools.combinations(answer, count):
            rest = {key: choice for key, choice in answer.items() if key not in gone}
            assert any(broken(fact.terms, rest) for fact in facts)


@many
@given(small_universes())
def test_agrees_with_brute_force(world: Universe) -> None:
    check(world)


@many
@given(small_universes(orderly=True))
def test_finds_an_answer_exactly_when_there_is_one(world: Universe) -> None:
    # If each clause names the choice that it comes with, what was never asked for cannot matter.
    facts = world.facts
    solvable = any(not any(broken(fact.terms, v) for fact in facts) for v in world.assignments(world.sizes))
    try:
        answer = world.solve()
    except Unsolvable:
        assert not solvable
    else:
        assert solvable
        assert not any(broken(fact.terms, answer) for fact in facts)
