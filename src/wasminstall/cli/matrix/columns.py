"""A column of the matrix: everything that was asked for, resolved for one target.

Where the whole has no answer, what is in the way is noted and left out, and the rest is resolved again, until every
project has a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..._vendor.packaging.specifiers import SpecifierSet
from ..._vendor.packaging.version import InvalidVersion, Version
from ...context import Context
from ...errors import (
    Conflict,
    InvalidRequirement,
    NoCompatibleWheel,
    NoMatchingVersion,
    PythonMismatch,
    ResolutionError,
    SeveralErrors,
    UnknownProject,
    WasmInstallError,
)
from ...indexes import Candidate, direct_candidate
from ...progress import Reporter
from ...requirements import Requirement, parse_requirement, python_accepts
from ...requirements.requested import Requested
from ...resolution import Resolution, Wish
from ...targets import Target
from ..screen import said
from .advice import advice, elsewhere, hash_advice
from .files import files_of
from .model import Column, Kind, Problem, Verdict
from .search import Search

__all__ = ["column", "unasked"]

_KINDS: Mapping[type[ResolutionError], Kind] = {
    NoCompatibleWheel: "missing",
    NoMatchingVersion: "version",
    PythonMismatch: "python",
    UnknownProject: "unknown",
    Conflict: "conflict",
}


async def column(context: Context, requested: Requested, reporter: Reporter | None = None) -> Column:
    """The verdicts for this context's target. Raises what the indexes raise."""
    environment = context.target.environment
    skipped = {item.name: Verdict(item.name, "skipped", True) for item in requested.requirements}
    problems = _refused_python(requested, context)
    if problems:
        found = {name: Verdict(name, "python", True, detail=problems[0].message) for name in skipped}
        return Column(context.target, found, problems, requested.notes)
    wanted = [item for item in requested.requirements if item.applies(environment)]
    unusable = {item: reason for item in wanted if (reason := _refused_wheel(item, context.target))}
    wish = Wish(
        requirements=tuple(item for item in wanted if item not in unusable),
        constraints=requested.constraints,
        pre=requested.pre,
        hashes=requested.allowed_hashes(environment),
    )
    questions = _Questions(context, wish, Search(context, reporter))
    for item, (message, hint) in unusable.items():
        questions.problems.append(Problem(item.name, "unusable", item.text, (), message, (hint,) if hint else ()))
        questions.failed[item.name] = Verdict(item.name, "unusable", True)
    answer = await questions.ask()
    verdicts = {**skipped, **await questions.found(answer), **questions.failed}
    warnings = [text for text in answer.warnings if " is not the newest: " not in text]
    return Column(context.target, verdicts, tuple(questions.problems), (*requested.notes, *warnings))


def unasked(target: Target, requested: Requested, error: WasmInstallError) -> Column:
    """The column of a target that could not be asked about, for this reason."""
    message, hint = said(error)
    found = {item.name: Verdict(item.name, "unasked", True) for item in requested.requirements}
    return Column(target, found, (Problem(target.name, "unasked", "", (), message, (hint,) if hint else ()),))


def _refused_python(requested: Requested, context: Context) -> tuple[Problem, ...]:
    """What was asked for may not be for this Python at all."""
    wanted, python = requested.requires_python, context.target.python_version
    if not wanted or python_accepts(wanted, python):
        return ()
    message = f"what was asked for needs Python {wanted}, and {context.target.name} has {python}"
    return (Problem("python", "python", wanted, (), message, ("loosen its requires-python, or use another target",)),)


def _refused_wheel(requirement: Requirement, target: Target) -> tuple[str, str] | None:
    """Why the target cannot load the wheel that is named by its address, and a hint; ``None`` when it can."""
    if requirement.url:
        try:
            direct_candidate(requirement, target)
        except InvalidRequirement as error:
            return error.reason, said(error)[1]
    return None


class _Questions:
    """The wish on one target, asked again for less until there is an answer."""

    def __init__(self, context: Context, wish: Wish, search: Search) -> None:
        self.problems: list[Problem] = []
        self.failed: dict[str, Verdict] = {}
        self._context = context
        self._wish = wish
        self._search = search
        self._explained: set[str] = set()
        self._requested = {item.name for item in wish.requirements}

    async def ask(self) -> Resolution:
        """The answer for as much of the wish as can be had."""
        wanted = self._wish.requirements
        while True:
            try:
                return await self._search.resolve(replace(self._wish, requirements=wanted))
            except ResolutionError as error:
                failing: set[str] = set()
                for single in _each(error):
                    failing |= await self._blame(single, wanted)
                wanted = tuple(item for item in wanted if item.name not in failing)

    async def found(self, answer: Resolution) -> dict[str, Verdict]:
        """The verdicts on what can be had."""
        return {name: await self._verdict(candidate, answer) for name, candidate in answer.candidates.items()}

    async def _verdict(self, candidate: Candidate, answer: Resolution) -> Verdict:
        name, version = candidate.name, str(candidate.version)
        detail = await self._why_older(candidate, answer) if candidate.origin == "index" else ""
        kind: Kind = "distribution" if candidate.origin == "distribution" else "older" if detail else "works"
        return Verdict(
            name=name,
            kind=kind,
            requested=name in self._requested,
            version=version,
            detail="" if kind == "distribution" else detail,
            filename=candidate.filename,
            source=candidate.source,
            size=candidate.size,
        )

    async def _why_older(self, candidate: Candidate, answer: Resolution) -> str:
        """Why it is not the newest version that what was asked for admits; nothing when it is."""
        name, target = candidate.name, self._context.target.name
        beginning = f"{name} {candidate.version} is not the newest: "
        said = [text.removeprefix(beginning) for text in answer.warnings if text.startswith(beginning)]
        if said:
            return "; ".join(said).replace(f" for {target}", "")
        newest, python = self._newest(name)
        if newest is None or newest <= candidate.version:
            return ""
        if python:
            return f"{newest} needs Python {python}"
        return await self._why_not(name, newest) if name in self._requested else ""

    def _newest(self, name: str) -> tuple[Version | None, str]:
        """The newest final version that everybody may want, and the Python it needs where that is another one."""
        limits = (*self._wish.requirements, *self._wish.constraints)
        asked = [
            item.specifier for item in limits if item.name == name and item.applies(self._context.target.environment)
        ]
        found: dict[Version, str] = {}
        for listing in self._search.listings(name):
            for file in listing.refused:
                version = _parsed(file.version)
                if file.reason == "python" and version is not None:
                    found[version] = file.detail
            found.update({item.version: "" for item in listing.candidates if item.yanked is None})
        final = [item for item in found if not item.is_prerelease and all(limit.contains(item) for limit in asked)]
        newest = max(final, default=None)
        return newest, found[newest] if newest is not None else ""

    async def _why_not(self, name: str, version: Version) -> str:
        """What speaks against this version."""
        errors = await self._errors_of(name, version)
        if not errors:
            return f"{version} does not go with the rest"
        first = next((error for error in errors if isinstance(error, NoCompatibleWheel)), errors[0])
        requirement, chain, _ = _facts(first)
        if isinstance(first, NoCompatibleWheel) and chain:
            return f"{version} needs {requirement}, which has no wheel"
        return f"{version} needs {requirement}" if requirement else f"{version} contradicts itself"

    async def _errors_of(self, name: str, version: Version) -> Sequence[ResolutionError]:
        """Everything that is in the way of this version of a project that was asked for."""
        asked = [item for item in self._wish.requirements if item.name == name and not item.url]
        pinned = parse_requirement(f"{name}=={version}")
        try:
            await self._search.resolve(replace(self._wish, requirements=(*asked, pinned)))
        except ResolutionError as error:
            return _each(error)
        return ()

    async def _blame(self, error: ResolutionError, wanted: Sequence[Requirement]) -> set[str]:
        """Note what is in the way and whom it concerns; what of ``wanted`` has to go for the rest to have a chance."""
        _, chain, name = _facts(error)
        failing = {chain[-1].partition(" ")[0] if chain else name} & {item.name for item in wanted}
        if not failing:
            failing = await self._least_failing(wanted)
        (first, *others) = sorted(failing)
        errors: Sequence[ResolutionError] = (error,)
        if chain and not others:
            if first in self._explained:
                return failing
            self._explained.add(first)
            # People want to know about the newest version; the search may have ended with a very old one.
            newest, _ = self._newest(first)
            errors = (newest is not None and await self._errors_of(first, newest)) or errors
        for each in errors:
            await self._note(each, failing)
        return failing

    async def _note(self, error: ResolutionError, failing: set[str]) -> None:
        """Note one problem of these projects."""
        kind = _KINDS.get(type(error), "unusable")
        requirement, chain, name = _facts(error)
        files = None
        message, _ = said(error)
        tips: tuple[str, ...] | None = None
        if isinstance(error, NoCompatibleWheel):
            specifier = parse_requirement(requirement).specifier if "@" not in requirement else SpecifierSet()
            barred = self._barred_by_hash(name, specifier)
            if barred is not None:
                kind, message = "hash", f"the hash of {barred.filename} is none of those that were given"
                tips = hash_advice(barred)
            else:
                files = await files_of(name, specifier, self._search.listings(name), self._context)
        if tips is None:
            tips = advice(error, name, self._context.target, files)
        others = () if files is None else elsewhere(files)
        title = name or ", ".join(sorted(failing))
        self.problems.append(Problem(title, kind, requirement, tuple(chain), message, tips, files, others))
        for project in sorted(failing | ({name} - {""})):
            self._fail(project, kind, {name} - {"", project} if name else failing - {project})

    def _barred_by_hash(self, name: str, specifier: SpecifierSet) -> Candidate | None:
        """The newest wheel that the target can load, where only the hashes that were given speak against it."""
        if name not in self._wish.hashes:
            return None
        offered = (candidate for listing in self._search.listings(name) for candidate in listing.candidates)
        admitted = [item for item in offered if specifier.contains(item.version, prereleases=True)]
        return max(admitted, key=lambda item: (item.version, -item.rank), default=None)

    def _fail(self, name: str, kind: Kind, because_of: set[str]) -> None:
        before = self.failed.get(name)
        known = before.detail.split(", ") if before is not None and before.detail else []
        detail = ", ".join(dict.fromkeys([*known, *sorted(because_of)]))
        if before is not None:
            kind = before.kind
        self.failed[name] = Verdict(name, kind, name in self._requested, detail=detail)

    async def _least_failing(self, wanted: Sequence[Requirement]) -> set[str]:
        """A smallest set of these that has no answer: without any one of them there is one."""
        remaining = list(wanted)
        for item in wanted:
            fewer = [other for other in remaining if other.name != item.name]
            if not fewer:
                break
            try:
                await self._search.resolve(replace(self._wish, requirements=tuple(fewer)))
            except ResolutionError:
                remaining = fewer
        return {item.name for item in remaining}


def _facts(error: ResolutionError) -> tuple[str, Sequence[str], str]:
    """The requirement, who asks for it, and the project it is about; empty where the error has none."""
    if isinstance(error, UnknownProject):
        return error.name, error.required_by, error.name
    if isinstance(error, (NoCompatibleWheel, NoMatchingVersion, PythonMismatch)):
        return error.requirement, error.required_by, parse_requirement(error.requirement).name
    return "", (), ""


def _each(error: ResolutionError) -> Sequence[ResolutionError]:
    return error.errors if isinstance(error, SeveralErrors) else (error,)


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
