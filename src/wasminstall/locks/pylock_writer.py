"""Writing ``pylock.toml`` (PEP 751): sorted, without times, the same text for the same entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ..targets import Target
from .entries import LockEntry

__all__ = ["write_pylock"]

_TARGET_VARIABLES = ("sys_platform", "platform_machine", "implementation_name", "python_version")
"""What the choice of wheels and dependencies was made for."""


def write_pylock(entries: Iterable[LockEntry], target: Target) -> str:
    """A lock of these entries, for runtimes like ``target`` and no others.

    Archives of shared libraries, which only Pyodide has, are in ``[tool.wasminstall]``: they are no packages.
    """
    ordered = sorted(entries, key=lambda entry: entry.name)
    made_for = " and ".join(f"{name} == '{target.environment[name]}'" for name in _TARGET_VARIABLES)
    parts = [
        f'lock-version = "1.0"\nenvironments = [{_string(made_for)}]\ncreated-by = "wasminstall"\n',
        *(_package(entry) for entry in ordered if not entry.library),
        *(_library(entry) for entry in ordered if entry.library),
    ]
    # TOML has no empty array of tables, and "packages" is required.
    if all(entry.library for entry in ordered):
        parts[0] += "packages = []\n"
    return "\n".join(parts)


def _package(entry: LockEntry) -> str:
    lines = ["[[packages]]", f"name = {_string(entry.name)}", f"version = {_string(entry.version)}"]
    if entry.requires_python:
        lines.append(f"requires-python = {_string(entry.requires_python)}")
    if entry.depends:
        depends = ", ".join(f"{{ name = {_string(name)} }}" for name in sorted(entry.depends))
        lines.append(f"dependencies = [{depends}]")
    file = _inline({"url": entry.url, "size": entry.size or None, "hashes": entry.hashes})
    if entry.direct:
        lines.append(f"archive = {file}")
    else:
        file = _inline({"name": entry.filename, "url": entry.url, "size": entry.size or None, "hashes": entry.hashes})
        lines.append(f"wheels = [{file}]")
    return "\n".join(lines) + "\n"


def _library(entry: LockEntry) -> str:
    fields = {"name": entry.name, "version": entry.version, "filename": entry.filename, "url": entry.url}
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
