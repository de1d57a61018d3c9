"""The public verbs, each a short reading of what happens.

``install`` is the sentence of the whole project: requirements, candidates, resolution, plan, wheels, environment,
report; data goes that way and never back.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Unpack, overload

from ._vendor.packaging.version import InvalidVersion, Version
from .catalogue import Catalogue
from .context import Context, current_context
from .distributions import Description, Distribution, Distributions, describe, frozen_line
from .download import Downloads, all_at_once
from .environment import Arrival
from .errors import InvalidWheel, NotInstalled
from .indexes import Candidate, InstalledIndex
from .locks.provenance import provenance_json
from .options import IndexStrategy, InstallOptions
from .plan import Action, Plan, make_plan
from .progress import Event, Progress, Reporter, counted
from .report import Added, Report
from .requirements import parse_requirement, read_requirements
from .resolution import Knowledge, Prefer, Problem, Resolution, Wish, resolve
from .targets import running_target
from .transport.client import without_credentials
from .wheels.archive import LibraryArchive
from .wheels.metadata import Metadata
from .wheels.wheel import WheelArchive

__all__ = ["freeze", "install", "install_into", "list_installed", "show", "tags", "uninstall", "uninstall_from"]

# One install at a time: what the second one decides depends on what the first one did.
_turn = asyncio.Lock()


@overload
async def install(
    requirements: str | Iterable[str], *, dry_run: Literal[False] = False, **options: Unpack[InstallOptions]
) -> Report: ...
@overload
async def install(
    requirements: str | Iterable[str], *, dry_run: Literal[True], **options: Unpack[InstallOptions]
) -> Plan: ...
async def install(
    requirements: str | Iterable[str],
    *,
    constraints: Iterable[str] = (),
    index_urls: str | Sequence[str] = (),
    index_strategy: IndexStrategy = "first-index",
    index_for: Mapping[str, str] | None = None,
    headers: Mapping[str, Mapping[str, str]] | None = None,
    prefer: Prefer = "distribution",
    pre: bool = False,
    deps: bool = True,
    upgrade: bool | Iterable[str] = False,
    reinstall: bool = False,
    dry_run: bool = False,
    progress: Reporter | None = None,
) -> Report | Plan:
    """Install packages and what they need, or change nothing at all.

    ``requirements``: one or many of: a PEP 508 requirement (``"pandas>=2"``), the URL of a wheel (``#sha256=...`` is
    checked), the path of a wheel in the virtual file system.
    ``constraints``: requirements that limit versions and ask for nothing.

    Where from: ``index_urls`` are Simple API addresses (PEP 503, PEP 691) to ask instead of PyPI;
    ``index_strategy="first-index"`` lets the first that has a project speak for it, ``"best-match"`` compares all;
    ``index_for`` ties a project to one index, ``{"name": url}``; ``headers`` are sent to one origin each,
    ``{"https://index.example": {"Authorization": "Bearer ..."}}``. ``prefer="distribution"`` takes the version of the
    Pyodide distribution where it satisfies everything, ``"newest"`` the newest that works here.

    What may change: installed packages stay where they satisfy everything; ``upgrade=True`` moves the named ones (or
    the ones given as names) to the best version, ``reinstall=True`` places the named ones again. ``pre``: accept
    pre-releases. ``deps=False``: without dependencies.

    ``progress``: called with every ``Event``; by default events go to the page as ``wasminstall:progress``.
    Returns a ``Report``; with ``dry_run=True`` the ``Plan``, and nothing is touched.
    Raises ``InvalidInput``, ``ResolutionError``, ``TransportError``, ``IndexAnswerError``, ``WheelError`` or
    ``EnvironmentStateError``; the environment is then as it was before.
    """
    urls = [index_urls] if isinstance(index_urls, str) else index_urls
    context = current_context(urls, strategy=index_strategy, index_for=index_for, headers=headers)
    wanted = read_requirements(requirements)
    names = frozenset(item.name for item in wanted)
    wish = Wish(
        requirements=wanted,
        constraints=read_requirements(constraints),
        pre=pre,
        deps=deps,
        upgrade=names if upgrade is True else _names(upgrade or ()),
        reinstall=names if reinstall else frozenset(),
        prefer=prefer,
    )
    return await install_into(context, wish, dry_run=dry_run, reporter=progress or context.reporter)


async def install_into(
    context: Context, wish: Wish, *, dry_run: bool = False, reporter: Reporter | None = None
) -> Report | Plan:
    """``install`` into a given world. Two calls at once run one after the other."""
    started = time.perf_counter()
    progress = Progress(reporter)
    downloads = Downloads(context.client, progress)
    async with _turn:
        try:
            problem = Problem(wish, context.target, _installed_candidates(context))
            resolution = await _resolve(problem, context, downloads, progress)
            plan = make_plan(problem, resolution)
            if dry_run:
                return plan
            imported = _imported(plan, context)
            added = await _carry_out(plan, context, downloads, progress)
        finally:
            await downloads.cancel()
    report = Report(plan, added, time.perf_counter() - started, imported)
    progress.tell(Event("done", repr(report).partition("\n")[0]))
    return report


def _names(requirements: Iterable[str]) -> frozenset[str]:
    return frozenset(item.name for item in read_requirements(requirements))


def _imported(plan: Plan, context: Context) -> tuple[str, ...]:
    """The projects about to be replaced whose modules are in memory: those stay until the interpreter restarts."""
    installed = context.environment.installed()
    return tuple(
        action.name
        for action in plan.changes
        if action.kind == "replace" and not sys.modules.keys().isdisjoint(installed[action.name].top_level)
    )


async def _resolve(problem: Problem, context: Context, downloads: Downloads, progress: Progress) -> Resolution:
    """Let the resolver say what it needs, and supply it, until it has the answer."""
    sources = (InstalledIndex(problem.installed), *context.sources)
    knowledge = Knowledge(tuple(source.source for source in context.sources), context.names)
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
        _compare(candidate, archive.metadata)
    else:
        archive = LibraryArchive(candidate.filename, data, name=candidate.name, version=str(candidate.version))
    provenance = provenance_json(candidate, data)
    return Arrival(archive, action.requested, _direct_url(candidate), candidate.source, provenance)


def _compare(candidate: Candidate, metadata: Metadata) -> None:
    """What was resolved must be what is placed; the lock's short form says less and does not count.

    Raises ``InvalidWheel``.
    """
    announced = candidate.metadata
    if candidate.origin == "index" and announced is not None and announced.requires_dist != metadata.requires_dist:
        raise InvalidWheel(candidate.filename, "its dependencies are not the ones its index announced")


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
    return await uninstall_from(current_context(), wanted)


async def uninstall_from(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    """``uninstall`` from a given world; ``names`` are normalised."""
    async with _turn:
        before = context.environment.installed()
        await context.environment.apply(remove=names)
    return tuple(f"{name}=={before[name].version}" for name in dict.fromkeys(names))


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
