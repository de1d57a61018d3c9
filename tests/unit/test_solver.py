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
    world = universe({"a": 2, "b": 2}, [root("a", 1, 2)], ("a", 1, "b", (2,)), ("b", 2, "a", (2,)), ("a", 2, "b", (1,)))
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
    assert sorted(leaf.reason for leaf in failure.leaves()) == [
        "a 1 needs c",
        "b 1 needs c",
        "root needs a",
        "root needs b",
    ]
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


def test_a_need_with_two_conditions() -> None:
    # x and z together need y. It is said while x is settled and z is not.
    both = Clause({"x": bits(1), "y": ABSENT, "z": bits(1)}, "x and z need y")
    world = Universe({"x": 1, "k": 1, "y": 2, "z": 2}, [root("x", 1), root("k", 1), root("z", 1, 2)], [("k", 1, both)])
    assert world.solve() == {"x": 1, "k": 1, "z": 1, "y": 1}


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
    length = 500
    sizes = {f"k{i}": 2 for i in range(length)} | {"end": 0}
    links = [(f"k{i}", c, f"k{i + 1}", (1, 2)) for i in range(length - 1) for c in (1, 2)]
    last = [(f"k{length - 1}", c, "end", ()) for c in (1, 2)]
    assert universe(sizes, [root("k0", 1, 2)], *links).solve() == {f"k{i}": 1 for i in range(length)}
    world = universe(sizes, [root("k0", 1, 2)], *links, *last)
    failure = world.fails()
    assert len(failure.leaves()) == 2 * length + 1
    assert len(world.asked) == 2 * length
    assert steps(failure.proof)[-1].terms == {}


def test_pigeons_do_not_fit() -> None:
    world = pigeons(4, 3)
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


many = settings(derandomize=True, deadline=None, max_examples=2500, suppress_health_check=list(HealthCheck))


def check(world: Universe) -> None:
    """Compare with brute force. Only what the solver was told counts: the roots, and what came with what it asked."""
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


@many
@given(st.integers(0, 2**32))
def test_order_of_clauses_does_not_decide_whether_there_is_an_answer(seed: int) -> None:
    answers: list[dict[str, int] | None] = []
    for shuffle in (0, 1, 2):
        world = make_universe(random.Random(seed), orderly=True)
        for facts in (world.roots, *world.of.values()) if shuffle else ():
            random.Random(shuffle).shuffle(facts)
        try:
            answers.append(world.solve())
        except Unsolvable:
            answers.append(None)
    first, *others = answers
    assert all((first is None) == (other is None) for other in others)
    # If every key can have its best choice, that is the answer, whatever the order.
    if first is not None and all(choice == 1 for choice in first.values()):
        assert others == [first, first]


class Scrambled(str):
    """A key whose hash is another one in every run."""

    __slots__ = ()
    salt = 0

    def __hash__(self) -> int:
        return hash((Scrambled.salt, str(self)))

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True


def test_hash_order_plays_no_part() -> None:
    for seed in range(150):
        runs = []
        for salt in (1, 2, 3):
            Scrambled.salt = salt
            world = larger_universe(seed, 20)
            names = {name: Scrambled(name) for name in world.sizes}
            world.sizes = {names[name]: size for name, size in world.sizes.items()}
            search = Solver[str, str](world.sizes.__getitem__).solve(renamed(world.roots, names))
            told: list[object] = []
            try:
                pair = next(search)
                while True:
                    told.append(pair)
                    pair = search.send(renamed(world.of.get((str(pair[0]), pair[1]), ()), names))
            except StopIteration as end:
                told.append(list(end.value.items()))
            except Unsolvable as failure:
                told.append([(leaf.reason, list(leaf.terms.items())) for leaf in failure.leaves()])
            runs.append(told)
        assert runs[0] == runs[1] == runs[2]


def renamed(facts: Iterable[Fact], names: Mapping[str, str]) -> list[Fact]:
    return [Clause({names[key]: mask for key, mask in fact.terms.items()}, fact.reason) for fact in facts]


# Larger universes, with nab-resolver as the oracle.


def larger_universe(seed: int, count: int) -> Universe:
    """Keys that need up to three others, each version a range of theirs; half of them can be solved."""
    rng = random.Random(seed)
    keys = [f"k{i}" for i in range(count)]
    sizes = {key: rng.randint(1, 12) for key in keys}
    links = []
    for key in keys:
        wanted = [other for other in rng.sample(keys, rng.randint(0, 4)) if other != key]
        for choice in range(1, sizes[key] + 1):
            for other in wanted:
                low = rng.randint(1, sizes[other])
                high = min(sizes[other], low + rng.randint(0, 4))
                if rng.random() < 0.8:
                    links.append((key, choice, other, tuple(range(low, high + 1))))
    return universe(sizes, [root(key, *range(1, sizes[key] + 1)) for key in rng.sample(keys, 4)], *links)


class NabProvider(BaseProvider[str, int]):
    def __init__(self, world: Universe) -> None:
        self.world = world

    def choose_version(self, package: str, version_range: Any) -> int | None:
        return next((v for v in range(1, self.world.sizes[package] + 1) if v in version_range), None)

    def has_satisfying_version(self, package: str, version_range: Any) -> bool:
        return self.choose_version(package, version_range) is not None

    def get_dependencies(self, package: str, version: int) -> dict[str, Any]:
        return {
            key: accepted(self.world, fact, key)
            for fact in self.world.of.get((package, version), [])
            for key in fact.terms
            if key != package
        }

    def prioritize(self, package: str, version_range: Any, conflict_counts: Any, culprit_counts: Any = None) -> Any:
        return (-conflict_counts.get(package, 0), package)

    def widen_decision(self, package: str, version: int) -> None:
        return None


def accepted(world: Universe, fact: Fact, key: str) -> Range[int]:
    return Range.from_versions(v for v in range(1, world.sizes[key] + 1) if not fact.terms[key] >> v & 1)


def test_agrees_with_nab_resolver_on_larger_universes() -> None:
    solved = 0
    for seed in range(200):
        world = larger_universe(seed, 40)
        roots = {key: accepted(world, fact, key) for fact in world.roots for key in fact.terms}
        try:
            Resolver(NabProvider(world)).resolve(roots)
            expected = True
        except ResolutionError:
            expected = False
        try:
            answer = world.solve()
        except Unsolvable as failure:
            assert not expected
            # The leaves alone are unsolvable too.
            world.roots = [leaf for leaf in failure.leaves() if leaf.reason.startswith("root")]
            told = failure.leaves()
            world.of = {pair: [fact for fact in facts if fact in told] for pair, facts in world.of.items()}
            world.fails()
        else:
            assert expected
            solved += 1
            assert not any(broken(fact.terms, answer) for fact in world.facts)
    assert 40 < solved < 160
