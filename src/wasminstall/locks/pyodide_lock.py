"""``pyodide-lock.json`` as a lock: what Pyodide's ``loadPackage`` reads, with a hash for every file, both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._vendor.packaging.utils import canonicalize_name
from ..addresses import hide_credentials
from ..errors import LockError
from ..indexes import Candidate, DistributionIndex
from ..indexes.direct import local_path
from ..requirements import Requirement
from ..requirements.documents import join_address
from ..targets import Target
from .entries import LockEntry

__all__ = ["read_pyodide_lock", "write_pyodide_lock"]


async def read_pyodide_lock(
    text: str, address: str, target: Target, wanted: Sequence[Requirement] = (), *, base_url: str = ""
) -> tuple[Candidate, ...]:
    """The entries named in ``wanted`` and all they depend on, by name; without ``wanted`` every entry.

    Relative file names start at ``base_url``, by default at the folder of the lock.
    Raises ``LockError``: no such lock, not for this Python, and for all entries at once, not in the lock, another
    version than the wanted one, no wheel for the target, no sha256.
    """
    shown = hide_credentials(address)
    lock = _parsed(text, shown)
    _check_python(lock, target, shown)
    index = DistributionIndex(lock, base_url or join_address(address, "."), target)
    asked = [requirement for requirement in wanted if requirement.applies(target.environment)]
    names = [requirement.name for requirement in asked] if wanted else sorted(index.names)
    found, problems = await _closure(index, names)
    for requirement in asked:
        candidate = found.get(requirement.name)
        if requirement.url:
            problems[requirement.name] = "you give its address, and the lock names the file: leave out one of the two"
        elif candidate and not requirement.specifier.contains(candidate.version, prereleases=True):
            problems[requirement.name] = f"the lock has {candidate.version}, and you ask for {requirement.text}"
    if problems:
        raise LockError(shown, f"it cannot be installed on {target.name}", dict(sorted(problems.items())))
    return tuple(_placed(candidate, shown) for _, candidate in sorted(found.items()))


def write_pyodide_lock(entries: Iterable[LockEntry], info: Mapping[str, Any]) -> str:
    """A lock that Pyodide itself can start with (``lockFileURL``) and ``loadPackage`` from.

    ``info`` is that of the lock of the running Pyodide. Raises ``LockError`` for entries without sha256, which is the
    only hash of the format.
    """
    ordered = sorted(entries, key=lambda entry: entry.name)
    if missing := {entry.name: "it is known by another hash" for entry in ordered if "sha256" not in entry.hashes}:
        raise LockError("pyodide-lock.json", "a distribution has no sha256", missing, hint="write a pylock.toml")
    packages = {entry.name: _package(entry) for entry in ordered}
    return json.dumps({"info": dict(info), "packages": packages}, indent=1, sort_keys=True) + "\n"


def _package(entry: LockEntry) -> dict[str, Any]:
    return {
        "depends": sorted(entry.depends),
        "file_name": entry.url,
        "imports": sorted(entry.imports),
        "install_dir": "dynlib" if entry.library else "site",
        "name": entry.name,
        "package_type": "shared_library" if entry.library else "package",
        "sha256": entry.hashes["sha256"],
        "unvendored_tests": False,
        "version": entry.version,
    }


def _parsed(text: str, shown: str) -> dict[str, Any]:
    try:
        lock = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LockError(shown, f"not valid JSON: {error}") from None
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(packages, dict) or not all(_is_entry(entry) for entry in packages.values()):
        raise LockError(shown, "not a pyodide-lock.json: its 'packages' are not those of one")
    result: dict[str, Any] = lock
    return result


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    depends = entry.get("depends") or []
    return (
        all(isinstance(entry.get(key), str) for key in ("name", "version", "file_name"))
        and isinstance(entry.get("sha256") or "", str)
        and isinstance(depends, list)
        and all(isinstance(name, str) for name in depends)
    )


def _check_python(lock: Mapping[str, Any], target: Target, shown: str) -> None:
    """A wheel's tags tell what it is for, an archive of libraries has none: the whole lock is for one Pyodide."""
    info = lock.get("info")
    python = info.get("python") if isinstance(info, dict) else None
    if isinstance(python, str) and python.split(".")[:2] != target.python_version.split(".")[:2]:
        raise LockError(
            shown,
            f"it is for Python {python}, and this is {target.python_version}",
            hint="use the lock that was made for this version of Pyodide",
        )


async def _closure(index: DistributionIndex, names: Iterable[str]) -> tuple[dict[str, Candidate], dict[str, str]]:
    """The candidates of these names and of all they depend on, and what is wrong with others, by name."""
    found: dict[str, Candidate] = {}
    problems: dict[str, str] = {}
    waiting = {str(name): "" for name in names}
    while waiting:
        name, asked_by = waiting.popitem()
        if name in found or name in problems:
            continue
        listing = await index.listing(name)
        if listing is None:
            problems[name] = "it is not in the lock" + (f", but {asked_by} depends on it" if asked_by else "")
        elif not listing.candidates:
            problems[name] = f"no wheel for this target: {listing.refused[0].filename}"
        elif not listing.candidates[0].hashes:
            problems[name] = "it has no sha256"
        else:
            found[name] = candidate = listing.candidates[0]
            depends = candidate.metadata.requires_dist if candidate.metadata else ()
            waiting |= {str(canonicalize_name(depend)): name for depend in depends}
    return found, problems


def _placed(candidate: Candidate, shown: str) -> Candidate:
    path = local_path(candidate.url)
    return replace(candidate, source=shown, url=path or candidate.url, origin="file" if path else candidate.origin)
