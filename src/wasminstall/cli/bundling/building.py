"""A bundle from the folder of an app to the folder of a site: the other files of this room, one after the other."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ...cache import open_cache
from ...errors import InvalidInput, ResolutionError
from ...indexes import Candidate
from ...locks.reading import read_lock
from ...progress import Event, Reporter
from ...requirements.requested import Requested
from ...resolution import Prefer
from ...targets import Target, pyodide_release
from ..matrix import Column, column
from ..matrix.model import GOOD
from ..options import Sources, Wanted
from ..wanted import read_wanted, require_python
from ..world import World, open_world
from .asking import Asked, Asking
from .bootstrap import COMPILED, FIRST_VISIT, NO_FIRST_VISIT, bootstrap_files
from .compiling import compile_ahead
from .core import Core, find_core
from .packages import Package, check_locked, fetch, resolve, written_lock
from .page import Page, read_page
from .report import Bundle, content_security_policy
from .site import ASSETS, SERVICE_WORKER, Site
from .trimming import Trimmed, trim, with_bytecode
from .writing import compress, require_empty, write

__all__ = ["NotBundled", "Order", "build"]

_LOCK = "pyodide-lock.json"
_WORKER = "wasminstall-offline-worker.js"
_TAG = '<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/"></script>'
_NOT_COPIED = ("__pycache__", "node_modules")
_OTHERS = ("wasminstall.zip.gz", "pyodide.asm.wasm")
"""A folder with one of these is a wasminstall or a Pyodide of the app's own, in whose place the bundle has another."""

Showing = Callable[[str], AbstractContextManager[Reporter | None]]
"""Shows the progress of what is named."""


@dataclass(frozen=True)
class Order:
    """What is to be bundled, where to, for which target, and with what."""

    app: Path
    output: Path
    target: Target
    wanted: Wanted
    sources: Sources
    lock: str = ""
    pyodide: Path | None = None
    bytecode: bool = False
    trim: bool = False


class NotBundled(InvalidInput):
    """Not all can be had that is asked for: ``column`` has the verdicts, the message the pages."""

    def __init__(self, verdicts: Column, asked: Mapping[tuple[str, int], Asked]) -> None:
        self.column = verdicts
        bad = {name for name, verdict in verdicts.verdicts.items() if verdict.kind not in GOOD}
        wanted: dict[str, dict[str, None]] = {}
        for (address, _), one in asked.items():
            for item in one.requested.requirements:
                if item.name in bad:
                    wanted.setdefault(address, {})[item.name] = None
        pages = "; ".join(f"{address} asks for {', '.join(names)}" for address, names in wanted.items())
        super().__init__("nothing was bundled" + (f": {pages}" if pages else ""))


async def build(order: Order, showing: Showing) -> Bundle:
    """Make the bundle. Raises ``WasmInstallError`` and ``OSError``; then nothing was written."""
    _check(order)
    pages = _pages(order)
    with tempfile.TemporaryDirectory() as place:
        with showing("fetching Pyodide"):
            cache, offline = open_cache(order.sources.cache), order.sources.offline
            core = await find_core(order.pyodide, order.target, Path(place), cache, offline=offline)
        async with open_world(_with_core(order, core)) as world:
            return await _build(order, pages, core, world, showing)


async def _build(order: Order, pages: Sequence[Page], core: Core, world: World, showing: Showing) -> Bundle:
    target = order.target
    asking = Asking(order.app, world.read, target)
    asked = {(page.address, tag.start): await asking.asked(page, tag) for page in pages for tag in page.python}
    packages, notes = await _packages(order, asked, world, showing)
    packages, trimmed = _trimmed(packages) if order.trim else (packages, {})
    if order.bytecode:
        core, packages = _compiled(core, packages, showing)
    site = await _started(packages, core, world, target, order.bytecode)
    versions = {package.name: package.version for package in packages}
    needs = {place: found.pinned(versions, target) for place, found in asked.items()}
    pointing = {
        page.address: site.page(page, {tag.start: needs[page.address, tag.start] for tag in page.python})
        for page in pages
        if page.bootstrap
    }
    for address, path in _files(order):
        text = pointing.get(address)
        site.add_own(address, path.read_bytes() if text is None else text.encode("utf-8", "surrogateescape"))
    site.add_service_worker(bootstrap_files()[_WORKER])
    with showing("compressing") as reporter:
        sizes = await compress(site.files, world.pages.cache, _counting(reporter, len(site.files)))
    write(order.output, site.files, sizes)
    return Bundle(
        folder=order.output,
        target=target.name,
        release=core.release or pyodide_release(target.name),
        packages=versions,
        files=site.files,
        sizes=sizes,
        tag=site.example(),
        policy=content_security_policy([read_page(address, text) for address, text in pointing.items()]),
        trimmed=trimmed,
        bytecode=order.bytecode,
        notes=notes,
    )


async def _started(packages: Sequence[Package], core: Core, world: World, target: Target, bytecode: bool) -> Site:
    """A site with everything but the app; with ``bytecode`` that of the packages is in their wheels."""
    site = Site()
    left_out = {_WORKER, *COMPILED.values()}
    built = bootstrap_files()
    bootstrap = {name: data for name, data in built.items() if name not in left_out}
    if not _fits(bootstrap.get(FIRST_VISIT, b""), core):
        bootstrap[FIRST_VISIT] = NO_FIRST_VISIT
    for file in (COMPILED[package.name] for package in packages if package.name in COMPILED):
        bootstrap[file] = NO_FIRST_VISIT if bytecode else built.get(file, NO_FIRST_VISIT)
    site.add_bootstrap(bootstrap)
    places = {
        package.name: site.add_wheel(f"{package.name} {package.version}", package.filename, package.data)
        for package in packages
    }
    distribution = await world.distribution(target)
    assert distribution is not None
    site.add_pyodide({**core.files, _LOCK: written_lock(packages, places, distribution.lock, target)})
    return site


def _check(order: Order) -> None:
    if order.output.resolve().is_relative_to(order.app.resolve()):
        raise click.UsageError(f"{order.output} is inside of {order.app}: name a folder beside it with -o")
    require_empty(order.output)
    for name in (ASSETS, SERVICE_WORKER):
        if (order.app / name).exists():
            raise InvalidInput(f"{order.app / name} is in the way: a bundle has that name for itself")


def _pages(order: Order) -> Sequence[Page]:
    found = []
    for address, path in _files(order):
        if path.suffix.lower() in (".html", ".htm"):
            found.append(read_page(address, path.read_bytes().decode("utf-8", "surrogateescape")))
    if not any(page.bootstrap for page in found):
        raise InvalidInput(f"no page in {order.app} has the script element of wasminstall", hint=f"add {_TAG}")
    return found


def _files(order: Order) -> Iterator[tuple[str, Path]]:
    """The files of the app by address, in order; not what is hidden."""
    for folder, names, files in os.walk(order.app):
        here = Path(folder)
        if not set(files).isdisjoint(_OTHERS):
            names.clear()
            continue
        names[:] = sorted(
            name for name in names if name not in _NOT_COPIED and (not name.startswith(".") or name == ".well-known")
        )
        for name in sorted(files):
            if not name.startswith("."):
                yield (here / name).relative_to(order.app).as_posix(), here / name


def _with_core(order: Order, core: Core) -> Sources:
    """Where nothing else is said the distribution is that of the Pyodide in the bundle."""
    return order.sources if order.sources.distributions else replace(order.sources, distributions=(str(core.folder),))


async def _packages(
    order: Order, asked: Mapping[tuple[str, int], Asked], world: World, showing: Showing
) -> tuple[list[Package], Sequence[str]]:
    """What the bundle has, and what is to be said about it. Raises ``NotBundled``."""
    target = order.target
    wanted = order.wanted
    requested = await read_wanted(wanted, world.read) if wanted.requirements or wanted.files else Requested()
    for one in asked.values():
        requested += one.requested
    if order.sources.index_url:
        requested = replace(requested, index_url="")
    require_python(requested, target)
    locks = [one.locked for one in asked.values() if one.locked]
    if order.lock:
        locks.append(await read_lock(order.lock, world.read, target))
    context = await world.context(target, requested)
    notes: Sequence[str] = requested.notes
    candidates: Sequence[Candidate] = ()
    if locks:
        candidates = _together(locks)
        check_locked(candidates, requested, target)
    elif requested.requirements:
        prefer: Prefer = "newest" if any(one.newest for one in asked.values()) else "distribution"
        with showing("resolving") as reporter:
            try:
                candidates, notes = await resolve(context, requested, prefer=prefer, reporter=reporter)
            except ResolutionError:
                verdicts = await column(await world.context(target, requested), requested, reporter)
                if verdicts.works:
                    raise
                raise NotBundled(verdicts, asked) from None
    with showing("fetching") as reporter:
        return await fetch(context, candidates, requested, reporter), notes


def _together(locks: Sequence[Sequence[Candidate]]) -> Sequence[Candidate]:
    """What all these locks name. Raises ``InvalidInput`` when they disagree: a bundle has one version of everything."""
    found: dict[str, Candidate] = {}
    for candidate in (candidate for lock in locks for candidate in lock):
        other = found.setdefault(candidate.name, candidate)
        if other.hashes != candidate.hashes:
            raise InvalidInput(
                f"two locks name {candidate.name}: {other.filename} and {candidate.filename}, which are not the same",
                hint="lock all pages together, and name the lock with --lock",
            )
    return list(found.values())


def _trimmed(packages: Sequence[Package]) -> tuple[list[Package], dict[str, Trimmed]]:
    kept, trimmed = [], {}
    for package in packages:
        wheel = package.wheel
        if wheel is not None:
            data, went = trim(wheel)
            if went.files:
                package, trimmed[package.name] = package.with_data(data), went
        kept.append(package)
    return kept, trimmed


def _compiled(core: Core, packages: Sequence[Package], showing: Showing) -> tuple[Core, list[Package]]:
    wheels = {package.filename: package.data for package in packages if package.filename.endswith(".whl")}
    with showing("compiling") as reporter:
        compiled = compile_ahead(core, wheels, _counting(reporter, 1 + len(wheels)))
    return core.with_stdlib(compiled.stdlib), [
        package if wheel is None else package.with_data(with_bytecode(wheel, compiled.wheels[package.filename]))
        for package, wheel in ((package, package.wheel) for package in packages)
    ]


def _counting(reporter: Reporter | None, count: int) -> Callable[[str], object]:
    """Tells a reporter the name of what is at work, and which of ``count`` it is."""
    numbers = iter(range(1, count + 1))
    return lambda name: reporter(Event("place", name, finished=next(numbers), count=count)) if reporter else None


def _fits(first_visit: bytes, core: Core) -> bool:
    """Whether the bytecode of the release is for this standard library."""
    if not first_visit:
        return False
    line = gzip.decompress(first_visit).partition(b"\n")[0].split()
    return line[1:2] == [hashlib.sha256(core.stdlib).hexdigest().encode()]
