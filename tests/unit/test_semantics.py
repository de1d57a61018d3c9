"""What pip or uv would answer: tables of small universes, each row with the standard it comes from.

A universe is ``{"name version": [requirements]}``; every file is a pure wheel unless it says otherwise. Resolved
without any I/O: the resolver's needs are answered from the table.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wasminstall import errors
from wasminstall._vendor.packaging.version import Version
from wasminstall.indexes import Candidate, Listing, RefusedFile
from wasminstall.requirements import read_requirements
from wasminstall.resolution import Knowledge, NeedListing, Problem, Resolution, Wish, resolve
from wasminstall.resolution.knowledge import Listings
from wasminstall.targets import named_target
from wasminstall.wheels.metadata import Metadata

TARGET = named_target("pyodide-314")
Universe = Mapping[str, Sequence[str]]


def candidate(name: str, version: str, requires: Sequence[str], **about: Any) -> Candidate:
    extras = tuple(dict.fromkeys(text.split("extra == '")[1].split("'")[0] for text in requires if "extra ==" in text))
    metadata = Metadata(name, version, tuple(requires), about.pop("python", ""), extras)
    url = f"{about.get('origin', 'index')}:{name}-{version}"
    return Candidate(name, Version(version), f"{name}-{version}.whl", url, "table", metadata=metadata, **about)


def answer(
    universe: Universe,
    *requirements: str,
    yanked: Sequence[str] = (),
    no_wheel: Sequence[str] = (),
    installed: Universe | None = None,
    lock: Universe | None = None,
    shuffle: random.Random | None = None,
    constraints: Sequence[str] = (),
    **wish: Any,
) -> Resolution:
    """Resolve; ``shuffle`` puts every answer and every order into disorder."""
    in_place = {
        name: candidate(name, version, requires, origin="installed")
        for (name, version), requires in _split(installed or {})
    }
    distribution = {
        name: candidate(name, version, requires, origin="distribution")
        for (name, version), requires in _split(lock or {})
    }
    offered: dict[str, list[Candidate]] = {}
    for (name, version), requires in _split(universe):
        reason = "broken" if f"{name} {version}" in yanked else None
        offered.setdefault(name, []).append(candidate(name, version, requires, yanked=reason))
    refused: dict[str, list[RefusedFile]] = {}
    for text in no_wheel:
        name, version = text.split()
        refused.setdefault(name, []).append(RefusedFile(f"{name}-{version}.whl", version, "tags", "manylinux_2_17"))
        offered.setdefault(name, [])
    wanted = list(read_requirements(requirements))
    if shuffle:
        shuffle.shuffle(wanted)
        for choices in offered.values():
            shuffle.shuffle(choices)
    limits = read_requirements(constraints)
    problem = Problem(Wish(tuple(wanted), limits, **wish), TARGET, in_place)
    knowledge = Knowledge(("table",), frozenset(distribution))
    search = resolve(problem, knowledge)
    try:
        while True:
            needs = list(next(search))
            if shuffle:
                shuffle.shuffle(needs)
            for need in needs:
                assert isinstance(need, NeedListing), "all metadata is known"
                knowledge.listings[need] = _listings(need, in_place, distribution, offered, refused)
    except StopIteration as end:
        resolution: Resolution = end.value
        return resolution


def _split(universe: Universe) -> list[tuple[tuple[str, str], Sequence[str]]]:
    return [((key.split()[0], key.split()[1]), requires) for key, requires in universe.items()]


def _listings(
    need: NeedListing,
    in_place: Mapping[str, Candidate],
    distribution: Mapping[str, Candidate],
    offered: Mapping[str, list[Candidate]],
    refused: Mapping[str, list[RefusedFile]],
) -> Listings:
    name = need.name
    sources = [
        Listing(name, "installed", (in_place[name],)) if name in in_place else None,
        Listing(name, "lock", (distribution[name],)) if name in distribution else None,
        Listing(name, "table", tuple(offered[name]), tuple(refused.get(name, ()))) if name in offered else None,
    ]
    found: list[Listing] = []
    for position, source in enumerate(sources, start=1):
        found += [source] if source else []
        if sum(bool(listing.candidates) for listing in found) > need.depth:
            return Listings(tuple(found), complete=position == len(sources))
    return Listings(tuple(found), complete=True)


def names(resolution: Resolution) -> str:
    return " ".join(f"{name}-{candidate.version}" for name, candidate in sorted(resolution.candidates.items()))


VERSIONS: Universe = {f"a {version}": [] for version in (
    "0.9", "1.0", "1.0.post1", "1.0+local.7", "1.1", "1.1.1", "1.2rc1", "1.2.dev3", "1!0.5", "1!0.6a1",
)}  # fmt: skip

# requirement, answer, where it is written
ONE_PROJECT = [
    ("a", "a-1!0.5", "PEP 440, version epochs: 1!0.5 is above all without one"),
    ("a<1!0", "a-1.1.1", "PEP 440: newest final"),
    ("a<1.1", "a-1.0.post1", "PEP 440: exclusive ordered comparison; a post release of 1.0 is below 1.1"),
    ("a>1.0,<1.1", "", "PEP 440: >V excludes V's post releases and local versions"),
    ("a<=1.0", "a-1.0+local.7", "PEP 440: inclusive; local labels are not looked at"),
    ("a==1.0", "a-1.0+local.7", "PEP 440: a local version matches its public one, and is above it"),
    ("a==1.0+local.7", "a-1.0+local.7", "PEP 440: local version labels"),
    ("a==1.0.0", "a-1.0+local.7", "PEP 440: zero padding"),
    ("a==1.1.*", "a-1.1.1", "PEP 440: prefix matching"),
    ("a!=1.1.*,<1!0", "a-1.0.post1", "PEP 440: version exclusion"),
    ("a~=1.0", "a-1.1.1", "PEP 440: compatible release, any 1.*"),
    ("a~=1.1.0", "a-1.1.1", "PEP 440: compatible release, 1.1.*"),
    ("a===1.1", "a-1.1", "PEP 440: arbitrary equality"),
    ("a==1.2rc1", "a-1.2rc1", "PEP 440: a pre-release named is accepted"),
    ("a==1.2RC1", "a-1.2rc1", "PEP 440: normalisation of spellings"),
    ("a>=1.2.dev0,<1!0", "a-1.2rc1", "PEP 440: a specifier that names a pre-release opts in"),
    ("a>1.1.1,<1!0", "a-1.2rc1", "PEP 440: when only pre-releases satisfy"),
    ("a<1.2,>1.1.1", "", "PEP 440: <V excludes V's own pre-releases"),
    ("a<0.dev0", "", "PEP 440: nothing is below it"),
    ("a>=1!0.6a0", "a-1!0.6a1", "PEP 440: epoch and opt-in"),
]


@pytest.mark.parametrize(("requirement", "expected", "why"), ONE_PROJECT)
def test_versions(requirement: str, expected: str, why: str) -> None:
    if expected:
        assert names(answer(VERSIONS, requirement)) == expected, why
    else:
        with pytest.raises(errors.NoMatchingVersion):
            answer(VERSIONS, requirement)


GRAPHS: list[tuple[Universe, tuple[str, ...], str, str]] = [
    ({"a 1": ["b; sys_platform == 'win32'"]}, ("a",), "a-1", "PEP 508: marker for another platform"),
    ({"a 1": ["b; python_version >= '3.9'"], "b 1": []}, ("a",), "a-1 b-1", "PEP 508: versions, not text"),
    ({"a 1": ["b; extra == 'x'"], "b 1": []}, ("a",), "a-1", "PEP 508: an extra nobody asked for"),
    ({"a 1": ["b; extra == 'x'"], "b 1": []}, ("a[X]",), "a-1 b-1", "PEP 685: extras are normalised"),
    (
        {"a 1": ["b; extra == 'x' and sys_platform == 'emscripten'", "c; extra == 'x' and os_name == 'nt'"], "b 1": []},
        ("a[x]",), "a-1 b-1", "PEP 508: extra and another marker",
    ),
    (
        {"a 1": ["a[x]; extra == 'all'", "b; extra == 'x'"], "b 1": []},
        ("a[all]",), "a-1 b-1", "self-reference: all = [\"a[x]\"]",
    ),
    (
        {"a 1": ["a[y]; extra == 'x'", "a[x]; extra == 'y'", "b; extra == 'y'"], "b 1": []},
        ("a[x]",), "a-1 b-1", "extras that name each other",
    ),
    (
        {"a 1": ["c[x]"], "b 1": ["c[y]"], "c 1": ["d; extra == 'x'", "e; extra == 'y'"], "d 1": [], "e 1": []},
        ("a", "b"), "a-1 b-1 c-1 d-1 e-1", "extras are united, at one version",
    ),
    ({"a 1": [], "a 2": ["gone"]}, ("a",), "a-1", "a version whose dependency nobody has is passed over"),
    ({"a 1": ["b"], "b 1": ["a"]}, ("a",), "a-1 b-1", "a cycle"),
    ({"A.b 1": []}, ("a_B",), "", "PEP 503: sources answer for normalised names"),
    ({"a 1": [], "a 2": ["b>=banana"]}, ("a",), "a-1", "metadata that cannot be read rules a version out"),
    ({"a 2": ["c<2"], "a 1": ["c"], "c 1": [], "c 2": []}, ("a", "c>=2"), "a-1 c-2", "backtracking"),
    (
        {"a 2": ["c <-> d"], "a 1": []}, ("a",), "a-1", "a requirement that is none",
    ),
    (
        {"a 2": ["c", "e>1"], "a 1": [], "c 1": ["d"], "d 1": ["c"], "e 1": []},
        ("a",), "a-1", "an orphaned cycle is dropped with the version that needed it",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("universe", "wanted", "expected", "why"), GRAPHS)
def test_graphs(universe: Universe, wanted: tuple[str, ...], expected: str, why: str) -> None:
    if expected:
        assert names(answer(universe, *wanted)) == expected, why
    else:
        with pytest.raises(errors.UnknownProject):
            answer(universe, *wanted)


def test_an_opt_in_of_a_rejected_parent_does_not_leak() -> None:
    universe: Universe = {"a 1": ["c"], "a 2": ["c>=2b1", "gone"], "c 1": [], "c 2b1": []}
    assert names(answer(universe, "a")) == "a-1 c-1"


def test_an_opt_in_of_a_dependency_holds_for_all() -> None:
    """As pip does: one that names a pre-release lets the others have it too, when nothing else is left."""
    universe = {"a 1": ["c>=2b1"], "b 1": ["c>=1"], "c 1": [], "c 2b1": []}
    assert names(answer(universe, "a", "b")) == "a-1 b-1 c-2b1"


def test_unknown_extra_warns_and_does_not_backtrack() -> None:
    found = answer({"a 1": ["b; extra == 'x'"], "a 2": [], "b 1": []}, "a[x]")
    assert names(found) == "a-2"
    assert found.warnings == ("a 2 has no extra named 'x'",)


def test_requires_python_of_the_metadata_counts_too() -> None:
    with pytest.raises(errors.Conflict, match="needs Python <3"):
        knowledge_of_python("<3")


def knowledge_of_python(python: str) -> None:
    problem = Problem(Wish(read_requirements("a")), TARGET)
    knowledge = Knowledge()
    search = resolve(problem, knowledge)
    while True:
        for need in next(search):
            assert isinstance(need, NeedListing)
            listing = Listing("a", "table", (candidate("a", "1", (), python=python),))
            knowledge.listings[need] = Listings((listing,), complete=True)


# --- what is there already ---------------------------------------------------------------------------------------


def test_installed_stays_where_it_satisfies() -> None:
    assert names(answer({"a 2": []}, "a", installed={"a 1": []})) == "a-1"
    assert names(answer({"a 2": []}, "a>1", installed={"a 1": []})) == "a-2"


def test_upgrade_moves_the_named_and_leaves_the_rest() -> None:
    universe = {"a 2": ["b"], "b 2": []}
    installed = {"a 1": ["b"], "b 1": []}
    assert names(answer(universe, "a", installed=installed, upgrade=frozenset({"a"}))) == "a-2 b-1"
    assert names(answer(universe, "a", installed=installed, upgrade=frozenset({"a", "b"}))) == "a-2 b-2"


def test_upgrade_never_goes_back() -> None:
    assert names(answer({}, "a", installed={"a 2": []}, lock={"a 1": []}, upgrade=frozenset({"a"}))) == "a-2"


def test_reinstall_takes_the_wheel_again() -> None:
    found = answer({"a 1": []}, "a", installed={"a 1": []}, reinstall=frozenset({"a"}))
    assert found.candidates["a"].origin == "index"


def test_an_installed_dependant_is_upgraded_with_what_it_needs_or_named() -> None:
    installed = {"a 1": ["c<2"], "c 1": []}
    assert names(answer({"a 2": ["c"], "c 2": []}, "c>=2", installed=installed)) == "a-2 c-2"
    with pytest.raises(errors.Conflict) as caught:
        answer({"c 2": []}, "c>=2", installed=installed)
    assert "a is installed" in str(caught.value)
    assert "a 1 needs c<2" in str(caught.value)
    assert "you ask for c>=2" in str(caught.value)


def test_what_was_broken_before_is_no_reason_to_refuse() -> None:
    assert names(answer({"b 1": []}, "b", installed={"a 1": ["b>5", "gone"]})) == "b-1"


def test_constraints_limit_and_never_add() -> None:
    universe = {"a 1": ["b"], "b 1": [], "b 2": [], "c 1": []}
    assert names(answer(universe, "a", constraints=["b<2", "c==1"])) == "a-1 b-1"
    with pytest.raises(errors.Conflict, match=r"a constraint says b<1"):
        answer({"a 1": ["b>=1"], "b 1": [], "b 0": []}, "a", constraints=["b<1"])


# --- the distribution ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement", "prefer", "expected"),
    [
        ("a", "distribution", "a-2 b-1"),
        ("a>2", "distribution", "a-3"),
        ("a<2", "distribution", "a-1"),
        ("a", "newest", "a-3"),
    ],
)
def test_the_distribution_and_the_index(requirement: str, prefer: str, expected: str) -> None:
    universe: Universe = {"a 3": [], "a 1": []}
    lock: Universe = {"a 2": ["b"], "b 1": []}
    assert names(answer(universe, requirement, lock=lock, prefer=prefer)) == expected


def test_a_lock_version_that_does_not_go_with_the_rest_gives_way() -> None:
    """micropip pins what the lock has and breaks the rest (its issues 103 and 232)."""
    universe = {"app 1": ["core==2"], "core 2": []}
    assert names(answer(universe, "app", lock={"core 1": []})) == "app-1 core-2"


# --- explanations -------------------------------------------------------------------------------------------------


def test_every_missing_wheel_is_named_with_who_asks() -> None:
    with pytest.raises(errors.SeveralErrors) as caught:
        answer({"a 1": ["x", "y"], "y 1": ["z"]}, "a", no_wheel=["x 1", "z 3"])
    text = str(caught.value)
    assert [type(error) for error in caught.value.errors] == [errors.NoCompatibleWheel] * 2
    assert "'x' (asked for by a 1)" in text
    assert "'z' (asked for by y 1 <- a 1)" in text


def test_a_misspelt_name_gets_the_close_ones() -> None:
    with pytest.raises(errors.UnknownProject) as caught:
        answer({}, "nunpy", lock={"numpy 2": []})
    assert caught.value.close == ("numpy",)
    assert "did you mean numpy" in caught.value.hint


def test_a_module_of_python_itself_is_nothing_to_install() -> None:
    with pytest.raises(errors.SeveralErrors) as caught:
        answer({}, "json", "sqlite3", lock={"ujson 5": []}, no_wheel=["sqlite3 1"])
    hints = {error.hint for error in caught.value.errors}
    assert hints == {f"{name} is part of Python: there is nothing to install" for name in ("json", "sqlite3")}


def test_a_version_forced_by_missing_wheels_is_called_out() -> None:
    """A placeholder of years ago is what pip and uv take without a word."""
    found = answer({"core 0.0.1": []}, "core", no_wheel=["core 2.41.5", "core 2.42.0", "core 2.43b1"])
    assert names(found) == "core-0.0.1"
    assert found.warnings == ("core 0.0.1 is not the newest: 2.42.0, 2.41.5 have no wheel for pyodide-314",)


def test_no_warning_where_the_newer_one_was_not_wanted() -> None:
    assert answer({"a 1": []}, "a<2", no_wheel=["a 2"]).warnings == ()


def test_only_yanked() -> None:
    with pytest.raises(errors.NoMatchingVersion) as caught:
        answer({"a 1": []}, "a", yanked=["a 1"])
    assert "yanked: broken" in str(caught.value)
    assert "a==" in caught.value.hint


def test_versions_that_say_the_same_share_a_line() -> None:
    universe = {f"a {n}": ["c<1"] for n in range(1, 40)} | {"c 1": [], "c 0": []}
    with pytest.raises(errors.Conflict) as caught:
        answer(universe, "a", "c>=1")
    assert len(caught.value.lines) <= 4
    assert "every version of a that works here needs c<1" in str(caught.value)


# --- determinism --------------------------------------------------------------------------------------------------

NAMES = ("a", "b", "c", "d", "e")
universes = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 4)).map(lambda key: f"{key[0]} {key[1]}"),
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(["", ">=2", "<3", "==1", "!=2", ">3"])).map("".join),
        max_size=3,
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(universes, st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True), st.integers())
def test_the_answer_does_not_depend_on_any_order(universe: Universe, wanted: list[str], seed: int) -> None:
    def outcome(shuffle: random.Random | None) -> str:
        try:
            return names(answer(universe, *wanted, shuffle=shuffle))
        except errors.ResolutionError as error:
            return str(error)

    expected = outcome(None)
    assert outcome(random.Random(seed)) == expected
    assert outcome(random.Random(seed + 1)) == expected


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(universes, st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
def test_an_answer_satisfies_everything_and_none_is_overlooked(universe: Universe, wanted: list[str]) -> None:
    try:
        chosen = answer(universe, *wanted).candidates
    except errors.ResolutionError:
        assert not any(_satisfies(universe, wanted, pick) for pick in _picks(universe))
    else:
        assert _satisfies(universe, wanted, {name: str(item.version) for name, item in chosen.items()})


def _satisfies(universe: Universe, wanted: Sequence[str], pick: Mapping[str, str]) -> bool:
    demands = [*wanted, *(text for name, version in pick.items() for text in universe[f"{name} {version}"])]
    return all(
        item.name in pick and item.specifier.contains(pick[item.name], prereleases=True)
        for item in read_requirements(demands)
    )


def _picks(universe: Universe) -> list[dict[str, str]]:
    """Every choice of at most one version a project: the oracle."""
    picks: list[dict[str, str]] = [{}]
    for name in NAMES:
        versions = [key.split()[1] for key in universe if key.split()[0] == name]
        picks = [*picks, *({**pick, name: version} for pick in picks for version in versions)]
    return picks
