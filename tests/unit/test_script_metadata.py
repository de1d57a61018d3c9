"""Inline script metadata: the cases of PEP 723, its reference implementation beside ours."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasminstall.errors import InvalidInput
from wasminstall.requirements.script import has_script_block, read_script

# From PEP 723, "Reference Implementation".
REGEX = r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"


def reference(script: str) -> dict[str, object] | None:
    matches = [match for match in re.finditer(REGEX, script) if match.group("type") == "script"]
    if len(matches) > 1:
        raise ValueError("Multiple script blocks found")
    if len(matches) == 1:
        content = "".join(
            line[2:] if line.startswith("# ") else line[1:]
            for line in matches[0].group("content").splitlines(keepends=True)
        )
        return tomllib.loads(content)
    return None


EXAMPLE = """#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich",
# ]
#
# [tool.x]
# y = 1
# ///

import requests
"""


def test_the_example() -> None:
    found = read_script(EXAMPLE, "tool.py")
    assert [item.text for item in found.requirements] == ["requests<3", "rich"]
    assert [item.where for item in found.requirements] == ["tool.py:5", "tool.py:6"]
    assert found.requires_python == ">=3.11"
    assert has_script_block(EXAMPLE)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_line_ends(newline: str) -> None:
    assert len(read_script(EXAMPLE.replace("\n", newline)).requirements) == 2


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("# /// script\n# dependencies = ['a']\n# ///", ["a"]),
        ("# /// script\n#\n# ///\n", []),
        ("# /// pyproject\n# x = 1\n# ///\n\n# /// script\n# dependencies = ['a']\n# ///\n", ["a"]),
        ("# /// script\n# dependencies = [\n#   'a'\n# ]\n# ///\nx = 1\n# ///\n", ["a"]),
        # The longest block: only the last line "# ///" of a run of comments ends it.
        ("# /// script\n# dependencies = ['''\n# ///\n# ''', 'b']\n# ///\n", None),
        ("# /// script\n# dependencies = ['a']\n", None),  # not closed
        ("# /// script\n# x = 1\n\n# ///\n", None),  # an empty line ends the comment
        ("# /// script\n#x = 1\n# ///\n", None),  # no blank after "#"
        (" # /// script\n # x = 1\n # ///\n", None),
        ("# ///script\n# x = 1\n# ///\n", None),
        ("import x\n", None),
        ("", None),
        ("# /// script\n# x = 1\n# ///\n\n# /// script\n# y = 1\n# ///\n", None),
        ("# /// script\n# x = \n# ///\n", None),
        ("# /// script\n# dependencies = 'a'\n# ///\n", None),
        ("# /// script\n# dependencies = ['a', '?']\n# ///\n", None),
        ("# /// script\n# requires-python = 'x'\n# ///\n", None),
    ],
)
def test_blocks(script: str, names: list[str] | None) -> None:
    if names is None:
        with pytest.raises(InvalidInput) as caught:
            read_script(script)
        assert caught.value.message.startswith("<script>")
    else:
        assert [item.name for item in read_script(script).requirements] == names


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("\n# /// script\n# x = 1\n", "s.py:2: the script block has no end"),
        ("\n# /// script\n# x = 1\n# y =\n# ///\n", "s.py:4 is not valid TOML"),
        ("\n# /// script\n# dependencies = [\n#  'a',\n#  '?']\n# ///\n", "s.py:5: cannot read the requirement '?'"),
        ("# /// script\n# x = 1\n# ///\n\n# /// script\n# y = 1\n# ///\n", "s.py:5: a second script block"),
        ("import x", "s.py says nothing of what it needs"),
    ],
)
def test_errors_name_the_line(script: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_script(script, "s.py")
    assert caught.value.message.startswith(message)


lines = st.sampled_from(
    ["# /// script", "# ///", "# /// x", "#", "# dependencies = ['a']", "# x = 1", "#y", "", "z = 1", "# [t]", "# 'q"]
)


@given(st.lists(lines, max_size=12).map("\n".join))
def test_as_the_reference_implementation(script: str) -> None:
    try:
        expected = reference(script)
    except ValueError:
        expected = None
    if expected is None:
        with pytest.raises(InvalidInput):
            read_script(script)
    else:
        assert [item.text for item in read_script(script).requirements] == expected.get("dependencies", [])


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    for script in (text, "# /// script\n" + "".join(f"# {line}\n" for line in text.split("\n")) + "# ///\n"):
        try:
            read_script(script)
        except InvalidInput as error:
            assert error.message
