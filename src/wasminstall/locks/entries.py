"""What is installed, as the entries of a lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from ..errors import InvalidRequirement, LockError
from ..indexes import Candidate
from ..installed import Installed
from ..requirements import parse_metadata_requirement
from ..targets import Target
from ..wheels.record import STRONG_ALGORITHMS
from .provenance import Provenance, read_provenance

__all__ = ["LockEntry", "lock_entries"]


@dataclass(frozen=True)
class LockEntry:
    """One distribution of a lock.

    ``name`` and those in ``depends`` are normalised, these with ``==version`` where the name alone would not do;
    ``hashes`` maps algorithm to hex digest; ``size`` is 0 when unknown; ``direct`` says that it was named by its
    address and not found on an index, ``index`` which one it was; ``library`` that it is an archive of shared
    libraries and no wheel; ``imports`` are its top-level modules. ``marker`` says for which of the lock's targets it
    is; several files of one version are several entries.
    """

    name: str
    version: str
    filename: str
    url: str
    hashes: Mapping[str, str] = field(hash=False)
    size: int = 0
    requires_python: str = ""
    depends: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    direct: bool = False
    library: bool = False
    index: str = ""
    marker: str = ""


def lock_entries(
    installed: Mapping[str, Installed],
    target: Target,
    *,
    known: Iterable[Candidate] = (),
    libraries: Iterable[Candidate] = (),
) -> tuple[LockEntry, ...]:
    """An entry for each of ``installed`` (by normalised name) and ``libraries``, ordered by name.

    ``known`` are candidates, such as those of the Pyodide distribution, that tell the origin of what another tool
    installed; they count only for the same version. Libraries leave no trace on disk, so they are given as candidates.
    Raises ``LockError`` naming every distribution whose file is not known by address and hash.
    """
    by_name = {candidate.name: candidate for candidate in known}
    archives = {candidate.name: candidate for candidate in libraries}
    there = frozenset((*installed, *archives))
    entries = [_library(candidate) for candidate in archives.values()]
    problems: dict[str, str] = {}
    for name, distribution in sorted(installed.items()):
        candidate = by_name.get(name)
        if candidate is not None and str(candidate.version) != distribution.version:
            candidate = None
        origin = read_provenance(distribution.dist_info) or _of_candidate(candidate) or _of_direct_url(distribution)
        if origin is None:
            by = f"installed by {distribution.installer or 'another tool'}"
            problems[f"{name} {distribution.version}"] = f"{by}, which did not record the file it came from"
            continue
        depends = _depends(distribution, target) | _depends_of(candidate)
        entries.append(_entry(distribution, origin, tuple(sorted((depends & there) - {name}))))
    if problems:
        raise LockError(
            "cannot lock what is installed",
            "the file behind a distribution is not known",
            problems,
            hint="install them again with wasminstall, reinstall=True, and lock then",
        )
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _entry(distribution: Installed, origin: Provenance, depends: tuple[str, ...]) -> LockEntry:
    return LockEntry(
        name=distribution.name,
        version=distribution.version,
        filename=origin.filename,
        url=origin.url,
        hashes=origin.hashes,
        size=origin.size,
        requires_python=distribution.metadata.requires_python,
        depends=depends,
        imports=tuple(sorted(distribution.top_level)),
        direct=origin.direct,
    )


def _library(candidate: Candidate) -> LockEntry:
    return LockEntry(
        name=candidate.name,
        version=str(candidate.version),
        filename=candidate.filename,
        url=candidate.url,
        hashes=candidate.hashes,
        size=candidate.size,
        depends=tuple(sorted(_depends_of(candidate))),
        library=True,
    )


def _of_candidate(candidate: Candidate | None) -> Provenance | None:
    if candidate is None or not candidate.hashes:
        return None
    return Provenance(candidate.filename, candidate.url, candidate.hashes, candidate.size, candidate.source)


def _of_direct_url(distribution: Installed) -> Provenance | None:
    """What another installer recorded (PEP 610), where it recorded the hash of a wheel."""
    record = distribution.direct_url or {}
    url, archive = record.get("url"), record.get("archive_info")
    found = archive.get("hashes") if isinstance(archive, dict) else None
    if not isinstance(url, str) or not isinstance(found, dict):
        return None
    hashes = {key: str(value) for key, value in found.items() if key in STRONG_ALGORITHMS}
    try:
        filename = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    except ValueError:
        return None
    return Provenance(filename, url, hashes, 0, direct=True) if hashes and filename.endswith(".whl") else None


def _depends(distribution: Installed, target: Target) -> frozenset[str]:
    """The names it needs on this target. Which extras it was installed with nobody records; they do not count."""
    found: set[str] = set()
    for text in distribution.metadata.requires_dist:
        try:
            requirement = parse_metadata_requirement(text)
            if requirement.applies(target.environment):
                found.add(requirement.name)
        except InvalidRequirement:
            continue
    return frozenset(found)


def _depends_of(candidate: Candidate | None) -> frozenset[str]:
    """The names in the lock of the Pyodide distribution, which alone tells of shared libraries."""
    if candidate is None or candidate.metadata is None or candidate.origin != "distribution":
        return frozenset()
    return frozenset(parse_metadata_requirement(text).name for text in candidate.metadata.requires_dist)
