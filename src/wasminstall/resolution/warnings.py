"""What a person should be told about an answer although it is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._vendor.packaging.version import InvalidVersion, Version
from ..indexes.model import Candidate
from ..requirements import Requirement
from .universe import Universe

__all__ = ["requirements_on", "warnings_about"]


def warnings_about(
    candidates: Mapping[str, Candidate], chosen: Mapping[tuple[str, str], int], universe: Universe
) -> list[str]:
    """Yanked files, versions that only a missing wheel forced, projects that are no longer kept up."""
    wanted = requirements_on(candidates, chosen, universe)
    found = [
        f"{name} {candidates[name].version} has no extra named {extra!r}"
        for name, extra in sorted(chosen)
        if extra and not universe.has_extra(candidates[name], extra)
    ]
    for name, candidate in candidates.items():
        if candidate.yanked is not None:
            found.append(f"{name} {candidate.version} was yanked: {candidate.yanked or 'no reason given'}")
        found += _forced_back(candidate, wanted.get(name, ()), universe)
        found += _held_back(candidate, wanted.get(name, ()), universe)
        found += _status(candidate, universe)
    return found


def requirements_on(
    candidates: Mapping[str, Candidate], chosen: Mapping[tuple[str, str], int], universe: Universe
) -> dict[str, list[Requirement]]:
    """All requirements of the answer by the project they are about."""
    wanted: dict[str, list[Requirement]] = {}
    demands = universe.roots() + [
        item for name, extra in chosen for item in universe.dependencies(candidates[name], extra).values()
    ]
    for item in demands:
        wanted.setdefault(item.name, []).append(item)
    for name in candidates:
        wanted.setdefault(name, []).extend(universe.constraints(name))
    return wanted


def _forced_back(candidate: Candidate, wanted: list[Requirement] | tuple[()], universe: Universe) -> Iterator[str]:
    """Newer versions that everything would have accepted, if only they had a wheel for this target."""
    if candidate.origin != "index":
        return
    domain = universe.domain(candidate.name)
    refused = {file.version for file in domain.refused if file.reason in ("tags", "sdist")}
    usable = {choice.version for choice in domain.choices if refused and choice.version > candidate.version}
    newer: set[Version] = set()
    for text in refused:
        version = _parsed(text)
        if (
            version is not None
            and version > candidate.version
            and version not in usable
            and (not version.is_prerelease or candidate.version.is_prerelease)
            and all(item.specifier.contains(version, prereleases=True) for item in wanted)
        ):
            newer.add(version)
    if newer:
        shown = ", ".join(str(version) for version in sorted(newer, reverse=True)[:3])
        more = f" and {len(newer) - 3} more" if len(newer) > 3 else ""
        yield (
            f"{candidate.name} {candidate.version} is not the newest: {shown}{more} "
            f"{'has' if len(newer) == 1 else 'have'} no wheel for {universe.problem.target.name}"
        )


def _held_back(candidate: Candidate, wanted: list[Requirement] | tuple[()], universe: Universe) -> Iterator[str]:
    """Newer versions that were passed over for a dependency that has no wheel for this target."""
    for other in universe.domain(candidate.name).choices if candidate.origin == "index" else ():
        if other.version <= candidate.version or other.yanked is not None:
            continue
        if not all(item.specifier.contains(other.version) for item in wanted):
            continue
        for item in universe.dependencies(other).values():
            if universe.is_out_of_reach(item):
                target = universe.problem.target.name
                yield (
                    f"{candidate.name} {candidate.version} is not the newest: {other.version} needs "
                    f"{item.name}{item.specifier}, which has no wheel for {target}"
                )
                return


def _status(candidate: Candidate, universe: Universe) -> Iterator[str]:
    """PEP 792: what the index says about the project as a whole."""
    for listing in universe.domain(candidate.name).listings:
        if candidate in listing.candidates and listing.status not in ("", "active"):
            reason = f": {listing.status_reason}" if listing.status_reason else ""
            yield f"{candidate.name} is marked as {listing.status}{reason}"


def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
