"""Compiled while an install waits for bytes: modules of the wheels that are here, for the imports that will follow.

From the top-level modules on it goes where the names in their code lead, and so will the import: of the 250 modules of
pandas that ``import pandas`` compiles it finds 246, and 8 for nothing. That is only a guess. An import takes what was
compiled of exactly its bytes, once, and compiles all else as ever.
"""

from __future__ import annotations

import re
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any, NamedTuple

from ..breathing import breathe
from ..wheels.archive import LibraryArchive, read_member
from ..wheels.known import KnownArchive
from ..wheels.wheel import WheelArchive

__all__ = ["Ahead", "Archive", "Compiled"]

Archive = WheelArchive | LibraryArchive | KnownArchive

Compiled = dict[str, tuple[bytes, CodeType]]
"""Sources and what they were compiled to, by absolute path."""

_LARGEST = 96 * 2**10
"""Bytes of a source: some 30 ms, in which nothing else has a turn."""

_TOP_LEVEL = re.compile(r"[^/]+(/__init__)?\.py")
_WARNINGS_ARE_ERRORS = ("error", None, Warning, None, 0)


class _Module(NamedTuple):
    archive: Archive
    file: str
    path: str


class Ahead:
    """What one install compiles ahead: ``compiled``."""

    def __init__(self) -> None:
        self.compiled: Compiled = {}
        self._modules: dict[str, _Module] = {}
        self._wanted: set[str] = set()
        self._next: deque[str] = deque()
        self._working = False

    def add(self, archive: Archive, site: str) -> None:
        """A verified wheel, whose modules will be in the folder ``site``."""
        for file in archive.members:
            if file.endswith(".py"):
                name = file[: -len(".py")].replace("/", ".").removesuffix(".__init__")
                self._modules[name] = _Module(archive, file, f"{site}/{file}")
                if _TOP_LEVEL.fullmatch(file):
                    self._want(name)

    async def work(self, waits: Callable[[], bool]) -> None:
        """Compile, a little at a time, while the install ``waits`` and there is something to do. Never raises."""
        if self._working or not waits():
            return
        self._working = True
        await breathe()
        while self._next and waits():
            self._compile(self._next.popleft())
            await breathe()
        self._working = False

    def _compile(self, name: str) -> None:
        archive, file, path = self._modules[name]
        member = archive.members[file]
        if member.size > _LARGEST:
            return
        try:
            source = read_member(archive.filename, archive.body, member)
            code = _compile_silently(source, path)
        except Exception:  # noqa: BLE001 - it is for the import to raise
            return
        self.compiled[path] = source, code
        self._follow(name if file.endswith("/__init__.py") else name.rpartition(".")[0], code.co_names)

    def _follow(self, package: str, names: Iterable[str]) -> None:
        """Want what these names in the code of a module may stand for: modules in its packages or anywhere else."""
        bases = [""]
        while package:
            bases.append(f"{package}.")
            package = package.rpartition(".")[0]
        for name in names:
            found = [base + name for base in bases if base + name in self._modules]
            for each in found:
                self._want(each)
                bases.append(f"{each}.")  # the names that are imported from it come next

    def _want(self, name: str) -> None:
        """Want a module, and the packages that are imported before it."""
        package = name.rpartition(".")[0]
        if package:
            self._want(package)
        if name in self._modules and name not in self._wanted:
            self._wanted.add(name)
            self._next.append(name)


def _compile_silently(source: bytes, path: str) -> CodeType:
    """As importlib does it. Raises where that would warn: the warning belongs to the import."""
    # Not with warnings.catch_warnings(): after that, those that were shown before would be shown again.
    filters: Any = warnings.filters
    filters.insert(0, _WARNINGS_ARE_ERRORS)
    try:
        return compile(source, path, "exec", dont_inherit=True)
    finally:
        del filters[0]
