"""The modules that a cell imports and nobody has installed: which projects have them.

Asked in this order: what was installed in this folder before, the lock of the Pyodide distribution, and, only where
that is wanted, the index.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, TypeGuard

from ..import_names import PROJECTS
from .session import Pin

__all__ = ["Providers", "imports_between", "is_missing", "providers"]


@dataclass(frozen=True)
class Providers:
    """Requirements for missing modules: ``known`` to have them, and ``guessed`` from their names."""

    known: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()


def imports_between(code: str) -> list[list[str]]:
    """The modules a cell imports, by their first name: before its first ``%pip``, from there to the next, and so on.

    ``code`` is what IPython made of the cell. One that is not Python has no imports.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return [[]]
    parts: list[list[str]] = [[]]
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_pip(node)]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.Call):
            parts.append([])
        else:
            parts[-1] += [name for name in _modules(node) if name not in parts[-1]]
    return parts


def is_missing(module: str) -> bool:
    """Whether importing it would fail because nothing of that name is there."""
    if module in sys.modules:
        return False
    try:
        return find_spec(module) is None
    except ModuleNotFoundError:  # Pyodide says so when it knows the module
        return True
    except (ImportError, ValueError):
        return False


def providers(
    modules: Iterable[str], pins: Mapping[str, Pin], lock: Mapping[str, Any], *, guess: bool = False
) -> Providers:
    """What to install for these modules. With ``guess``, one that nobody is known to have is looked for by name.

    ``lock`` is a parsed ``pyodide-lock.json``.
    """
    pinned = {module: pin.requirement for pin in pins.values() for module in pin.imports}
    packed = {
        module: str(entry["name"])
        for entry in lock.get("packages", {}).values()
        for module in entry.get("imports", ())
        if not entry["name"].endswith("-tests")
    }
    known: dict[str, None] = {}
    guessed: dict[str, None] = {}
    for module in modules:
        found = pinned.get(module) or packed.get(module)
        if found:
            known[found] = None
        elif guess and not module.startswith("_"):
            guessed[PROJECTS.get(module, module)] = None
    return Providers(tuple(known), tuple(guessed))


def _is_pip(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether this is what IPython makes of ``%pip``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return False
    first = node.args[0]
    return node.func.attr == "run_line_magic" and isinstance(first, ast.Constant) and first.value == "pip"


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]
