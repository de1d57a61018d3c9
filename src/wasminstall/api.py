"""The public verbs, each a short reading of what it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Unpack, get_args, overload

from .arguments import check_choice, check_options, check_text
from .context import Access, current_context, default_index_urls, make_ready, open_pages
from .distributions import Description, Distribution, Distributions, describe, frozen_line
from .environment import Environment
from .errors import EnvironmentStateError, NotInstalled, PythonMismatch
from .graph import current_graph
from .hosts.folder import FolderHost
from .indexes import Candidate
from .installing import install_into, uninstall_from
from .offline import with_or_without_network
from .options import IndexStrategy, InstallOptions, SyncOptions
from .pages import Pages
from .plan import Plan
from .progress import Reporter
from .reading import reader
from .report import Removed, Report
from .reporters import reporter_for
from .requirements import parse_requirement, python_accepts, read_requirements
from .requirements.requested import Read, Requested
from .resolution import Prefer, Wish
from .targets import Target, running_target
from .wheels.archive import DEFAULT_LIMITS, Limits

__all__ = ["freeze", "install", "list_installed", "lock", "show", "sync", "tags", "uninstall"]

_RUNTIME = ("wasminstall", "micropip", "piplite", "pyodide-kernel", "ipykernel")
"""What ``sync()`` leaves in place, with all that it needs: the installers of a page and the kernel of a notebook."""


@overload
async def install(
    requirements: str | Iterable[str] = (), *, dry_run: Literal[False] = False, **options: Unpack[InstallOptions]
) -> Report: ...
@overload
async def install(
    requirements: str | Iterable[str] = (), *, dry_run: Literal[True], **options: Unpack[InstallOptions]
) -> Plan: ...
async def install(
    requirements: str | Iterable[str] = (),
    *,
    file: str | None = None,
    extras: Iterable[str] = (),
    groups: Iterable[str] = (),
    lock: str | None = None,
    constraints: str | Iterable[str] = (),
    index_urls: str | Sequence[str] = (),
    index_strategy: IndexStrategy = "first-index",
    index_for: Mapping[str, str] | None = None,
    headers: Mapping[str, Mapping[str, str]] | None = None,
    mirrors: Mapping[str, str | Sequence[str]] | None = None,
    timeout: float = 30,
    cache: bool = True,
    offline: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    prefer: Prefer = "distribution",
    pre: bool = False,
    deps: bool = True,
    upgrade: bool | Iterable[str] = False,
    reinstall: bool = False,
    require_hashes: bool = False,
    download: str | None = None,
    dry_run: bool = False,
    progress: Reporter | str | None = "events",
) -> Report | Plan:
    """Install packages and what they need, or change nothing at all.

    What: ``requirements``, one or many of: a PEP 508 requirement (``"pandas>=2"``), the URL of a wheel
    (``#sha256=...`` is checked), the path of a wheel in the virtual file system.
    ``file``: a requirements file, a pyproject.toml (``extras`` and ``groups`` choose in it), or a script with a PEP 723
    block, as path, URL or text. ``lock``: a pylock.toml (PEP 751) or a pyodide-lock.json, as path, URL or text;
    exactly what it names is installed, without resolving. ``constraints`` limit versions and ask for nothing:
    one requirement or many, or a constraints file as path, URL or text (with a newline).

    Where from: ``index_urls`` are Simple API addresses (PEP 503, PEP 691) to ask instead of PyPI;
    ``index_strategy="first-index"`` lets the first that has a project speak for it, ``"best-match"`` compares all;
    ``index_for`` ties a project to one index, ``{"name": url}``; ``headers`` are sent to one origin each,
    ``{"https://index.example": {"Authorization": "Bearer ..."}}``; ``mirrors`` are other places of files whose hash is
    known, ``{"https://files.example/": "https://mirror.example/"}``. ``prefer="distribution"`` takes the version of
    the Pyodide distribution where it satisfies everything, ``"newest"`` the newest that works here.

    How: what is fetched is kept for the next time, unless ``cache=False``; ``offline=True`` asks nobody and takes what
    is kept. ``timeout`` is the longest silence of a server, in seconds; ``limits`` how much an archive may unfold to.

    What may change: installed packages stay where they satisfy everything; ``upgrade=True`` moves the named ones (or
    the ones given as names) to the best version, ``reinstall=True`` places the named ones again. ``pre``: accept
    pre-releases. ``deps=False``: without dependencies. ``require_hashes``: refuse what has no hash in ``file``.
    ``download="folder"``: put the wheels, those of what is installed too, into this folder, and install nothing.

    ``progress``: who is told. ``"events"``: the page, as ``wasminstall:progress``; ``"text"``: one line;
    ``"notebook"``: a bar below the cell; an element of the page, or its selector (``"#id"``): a bar in it; a function:
    called with every ``Event``; ``None``: nobody.

    Returns a ``Report``; with ``dry_run=True`` the ``Plan``, and nothing is touched.
    Raises ``InvalidInput``, ``ResolutionError``, ``TransportError``, ``IndexAnswerError``, ``NotInCache``,
    ``WheelError`` or ``EnvironmentStateError``; the environment is then as it was before.
    """
    check_choice("index_strategy", index_strategy, get_args(IndexStrategy))
    check_choice("prefer", prefer, get_args(Prefer))
    check_options({"requirements": requirements, "constraints": constraints})
    check_options({"file": file, "extras": extras, "groups": groups, "lock": lock})
    check_options({"index_urls": index_urls, "index_for": index_for, "headers": headers, "mirrors": mirrors})
    check_options({"timeout": timeout, "cache": cache, "offline": offline, "limits": limits, "pre": pre, "deps": deps})
    check_options({"upgrade": upgrade, "reinstall": reinstall, "require_hashes": require_hashes})
    check_options({"download": download, "dry_run": dry_run})
    reporter = reporter_for(progress)
    await make_ready()
    access = Access(
        strategy=index_strategy,
        index_for=index_for or {},
        mirrors=_all_mirrors(mirrors),
        headers=headers or {},
        timeout=timeout,
        cache=cache,
        offline=offline,
        limits=limits,
    )
    opened: list[Pages] = []

    async def fulfil(access: Access, note: str, reporter: Reporter | None) -> Report | Plan:
        pages = open_pages(access)
        opened.append(pages)
        read = reader(pages)
        requested = Requested(read_requirements(requirements), pre=pre, require_hashes=require_hashes)
        requested += await _limits(constraints, read)
        if file is not None:
            requested += await _contents(file, read, extras, groups)
        urls = requested.index_urls(_one_or_many(index_urls) or default_index_urls())
        context = current_context(replace(access, index_urls=urls), pages)
        _require_python(requested, context.target)
        names = frozenset(item.name for item in requested.requirements)
        wish = Wish(
            requirements=requested.requirements,
            constraints=requested.constraints,
            pre=requested.pre,
            deps=deps,
            upgrade=names if upgrade is True else _names(upgrade or ()),
            reinstall=names if reinstall else frozenset(),
            prefer=prefer,
            hashes=requested.allowed_hashes(context.target.environment),
            require_hashes=requested.require_hashes,
            notes=(*requested.notes, note) if note else requested.notes,
        )
        locked = None
        if lock is not None:
            locked = await _locked(lock, read, context.target, wish, extras, groups)
            wish = replace(wish, reinstall=frozenset(item.name for item in locked) if reinstall else frozenset())
        folder = None if download is None else Path(download)
        if folder is not None:
            context = replace(context, environment=Environment(FolderHost(folder)), libraries={})
        return await install_into(context, wish, lock=locked, dry_run=dry_run, folder=folder, reporter=reporter)

    return await with_or_without_network(fulfil, access, opened, reporter)


@overload
async def sync(lock: str, *, dry_run: Literal[False] = False, **options: Unpack[SyncOptions]) -> Report: ...
@overload
async def sync(lock: str, *, dry_run: Literal[True], **options: Unpack[SyncOptions]) -> Plan: ...
async def sync(
    lock: str,
    *,
    extras: Iterable[str] = (),
    groups: Iterable[str] = (),
    headers: Mapping[str, Mapping[str, str]] | None = None,
    mirrors: Mapping[str, str | Sequence[str]] | None = None,
    timeout: float = 30,
    cache: bool = True,
    offline: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    dry_run: bool = False,
    progress: Reporter | str | None = "events",
) -> Report | Plan:
    """Make what is installed exactly what a lock names, or change nothing at all.

    What is missing or another file is installed, what is there and not in the lock is removed. Left in place are
    wasminstall, micropip and the kernel of a notebook with what they need, and shared libraries. Modules that were
    imported before stay in memory until the interpreter restarts.

    ``lock`` and all options are those of ``install()``. Returns a ``Report`` (``removed`` tells what went); with
    ``dry_run=True`` the ``Plan``, and nothing is touched. Raises as ``install()`` does.
    """
    check_text("lock", lock)
    check_options({"lock": lock, "extras": extras, "groups": groups, "headers": headers, "mirrors": mirrors})
    check_options({"timeout": timeout, "cache": cache, "offline": offline, "limits": limits, "dry_run": dry_run})
    reporter = reporter_for(progress)
    await make_ready()
    access = Access(
        mirrors=_all_mirrors(mirrors),
        headers=headers or {},
        timeout=timeout,
        cache=cache,
        offline=offline,
        limits=limits,
    )
    opened: list[Pages] = []

    async def fulfil(access: Access, note: str, reporter: Reporter | None) -> Report | Plan:
        pages = open_pages(access)
        opened.append(pages)
        context = current_context(access, pages)
        wish = Wish((), notes=(note,) if note else ())
        locked = await _locked(lock, reader(pages), context.target, wish, extras, groups)
        stays = current_graph(context).with_dependencies(_RUNTIME)
        return await install_into(context, wish, lock=locked, stays=stays, dry_run=dry_run, reporter=reporter)

    return await with_or_without_network(fulfil, access, opened, reporter)


def _all_mirrors(mirrors: Mapping[str, str | Sequence[str]] | None) -> Mapping[str, Sequence[str]]:
    return {base: _one_or_many(others) for base, others in (mirrors or {}).items()}


async def _locked(
    lock: str, read: Read, target: Target, wish: Wish, extras: Iterable[str], groups: Iterable[str]
) -> Sequence[Candidate]:
    from .locks.reading import read_lock

    chosen = tuple(groups) or None
    return await read_lock(lock, read, target, wish.requirements, extras=extras, groups=chosen)


async def _contents(file: str, read: Read, extras: Iterable[str], groups: Iterable[str]) -> Requested:
    from .requirements.inputs import read_input

    return await read_input(file, read, extras=extras, groups=groups)


async def _limits(constraints: str | Iterable[str], read: Read) -> Requested:
    """Constraints as requirements, or a file of them; a string like ``"lib<2"`` is no path."""
    if not isinstance(constraints, str) or not re.search(r"[/\\\n]|\.(txt|in|toml)$", constraints):
        return Requested(constraints=read_requirements(constraints))
    from .requirements.inputs import read_input

    return await read_input(constraints, read, constraint=True)


def _require_python(requested: Requested, target: Target) -> None:
    """A project or script that is not for this Python is refused before anything is asked."""
    wanted = requested.requires_python
    if wanted and not python_accepts(wanted, target.python_version):
        raise PythonMismatch("what was asked for", (), target.python_version, {"it": wanted})


def _one_or_many(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _names(requirements: Iterable[str]) -> frozenset[str]:
    return frozenset(item.name for item in read_requirements(requirements))


def lock(*, format: Literal["pylock", "pyodide-lock"] = "pylock") -> str:  # noqa: A002
    """What is installed as a lock, the same text every time: addresses, hashes and sizes of all wheels.

    ``pylock`` is PEP 751, for ``install(lock=...)``, uv and pip; ``pyodide-lock`` is what ``loadPyodide`` takes as
    ``lockFileURL``. Either is for this target only.
    Raises ``LockError`` naming what was installed by a tool that did not record where from, and ``InvalidInput`` for
    another format.
    """
    check_choice("format", format, ("pylock", "pyodide-lock"))
    from .locks.entries import lock_entries
    from .locks.pylock_writer import write_pylock
    from .locks.pyodide_lock import write_pyodide_lock

    context = current_context()
    known = () if context.distribution is None else context.distribution.candidates
    libraries = [candidate for candidate in known if candidate.name in context.libraries]
    entries = lock_entries(context.environment.installed(), context.target, known=known, libraries=libraries)
    if format == "pylock":
        return write_pylock(entries, context.target)
    return write_pyodide_lock(entries, {} if context.distribution is None else context.distribution.info)


async def uninstall(names: str | Iterable[str]) -> Removed:
    """Remove installed distributions; returns what was removed as ``name==version``, with ``warnings``.

    Modules that were imported before stay in memory until the interpreter restarts.
    Raises ``InvalidInput`` for what is no name, ``NotInstalled`` when one is not there; nothing is removed then.
    """
    check_options({"names": names})
    wanted = [item.name for item in read_requirements(names)]
    gone = await uninstall_from(current_context(), wanted)
    return Removed(gone, warnings=_missed(wanted))


def _missed(names: Iterable[str]) -> list[str]:
    """One warning for each of these that is gone and that somebody installed needs."""
    try:
        graph = current_graph()
    except EnvironmentStateError:  # somebody's METADATA cannot be read
        return []
    needed = {name: ", ".join(edge.by for edge in graph.needed_by(name)) for name in dict.fromkeys(names)}
    return [f"{name} is needed by {by}" for name, by in needed.items() if by]


def list_installed() -> Distributions:
    """Everything that is installed, by name."""
    found = current_context().environment.installed()
    return Distributions(Distribution(name, item.version, item.installer) for name, item in sorted(found.items()))


def freeze() -> str:
    """What is installed as requirements, one a line: ``name==version``, or ``name @ URL`` for direct URLs."""
    found = current_context().environment.installed()
    return "\n".join(frozen_line(item) for _, item in sorted(found.items()))


def show(name: str) -> Description:
    """One installed distribution in detail. Raises ``InvalidInput`` for what is no name, ``NotInstalled``."""
    check_text("name", name)
    wanted = parse_requirement(name).name
    found = current_context().environment.installed()
    if wanted not in found:
        raise NotInstalled(wanted)
    return describe(found[wanted], found)


def tags() -> tuple[str, ...]:
    """The compatibility tags this interpreter accepts, best first (PEP 425, PEP 783)."""
    return running_target().tags
