"""Snapshots made ahead, as a build makes them: by Node, from a lock."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from support.distribution import ROOT

__all__ = ["lock_of_distribution", "make_prepared"]

CORE = ROOT / "node_modules" / "pyodide"


def make_prepared(
    folder: Path, base: str, packages: Sequence[str], imports: Sequence[str], *options: str, **environment: str
) -> str:
    """Write a snapshot of packages of the distribution at ``base`` into ``folder``; what the command prints."""
    lock = folder / "pylock.toml"
    lock.write_text(lock_of_distribution(packages, base))
    words = [word for module in imports for word in ("--import", module)]
    program = ["node", str(ROOT / "js/build/snapshot.mjs"), "--pyodide", str(CORE), "--lock", str(lock)]
    done = subprocess.run(
        [*program, *words, "--output", str(folder), *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def lock_of_distribution(packages: Sequence[str], base: str) -> str:
    """A pylock.toml with these packages of Pyodide's distribution, and what they need."""
    known: Mapping[str, Mapping[str, str]] = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))["packages"]
    found: set[str] = set()
    waiting: list[str] = [canonicalize_name(name) for name in packages]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += map(canonicalize_name, known[name]["depends"])
    tables = ['lock-version = "1.0"\ncreated-by = "tests"\n']
    for name in sorted(found):
        entry = known[name]
        wheel = f'{{ url = "{base}{entry["file_name"]}", hashes = {{ sha256 = "{entry["sha256"]}" }} }}'
        tables.append(f'[[packages]]\nname = "{name}"\nversion = "{entry["version"]}"\nwheels = [{wheel}]\n')
    return "\n".join(tables)
