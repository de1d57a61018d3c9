"""The projects that a script imports, as far as that is known: a name on an index is never guessed from a module's.

Asked in this order: what else was asked for, the Pyodide distribution, a table of well-known projects whose modules are
called otherwise, and what this Python has installed.
"""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..._vendor.packaging.utils import canonicalize_name
from ...errors import InvalidInput
from ...integrations.import_names import PROJECTS

__all__ = ["Imports", "imported_modules", "projects_of"]

_OF_THE_RUNTIME = frozenset(("_pyodide", "_pyodide_core", "js", "pyodide", "pyodide_js", "wasminstall"))
_IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))


@dataclass(frozen=True)
class Imports:
    """``projects``: names of projects that have the modules; ``unknown``: modules that nobody is known to have."""

    projects: tuple[str, ...]
    unknown: tuple[str, ...]


def imported_modules(code: str, file: Path) -> tuple[str, ...]:
    """The modules a script needs from elsewhere, by their first name.

    Not those of the standard library, of the runtime, and beside the script; nor what it imports for type checkers
    alone, or can do without (``try: import x`` with ``except ImportError``).
    Raises ``InvalidInput`` for what is no Python.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        raise InvalidInput(f"{file}{line} is not Python: {getattr(error, 'msg', error)}") from None
    found = dict.fromkeys(name for node in _needed(tree) for name in _names(node))
    elsewhere = sys.stdlib_module_names | _OF_THE_RUNTIME
    return tuple(name for name in found if name not in elsewhere and not _is_beside(name, file))


def projects_of(modules: Iterable[str], requested: Iterable[str], packed: Mapping[str, str]) -> Imports:
    """Which projects have these modules. ``requested`` are normalised names, ``packed`` projects by their modules."""
    named = set(requested)
    projects: dict[str, None] = {}
    unknown: list[str] = []
    for module in modules:
        if canonicalize_name(module) in named:
            continue
        found = packed.get(module) or PROJECTS.get(module) or next(iter(_installed().get(module, ())), "")
        if not found:
            unknown.append(module)
        elif canonicalize_name(found) not in named:
            projects[found] = None
    return Imports(tuple(projects), tuple(unknown))


@cache
def _installed() -> Mapping[str, Sequence[str]]:
    """The distributions of this Python by their modules: the metadata of all of them has to be read."""
    return importlib.metadata.packages_distributions()


def _needed(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that has to succeed."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield node
        return
    skipped: list[ast.AST] = []
    if isinstance(node, ast.Try) and any(_catches_import_errors(handler) for handler in node.handlers):
        skipped = [*node.body, *node.handlers]
    elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
        skipped = [*node.body]
    for child in ast.iter_child_nodes(node):
        if child not in skipped:
            yield from _needed(child)


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _IMPORT_ERRORS for kind in kinds)


def _is_for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif node.module and not node.level:
        yield node.module.partition(".")[0]


def _is_beside(module: str, file: Path) -> bool:
    return (file.parent / module).is_dir() or (file.parent / f"{module}.py").is_file()
