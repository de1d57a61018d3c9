"""A failed proof as an error a person can act on: which project, who asks for it, what was on offer, why refused."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Conflict, NoCompatibleWheel, NoMatchingVersion, PythonMismatch, ResolutionError, UnknownProject
from ..indexes.model import Candidate, RefusedFile
from ..requirements import Requirement
from .domains import ABSENT, Domain
from .proof import Unsolvable
from .resolver import Key, Reason, Search

__all__ = ["explain"]

_WORDS = {"tags": "no tag this target accepts: ", "python": "needs Python ", "sdist": "source only", "invalid": ""}


def explain(failure: Unsolvable[Key, Reason], search: Search) -> ResolutionError:
    """The error for this proof: a requirement nothing satisfies by itself, else requirements that contradict."""
    reasons = [leaf.reason for leaf in failure.leaves()]
    for reason in reasons:
        requirement = reason.requirement
        if requirement is not None and not search.mask(requirement) & ~ABSENT:
            return _nothing_fits(requirement, _chain(reason, reasons), search)
    return Conflict(_argument(reasons, search), _contested(reasons))


def _nothing_fits(requirement: Requirement, chain: Sequence[str], search: Search) -> ResolutionError:
    domain = search.domain(requirement.name)
    target = search.problem.target
    if not domain.known:
        return UnknownProject(requirement.name, chain, search.sources)
    wanted = _wanted(requirement)
    refused = [file for file in domain.refused if _concerns(file, requirement)]
    by_python = [file for file in refused if file.reason == "python"]
    if by_python and not any(file.reason == "tags" for file in refused):
        needs = {file.version: file.detail for file in by_python}
        return PythonMismatch(wanted, chain, target.python_version, _newest_first(needs))
    if refused and not any(_concerns_version(str(choice.version), requirement) for choice in domain.choices):
        return NoCompatibleWheel(wanted, chain, target.name, _reasons(refused), _wheel_hint(domain, refused))
    offered = [str(choice.version) for choice in domain.choices]
    yanked = {str(c.version): f"yanked: {c.yanked}" for c in domain.choices if c.yanked is not None}
    return NoMatchingVersion(wanted, chain, offered, {**yanked, **_reasons(refused)})


def _wanted(requirement: Requirement) -> str:
    url = f" @ {requirement.url}" if requirement.url else ""
    return f"{requirement.name}{url or requirement.specifier}"


def _concerns(file: RefusedFile, requirement: Requirement) -> bool:
    return _concerns_version(file.version, requirement)


def _concerns_version(version: str, requirement: Requirement) -> bool:
    """Whether a version, perhaps one that does not parse, is one the requirement asks for."""
    try:
        return requirement.specifier.contains(version, prereleases=True)
    except ValueError:
        return False


def _reasons(refused: Sequence[RefusedFile]) -> dict[str, str]:
    """One line a version, newest first: what its files are for, in short."""
    by_version: dict[str, list[str]] = {}
    for file in refused:
        by_version.setdefault(file.version, []).append(_WORDS[file.reason] + _shown_detail(file))
    return _newest_first({version: _joined(texts) for version, texts in by_version.items()})


def _shown_detail(file: RefusedFile) -> str:
    """``manylinux_2_17_x86_64.manylinux2014_x86_64`` is said as ``manylinux``: nobody here chooses between those."""
    if file.reason != "tags":
        return file.detail
    for family in ("manylinux", "musllinux", "macosx", "win", "android", "ios"):
        if file.detail.startswith(family):
            return family
    return file.detail


def _joined(texts: Sequence[str]) -> str:
    """Distinct texts; the tags of several files behind one introduction."""
    intro = _WORDS["tags"]
    tags = list(dict.fromkeys(text.removeprefix(intro) for text in texts if text.startswith(intro)))
    others = list(dict.fromkeys(text for text in texts if not text.startswith(intro)))
    return "; ".join([*([intro + ", ".join(tags)] if tags else []), *others])


def _newest_first(by_version: dict[str, str]) -> dict[str, str]:
    from .._vendor.packaging.version import InvalidVersion, Version

    def order(version: str) -> tuple[bool, Version]:
        try:
            return (True, Version(version))
        except InvalidVersion:
            return (False, Version("0"))

    return {version: by_version[version] for version in sorted(by_version, key=order, reverse=True)}


def _wheel_hint(domain: Domain, refused: Sequence[RefusedFile]) -> str:
    """One thing to try, from what there is."""
    usable = [str(choice.version) for choice in domain.choices if choice.yanked is None]
    if usable:
        return f"versions with a wheel that works here: {', '.join(usable[:5])}"
    if any("pyodide_" in file.detail or "emscripten_" in file.detail for file in refused):
        return "there are wheels for another Pyodide version; use that one, or ask the project for wheels for this one"
    if all(file.reason == "sdist" for file in refused):
        return "only source distributions exist; build a wheel from one first, and install that by its URL"
    return "ask the project for WebAssembly wheels (PEP 783); a pure-Python wheel would do as well"


def _chain(reason: Reason, reasons: Sequence[Reason]) -> list[str]:
    """Who asks, nearest first, up to what the user wrote."""
    chain: list[str] = []
    seen: set[str] = set()
    by = reason.by
    while by is not None and by.name not in seen:
        seen.add(by.name)
        chain.append(f"{by.name} {by.version}")
        by = next((other.by for other in reasons if _asks_for(other, by) and other.by is not by), None)
    return chain


def _asks_for(reason: Reason, candidate: Candidate) -> bool:
    return reason.requirement is not None and reason.requirement.name == candidate.name and reason.by is not None


def _argument(reasons: Sequence[Reason], search: Search) -> list[str]:
    """The facts that contradict each other, one line each; versions that say the same share a line."""
    lines: dict[tuple[str, str], list[str]] = {}
    for reason in reasons:
        if reason.requirement is None and reason.by is None:
            lines.setdefault(("", reason.text), [])
        elif reason.by is None and reason.requirement is not None:
            lines.setdefault(("", f"you ask for {reason.requirement.text}"), [])
        elif reason.by is not None:
            said = f"needs {reason.requirement.text}" if reason.requirement else f"cannot be used: {reason.text}"
            versions = lines.setdefault((reason.by.name, said), [])
            if str(reason.by.version) not in versions:
                versions.append(str(reason.by.version))
    return [_line(name, said, versions, search) for (name, said), versions in lines.items()]


def _line(name: str, said: str, versions: Sequence[str], search: Search) -> str:
    if not name:
        return said
    if len(versions) == len(search.domain(name).choices) > 1:
        return f"every version of {name} that works here {said}"
    shown = ", ".join(versions[:4]) + (f" and {len(versions) - 4} more" if len(versions) > 4 else "")
    return f"{name} {shown} {said}"


def _contested(reasons: Sequence[Reason]) -> list[str]:
    """The projects that more than one requirement speaks about."""
    names = [reason.requirement.name for reason in reasons if reason.requirement is not None]
    return sorted({name for name in names if names.count(name) > 1})
