"""The corner cases of facts section 8 that no other test has, each with the standard it comes from.

Versions and graphs are in test_semantics, files and tags in test_filenames, pages in test_simple_index, markers in
test_requirements, addresses in test_corner_cases_addresses; what is here needs several of these, or lies between them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_semantics import Universe, _picks, _satisfies, answer, names
from world import LINUX, WASM, World

from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.requirements import parse_requirement
from wasminstall.targets import named_target

# --- versions (PEP 440) --------------------------------------------------------------------------------------------

OFFERED: Universe = {f"a {version}": [] for version in (
    "2.2.post2", "2.2.post3", "2.3", "3.0", "1.0", "1.0.post1", "4.0.0", "5.0rc1",
)}  # fmt: skip

VERSIONS = [
    ("a~=2.2.post3", "a-2.3", "compatible release: a post release counts as >=, its suffix not as a prefix"),
    ("a~=2.2.post3,<2.3", "a-2.2.post3", "compatible release: the lower bound is the post release itself"),
    ("a==1.0-1", "a-1.0.post1", "post releases: the implicit spelling 1.0-1"),
    ("a==v1.0", "a-1.0", "preceding v character"),
    ("a==5.0-RC.1", "a-5.0rc1", "spelling of pre-releases: case, separators"),
    ("a==5.0c1", "a-5.0rc1", "c is rc"),
    ("a==01.0", "a-1.0", "integer normalisation"),
    ("a==4", "a-4.0.0", "zero padding of the specifier"),
    ("a==0!1.0", "a-1.0", "the epoch is 0 unless written"),
    ("a===1.0", "a-1.0", "arbitrary equality"),
    ("a===4", "", "arbitrary equality compares text: no zero padding"),
    ("a!=3.0", "a-4.0.0", "exclusion; a pre-release above is not asked for"),
    ("a>4.0.0", "a-5.0rc1", "a pre-release when no final release satisfies"),
    ("a<1.0.post1,>1.0", "", ">V excludes V's post releases, <V.postN does not bring them in"),
    ("a>1.0.post0,<2", "a-1.0.post1", ">V.postN allows later post releases of V"),
]


@pytest.mark.parametrize(("requirement", "expected", "why"), VERSIONS)
def test_versions(requirement: str, expected: str, why: str) -> None:
    if expected:
        assert names(answer(OFFERED, requirement)) == expected, why
    else:
        with pytest.raises(errors.NoMatchingVersion):
            answer(OFFERED, requirement)


@pytest.mark.parametrize("specifier", ["~=1", "~=1.0+local", ">1.0+local", "==1.0.*.1", "=>1", "~=1.*", "==1.0rc1.*"])
def test_specifiers_that_are_none(specifier: str) -> None:
    """PEP 440: ~= needs two release segments; local versions only with == and !=; .* only at the end."""
    with pytest.raises(errors.InvalidRequirement):
        parse_requirement(f"a{specifier}")


@pytest.mark.parametrize("specifier", ["~=1", ">1.0+local"])
def test_a_dependency_that_cannot_be_read_rules_its_version_out(specifier: str) -> None:
    universe: Universe = {"a 2": [f"b{specifier}"], "a 1": ["b"], "b 1.5": []}
    assert names(answer(universe, "a")) == "a-1 b-1.5"


def test_an_installed_pre_release_is_kept_and_serves_others() -> None:
    """PEP 440: pre-releases that are already installed are accepted."""
    installed: Universe = {"a 2.0b1": []}
    universe: Universe = {"a 1.0": [], "b 1": ["a>=1"]}
    assert names(answer(universe, "a", installed=installed)) == "a-2.0b1"
    assert names(answer(universe, "b", installed=installed)) == "a-2.0b1 b-1"


def test_pre_releases_everywhere_by_flag() -> None:
    """PEP 440: a global option; dependencies are included."""
    universe: Universe = {"a 1": ["b"], "b 1": [], "b 2rc1": []}
    assert names(answer(universe, "a")) == "a-1 b-1"
    assert names(answer(universe, "a", pre=True)) == "a-1 b-2rc1"


def test_a_constraint_opts_in_to_what_it_names() -> None:
    universe: Universe = {"a 1": [], "a 2b1": []}
    assert names(answer(universe, "a", constraints=["a==2b1"])) == "a-2b1"
    assert names(answer(universe, "a", constraints=["a<2"])) == "a-1"


# --- yanked (PEP 592) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("universe", "wanted", "constraints", "expected"),
    [
        ({"a 1": [], "a 2": []}, ("a==2",), (), "a-2"),
        ({"a 1": [], "a 2": []}, ("a===2",), (), "a-2"),
        ({"a 1": [], "a 2": []}, ("a==2.0",), (), "a-2"),  # zero padding
        ({"a 1": [], "a 2": []}, ("a==2.*",), (), ""),  # a range
        ({"a 1": [], "a 2": []}, ("a>=2,<=2",), (), ""),
        ({"a 1": [], "a 2": []}, ("a~=2.0",), (), ""),
        ({"a 2": [], "a 2+local": []}, ("a==2",), (), "a-2+local"),  # something else satisfies
        ({"a 1": [], "a 2": []}, ("a==2", "a"), (), "a-2"),  # one pin is enough
        ({"a 1": [], "a 2": []}, ("a",), ("a==2",), "a-2"),  # a constraint pins too
        ({"a 1": [], "a 2": [], "b 1": ["a==2"]}, ("a", "b"), (), "a-2 b-1"),  # a dependency does
        ({"a 1": [], "a 2": [], "b 1": ["a==2"], "c 1": ["a>1"]}, ("b", "c"), (), ""),  # the range alone has nothing
        ({"a 1": [], "a 2": [], "b 2": ["a==2"], "b 1": ["a"]}, ("a", "b"), (), "a-1 b-1"),  # not needed
        ({"a 2": [], "b 1": ["a"]}, ("b",), (), ""),
    ],
)
def test_yanked_for_an_exact_pin_only(
    universe: Universe, wanted: Sequence[str], constraints: Sequence[str], expected: str
) -> None:
    if not expected:
        with pytest.raises(errors.ResolutionError, match="yanked: broken"):
            answer(universe, *wanted, constraints=constraints, yanked=["a 2"])
        return
    found = answer(universe, *wanted, constraints=constraints, yanked=["a 2"])
    assert names(found) == expected
    assert found.warnings == (("a 2 was yanked: broken",) if "a-2" in expected.split() else ())


YANKED_NAMES = st.sampled_from("abcd")
REQUIREMENTS = st.tuples(YANKED_NAMES, st.sampled_from(["", "==1", "==2", "==3", ">=2", "<3", "!=2"])).map("".join)
VERSIONS_OF_PROJECTS = st.tuples(YANKED_NAMES, st.integers(1, 3)).map(lambda key: f"{key[0]} {key[1]}")


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    st.dictionaries(VERSIONS_OF_PROJECTS, st.lists(REQUIREMENTS, max_size=2), min_size=1, max_size=10),
    st.lists(REQUIREMENTS, min_size=1, max_size=3, unique=True),
    st.sets(VERSIONS_OF_PROJECTS),
    st.randoms(use_true_random=False),
)
def test_what_was_yanked_is_in_an_answer_only_with_its_pin(
    universe: Universe, wanted: list[str], yanked: set[str], order: random.Random
) -> None:
    """And it hides no answer that does without it, whatever the order of anything."""

    def outcome(requirements: list[str], shuffle: random.Random | None) -> str:
        try:
            return names(answer(universe, *requirements, yanked=sorted(yanked), shuffle=shuffle))
        except errors.ResolutionError as error:
            return f"{type(error).__name__}: {error}"

    found = outcome(wanted, None)
    assert outcome(order.sample(wanted, len(wanted)), order) == found
    if ":" in found:
        sound = {key: requires for key, requires in universe.items() if key not in yanked}
        assert not any(_satisfies(sound, wanted, pick) for pick in _picks(sound))
        return
    pick = dict(item.split("-") for item in found.split())
    assert _satisfies(universe, wanted, pick)
    demands = [*wanted, *(text for item in pick.items() for text in universe[" ".join(item)])]
    assert all(f"{name}=={pick[name]}" in demands for name in pick if f"{name} {pick[name]}" in yanked)


@pytest.mark.parametrize(("yanked", "said"), [("a security hole", "a security hole"), (True, "no reason given")])
async def test_the_reason_is_shown_whatever_its_form(world: World, yanked: str | bool, said: str) -> None:
    """PEP 592: a string or, in JSON, a bool; in HTML the attribute may be empty."""
    world.publish("a", "1.0", yanked=yanked)
    for html in (False, True):
        world.index.behave(html=html, json=not html)
        assert (await world.plan("a==1.0")).warnings == (f"a 1.0 was yanked: {said}",)


async def test_files_are_yanked_one_by_one(world: World) -> None:
    """PEP 592 marks files, not releases."""
    world.publish("a", "1.0", tag=WASM, yanked="miscompiled")
    world.publish("a", "1.0")
    plan = await world.plan("a")
    assert (plan.actions[0].candidate.filename, plan.warnings) == ("a-1.0-py3-none-any.whl", ())


# --- files ---------------------------------------------------------------------------------------------------------


async def test_requires_python_is_of_the_file(world: World) -> None:
    """PEP 503: two files of one version may be for different Pythons."""
    for tag, python in ((WASM, "<3.14"), ("py3-none-any", ">=3.14,<3.15")):
        filename, data = make_wheel("a", "1.0", tag=tag, requires_python=python)
        world.index.add(filename, data, requires_python=python)
    plan = await world.plan("a")
    assert plan.actions[0].candidate.filename == "a-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("worse", "better"),
    [("1", "2"), ("9", "10"), ("1a", "1b"), ("1", "1a"), ("", "0x"), ("2a", "10"), ("2z", "10a")],
)
@pytest.mark.parametrize("turned", [False, True])
async def test_the_highest_build_wins(world: World, worse: str, better: str, turned: bool) -> None:
    """Binary distribution format: sorted as a tuple of the leading digits as a number and the rest as text."""
    for build in (better, worse) if turned else (worse, better):
        world.publish("a", "1.0", build=build)
    plan = await world.plan("a")
    assert plan.actions[0].candidate.filename == f"a-1.0-{better}-py3-none-any.whl"


async def test_the_tag_goes_before_the_build(world: World) -> None:
    """Binary distribution format: the build number is a tie-breaker among equal tags."""
    world.publish("a", "1.0", build="9")
    world.publish("a", "1.0", tag="cp310-abi3-pyemscripten_2026_0_wasm32")  # abi3 works across minor versions
    plan = await world.plan("a")
    assert "abi3" in plan.actions[0].candidate.filename


async def test_a_compressed_tag_set_is_loaded(world: World) -> None:
    """PEP 425: one file for several."""
    world.publish("a", "1.0", tag=f"cp313.cp314-cp313.cp314-{LINUX.split('-')[2]}.pyemscripten_2026_0_wasm32")
    await world.install("a")
    assert world.installed() == {"a": "1.0"}


# --- markers and extras (PEP 508, PEP 685) -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "target", "holds"),
    [
        ("python_full_version < '3.15'", "pyodide-315", False),  # PEP 440: <V excludes V's pre-releases
        ("python_full_version < '3.15.0rc2'", "pyodide-315", True),
        ("python_full_version >= '3.15.0rc1'", "pyodide-315", True),
        ("python_full_version >= '3.15'", "pyodide-315", False),
        ("python_version >= '3.15'", "pyodide-315", True),  # has no pre-release part
        ("python_full_version > '3.14.1'", "pyodide-314", True),
        ("python_version in '3.13, 3.14'", "pyodide-314", True),
        ("python_version not in '3.13'", "pyodide-314", True),
        ("platform_release >= '5.0'", "pyodide-314", True),  # a version: compared as one
        ("platform_version == '#1'", "pyodide-314", True),  # none: compared as text
        ("sys_platform == 'Emscripten'", "pyodide-314", False),
        ("'emscripten' == sys_platform", "pyodide-314", True),
        ("implementation_version < '3.15.0'", "pyodide-314", True),
        ("os.name == 'posix'", "pyodide-314", True),  # the spellings of PEP 345
        ("python_implementation == 'CPython'", "pyodide-314", True),
        ("extra == 'x'", "pyodide-314", False),  # nobody asked for one
    ],
)
def test_markers(marker: str, target: str, holds: bool) -> None:
    assert parse_requirement(f"a; {marker}").applies(named_target(target).environment) is holds


@pytest.mark.parametrize("marker", ["no_such_variable == '1'", "extra = 'x'", "python_version >> '3'"])
def test_a_marker_that_is_none_rules_its_version_out(marker: str) -> None:
    """PEP 508: an unknown variable is an error, which costs that version and not the install."""
    assert names(answer({"a 2": [f"b; {marker}"], "a 1": []}, "a")) == "a-1"


@pytest.mark.parametrize("asked", ["a[Big_Extra]", "a[big.extra]", "a[BIG--extra]"])
def test_names_of_extras_are_normalised_on_both_sides(asked: str) -> None:
    """PEP 685."""
    for written in ("big-extra", "Big.Extra", "BIG__EXTRA"):
        universe: Universe = {"a 1": [f"b; extra == '{written}'"], "b 1": []}
        assert names(answer(universe, asked)) == "a-1 b-1"


def test_an_extra_that_is_asked_for_later() -> None:
    """``a`` is chosen before anybody wants its extra, which its newest version cannot have."""
    universe: Universe = {
        "a 2": ["gone; extra == 'x'"], "a 1": ["c; extra == 'x'"], "b 1": ["d"], "d 1": ["a[x]"], "c 1": [],
    }  # fmt: skip
    assert names(answer(universe, "a", "b")) == "a-1 b-1 c-1 d-1"


def test_an_extra_with_a_marker_and_extras_of_extras() -> None:
    universe: Universe = {
        "a 1": [
            "b[y]; extra == 'x' and python_version >= '3'",
            "never; extra == 'x' and python_version < '3'",
            "never; extra == 'x' and extra == 'y'",
        ],
        "b 1": ["c; extra == 'y' or sys_platform == 'win32'"],
        "c 1": [],
    }
    assert names(answer(universe, "a[x]")) == "a-1 b-1 c-1"


# --- indexes -------------------------------------------------------------------------------------------------------


async def test_a_local_version_is_fetched(world: World) -> None:
    """PEP 440 local versions have a plus, which is %2B in a URL."""
    world.publish("a", "1.0+cpu.1")
    for relative in (False, True):
        world.index.behave(relative_urls=relative)
        await world.install("a", reinstall=["a"])
    assert world.installed() == {"a": "1.0+cpu.1"}
    assert any("1.0+cpu.1" in path for path in world.index.paths("*.whl"))


@pytest.mark.parametrize(("html", "json_on"), [(True, False), (False, True)])
@pytest.mark.parametrize("status", ["archived", "deprecated"])
async def test_the_status_of_a_project_is_shown(world: World, status: str, html: bool, json_on: bool) -> None:
    """PEP 792."""
    world.index.behave(html=html, json=json_on)
    world.publish("a", "1.0")
    world.index.add_project("a", status=status)
    assert (await world.plan("a")).warnings == (f"a is marked as {status}",)


async def test_nothing_is_taken_out_of_quarantine(world: World) -> None:
    """PEP 792: an index must not offer such files; one that does is not believed."""
    world.publish("a", "1.0")
    world.index.add_project("a", status="quarantined")
    with pytest.raises(errors.ResolutionError, match="quarantine"):
        await world.install("a")
    assert world.installed() == {}


# --- the environment -----------------------------------------------------------------------------------------------


async def test_a_new_package_that_breaks_an_installed_one_names_both(world: World) -> None:
    world.publish("old", "1.0", requires=["base<2"])
    world.publish("base", "1.0")
    world.publish("base", "2.0")
    world.publish("new", "1.0", requires=["base>=2"])
    await world.install("old")
    before = world.tree()
    with pytest.raises(errors.Conflict) as caught:
        await world.install("new")
    assert "old 1.0 needs base<2" in str(caught.value)
    assert "new 1.0 needs base>=2" in str(caught.value)
    assert world.tree() == before
