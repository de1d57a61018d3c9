"""The wheels of a bundle: found by the resolver or named by a lock, fetched, and described for Pyodide."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..._vendor.packaging.utils import canonicalize_name
from ...context import Context
from ...download import Downloads, all_at_once, check_given
from ...errors import InvalidRequirement, LockError, TransportError
from ...indexes import Candidate
from ...installing import install_into
from ...locks.entries import LockEntry
from ...locks.pyodide_lock import write_pyodide_lock
from ...plan import Plan
from ...progress import Progress, Reporter
from ...requirements import parse_metadata_requirement
from ...requirements.requested import Requested
from ...resolution import Prefer, Wish
from ...targets import Target
from ...wheels.wheel import WheelArchive

__all__ = ["Package", "check_locked", "fetch", "resolve", "written_lock"]


@dataclass(frozen=True)
class Package:
    """One file of the bundle: where it came from, and its bytes, which need not be the ones that came."""

    candidate: Candidate
    data: bytes

    @property
    def name(self) -> str:
        """The normalised project name."""
        return self.candidate.name

    @property
    def filename(self) -> str:
        """As the wheel is called."""
        return self.candidate.filename

    @property
    def version(self) -> str:
        """The version."""
        return str(self.candidate.version)

    @property
    def wheel(self) -> WheelArchive | None:
        """The wheel, opened; ``None`` for an archive of shared libraries. Raises ``WheelError``."""
        return WheelArchive(self.filename, self.data) if self.filename.endswith(".whl") else None

    def with_data(self, data: bytes) -> Package:
        """The same with other bytes."""
        return replace(self, data=data)


async def resolve(
    context: Context, requested: Requested, *, prefer: Prefer = "distribution", reporter: Reporter | None = None
) -> tuple[Sequence[Candidate], Sequence[str]]:
    """One version of everything, and what is to be said about it. Raises as ``install()`` does."""
    wish = Wish(
        requirements=requested.requirements,
        constraints=requested.constraints,
        pre=requested.pre,
        prefer=prefer,
        hashes=requested.allowed_hashes(context.target.environment),
        require_hashes=requested.require_hashes,
        notes=requested.notes,
    )
    plan = await install_into(context, wish, dry_run=True, reporter=reporter)
    assert isinstance(plan, Plan)
    return [action.candidate for action in plan.actions], plan.warnings


def check_locked(locked: Iterable[Candidate], requested: Requested, target: Target) -> None:
    """Raise ``LockError`` for what is asked for and not in the lock at a fitting version."""
    versions = {candidate.name: candidate.version for candidate in locked}
    problems = {}
    for requirement in requested.requirements:
        if not requirement.applies(target.environment):
            continue
        if requirement.name not in versions:
            problems[requirement.name] = f"it is asked for ({requirement.text}), and not in the lock"
        elif not requirement.specifier.contains(versions[requirement.name], prereleases=True):
            version = versions[requirement.name]
            problems[requirement.name] = f"the lock has {version}, and {requirement.text} is asked for"
    if problems:
        raise LockError("the lock", "it is not for these pages", problems, hint="lock again what they ask for")


async def fetch(
    context: Context, candidates: Iterable[Candidate], requested: Requested, reporter: Reporter | None
) -> list[Package]:
    """All files, verified. Raises ``TransportError``, ``HashMismatch``, ``NotInCache`` ..."""
    wanted = sorted(candidates, key=lambda candidate: candidate.name)
    hashes = requested.allowed_hashes(context.target.environment)
    async with Progress(reporter) as progress:
        downloads = Downloads(context.client, context.cache, progress, offline=context.access.offline)
        progress.expect({candidate.name: candidate.size for candidate in wanted})

        async def one(candidate: Candidate) -> Package:
            try:
                data = bytes(await downloads.wheel(candidate))
            except TransportError as error:
                if candidate.origin == "distribution":
                    error.hint = "name a place that has the packages of this Pyodide: --distribution FOLDER or URL"
                raise
            if candidate.name in hashes:
                check_given(candidate, data, hashes[candidate.name])
            return Package(candidate, data)

        try:
            return await all_at_once(one(candidate) for candidate in wanted)
        finally:
            await downloads.cancel()


def written_lock(
    packages: Sequence[Package], places: Mapping[str, str], distribution: Mapping[str, Any], target: Target
) -> bytes:
    """The ``pyodide-lock.json`` with these packages only; ``places`` has the address of each by name.

    What ``distribution`` (a parsed lock) says of its own packages is kept: it knows better than their metadata.
    """
    known = {package.name for package in packages}
    own = {str(canonicalize_name(entry["name"])): entry for entry in distribution["packages"].values()}
    entries = {}
    others = []
    for package in packages:
        sha256 = hashlib.sha256(package.data).hexdigest()
        entry = own.get(package.name)
        if entry and entry["sha256"] == package.candidate.hashes.get("sha256"):
            depends = [name for name in entry["depends"] if canonicalize_name(name) in known]
            place = {"file_name": places[package.name], "sha256": sha256}
            entries[package.name] = {**entry, **place, "depends": depends, "unvendored_tests": False}
        else:
            others.append(_entry(package, places[package.name], sha256, known, target))
    lock = json.loads(write_pyodide_lock(others, distribution["info"]))
    lock["packages"] = dict(sorted({**lock["packages"], **entries}.items()))
    return json.dumps(lock, separators=(",", ":")).encode()


def _entry(package: Package, place: str, sha256: str, known: set[str], target: Target) -> LockEntry:
    wheel = package.wheel
    return LockEntry(
        name=package.name,
        version=package.version,
        filename=package.filename,
        url=place,
        hashes={"sha256": sha256},
        depends=tuple(sorted(_depends(wheel, target) & known - {package.name})) if wheel else (),
        imports=_imports(wheel) if wheel else (),
        library=wheel is None,
    )


def _depends(wheel: WheelArchive, target: Target) -> set[str]:
    """The projects it needs, with whichever extras: those that nobody asked for are not in the bundle."""
    found = set()
    for text in wheel.metadata.requires_dist:
        try:
            requirement = parse_metadata_requirement(text)
            if any(
                requirement.applies(target.environment, extra)
                for extra in ("", *map(canonicalize_name, wheel.metadata.provides_extra))
            ):
                found.add(requirement.name)
        except InvalidRequirement:
            continue
    return found


def _imports(wheel: WheelArchive) -> tuple[str, ...]:
    """Its modules and packages at the top."""
    tops = (Path(place.path).parts for place in wheel.places.values() if place.scheme in ("purelib", "platlib"))
    names = {parts[0] if len(parts) > 1 else parts[0].partition(".")[0] for parts in tops}
    return tuple(sorted(name for name in names if name.isidentifier()))
