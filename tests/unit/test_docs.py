"""What the documentation says is what the code does: error messages, examples, links, and one place for each fact."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import wasminstall
from wasminstall import errors

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem + "_of_docs", DOCS / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_error_messages_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasminstall.transport.client._FIRST_PAUSE", 0.0)
    written = json.loads((DOCS / "examples/errors.json").read_text("utf-8"))
    assert await load("examples/errors.py").collect() == written, "run: python docs/examples/errors.py"


async def test_messages_are_those_of_the_code() -> None:
    written = json.loads((DOCS / "examples/messages.json").read_text("utf-8"))
    assert await load("examples/errors.py").collect_messages() == written, "run: python docs/examples/errors.py"
    shown = re.findall(r"<!-- message: (.+?) -->", (DOCS / "messages.md").read_text("utf-8"))
    assert sorted(shown) == sorted(written)
    assert len(shown) == 10


def test_every_error_has_an_example() -> None:
    kinds = {name: kind for name, kind in vars(errors).items() if name in errors.__all__ and isinstance(kind, type)}
    leaves = {name for name, kind in kinds.items() if not any(kind in other.__bases__ for other in kinds.values())}
    examples = json.loads((DOCS / "examples/errors.json").read_text("utf-8")).keys()
    assert leaves - examples == set()
    assert examples <= kinds.keys()


def test_every_example_is_shown_and_every_shown_one_was_run() -> None:
    """The output depends on what PyPI has today, so it is not compared; that nothing is missing and the code is."""
    written = json.loads((DOCS / "examples/verbs.json").read_text("utf-8"))
    sessions = tomllib.loads((DOCS / "examples/verbs.toml").read_text("utf-8"))["session"]
    codes = {name: code.strip() for session in sessions for name, code in session["examples"].items()}
    run = {name: re.sub(r"\b[0-9a-f]{64}\b", "SHA256", example["code"]) for name, example in written.items()}
    assert run == codes, "run: python docs/examples/verbs.py"
    shown = [name for page in PAGES for name in re.findall(r"<!-- example: (\S+) -->", page.read_text("utf-8"))]
    assert sorted(shown) == sorted(written)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_what_the_site_fills_in_is_a_link_in_the_file(page: Path) -> None:
    """Read as files the pages have no holes: ``[where it is](path) <!-- what comes here -->``."""
    filled = r"architecture: |example: |message: |typescript: |include: |errors|error tree|targets|other "
    for line in re.findall(rf"^.*<!-- (?:{filled}).*$", page.read_text("utf-8"), re.MULTILINE):
        link = re.match(r"\[.+?\]\((.+?)\) <!--", line)
        assert link, f"no link before {line}"
        assert (DOCS / link[1]).exists(), link[1]


def test_the_defects_of_micropip_are_those_with_a_test() -> None:
    """One row a defect; each has the number of its tests."""
    rows = re.findall(r"^\| (\d+) \|", (DOCS / "micropip.md").read_text("utf-8"), re.MULTILINE)
    tests = re.findall(r"def test_(\d\d)_", (ROOT / "tests/unit/test_micropip_defects.py").read_text("utf-8"))
    assert [int(row) for row in rows] == sorted({int(number) for number in tests}) == list(range(1, 11))


def test_every_option_is_explained() -> None:
    """Not only in the docstring: on a page, by its name."""
    text = "".join(page.read_text("utf-8") for page in PAGES) + (DOCS / "examples/verbs.toml").read_text("utf-8")
    options = inspect.signature(wasminstall.install).parameters
    assert [name for name in options if name != "requirements" and f"{name}=" not in text] == []


def test_every_name_in_the_reference_is_public() -> None:
    """The hook adds those that the page does not list."""
    listed = set(re.findall(r"^::: wasminstall\.(\w+)$", (DOCS / "python.md").read_text("utf-8"), re.MULTILINE))
    assert listed <= set(wasminstall.__all__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_commands_that_are_named_exist(page: Path) -> None:
    """Paths of the repository in code style, and make targets."""
    text = page.read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    for path in re.findall(r"`((?:src|tests|docs|demo|js/src|js/build|\.ci)/[\w./-]+)`", text):
        assert "dist" in path or (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_are_python(page: Path) -> None:
    """They may ``await`` at the top, as in a notebook."""
    import ast

    for indent, code in re.findall(r"^( *)```python\n(.*?)^ *```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        source = re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)
        compile(source, page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
