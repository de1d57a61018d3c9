"""pyproject.toml as input, and the one door for every kind of file: PEP 621, PEP 685 and PEP 735."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.dependency_groups import resolve_dependency_groups

from support.reading import reader, texts
from wasminstall.errors import InvalidInput
from wasminstall.requirements.files import read_requirements_file
from wasminstall.requirements.inputs import input_kind, read_input
from wasminstall.requirements.project import read_project

PROJECT = """
[project]
name = "My.App"
requires-python = ">=3.11"
dependencies = [
    "one",
    "two>=2; sys_platform == 'emscripten'",
]
[project.optional-dependencies]
Plot_2D = ["plot"]
all = ["my-app[plot-2d]; python_version > '3'", "my_app[loop]"]
loop = ["my-app[all]", "again"]
[dependency-groups]
test = ["check", {include-group = "Lint"}, {include-group = "base"}]
lint = ["ruff", {include-group = "base"}]
base = ["tool"]
circle = [{include-group = "circle2"}]
circle2 = [{include-group = "Circle"}]
odd = [{include-group = "base", more = 1}]
self = ["my-app[plot-2d]"]
text = "check"
lost = [{include-group = "nowhere"}]
"""


@pytest.mark.parametrize(
    ("extras", "groups", "names"),
    [
        ((), (), ["one", "two"]),
        (("plot.2d",), (), ["one", "two", "plot"]),  # PEP 685
        (("all",), (), ["one", "two", "plot", "again"]),
        (("loop",), (), ["one", "two", "plot", "again"]),
        ((), ("TEST",), ["check", "ruff", "tool"]),  # PEP 735: the order of the group, includes in place
        ((), ("lint", "base"), ["ruff", "tool"]),
        (("plot-2d",), ("base",), ["one", "two", "plot", "tool"]),
        ((), ("self",), ["one", "two", "plot"]),
    ],
)
def test_pyproject(extras: tuple[str, ...], groups: tuple[str, ...], names: list[str]) -> None:
    found = read_project(PROJECT, "pyproject.toml", extras=extras, groups=groups)
    assert list(dict.fromkeys(item.name for item in found.requirements)) == names
    assert found.requires_python == ">=3.11"


def test_a_marker_on_the_project_itself_is_kept() -> None:
    plot = next(
        item for item in read_project(PROJECT, extras=["all"]).requirements if item.name == "plot" and item.marker
    )
    assert str(plot.marker) == 'python_version > "3"'
    assert plot.where == "pyproject.toml:10"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (PROJECT, {"extras": ["no"]}, "has no extra 'no'\nhint: it has: plot-2d, all, loop"),
        (PROJECT, {"groups": ["no"]}, "has no dependency group 'no'"),
        (PROJECT, {"groups": ["lost"]}, "has no dependency group 'nowhere'"),
        (PROJECT, {"groups": ["circle"]}, "circle includes itself: circle -> circle2 -> circle"),
        (PROJECT, {"groups": ["odd"]}, "the dependency group odd has an entry that cannot be read"),
        (PROJECT, {"groups": ["text"]}, "must be a list"),
        ("[project]\ndependencies = ['a', '==b']", {}, "pyproject.toml:2: cannot read the requirement '==b'"),
        ("[project]\ndependencies = 'a'", {}, "dependencies must be a list of strings"),
        ("[project]\ndependencies = [1]", {}, "dependencies must be a list of strings"),
        ("[project]\ndynamic = ['dependencies']", {}, "dependencies are dynamic"),
        ("[project]\ndynamic = ['optional-dependencies']", {"extras": ["x"]}, "optional-dependencies are dynamic"),
        ("[project]\nrequires-python = 3", {}, "requires-python is not a version specifier: 3"),
        ("[project]\noptional-dependencies = 1", {}, "optional-dependencies must be a table, not int"),
        ("[project.optional-dependencies]\na_b = []\na-B = []", {}, "'a_b' and 'a-B' are the same extra name"),
        ("[dependency-groups]\na_b = []\nA-b = []", {"groups": ["a-b"]}, "are the same group name"),
        ("[dependency-groups]\na = []", {}, "has no [project] table\nhint: name a dependency group"),
        ("[project\n", {}, "pyproject.toml:1 is not valid TOML"),
    ],
)
def test_pyproject_that_cannot_be_read(text: str, options: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_project(text, extras=options.get("extras", ()), groups=options.get("groups", ()))
    assert message in str(caught.value)


def test_extras_that_multiply_end() -> None:
    lines = [f'e{n} = ["me[e{(n + 1) % 9}]; python_version > \'{n}\'", "me[e{(n + 4) % 9}]", "p{n}"]' for n in range(9)]
    found = read_project("[project]\nname='me'\n[project.optional-dependencies]\n" + "\n".join(lines), extras=["e0"])
    assert {item.name for item in found.requirements} == {f"p{n}" for n in range(9)}


names = st.sampled_from(["a", "b-b", "c", "d"])
members = st.lists(
    st.one_of(st.sampled_from(["x", "y>1"]), names.map(lambda name: {"include-group": name})), max_size=4
)


@given(st.dictionaries(names, members, min_size=1), names)
def test_groups_as_packaging_resolves_them(groups: dict[str, list[str | dict[str, str]]], name: str) -> None:
    rows = [f"{key} = [{', '.join(map(_toml, value))}]" for key, value in groups.items()]
    try:
        expected = set(resolve_dependency_groups(groups, name))
    except Exception:  # noqa: BLE001 - an ExceptionGroup of its own
        with pytest.raises(InvalidInput):
            read_project("[dependency-groups]\n" + "\n".join(rows), groups=[name])
    else:
        found = read_project("[dependency-groups]\n" + "\n".join(rows), groups=[name])
        assert set(texts(found)) == expected


def _toml(member: str | dict[str, str]) -> str:
    return f'"{member}"' if isinstance(member, str) else f'{{include-group = "{member["include-group"]}"}}'


@pytest.mark.parametrize(
    ("address", "text", "kind"),
    [
        ("/w/requirements-dev.txt", "[project]", "requirements"),
        ("deps.in", "", "requirements"),
        ("https://x.org/pyproject.toml?raw=1", "", "project"),
        ("pylock.toml", "", "pylock"),
        ("pylock.dev.toml", "", "pylock"),
        ("https://x.org/pyodide-lock.json", "", "pyodide-lock"),
        ("tool.py", "", "script"),
        ("<text>", "import x\n# /// script\n", "script"),
        ("<text>", '\n {"info"', "pyodide-lock"),
        ("<text>", '# made by\nlock-version = "1.0"\n', "pylock"),
        ("<text>", "\n[project]\nname='x'", "project"),
        ("<text>", "[dependency-groups]\n", "project"),
        ("<text>", "a\nb\n", "requirements"),
        ("https://[", "a", "requirements"),
    ],
)
def test_which_kind_of_file_it_is(address: str, text: str, kind: str) -> None:
    assert input_kind(text, address) == kind


async def test_one_door_for_text_path_and_url() -> None:
    files = {"/w/r.txt": "a\n-r s.txt", "/w/s.txt": "b", "https://x.org/pyproject.toml": PROJECT}
    read = reader(files)
    assert texts(await read_input("/w/r.txt", read)) == ["a", "b"]
    assert texts(await read_requirements_file("/w/r.txt", read)) == ["a", "b"]
    assert texts(await read_input("a\nb", read)) == ["a", "b"]
    assert texts(await read_input("https://x.org/pyproject.toml", read, groups=["base"])) == ["tool"]
    assert texts(await read_input("# /// script\n# dependencies = ['a']\n# ///\n", read)) == ["a"]
    limits = await read_input("a<2\n", read, constraint=True)
    assert (limits.requirements, [item.text for item in limits.constraints]) == ((), ["a<2"])
    limits = await read_input("https://x.org/pyproject.toml", read, constraint=True)
    assert [item.name for item in limits.constraints] == ["one", "two"]
    for source, message in [
        ('lock-version = "1.0"\n', "lock=..."),
        ("missing.txt", "cannot read missing.txt"),
    ]:
        with pytest.raises(InvalidInput) as caught:
            await read_input(source, read)
        assert message in str(caught.value)
    with pytest.raises(InvalidInput, match=r"no pyproject\.toml"):
        await read_input("a\nb", read, groups=["x"])


values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.sampled_from(["a", "me[x]", "me[y]; python_version>'3'", "!"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["include-group", "x"]), inner)
    ),
    max_leaves=6,
)
tables = st.dictionaries(st.sampled_from(["x", "y", "X"]), values, max_size=3)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "project": st.one_of(
                values,
                st.fixed_dictionaries(
                    {},
                    optional={
                        "name": values,
                        "dependencies": values,
                        "optional-dependencies": st.one_of(values, tables),
                        "requires-python": values,
                        "dynamic": values,
                    },
                ),
            ),
            "dependency-groups": st.one_of(values, tables),
        },
    ),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=2),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=2),
)
def test_any_pyproject_is_read_or_refused(document: dict[str, object], extras: list[str], groups: list[str]) -> None:
    text = "\n".join(f"{key} = {_value(value)}" for key, value in document.items())
    try:
        read_project(text, extras=extras, groups=groups)
    except InvalidInput as error:
        assert "pyproject.toml" in error.message


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_value(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


@given(st.text(max_size=60))
def test_any_text_as_pyproject(text: str) -> None:
    try:
        read_project(text)
    except InvalidInput as error:
        assert "pyproject.toml" in error.message
