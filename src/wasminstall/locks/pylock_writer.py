"""Writing ``pylock.toml`` (PEP 751): sorted, without times, the same text for the same entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from ..targets import Target
from .entries import LockEntry

__all__ = ["TARGET_VARIABLES", "marker_of", "write_pylock"]

TARGET_VARIABLES = ("sys_platform", "platform_machine", "implementation_name", "python_version")
"""What the choice of wheels and dependencies was made for."""


def write_pylock(entries: Iterable[LockEntry], *targets: Target) -> str:
    """A lock of these entries, for runtimes like these targets and no others.

    Archives of shared libraries, which only Pyodide has, are in ``[tool.wasminstall]``: they are no packages.
    """
    ordered = sorted(entries, key=_package_key)
    made_for = dict.fromkeys(marker_of(target, TARGET_VARIABLES) for target in targets)
    packages = [list(files) for _, files in groupby((each for each in ordered if not each.library), _package_key)]
    parts = [
        f'lock-version = "1.0"\nenvironments = [{", ".join(map(_string, made_for))}]\ncreated-by = "wasminstall"\n',
        *map(_package, packages),
        *(_library(entry) for entry in ordered if entry.library),
    ]
    # TOML has no empty array of tables, and "packages" is required.
    if not packages:
        parts[0] += "packages = []\n"
    return "\n".join(parts)


def marker_of(target: Target, variables: Iterable[str]) -> str:
    """The marker that holds where these variables are as on the target."""
    return " and ".join(f"{name} == '{target.environment[name]}'" for name in variables)


def _package_key(entry: LockEntry) -> tuple[str, ...]:
    return (entry.name, entry.version, entry.marker, entry.index, entry.url if entry.direct else "")


def _package(files: Sequence[LockEntry]) -> str:
    """One package, of which there are these files."""
    entry = files[0]
    depends = [
        _inline({"name": name, "version": version or None})
        for name, _, version in (need.partition("==") for need in sorted(entry.depends))
    ]
    fields = {
        "name": entry.name,
        "version": entry.version,
        "marker": entry.marker,
        "requires-python": entry.requires_python,
        "index": entry.index,
    }
    lines = ["[[packages]]", *(f"{key} = {_string(value)}" for key, value in fields.items() if value)]
    if depends:
        lines.append(f"dependencies = [{', '.join(depends)}]")
    if entry.direct:
        lines.append(f"archive = {_file(entry)}")
    else:
        wheels = [_file(file, name=file.filename) for file in files]
        lines.append(f"wheels = [{wheels[0]}]" if len(wheels) == 1 else _rows("wheels", wheels))
    return "\n".join(lines) + "\n"


def _file(entry: LockEntry, **more: str) -> str:
    place = "url" if "://" in entry.url else "path"
    return _inline({**more, place: entry.url, "size": entry.size or None, "hashes": entry.hashes})


def _rows(key: str, tables: Iterable[str]) -> str:
    return "\n".join([f"{key} = [", *(f"    {table}," for table in tables), "]"])


def _library(entry: LockEntry) -> str:
    fields = {"name": entry.name, "version": entry.version, "filename": entry.filename, "url": entry.url}
    fields |= {"marker": entry.marker} if entry.marker else {}
    lines = [f"{key} = {_string(value)}" for key, value in fields.items()]
    lines += [f"size = {entry.size}"] if entry.size else []
    return "\n".join(["[[tool.wasminstall.libraries]]", *lines, f"hashes = {_inline(entry.hashes)}"]) + "\n"


def _inline(fields: Mapping[str, object]) -> str:
    """An inline table; ``None`` is left out, inner tables are sorted."""
    parts = []
    for key, value in fields.items():
        if isinstance(value, Mapping):
            parts.append(f"{key} = {_inline(dict(sorted(value.items())))}")
        elif value is not None:
            parts.append(f"{key} = {_string(value) if isinstance(value, str) else value}")
    return f"{{ {', '.join(parts)} }}"


def _string(text: str) -> str:
    """A basic string: JSON's, but TOML has no surrogates and forbids DEL."""
    clean = text.encode("utf-8", "replace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
