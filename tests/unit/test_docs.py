"""What the documentation says is what the code does: error messages, examples, links, and one place for each fact."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
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


WITHOUT_EXAMPLE = {"LockError"}  # nothing public reads a lock yet


def test_every_error_has_an_example() -> None:
    kinds = {name: kind for name, kind in vars(errors).items() if name in errors.__all__ and isinstance(kind, type)}
    leaves = {name for name, kind in kinds.items() if not any(kind in other.__bases__ for other in kinds.values())}
    examples = json.loads((DOCS / "examples/errors.json").read_text("utf-8")).keys()
    assert leaves - examples - WITHOUT_EXAMPLE == set()
    assert examples <= kinds.keys()


def test_every_example_is_shown_and_every_shown_one_was_run() -> None:
    """The output of ``verbs.py`` depends on what PyPI has today: here only that nothing is missing."""
    written = json.loads((DOCS / "examples/verbs.json").read_text("utf-8"))
    shown = re.findall(r"<!-- example: (\S+) -->", (DOCS / "installing.md").read_text("utf-8"))
    assert sorted(shown) == sorted(written)


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
