"""Reading requirements: PEP 508 strings, wheel addresses, old METADATA, specifiers, markers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasminstall.errors import InvalidInput, InvalidRequirement
from wasminstall.requirements import (
    parse_metadata_requirement,
    parse_requirement,
    python_accepts,
    read_requirements,
)
from wasminstall.targets import named_target

PAGE = named_target("pyodide-314").environment


@pytest.mark.parametrize(
    ("text", "name", "specifier", "extras", "url"),
    [
        ("pandas", "pandas", "", set(), ""),
        ("Pandas >= 2 , < 3", "pandas", "<3,>=2", set(), ""),
        ("ruamel.yaml==0.18", "ruamel-yaml", "==0.18", set(), ""),  # PEP 503
        ("pkg[Security_Extras,b.c]", "pkg", "", {"security-extras", "b-c"}, ""),  # PEP 685
        ("pkg @ https://x.org/pkg-1-py3-none-any.whl", "pkg", "", set(), "https://x.org/pkg-1-py3-none-any.whl"),
        ("https://x.org/a_b-1-py3-none-any.whl#sha256=00", "a-b", "", set(), None),
        ("./wheels/a_b-1-py3-none-any.whl", "a-b", "", set(), None),
        ("/w/a_b-1+cpu-py3-none-any.whl", "a-b", "", set(), None),
        ("emfs:/w/a_b-1-py3-none-any.whl", "a-b", "", set(), None),
        ("a_b-1-py3-none-any.whl", "a-b", "", set(), None),
        ("https://x.org/a-1%2Bcpu-py3-none-any.whl", "a", "", set(), None),
    ],
)
def test_what_a_user_writes(text: str, name: str, specifier: str, extras: set[str], url: str | None) -> None:
    requirement = parse_requirement(text)
    assert requirement.name == name
    assert str(requirement.specifier) == specifier
    assert requirement.extras == extras
    assert requirement.url == (text if url is None else url)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("pandas=2", "pandas==2"),
        ("pandas numpy", "['pandas', 'numpy']"),
        ("", "looks like"),
        ("pandas>=", "looks like"),
        ("https://x.org/pandas-2.tar.gz", "archive of sources"),
        ("pandas-2.2.tar.gz", "has to be built into one first"),
        ("git+https://x.org/pandas.git", "it is a repository"),
        ("./pandas", "it is a folder or a file"),
        ("/drive/pandas", 'file="..."'),
        ("requirements.txt", 'file="requirements.txt" reads it'),
        ("deps/pylock.toml", 'lock="deps/pylock.toml" reads it'),
        ("ftp://x.org/pandas-2-py3-none-any.whl", "begins with https:// or http://"),
        ("https://x.org/", "NAME @ URL"),
        ("pandas,numpy", "['pandas', 'numpy']"),
        ("pandas, numpy;six", "['pandas', 'numpy', 'six']"),
        ("pandas\nnumpy", "['pandas', 'numpy']"),
        ("pip install pandas numpy", "the requirements alone: ['pandas', 'numpy']"),
        ("pandas; no_such_variable == '1'", "looks like"),
    ],
)
def test_what_cannot_be_read_says_how_to_write_it(text: str, hint: str) -> None:
    with pytest.raises(InvalidRequirement) as caught:
        parse_requirement(text)
    assert hint in str(caught.value)
    assert repr(text) in str(caught.value)


def test_many_or_one() -> None:
    assert [item.name for item in read_requirements("a")] == ["a"]
    assert [item.name for item in read_requirements(("a", "b>1"))] == ["a", "b"]
    with pytest.raises(InvalidInput):
        read_requirements([1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ("click (>=7.*)", ">=7"),
        ("future (>+0.16.0)", ">0.16.0"),
        ("six (>=1.5)", ">=1.5"),
        ("a (==1.*)", "==1.*"),
        ("a>=1.2.*,<3", "<3,>=1.2"),
    ],
)
def test_old_metadata_is_repaired_where_its_meaning_is_plain(text: str, specifier: str) -> None:
    assert str(parse_metadata_requirement(text).specifier) == specifier


def test_what_cannot_be_repaired_is_an_error() -> None:
    with pytest.raises(InvalidRequirement):
        parse_metadata_requirement("a (>=banana)")


@pytest.mark.parametrize(
    ("requires_python", "python", "accepted"),
    [
        (">=3.8", "3.14.2", True),
        (">=3.8,<3.14", "3.14.2", False),
        ("!=3.14.*", "3.14.2", False),
        (">=3.15", "3.15.0rc1", False),  # PEP 440: rc1 comes before 3.15
        (">=3.14", "3.15.0rc1", True),
        (">=3.6.*", "3.14.2", True),
        ("banana", "3.14.2", False),
        ("~=3.11", "3.14.2", True),
    ],
)
def test_requires_python(requires_python: str, python: str, accepted: bool) -> None:
    assert python_accepts(requires_python, python) is accepted


@pytest.mark.parametrize(
    ("marker", "extra", "holds"),
    [
        ("sys_platform == 'emscripten'", "", True),
        ("platform_machine == 'x86_64'", "", False),
        ("python_version < '3.15'", "", True),
        ("python_version >= '3.9'", "", True),  # compared as versions, not as text
        ("python_full_version >= '3.14.2'", "", True),
        ("platform_system != 'Windows' and os_name == 'posix'", "", True),
        ("extra == 'Test_All'", "test-all", True),  # PEP 685
        ("extra == 'test'", "", False),
        ("extra == 'test' and sys_platform == 'win32'", "test", False),
    ],
)
def test_markers_for_the_page(marker: str, extra: str, holds: bool) -> None:
    assert parse_requirement(f"a; {marker}").applies(PAGE, extra) is holds


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    try:
        requirement = parse_requirement(text)
    except InvalidRequirement as error:
        assert error.message
    else:
        assert requirement.name == requirement.name.lower()


@given(st.text(alphabet="><=!~.,*+ 0123456789abcrdevpost()[];'\"", max_size=30))
def test_any_metadata_requirement_is_read_or_refused_with_our_error(text: str) -> None:
    try:
        parse_metadata_requirement("pkg" + text)
    except InvalidRequirement as error:
        assert error.message
