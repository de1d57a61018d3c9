"""A failed proof as an error a person can act on: which project, who asks for it, what was on offer, why refused."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence

from .._vendor.packaging.version import InvalidVersion, Version
from ..addresses import hide_credentials
from ..errors import Conflict, NoCompatibleWheel, NoMatchingVersion, PythonMismatch, ResolutionError, UnknownProject
from ..indexes.model import Candidate, RefusedFile
from ..requirements import Requirement
from .domains import ABSENT, Domain
from .proof import Clause
from .reasons import CONSTRAINT, Key, Leaves, Reason
from .universe import Universe

__all__ = ["explain", "hopeless_requirement"]

_WORDS = {
    "tags": "for ",
    "python": "needs Python ",
    "sdist": "source only",
    "invalid": "",
    "offline": "not in the cache",
}
_FAMILIES = ("manylinux", "musllinux", "linux", "macosx", "win", "android", "ios")


def hopeless_requirement(leaves: Leaves, universe: Universe) -> Requirement | None:
    """The first requirement of a proof that nothing on offer satisfies, whatever else is chosen."""
    reason = _hopeless(leaves, universe)
    return None if reason is None else reason.requirement


def explain(leaves: Leaves, universe: Universe) -> ResolutionError:
    """The error for a proof, given the clauses it rests on."""
    reasons = [leaf.reason for leaf in leaves]
    hopeless = _hopeless(leaves, universe)
    if hopeless is not None and hopeless.requirement is not None:
        return _nothing_fits(hopeless.requirement, _chain(hopeless, reasons), universe)
    return Conflict(_argument(leaves, universe), _contested(reasons))


def _hopeless(leaves: Leaves, universe: Universe) -> Reason | None:
    """Of all such requirements the one a person cares for: the user's own, else that of the most preferred version."""
    found = [leaf for leaf in leaves if _rules_out_everything(leaf.reason, universe)]
    return min(found, key=_preference).reason if found else None


def _rules_out_everything(reason: Reason, universe: Universe) -> bool:
    requirement = reason.requirement
    # A constraint asks for nothing: what it rules out is somebody else's requirement.
    if requirement is None or reason.text == CONSTRAINT:
        return False
    return not universe.domain(requirement.name).mask(requirement) & ~ABSENT


def _preference(leaf: Clause[Key, Reason]) -> int:
    """Position of the best version that a clause speaks for; 0 for the user."""
    if leaf.reason.by is None:
        return 0
    mask = next(mask for key, mask in leaf.terms.items() if key[0] == leaf.reason.by.name)
    return (mask & -mask).bit_length()


def _nothing_fits(requirement: Requirement, chain: Sequence[str], universe: Universe) -> ResolutionError:
    domain = universe.domain(requirement.name)
    target = universe.problem.target
    project = universe.knowledge.modules.get(requirement.name)
    if not domain.known and project:
        return UnknownProject(requirement.name, chain, universe.knowledge.sources, [project])
    if not domain.known:
        known = universe.knowledge.names | set(universe.problem.installed)
        hint = _part_of_python(requirement.name)
        close = [] if hint else difflib.get_close_matches(requirement.name, sorted(known), n=3)
        return UnknownProject(requirement.name, chain, universe.knowledge.sources, close, hint)
    quarantined = next((listing for listing in domain.listings if listing.status == "quarantined"), None)
    if quarantined is not None and not domain.choices:
        return NoMatchingVersion(_wanted(requirement), chain, (), {}, f"{quarantined.source} has put it in quarantine")
    wanted = _wanted(requirement)
    refused = [file for file in domain.refused if _admits(requirement, file.version)]
    by_python = [file for file in refused if file.reason == "python"]
    if by_python and not any(file.reason == "tags" for file in refused):
        needs = _newest_first({file.version: file.detail for file in by_python})
        return PythonMismatch(wanted, chain, target.python_version, needs)
    if refused and not any(_admits(requirement, str(c.version)) for c in domain.choices if c.yanked is None):
        hint = f"the module {requirement.name} is in the project {project}" if project else ""
        hint = hint or _part_of_python(requirement.name)
        return NoCompatibleWheel(
            wanted, chain, target.name, _reasons(refused), hint or _wheel_hint(requirement, domain, refused)
        )
    yanked = {
        str(c.version): f"yanked: {c.yanked or 'no reason given'}" for c in domain.choices if c.yanked is not None
    }
    offered = [str(choice.version) for choice in domain.choices if choice.yanked is None]
    return NoMatchingVersion(
        wanted, chain, offered, {**yanked, **_reasons(refused)}, _version_hint(requirement, domain)
    )


def _part_of_python(name: str) -> str:
    """A hint for who asks for a module of the standard library."""
    return f"{name} is part of Python: there is nothing to install" if name in sys.stdlib_module_names else ""


def _wanted(requirement: Requirement) -> str:
    url = f" @ {hide_credentials(requirement.url)}" if requirement.url else ""
    return f"{requirement.name}{url or requirement.specifier}"


def _admits(requirement: Requirement, version: str) -> bool:
    """Whether a version, perhaps one that does not parse, is one the requirement asks for."""
    parsed = _parsed(version)
    return parsed is not None and requirement.specifier.contains(parsed, prereleases=True)


def _reasons(refused: Sequence[RefusedFile]) -> dict[str, str]:
    """One line a version, newest first: what its files are for, in short."""
    by_version: dict[str, list[str]] = {}
    for file in refused:
        by_version.setdefault(file.version, []).append(_WORDS[file.reason] + _shown_detail(file))
    return _newest_first({version: _joined(texts) for version, texts in by_version.items()})


def _shown_detail(file: RefusedFile) -> str:
    """``manylinux_2_17_x86_64.manylinux2014_x86_64`` is said as ``manylinux``: nobody here chooses between those."""
    if file.reason == "tags":
        return next((family for family in _FAMILIES if file.detail.startswith(family)), file.detail)
    return file.detail


def _joined(texts: Sequence[str]) -> str:
    """Distinct texts; the tags of several files behind one introduction."""
    intro = _WORDS["tags"]
    tags = list(dict.fromkeys(text.removeprefix(intro) for text in texts if text.startswith(intro)))
    others = list(dict.fromkeys(text for text in texts if not text.startswith(intro)))
    return "; ".join([*([intro + ", ".join(tags)] if tags else []), *others])


def _newest_first(by_version: dict[str, str]) -> dict[str, str]:
    def order(version: str) -> tuple[bool, Version]:
        parsed = _parsed(version)
        return (parsed is not None, parsed or Version("0"))

    return {version: by_version[version] for version in sorted(by_version, key=order, reverse=True)}


def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None


def _wheel_hint(requirement: Requirement, domain: Domain, refused: Sequence[RefusedFile]) -> str:
    """One thing to try, from what there is."""
    sound = sorted((choice.version for choice in domain.choices if choice.yanked is None), reverse=True)
    usable = [str(version) for version in sound]
    if usable:
        return f"versions with a wheel that works here: {', '.join(usable[:5])}"
    abis = sorted({file.detail for file in refused if "pyodide_" in file.detail or "emscripten_" in file.detail})
    if abis:
        return (
            f"there are wheels for another Pyodide ({', '.join(abis)}): use that one, "
            f"or ask the {requirement.name} project for wheels for this one"
        )
    if all(file.reason == "sdist" for file in refused):
        return "only source distributions exist: build a wheel from one (pip wheel, pyodide build) and install its URL"
    sdist = "; a source distribution exists, pyodide build may make one from it" if _has_sdist(refused) else ""
    return f"ask the {requirement.name} project for WebAssembly wheels (PEP 783){sdist}"


def _has_sdist(refused: Sequence[RefusedFile]) -> bool:
    return any(file.reason == "sdist" for file in refused)


def _version_hint(requirement: Requirement, domain: Domain) -> str:
    sound = [choice for choice in domain.choices if choice.yanked is None]
    if sound:
        return f"the newest that works here is {max(choice.version for choice in sound)}"
    return f"name the version exactly ({requirement.name}==...) to accept a yanked one" if domain.choices else ""


def _chain(reason: Reason, reasons: Sequence[Reason]) -> list[str]:
    """Who asks, nearest first, up to what the user wrote."""
    chain: list[str] = []
    by = reason.by
    while by is not None and f"{by.name} {by.version}" not in chain:
        chain.append(f"{by.name} {by.version}")
        by = next((other.by for other in reasons if _asks_for(other, by)), None)
    return chain


def _asks_for(reason: Reason, candidate: Candidate) -> bool:
    return (
        reason.requirement is not None
        and reason.requirement.name == candidate.name
        and reason.by is not None
        and reason.by.name != candidate.name
    )


def _argument(leaves: Leaves, universe: Universe) -> list[str]:
    """The facts that contradict each other, one line each; versions that say the same share a line."""
    lines: dict[tuple[str, str], dict[str, None]] = {}
    for leaf in leaves:
        reason = leaf.reason
        if reason.by is None:
            lines.setdefault(("", _said_by_nobody(reason)), {})
            continue
        said = f"needs {_short(reason.requirement)}" if reason.requirement else reason.text
        versions = lines.setdefault((reason.by.name, said), {})
        versions.update(dict.fromkeys(_versions(leaf, reason.by.name, universe)))
    return [_line(name, said, list(versions), universe) for (name, said), versions in lines.items()]


def _versions(leaf: Clause[Key, Reason], name: str, universe: Universe) -> list[str]:
    """The versions of a project that a clause speaks for."""
    mask = next(mask for key, mask in leaf.terms.items() if key[0] == name)
    choices = enumerate(universe.domain(name).choices, start=1)
    return [str(choice.version) for bit, choice in choices if mask >> bit & 1]


def _said_by_nobody(reason: Reason) -> str:
    if reason.requirement is None:
        return reason.text
    if reason.text == CONSTRAINT:
        return f"a {CONSTRAINT} says {_short(reason.requirement)}"
    return f"you ask for {_short(reason.requirement)}"


def _short(requirement: Requirement) -> str:
    """Without the marker: it holds here, or nobody would speak of it."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    url = f" @ {hide_credentials(requirement.url)}" if requirement.url else ""
    return f"{requirement.name}{extras}{url or requirement.specifier}"


def _line(name: str, said: str, versions: Sequence[str], universe: Universe) -> str:
    if not name:
        return said
    if len(versions) == len(universe.domain(name).choices) > 1:
        return f"every version of {name} that works here {said}"
    shown = ", ".join(versions[:4]) + (f" and {len(versions) - 4} more" if len(versions) > 4 else "")
    return f"{name} {shown} {said}"


def _contested(reasons: Sequence[Reason]) -> list[str]:
    """The projects that more than one requirement speaks about."""
    names = [reason.requirement.name for reason in reasons if reason.requirement is not None]
    return sorted({name for name in names if names.count(name) > 1})
