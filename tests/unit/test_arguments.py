"""Arguments that are not what they should be: our error, which names them, and nothing was asked."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import wasminstall
from wasminstall.errors import InvalidInput


@pytest.mark.parametrize("name", [None, 5, b"six", ["six"]], ids=repr)
@pytest.mark.parametrize(
    "verb", [wasminstall.show, wasminstall.why, wasminstall.named_target], ids=lambda it: it.__name__
)
def test_a_name_is_a_string(verb: Any, name: object) -> None:
    with pytest.raises(InvalidInput, match="name must be a string, not "):
        verb(name)


@pytest.mark.parametrize("names", [None, 5, b"six", ["six", None], {"six": 1, None: 2}], ids=repr)
def test_names_to_remove_are_strings(names: Any) -> None:
    with pytest.raises(InvalidInput, match="names must be "):
        asyncio.run(wasminstall.uninstall(names))


@pytest.mark.parametrize("url", ["", " ", None, 5, ["https://index.example/simple/"], "ftp://index.example/"], ids=repr)
def test_the_default_index_is_an_address(url: Any) -> None:
    with pytest.raises(InvalidInput, match="urls"):
        wasminstall.set_default_index(url)


def test_an_address_may_be_relative_to_the_page() -> None:
    wasminstall.set_default_index("/index/simple/", "https://index.example/simple/")
    wasminstall.set_default_index()


WRONG: list[tuple[str, object, str]] = [
    ("index_urls", 5, "must be an address or a list of them, not int: 5"),
    ("index_urls", [5], "must be an address, not int: 5"),
    ("index_urls", "", "an empty string is no web address"),
    ("index_urls", ["ftp://user:secret@index.example"], "ftp://index.example is no web address"),
    ("index_for", 5, "must be the address of an index by project name"),
    ("index_for", {"six": 5}, r"index_for\['six'\] must be an address"),
    ("index_for", {"six": ""}, "no web address"),
    ("index_for", {5: "https://index.example"}, "each name in index_for must be a string"),
    ("headers", 5, "must be headers by origin"),
    ("headers", {"https://index.example": "Bearer"}, "must be header texts by header name"),
    ("headers", {"https://index.example": {"A": 5}}, "'A' must be the name of a header, with a string"),
    ("mirrors", {"https://a.example": 5}, "must be an address or a list of them"),
    ("timeout", "30", "must be a number of seconds above 0"),
    ("timeout", 0, "must be a number of seconds above 0"),
    ("timeout", True, "must be a number of seconds above 0"),
    ("constraints", 5, "must be a requirement or a list of them"),
    ("file", 5, "must be a string, not int: 5"),
    ("file", "", "an empty string names no file"),
    ("lock", ["a"], "must be a string"),
    ("extras", "test", r"hint: extras=\['test'\]"),
    ("groups", [5], "each of groups must be a string"),
    ("upgrade", 5, "must be True, False or a list of names"),
    ("limits", 5, "must be a wasminstall.Limits"),
    ("pre", "no", "must be True or False, not str: 'no'"),
    ("offline", 1, "must be True or False, not int: 1"),
    ("dry_run", None, "must be True or False, not None"),
]


@pytest.mark.parametrize(("option", "value", "said"), WRONG, ids=lambda it: repr(it)[:40])
def test_an_option_is_refused_by_its_name(option: str, value: object, said: str) -> None:
    given: dict[str, Any] = {option: value}
    with pytest.raises(InvalidInput, match=said) as caught:
        asyncio.run(wasminstall.install("six", **given))
    assert option in caught.value.message
    assert "secret" not in str(caught.value)


class JsNull:
    """As Pyodide names what is ``null`` in JavaScript."""

    def __repr__(self) -> str:
        return "jsnull"


@pytest.mark.parametrize(
    ("requirements", "said"),
    [({"packages": "six"}, "dict: {'packages': 'six'}"), (None, "None"), (JsNull(), "null"), (object(), "object: <")],
    ids=["options", "None", "null", "an object"],
)
def test_options_are_no_requirements(requirements: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        asyncio.run(wasminstall.install(requirements))
    assert caught.value.message.startswith(f"requirements must be a requirement or a list of them, not {said}")
    assert "install([], { lock })" in caught.value.hint


@pytest.mark.parametrize(
    "given", [{"file": "x.txt"}, {"lock": "/x.toml"}, {"requirements": "./x-1.0-py3-none-any.whl"}]
)
def test_a_path_is_not_of_the_web_site(given: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for location, said in [({}, False), ({"location": "https://site.example"}, True)]:
        monkeypatch.setitem(sys.modules, "js", SimpleNamespace(**location))
        with pytest.raises(InvalidInput, match="No such file or directory") as caught:
            asyncio.run(wasminstall.install(**given))
        assert caught.value.hint.startswith("check the path; a relative one starts at the working directory")
        assert caught.value.hint.endswith("give its whole address: new URL(..., location.href).href") == said


def test_another_format_of_a_lock() -> None:
    form: Any = "poetry"
    with pytest.raises(InvalidInput, match="'pylock' or 'pyodide-lock'"):
        wasminstall.lock(format=form)
