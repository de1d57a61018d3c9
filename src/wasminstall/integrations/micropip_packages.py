"""What ``micropip.list()`` answers: a dictionary of installed packages that shows as a table."""

from __future__ import annotations

import sys
from collections import UserDict
from collections.abc import Mapping
from typing import NamedTuple

from .._vendor.packaging.utils import canonicalize_name
from ..context import Context
from ..installed import Installed
from .micropip_mocks import is_mock

__all__ = ["PackageDict", "PackageMetadata", "installed_packages"]


class PackageMetadata(NamedTuple):
    """One package. ``source`` is ``pyodide``, ``pypi`` (whatever the index), or the address of its wheel."""

    name: str
    version: str = ""
    source: str = ""


class PackageDict(UserDict[str, PackageMetadata]):
    """Packages by name, however the name is spelled."""

    def __getitem__(self, key: str) -> PackageMetadata:
        return self.data[canonicalize_name(key)]

    def __setitem__(self, key: str, item: PackageMetadata) -> None:
        self.data[canonicalize_name(key)] = item

    def __delitem__(self, key: str) -> None:
        del self.data[canonicalize_name(key)]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and canonicalize_name(key) in self.data

    def __repr__(self) -> str:
        table = [("Name", "Version", "Source"), *self.data.values()]
        widths = [max(len(row[column]) for row in table) for column in range(3)]
        lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        lines.insert(1, " | ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)


def installed_packages(context: Context) -> PackageDict:
    """Every package that Pyodide, micropip or wasminstall put in place; not those of other tools."""
    channels = _channels()
    packages = PackageDict()
    for name, item in sorted(context.environment.installed().items()):
        source = _source(item, channels)
        if source:
            packages[name] = PackageMetadata(item.metadata.name, item.version, source)
    for name, version in sorted(context.libraries.items()):
        packages.setdefault(name, PackageMetadata(name, version, "pyodide"))
    return packages


def _source(item: Installed, channels: Mapping[str, str]) -> str:
    if is_mock(item):
        return ""
    said = item.dist_info / "PYODIDE_SOURCE"
    if said.is_file():
        return said.read_text().strip()
    if item.installer != "wasminstall":
        return ""
    url = str((item.direct_url or {}).get("url", ""))
    if url:
        return url.replace("file://", "emfs:", 1)
    return "pyodide" if channels.get(item.name) == "default channel" else "pypi"


def _channels() -> Mapping[str, str]:
    """Pyodide's own book: where a package came from, by name."""
    if sys.platform != "emscripten":
        return {}
    import pyodide_js

    channels: dict[str, str] = pyodide_js.loadedPackages.to_py()
    return channels
