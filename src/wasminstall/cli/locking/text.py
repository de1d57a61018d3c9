"""The formats a lock is written in, and which one a file name means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from ...locks.entries import LockEntry
from ...locks.pylock_writer import write_pylock
from ...locks.pyodide_lock import write_pyodide_lock
from ...targets import Target

__all__ = ["FORMATS", "MADE_BY", "Format", "format_of", "write_lock"]

Format = Literal["pylock", "pyodide-lock", "requirements"]
"""``pylock.toml`` (PEP 751), what ``loadPyodide`` takes as ``lockFileURL``, or a requirements file with hashes."""

FORMATS: tuple[Format, ...] = ("pylock", "pyodide-lock", "requirements")
MADE_BY = "# Made by `wasminstall lock` for "
"""What a requirements file of this command begins with; then comes the target."""

_BY_ENDING: Mapping[str, Format] = {".toml": "pylock", ".json": "pyodide-lock", ".txt": "requirements"}


def format_of(named: Format | None, output: Path | None, targets: Sequence[Target]) -> Format:
    """The format that is named, or that the output is called after.

    Raises ``click.UsageError`` for targets that it cannot be for.
    """
    form = named or (_BY_ENDING.get(output.suffix) if output else None) or "pylock"
    if form != "pylock" and len(targets) > 1:
        names = ", ".join(target.name for target in targets)
        raise click.UsageError(f"{form} has no place for several targets ({names}); --format pylock has")
    if form == "pyodide-lock" and targets[0].environment["sys_platform"] != "emscripten":
        raise click.UsageError(f"a pyodide-lock is for a Pyodide, and {targets[0].name} is none")
    return form


def write_lock(
    form: Format,
    entries: Sequence[LockEntry],
    targets: Sequence[Target],
    *,
    info: Mapping[str, Any],
    index_urls: Iterable[str] = (),
) -> str:
    """The text: the same for the same entries.

    ``info`` is that of the target's Pyodide distribution; ``index_urls`` are those that a requirements file has to
    name. Raises ``LockError`` for entries that the format cannot hold.
    """
    if form == "pylock":
        return write_pylock(entries, *targets)
    if form == "pyodide-lock":
        return write_pyodide_lock(entries, info)
    return _requirements(entries, targets[0], index_urls)


def _requirements(entries: Iterable[LockEntry], target: Target, index_urls: Iterable[str]) -> str:
    """Pins with hashes, each followed by who needs it; an archive of libraries has no version that could be pinned."""
    ordered = sorted(entries, key=lambda entry: entry.name)
    lines = [f"{MADE_BY}{target.name}."]
    options = ("--index-url", "--extra-index-url")
    lines += [f"{options[min(place, 1)]} {url}" for place, url in enumerate(index_urls)]
    for entry in ordered:
        pin = "" if entry.library else f"=={entry.version}"
        named = f"{entry.name} @ {entry.url}" if entry.direct else f"{entry.name}{pin}"
        hashes = [f"    --hash={algorithm}:{digest}" for algorithm, digest in sorted(entry.hashes.items())]
        lines.append(" \\\n".join([named, *hashes]))
        needed_by = [other.name for other in ordered if entry.name in other.depends]
        lines += [f"    # for {', '.join(needed_by)}"] if needed_by else []
    return "\n".join(lines) + "\n"
