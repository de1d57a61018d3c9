"""The solver in named cases."""

from __future__ import annotations

import pytest
from universes import ABSENT, Universe, bits, check_proof, check_steps, needs, root, universe

from wasminstall.resolution.proof import Clause, steps
from wasminstall.resolution.solver import Solver


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
