"""Wheels changed for a bundle: without what no page needs, or with bytecode beside their sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...wheels.wheel import WheelArchive
from ..wasm.writing import NewMember, write_wheel

__all__ = ["Trimmed", "trim", "with_bytecode"]

_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:conftest|test_[^/]*)\.py$")
_NOT_RUN = re.compile(r"\.(?:pyi|pyx|pxd|pxi|c|cc|cpp|h|hpp|f|f90|a|lib|rst)$|^[^/]*\.data/(?:headers|scripts)/")
"""For type checkers, compilers, readers and shells."""


@dataclass(frozen=True)
class Trimmed:
    """What went: how many files, and their bytes before compression."""

    files: int = 0
    bytes: int = 0


def trim(wheel: WheelArchive) -> tuple[bytes, Trimmed]:
    """The wheel without tests, type stubs, sources of compiled parts, headers and scripts, and what went.

    Tests that another module of the wheel imports stay. Its own bytes when there is nothing to leave out.
    """
    gone = {
        name for name in wheel.members if ".dist-info/" not in name and (_TESTS.search(name) or _NOT_RUN.search(name))
    }
    kept = [name for name in wheel.members if name not in gone]
    imported = {module for name in kept for module in _imports_of_tests(wheel, name)}
    gone -= {name for name in gone if _TESTS.search(name) and _is_of(name, imported)}
    if not gone:
        return bytes(wheel.body), Trimmed()
    went = Trimmed(len(gone), sum(wheel.members[name].size for name in gone))
    return write_wheel([member for member in _members(wheel) if member.name not in gone], wheel.dist_info), went


def with_bytecode(wheel: WheelArchive, compiled: Mapping[str, bytes]) -> bytes:
    """The wheel with these files, in place of what it has of them."""
    own = (member for member in _members(wheel) if member.name not in compiled)
    added = (NewMember(name, data) for name, data in sorted(compiled.items()))
    return write_wheel([*own, *added], wheel.dist_info)


def _members(wheel: WheelArchive) -> Iterator[NewMember]:
    for name, member in wheel.members.items():
        yield NewMember(name, wheel.read(name), member.unix_mode & 0o777 or 0o644)


def _imports_of_tests(wheel: WheelArchive, name: str) -> Iterator[str]:
    """The modules that this member imports and that may be tests, as dotted names."""
    if not name.endswith(".py") or b"test" not in (source := wheel.read(name)):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    package = name.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _is_of(name: str, imported: set[str]) -> bool:
    """Whether this member is such a module, or lies in a package of tests that one is from."""
    parts = name.removesuffix(".py").split("/")
    suite = next((at + 1 for at, part in enumerate(parts) if part in ("test", "tests")), len(parts))
    inside = ".".join(parts[:suite])
    return any(module == inside or module.startswith(f"{inside}.") for module in imported)
