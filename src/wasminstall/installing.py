"""An install from the wish to the report, in a given world.

Candidates, resolution, plan, wheels, environment, report: data goes that way and never back. With a lock the middle
falls away: its candidates are the answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from ._vendor.packaging.version import InvalidVersion, Version
from .addresses import without_credentials
from .catalogue import Catalogue
from .context import Context
from .download import Downloads, all_at_once, check_given
from .environment import Arrival
from .errors import InvalidInput, InvalidWheel
from .indexes import Candidate, InstalledIndex
from .locks.provenance import provenance_json, read_provenance
from .plan import Action, Plan, make_plan
from .progress import Event, Progress, Reporter, counted
from .report import Added, Report
from .resolution import Knowledge, Problem, Resolution, Wish, resolve
from .transport import Body
from .wheels.archive import LibraryArchive
from .wheels.metadata import Metadata
from .wheels.wheel import WheelArchive

__all__ = ["install_into", "uninstall_from"]

# One change at a time: what the second one decides depends on what the first one did. A lock serves one event loop.
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def install_into(
    context: Context,
    wish: Wish,
    *,
    lock: Sequence[Candidate] | None = None,
    dry_run: bool = False,
    reporter: Reporter | None = None,
) -> Report | Plan:
    """Fulfil the wish, or place exactly what a ``lock`` names. Two calls at once run one after the other."""
    started = time.perf_counter()
    progress = Progress(reporter)
    downloads = Downloads(context.client, progress)
    async with _turn():
        try:
            problem = Problem(wish, context.target, _installed_candidates(context))
            if lock is None:
                resolution = await _resolve(problem, context, downloads, progress)
            else:
                resolution = _locked(lock, problem, context)
            plan = make_plan(problem, resolution)
            if lock is None:  # a lock has a hash for everything
                _require_hashes(plan, wish)
            if dry_run:
                return plan
            imported = _imported(plan, context)
            added = await _carry_out(plan, wish, context, downloads, progress)
        finally:
            await downloads.cancel()
    report = Report(plan, added, time.perf_counter() - started, imported)
    progress.tell(Event("done", repr(report).partition("\n")[0]))
    return report


async def uninstall_from(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    """Remove these distributions (normalised names); what was removed as ``name==version``."""
    async with _turn():
        before = context.environment.installed()
        await context.environment.apply(remove=names)
    return tuple(f"{name}=={before[name].version}" for name in dict.fromkeys(names))


def _turn() -> asyncio.Lock:
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def _resolve(problem: Problem, context: Context, downloads: Downloads, progress: Progress) -> Resolution:
    """Let the resolver say what it needs, and supply it, until it has the answer."""
    sources = (InstalledIndex(problem.installed), *context.sources)
    names = frozenset() if context.distribution is None else context.distribution.names
    knowledge = Knowledge(tuple(source.source for source in context.sources if source.source), names)
    catalogue = Catalogue(sources, context.client, downloads, knowledge, progress)
    search = resolve(problem, knowledge)
    try:
        while True:
            await catalogue.supply(next(search))
    except StopIteration as end:
        resolution: Resolution = end.value
        return resolution


def _locked(lock: Sequence[Candidate], problem: Problem, context: Context) -> Resolution:
    """The candidates of a lock, but for what is in place at that version and not known to be another file."""
    installed = context.environment.installed()
    candidates: dict[str, Candidate] = {}
    for candidate in lock:
        here = problem.installed.get(candidate.name)
        again = candidate.name in problem.wish.reinstall
        same = here is not None and here.version == candidate.version and not again
        if same and candidate.name in installed:
            origin = read_provenance(installed[candidate.name].dist_info)
            known = {} if origin is None else origin.hashes
            same = all(known.get(algorithm, digest) == digest for algorithm, digest in candidate.hashes.items())
        candidates[candidate.name] = here if same and here is not None else candidate
    return Resolution(candidates)


def _require_hashes(plan: Plan, wish: Wish) -> None:
    """Raise ``InvalidInput`` naming everything that would come without a hash the user gave."""
    bare = [action.name for action in plan.changes if wish.require_hashes and not _has_hash(action.candidate, wish)]
    if bare:
        raise InvalidInput(
            f"hashes are required, and none is given for: {', '.join(bare)}",
            hint="add --hash=sha256:... to the line of each, dependencies included",
        )


def _has_hash(candidate: Candidate, wish: Wish) -> bool:
    """Whether the user, or the fragment of an address, names a hash; what an index announces does not count."""
    return candidate.name in wish.hashes or (candidate.origin in ("url", "file") and bool(candidate.hashes))


def _imported(plan: Plan, context: Context) -> tuple[str, ...]:
    """The projects about to be replaced whose modules are in memory: those stay until the interpreter restarts."""
    installed = context.environment.installed()
    return tuple(
        action.name
        for action in plan.changes
        if action.name in installed and not sys.modules.keys().isdisjoint(installed[action.name].top_level)
    )


async def _carry_out(
    plan: Plan, wish: Wish, context: Context, downloads: Downloads, progress: Progress
) -> tuple[Added, ...]:
    """Fetch and verify every wheel of the plan, then place them all."""
    progress.expect({action.name: action.candidate.size for action in plan.changes})
    wheels = await all_at_once(downloads.wheel(action.candidate) for action in plan.changes)
    for action, data in zip(plan.changes, wheels, strict=True):
        if action.name in wish.hashes:
            check_given(action.candidate, data, wish.hashes[action.name])
    progress.tell(Event("place", f"placing {counted(len(wheels), 'package')}", total=len(wheels)))
    arrivals = []
    for action, data in zip(plan.changes, wheels, strict=True):
        arrivals.append(_arrival(action, data))
        await asyncio.sleep(0)  # opening a big wheel takes a while: let the page have its turn
    await context.environment.apply(place=arrivals)
    return tuple(_added(action, len(data)) for action, data in zip(plan.changes, wheels, strict=True))


def _arrival(action: Action, data: Body) -> Arrival:
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
    is_file = candidate.origin == "file"
    url = Path(candidate.url).absolute().as_uri() if is_file else without_credentials(candidate.url)
    return {"url": url, "archive_info": {"hashes": dict(candidate.hashes)} if candidate.hashes else {}}


def _added(action: Action, size: int) -> Added:
    candidate = action.candidate
    return Added(action.name, action.version, candidate.source, candidate.filename, size, action.replaces)


def _installed_candidates(context: Context) -> dict[str, Candidate]:
    """What is in place, as the resolver sees it; nothing can be said of a version that does not parse."""
    metadata = {name: context.metadata(item) for name, item in context.environment.installed().items()}
    for name, version in context.libraries.items():
        metadata.setdefault(name, Metadata(name, version))
    found: dict[str, Candidate] = {}
    for name, about in metadata.items():
        try:
            parsed = Version(about.version)
        except InvalidVersion:
            continue
        found[name] = Candidate(name, parsed, "", f"installed:{name}", "installed", "installed", metadata=about)
    return found
