"""The header scanner against the core metadata specification, and against ``email.parser``, which others read with."""

from __future__ import annotations

import email.parser
import email.policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wasminstall.wheels.metadata import Metadata, parse_headers, parse_metadata

HEAD = "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n"


def test_the_fields_an_installer_asks_for() -> None:
    text = (
        HEAD + "Requires-Python: >=3.9\nProvides-Extra: x\nRequires-Dist: a>1\nRequires-Dist: b ; extra == 'x'\n\nbody"
    )
    assert parse_metadata(text) == Metadata(
        name="Foo.Bar",
        version="1.0",
        requires_dist=("a>1", "b ; extra == 'x'"),
        requires_python=">=3.9",
        provides_extra=("x",),
        fields={
            "metadata-version": ("2.1",),
            "name": ("Foo.Bar",),
            "version": ("1.0",),
            "requires-python": (">=3.9",),
            "provides-extra": ("x",),
            "requires-dist": ("a>1", "b ; extra == 'x'"),
        },
    )


@pytest.mark.parametrize(
    ("what", "text", "requires"),
    [
        ("the description is no header", HEAD + "\nRequires-Dist: a\n", ()),
        ("CRLF", (HEAD + "Requires-Dist: a\n\nRequires-Dist: b\n").replace("\n", "\r\n"), ("a",)),
        ("CR", (HEAD + "Requires-Dist: a\n\nRequires-Dist: b\n").replace("\n", "\r"), ("a",)),
        ("names in any case (RFC 822, 3.4.7)", HEAD + "requires-dist: a\nREQUIRES-DIST: b", ("a", "b")),
        (
            "a folded requirement comes on one line",
            HEAD + "Requires-Dist: a ;\n  python_version > '3'\n",
            ("a ; python_version > '3'",),
        ),
        (
            "a licence with empty lines, as setuptools folds it",
            HEAD + "License: MIT\n        \n        Copyright\nRequires-Dist: a\n",
            ("a",),
        ),
        ("a byte order mark", "\ufeff" + HEAD + "Requires-Dist: a", ("a",)),
        ("a value with colons", HEAD + "Requires-Dist: a @ https://h/a.whl\n", ("a @ https://h/a.whl",)),
        ("unfolded text ends the block", HEAD + "License: x\nAll rights reserved\nRequires-Dist: a\n", ()),
        ("a sentence with a colon ends it too", HEAD + "License: x\nAll rights: reserved\nRequires-Dist: a\n", ()),
        ("blanks around", HEAD + "Requires-Dist:\t a  \n", ("a",)),
    ],
)
def test_headers(what: str, text: str, requires: tuple[str, ...]) -> None:
    assert parse_metadata(text).requires_dist == requires, what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!DOCTYPE html>\n<title>404</title>",
        "Name: a\n",
        "Version: 1\n",
        "Name:\nVersion: 1\n",
        "\nName: a\nVersion: 1\n",
        '{"name": 1}',
    ],
)
def test_what_is_no_metadata(text: str) -> None:
    with pytest.raises(ValueError, match="no Name and Version"):
        parse_metadata(text)


def test_a_long_description_is_not_looked_at() -> None:
    assert "late" not in parse_headers(HEAD + "\n" + "x\n" * 100_000 + "Late: 1\n")


# Line separators that only str.splitlines knows must not end a line: email.parser does not end it there either.
values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True)
lines = st.one_of(
    st.builds("{}: {}".format, names, values),
    st.builds("{}{}".format, st.sampled_from([" ", "\t", "        "]), values),
    st.sampled_from(["", "no header", "Not one: either", "Ünï: x", "<html>"]),
)


@given(st.lists(lines, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
@example(["Name: a", "        ", "B: c"], "\n")
def test_same_headers_as_email_parser(block: list[str], line_end: str) -> None:
    text = line_end.join(["Name: a", *block, ""])
    parsed = email.parser.HeaderParser(policy=email.policy.compat32).parsestr(text)
    expected: dict[str, list[list[str]]] = {}
    for key, value in parsed.items():
        expected.setdefault(key.lower(), []).append(str(value).split())
    # Blanks apart: both unfold, but email.parser keeps the indentation.
    assert {key: [item.split() for item in items] for key, items in parse_headers(text).items()} == expected


@given(st.text())
def test_any_text_gives_headers(text: str) -> None:
    assert all(values for values in parse_headers(text).values())
