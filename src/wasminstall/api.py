"""The public verbs, each a short reading of what happens.

``install`` is the sentence of the whole project: requirements, candidates, resolution, plan, wheels, environment,
report; data goes that way and never back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Literal, overload

from ._vendor.packaging.version import InvalidVersion, Version
from .catalogue import Catalogue
from .context import Context, current_context
from .distributions import Description, Distribution, Distributions, describe, frozen_line
from .download import Downloads, all_at_once
from .environment import Arrival
from .errors import NotInstalled
from .indexes import Candidate, InstalledIndex
from .plan import Action, Plan, make_plan
from .progress import Event, Progress, Reporter, counted
from .report import Added, Report
from .requirements import Requirement, parse_requirement, read_requirements
from .resolution import Knowledge, Problem, Resolution, resolve
from .targets import running_target
from .transport.client import without_credentials
from .wheels.archive import LibraryArchive
from .wheels.metadata import Metadata
from .wheels.wheel import WheelArchive

__all__ = ["freeze", "install", "install_into", "list_installed", "show", "tags", "uninstall"]

# One install at a time: what the second one decides depends on what the first one did.
_turn = asyncio.Lock()


@overload
async def install(
    requirements: str | Iterable[str],
    *,
    index_urls: str | Sequence[str] = (),
    pre: bool = False,
    deps: bool = True,
    dry_run: Literal[False] = False,
    progress: Reporter | None = None,
) -> Report: ...
@overload
async def install(
    requirements: str | Iterable[str],
    *,
    index_urls: str | Sequence[str] = (),
    pre: bool = False,
    deps: bool = True,
    dry_run: Literal[True],
    progress: Reporter | None = None,
) -> Plan: ...
async def install(
    requirements: str | Iterable[str],
    *,
    index_urls: str | Sequence[str] = (),
    pre: bool = False,
    deps: bool = True,
    dry_run: bool = False,
    progress: Reporter | None = None,
) -> Report | Plan:
    """Install packages and what they need, or change nothing at all.

    ``requirements``: one or many of: a PEP 508 requirement (``"pandas>=2"``), the URL of a wheel (``#sha256=...`` is
    checked), the path of a wheel in the virtual file system.
    ``index_urls``: Simple API addresses (PEP 503, PEP 691) to ask instead of PyPI; the first that has a project
    speaks for it. ``pre``: accept pre-releases. ``deps=False``: without dependencies.
    ``progress``: called with every ``Event``; by default events go to the page as ``wasminstall:progress``.

    Returns a ``Report``; with ``dry_run=True`` the ``Plan``, and nothing is touched.
    Raises ``InvalidInput``, ``ResolutionError``, ``TransportError``, ``IndexAnswerError``, ``WheelError`` or
    ``EnvironmentStateError``; the environment is then as it was before.
    """
    context = current_context([index_urls] if isinstance(index_urls, str) else index_urls)
    wanted = read_requirements(requirements)
    reporter = progress or context.reporter
    return await install_into(context, wanted, pre=pre, deps=deps, dry_run=dry_run, reporter=reporter)


async def install_into(
    context: Context,
    wanted: Sequence[Requirement],
    *,
    pre: bool = False,
    deps: bool = True,
    dry_run: bool = False,
    reporter: Reporter | None = None,
) -> Report | Plan:
    """``install`` into a given world. Two calls at once run one after the other."""
    started = time.perf_counter()
    progress = Progress(reporter)
    downloads = Downloads(context.client, progress)
    async with _turn:
        try:
            installed = _installed_candidates(context)
            problem = Problem(tuple(wanted), context.target, installed, pre=pre, deps=deps)
            resolution = await _resolve(problem, context, downloads, progress)
            versions = {name: str(candidate.version) for name, candidate in installed.items()}
            plan = make_plan(wanted, resolution.candidates, versions, resolution.warnings)
            if dry_run:
                return plan
            added = await _carry_out(plan, context, downloads, progress)
        finally:
            await downloads.cancel()
    report = Report(plan, added, time.perf_counter() - started)
    progress.tell(Event("done", repr(report).partition("\n")[0]))
    return report


async def _resolve(problem: Problem, context: Context, downloads: Downloads, progress: Progress) -> Resolution:
    """Let the resolver say what it needs, and supply it, until it has the answer."""
    sources = (InstalledIndex(problem.installed), *context.sources)
    knowledge = Knowledge(tuple(source.source for source in context.sources))
    catalogue = Catalogue(sources, context.client, downloads, knowledge, progress)
    search = resolve(problem, knowledge)
    try:
        while True:
            await catalogue.supply(next(search))
    except StopIteration as end:
        resolution: Resolution = end.value
        return resolution


async def _carry_out(plan: Plan, context: Context, downloads: Downloads, progress: Progress) -> tuple[Added, ...]:
    """Fetch and verify every wheel of the plan, then place them all."""
    progress.expect({action.name: action.candidate.size for action in plan.changes})
    wheels = await all_at_once(downloads.wheel(action.candidate) for action in plan.changes)
    progress.tell(Event("place", f"placing {counted(len(wheels), 'package')}", total=len(wheels)))
    arrivals = [_arrival(action, data) for action, data in zip(plan.changes, wheels, strict=True)]
    await context.environment.apply(place=arrivals)
    return tuple(_added(action, len(data)) for action, data in zip(plan.changes, wheels, strict=True))


def _arrival(action: Action, data: bytes) -> Arrival:
    """A verified wheel, opened."""
    candidate = action.candidate
    archive: WheelArchive | LibraryArchive
    if candidate.filename.endswith(".whl"):
        archive = WheelArchive(candidate.filename, data)
    else:
        archive = LibraryArchive(candidate.filename, data, name=candidate.name, version=str(candidate.version))
    return Arrival(archive, action.requested, _direct_url(candidate), candidate.source)


def _direct_url(candidate: Candidate) -> dict[str, object] | None:
    """The PEP 610 record of a wheel named by its address."""
    if candidate.origin not in ("url", "file"):
        return None
    url = f"file://{candidate.url}" if candidate.origin == "file" else without_credentials(candidate.url)
    return {"url": url, "archive_info": {"hashes": dict(candidate.hashes)} if candidate.hashes else {}}


def _added(action: Action, size: int) -> Added:
    return Added(action.name, action.version, action.candidate.source, action.candidate.filename, size, action.replaces)


def _installed_candidates(context: Context) -> dict[str, Candidate]:
    """What is in place, as the resolver sees it."""
    distributions = context.environment.installed().items()
    found = {name: _installed(name, item.version, item.metadata) for name, item in distributions}
    for name, version in context.libraries.items():
        found.setdefault(name, _installed(name, version, Metadata(name, version)))
    return {name: candidate for name, candidate in found.items() if candidate is not None}


def _installed(name: str, version: str, metadata: Metadata) -> Candidate | None:
    """``None`` for a version that does not parse: nothing could be said about it."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return None
    return Candidate(name, parsed, "", f"installed:{name}", "installed", "installed", metadata=metadata)


async def uninstall(names: str | Iterable[str]) -> tuple[str, ...]:
    """Remove installed distributions; returns what was removed as ``name==version``.

    Modules that were imported before stay in memory until the interpreter restarts.
    Raises ``InvalidRequirement`` for what is no name, ``NotInstalled`` when one is not there; nothing is removed then.
    """
    wanted = [parse_requirement(name).name for name in ([names] if isinstance(names, str) else names)]
    environment = current_context().environment
    async with _turn:
        before = environment.installed()
        await environment.apply(remove=wanted)
    return tuple(f"{name}=={before[name].version}" for name in dict.fromkeys(wanted))


def list_installed() -> Distributions:
    """Everything that is installed, by name."""
    found = current_context().environment.installed()
    return Distributions(Distribution(name, item.version, item.installer) for name, item in sorted(found.items()))


def freeze() -> str:
    """What is installed as requirements, one a line: ``name==version``, or ``name @ URL`` for direct URLs."""
    found = current_context().environment.installed()
    return "\n".join(frozen_line(item) for _, item in sorted(found.items()))


def show(name: str) -> Description:
    """One installed distribution in detail. Raises ``NotInstalled``."""
    wanted = parse_requirement(name).name
    found = current_context().environment.installed()
    if wanted not in found:
        raise NotInstalled(wanted)
    return describe(found[wanted], found)


def tags() -> tuple[str, ...]:
    """The compatibility tags this interpreter accepts, best first (PEP 425, PEP 783)."""
    return running_target().tags
