"""An install from the wish to the report, in a given world.

Candidates, resolution, plan, wheels, environment, report: data goes that way and never back. With a lock the middle
falls away: its candidates are the answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

from ._vendor.packaging.version import InvalidVersion, Version
from .addresses import without_credentials
from .breathing import breathe
from .bytecode import KeptBytecode
from .catalogue import Catalogue
from .context import Context
from .download import Downloads, all_at_once, check_given
from .environment import Arrival
from .errors import (
    HashMismatch,
    HTTPStatusError,
    IndexAnswerError,
    InvalidInput,
    InvalidWheel,
    NotInCache,
    ResolutionError,
    TransportError,
    UnknownProject,
)
from .indexes import Candidate, InstalledIndex
from .layouts import KeptLayouts
from .locks.provenance import provenance_json, read_provenance
from .plan import Action, Plan, make_plan
from .progress import Progress, Reporter
from .remembered import key_of, recall, remember
from .report import Added, Report
from .resolution import Knowledge, Problem, Resolution, Wish, resolve
from .transport import Body
from .wheels.metadata import Metadata

__all__ = ["install_into", "uninstall_from"]

# One change at a time: what the second one decides depends on what the first one did. A lock serves one event loop.
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def install_into(
    context: Context,
    wish: Wish,
    *,
    lock: Sequence[Candidate] | None = None,
    stays: Collection[str] | None = None,
    dry_run: bool = False,
    folder: Path | None = None,
    reporter: Reporter | None = None,
) -> Report | Plan:
    """Fulfil the wish, or place exactly what a ``lock`` names. Two calls at once run one after the other.

    ``stays``: besides these names (normalised) and those of the lock everything is removed; without it, nothing.
    With a ``folder`` the wheels are put there, as they are, and nothing is placed.
    """
    async with Progress(reporter) as progress, _turn():
        install = _Install(context, wish, lock, dry_run, progress, folder, stays)
        try:
            return await _run_with_fresh_answers(install, context)
        except TransportError as error:
            if lock is None:
                from .elsewhere import name_another_source  # for an error only

                await name_another_source(error, context, wish, _planned)
            raise
        finally:
            # Nobody waits for what is to be kept, unless the event loop may end with the install.
            writing = context.cache.settle_later()
            if sys.platform != "emscripten":
                await asyncio.shield(writing)


async def _run_with_fresh_answers(install: _Install, context: Context) -> Report | Plan:
    """Run; once more where what was kept may be the reason that it failed."""
    try:
        return await install.run()
    except (ResolutionError, HTTPStatusError, HashMismatch, IndexAnswerError) as error:
        if not install.may_be_out_of_date(error):
            raise
        context.pages.distrust = True
        return await install.run()


async def _planned(context: Context, wish: Wish) -> Plan:
    """What an install would do, told to nobody."""
    plan = await _Install(context, wish, None, True, Progress(None)).run()
    assert isinstance(plan, Plan)
    return plan


async def uninstall_from(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    """Remove these distributions (normalised names); what was removed as ``name==version``."""
    async with _turn():
        before = context.environment.installed()
        await context.environment.apply(remove=names)
    return tuple(f"{name}=={before[name].version}" for name in dict.fromkeys(names))


def _turn() -> asyncio.Lock:
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


class _Install:
    """One call of ``install_into``, which may be run a second time."""

    def __init__(
        self,
        context: Context,
        wish: Wish,
        lock: Sequence[Candidate] | None,
        dry_run: bool,
        progress: Progress,
        folder: Path | None = None,
        stays: Collection[str] | None = None,
    ) -> None:
        self._context = context
        self._wish = wish
        self._lock = lock
        self._dry_run = dry_run
        self._progress = progress
        self._folder = folder
        self._stays = stays
        self._recalled = False
        self._started = time.perf_counter()
        if wish.upgrade:
            context.pages.ask_again = True

    def may_be_out_of_date(self, error: Exception) -> bool:
        """Whether asking the indexes anew could help: a release may be new, a file may have moved."""
        pages = self._context.pages
        kept = self._recalled or pages.reused > 0
        # A log-in page in place of the index may be gone by now, and lie in an HTTP cache that this passes by.
        return (kept or isinstance(error, IndexAnswerError)) and not pages.distrust and not pages.offline

    async def run(self) -> Report | Plan:
        """Resolve, fetch, place; or change nothing."""
        context, wish, access = self._context, self._wish, self._context.access
        downloads = Downloads(
            context.client, context.cache, self._progress, offline=access.offline, mirrors=access.mirrors
        )
        try:
            problem = Problem(wish, context.target, _installed_candidates(context))
            if self._lock is None:
                plan = make_plan(problem, await self._resolution(problem, downloads))
                _require_hashes(plan, wish)
            else:  # has a hash for everything
                removals = () if self._stays is None else _removals(self._lock, self._stays, context)
                plan = make_plan(problem, _locked(self._lock, problem, context), removals)
            if self._dry_run:
                self._progress.ended(repr(plan).partition("\n")[0])
                return plan
            imported = _imported(plan, context)  # nothing, in a folder of wheels
            if self._folder is None:
                added = await _carry_out(plan, wish, context, downloads, self._progress)
            else:
                added = await _save(plan, wish, self._folder, downloads, self._progress)
        finally:
            await downloads.cancel()
        folder = "" if self._folder is None else str(self._folder)
        report = Report(plan, added, time.perf_counter() - self._started, imported, folder=folder)
        self._progress.ended(repr(report).partition("\n")[0])
        return replace(report, notes=(*context.cache.warnings, *self._progress.warnings))

    async def _resolution(self, problem: Problem, downloads: Downloads) -> Resolution:
        """The answer: remembered, or found and remembered."""
        context = self._context
        key = key_of(problem, context)
        known = await recall(context, problem, key) if context.pages.may_stay_unasked else None
        self._recalled = known is not None
        if known is None:
            known = await self._resolve(problem, downloads)
            remember(context, key, known)
            await breathe()
        return known

    def _may_be_fetched(self, candidate: Candidate) -> bool:
        """Whether its wheel may come before all is decided."""
        return not self._dry_run and (not self._wish.require_hashes or _has_hash(candidate, self._wish))

    async def _resolve(self, problem: Problem, downloads: Downloads) -> Resolution:
        """Let the resolver say what it needs, and supply it, until it has the answer."""
        context = self._context
        sources = (InstalledIndex(problem.installed), *context.sources)
        asked = tuple(source.source for source in context.sources if source.source)
        distribution = context.distribution
        knowledge = (
            Knowledge(asked) if distribution is None else Knowledge(asked, distribution.names, distribution.modules)
        )
        catalogue = Catalogue(sources, context, downloads, knowledge, self._progress)
        search = resolve(problem, knowledge)
        begun: list[Candidate] = []
        try:
            while True:
                needs = next(search)
                favoured = [*filter(self._may_be_fetched, knowledge.favoured.values())]
                if favoured != begun:
                    downloads.foresee(favoured)
                    begun = favoured
                await (catalogue.supply(needs) if needs else breathe())
        except StopIteration as end:
            resolution: Resolution = end.value
            return resolution
        except ResolutionError as error:
            if not context.access.offline:
                raise
            # That a project is on no page says nothing when there is no page.
            unknown = isinstance(error, UnknownProject) and context.pages.missing
            raise NotInCache([*context.pages.missing], "" if unknown else error.message) from None


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


def _removals(lock: Sequence[Candidate], stays: Collection[str], context: Context) -> Iterator[Action]:
    """What is in place and neither in the lock nor to stay."""
    wanted = {candidate.name for candidate in lock}.union(stays)
    for name, item in context.environment.installed().items():
        if name not in wanted:
            # Its version need not be one that parses: the action knows it as it is written.
            gone = Candidate(name, Version("0"), "", f"installed:{name}", "installed", "installed")
            yield Action("remove", gone, item.version)


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
    """Fetch and verify every wheel of the plan, and place them all: prepared as they come, in place together."""
    digests = [action.candidate.hashes.get("sha256", "") for action in plan.changes]
    # In the order in which they are needed: the cache reads one after the other.
    layouts = KeptLayouts(context.cache, context.environment.host, digests, context.access.limits)
    _begin(plan, downloads, progress)
    bytecode = KeptBytecode(context.cache, context.environment.host, digests)
    arrivals: list[asyncio.Future[Arrival]] = [asyncio.Future() for _ in plan.changes]
    missing = {action.name for action in plan.changes}
    under_way, ready = set(missing), asyncio.Event()

    async def arrive(action: Action, digest: str, arrival: asyncio.Future[Arrival]) -> None:
        data = await _verified(action, wish, downloads)
        missing.discard(action.name)
        opened = await _arrival(action, data, context, layouts)
        if not arrival.done():  # cancelled, with the one who waits
            arrival.set_result(opened)
        if all(other.done() for other in arrivals):
            progress.placing(len(arrivals))
        await bytecode.match(digest, opened.archive)
        await bytecode.compile_ahead(missing)
        under_way.discard(action.name)
        if not under_way:
            ready.set()

    def staged(name: str, finished: int) -> None:
        if all(arrival.done() for arrival in arrivals):
            progress.placed(name, finished, len(arrivals))

    async def place() -> None:
        small_first = sorted(zip(plan.changes, arrivals, strict=True), key=lambda item: item[0].candidate.size)
        removed = [action.name for action in plan.removals]
        coming = [each for _, each in small_first]
        await context.environment.apply(remove=removed, place=coming, staged=staged, ready=ready if coming else None)

    try:
        # Nothing is to be waited for when they are in place: what is cancelled then would have been done.
        await all_at_once(map(arrive, plan.changes, digests, arrivals), here=place())
        bytecode.give_back()
    finally:
        bytecode.stop()
    return tuple(
        _added(action, len(arrival.result().archive.body))
        for action, arrival in zip(plan.changes, arrivals, strict=True)
    )


async def _save(plan: Plan, wish: Wish, folder: Path, downloads: Downloads, progress: Progress) -> tuple[Added, ...]:
    """Fetch and verify every wheel of the plan, then write them into a folder."""
    _begin(plan, downloads, progress)
    wheels = await all_at_once(_verified(action, wish, downloads) for action in plan.changes)
    _write(folder, {action.candidate.filename: data for action, data in zip(plan.changes, wheels, strict=True)})
    return tuple(_added(action, len(data)) for action, data in zip(plan.changes, wheels, strict=True))


def _write(folder: Path, files: Mapping[str, Body]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(bytes(data))
    except OSError as error:
        raise InvalidInput(f"cannot write to {folder}: {error.strerror or error}", hint="check the path") from None


def _begin(plan: Plan, downloads: Downloads, progress: Progress) -> None:
    """Have every wheel of the plan on its way."""
    progress.expect({action.name: action.candidate.size for action in plan.changes})
    downloads.foresee(action.candidate for action in plan.changes)


async def _verified(action: Action, wish: Wish, downloads: Downloads) -> Body:
    """A wheel of the plan, with the hashes that were announced and those that were given."""
    data = await downloads.wheel(action.candidate)
    if action.name in wish.hashes:
        check_given(action.candidate, data, wish.hashes[action.name])
    return data


async def _arrival(action: Action, data: Body, context: Context, layouts: KeptLayouts) -> Arrival:
    """A verified wheel, opened."""
    candidate = action.candidate
    archive = await layouts.open(candidate, data)
    if not _is_as_announced(candidate, archive.layout.requires_dist):
        await context.cache.drop("metadata", candidate.hashes.get("sha256", ""))
        raise InvalidWheel(candidate.filename, "its dependencies are not the ones its index announced")
    provenance = provenance_json(candidate, data)
    vouched_for = bool(candidate.hashes)
    return Arrival(archive, action.requested, _direct_url(candidate), candidate.source, provenance, vouched_for)


def _is_as_announced(candidate: Candidate, requires_dist: tuple[str, ...]) -> bool:
    """What was resolved must be what is placed; the lock's short form says less and does not count."""
    announced = candidate.metadata
    return candidate.origin != "index" or announced is None or announced.requires_dist == requires_dist


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
