"""What is installed in a host, and changes to it: all of a change, or none of it.

A distribution is a ``.dist-info`` folder (PEP 376 and the "recording installed distributions" specification); an
``.egg-info`` is none of ours. A change is read and verified completely, staged beside its target, put in place by
renames while no other task runs, and taken back when anything fails, the host's last step included.
"""

# A wheel has thousands of paths: strings and os.path cost a fifth of what pathlib does.

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .breathing import breathe
from .errors import EnvironmentStateError, InvalidWheel, NotInstalled, PlacementFailed
from .hosts.port import Host, Placed
from .hosts.transaction import Transaction, is_below, with_separator
from .installed import Installed, read_distributions
from .locks.provenance import PROVENANCE_FILE
from .paths import absolute_paths, first_twice, relative_path, relative_paths
from .wheels.archive import LibraryArchive
from .wheels.known import KnownArchive, opened
from .wheels.layout import Scheme, with_portable_shebang
from .wheels.mountable import Group, Unread
from .wheels.record import RecordEntry, entry_for, format_record, format_rows
from .wheels.wheel import WheelArchive, read_checked

__all__ = ["Arrival", "Environment", "Installed"]

_INSTALLER = b"wasminstall\n"

_CLUTTER = frozenset(("test", "tests", "doc", "docs", "example", "examples", "benchmarks"))
"""Top-level folders that many projects ship by mistake, and that nothing imports from elsewhere."""

_PROSE = frozenset(("", ".md", ".rst", ".txt"))
"""How the top-level files end that nothing imports either, such as LICENSE and README.md."""


Archive = WheelArchive | LibraryArchive | KnownArchive


@dataclass(frozen=True)
class Arrival:
    """Something to place.

    ``requested`` says that a person asked for it by name (REQUESTED); ``direct_url`` is the PEP 610 record of a wheel
    that was named by URL, free of credentials; ``source`` is where it came from, for people; ``provenance`` is the
    content of ``wasminstall.json``, from which a lock can be written; ``vouched_for`` says that the archive as a whole
    has a hash that was announced: then its files may be mounted, and each need not be read to be compared with RECORD.
    """

    archive: Archive
    requested: bool = False
    direct_url: Mapping[str, object] | None = None
    source: str = ""
    provenance: bytes = b""
    vouched_for: bool = False


_Coming = Iterable[Arrival | Awaitable[Arrival]]
_Staged = Callable[[str, int], object]
_Here = Callable[[], Iterable[Installed]]


class Environment:
    """The distributions of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = asyncio.Lock()

    @property
    def host(self) -> Host:
        """Where it is."""
        return self._host

    def installed(self) -> dict[str, Installed]:
        """Every distribution by normalised name, read anew from the folders of purelib and platlib.

        Costs one directory listing and one ``stat`` a distribution; their files are read when asked for.
        """
        found: dict[str, Installed] = {}
        for distribution in self._distributions():
            found.setdefault(distribution.name, distribution)
        return found

    async def apply(
        self,
        *,
        remove: Iterable[str] = (),
        place: _Coming = (),
        staged: _Staged = lambda _name, _count: None,
        ready: asyncio.Event | None = None,
        at_once: bool = False,
    ) -> tuple[Placed, ...]:
        """Take the distributions named in ``remove`` out and put ``place`` in, replacing those of the same name.

        ``remove`` holds normalised names; what is in ``place`` may still be awaited. ``staged`` hears the name of each
        whose files are ready, and how many are; when all are, ``ready`` has to be set before they are put in place. The
        host is settled last. Two calls at once run one after the other, and other tasks get a turn while files are
        staged, none while they are put in place, and none at all ``at_once``.

        Raises ``NotInstalled`` for a name to remove, ``WheelError`` for a bad member, ``PlacementFailed`` when two
        distributions claim one path or the disk refuses, ``EnvironmentStateError`` for a distribution without RECORD,
        and whatever the host raises. After any of them, and after a cancellation, everything is as it was.
        """
        async with self._lock:
            change = _Change(self._host, _not_at_all if at_once else breathe)
            try:
                return await change.make(self._distributions, tuple(remove), place, staged, ready)
            except OSError as error:
                reason = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
                raise PlacementFailed(reason) from error

    def _distributions(self) -> Iterator[Installed]:
        for folder in dict.fromkeys((self._host.paths["purelib"], self._host.paths["platlib"])):
            yield from read_distributions(folder)


async def _not_at_all() -> None:
    """For who cannot wait."""


class _Change:
    """One call of ``Environment.apply``."""

    def __init__(self, host: Host, breathe: Callable[[], Awaitable[None]]) -> None:
        self._host = host
        self._breathe = breathe
        self._leaving: list[Installed] = []
        self._staying: list[Installed] = []
        self._paths = {scheme: str(path) for scheme, path in host.paths.items()}
        self._transaction = Transaction(host.paths.values())
        self._arriving: dict[str, str] = {}
        self._inside: dict[str, bool] = {}
        self._mountable: dict[Scheme, bool] = {}

    async def make(
        self, here: _Here, remove: Sequence[str], place: _Coming, staged: _Staged, ready: asyncio.Event | None
    ) -> tuple[Placed, ...]:
        removed: tuple[str, ...] = ()
        placed: tuple[Placed, ...] = ()
        settling = False
        try:
            for each in place:
                arrival = each if isinstance(each, Arrival) else await each
                if any(arrival.archive.layout.name == other.name for other in placed):
                    raise PlacementFailed(f"{arrival.archive.layout.name} would be placed more than once")
                placed += (await self._stage(arrival),)
                staged(placed[-1].name, len(placed))
            if ready is not None:
                await ready.wait()
                await asyncio.sleep(0)  # a cancellation that was asked for arrives now, or when all is done
            self._leave(here(), remove, placed)
            removed = tuple(dict.fromkeys(each.name for each in self._leaving))
            self._transaction.commit(self._removals(), self._admit)
            settling = True
            await self._host.settle(removed, placed)
        except BaseException:
            lost = self._transaction.roll_back()
            if settling:
                self._host.unsettle(removed, placed)
            if lost:
                raise _not_restored(lost) from None
            raise
        finally:
            self._transaction.close(keep=[self._host.paths[scheme] for scheme in ("purelib", "platlib", "data")])
        return placed

    async def _stage(self, arrival: Arrival) -> Placed:
        """Stage every file of an arrival, what has to be read verified, and what describes it as installed."""
        archive, layout = arrival.archive, arrival.archive.layout
        files = [(group, absolute_paths(self._paths[group.scheme], group.paths)) for group in layout.groups]
        read = [absolute_paths(self._paths[place.scheme], place.path) for _, place, _ in layout.read]
        twice = first_twice([*(paths.split("\0") for _, paths in files), read]) if read or len(files) > 1 else None
        if twice is not None:
            raise InvalidWheel(archive.filename, f"two of its members land on {twice}")
        unmounted = set(read)
        for group, paths in files:
            unmounted |= self._mount(arrival, group, paths)
            await self._breathe()
        rows = await self._write(archive, unmounted, frozenset(read)) if unmounted else {}
        if layout.dist_info:
            site = self._paths[layout.root]
            listed = [format_rows(relative_paths(paths, site), group.tails.split("\0")) for group, paths in files]
            self._stage_description(arrival, "".join(listed), rows)
            await self._breathe()
        libraries = [*_libraries(paths for _, paths in files), *_libraries(read)]
        return Placed(layout.name, layout.version, arrival.source, tuple(libraries), not layout.dist_info)

    def _mount(self, arrival: Arrival, group: Group, paths: str) -> set[str]:
        """Mount the files of a group where that is possible; those that have to be written are returned.

        ``paths`` are theirs, absolute, separated by NUL. What another arrival brings too has to be looked at.
        """
        mounter, folder = self._host.mounter, self._paths[group.scheme]
        every = paths.split("\0")
        if mounter is None or not arrival.vouched_for or not self._can_mount(group.scheme):
            return set(every)
        taken = self._arriving.keys() & every
        if len(taken) == len(every):
            return taken
        if taken:
            group = group.without({path[len(with_separator(folder)) :] for path in taken})
        staging = self._transaction.staging_folder(folder, group.paths)
        if staging is None:
            return set(every)
        archive = arrival.archive
        mounter.mount_columns(archive.filename, archive.body, group.columns, absolute_paths(staging, group.paths))
        self._arriving |= dict.fromkeys(every, archive.layout.name) | {path: self._arriving[path] for path in taken}
        return taken

    def _can_mount(self, scheme: Scheme) -> bool:
        if scheme not in self._mountable:
            mounter = self._host.mounter
            self._mountable[scheme] = mounter is not None and mounter.can_mount(self._paths[scheme])
        return self._mountable[scheme]

    async def _write(self, archive: Archive, wanted: Collection[str], read: Collection[str]) -> dict[str, RecordEntry]:
        """Verify and stage members one by one: those that go to ``wanted`` paths. The rows of those in ``read``."""
        files = archive.layout.read if len(wanted) == len(read) else opened(archive).files()
        rows: dict[str, RecordEntry] = {}
        for file in files:
            path = os.path.join(self._paths[file.place.scheme], file.place.path)
            if path in wanted:
                row = self._stage_file(archive, file, path)
                if path in read:
                    rows[path] = row
                await self._breathe()
        return rows

    def _stage_file(self, archive: Archive, file: Unread, path: str) -> RecordEntry:
        member, place, row = file
        content = read_checked(archive.filename, archive.body, member, row)
        is_script = place.scheme == "scripts"
        placed = with_portable_shebang(content) if is_script else content
        executable = is_script or member.executable
        self._put(archive.layout.name, path, placed, executable=executable, mtime=member.mtime)
        # Hashing is the dear part in a page; this hash has just been checked.
        return row if row and row.algorithm and row.size is not None and placed is content else entry_for(path, placed)

    def _stage_description(self, arrival: Arrival, listed: str, rows: dict[str, RecordEntry]) -> None:
        """INSTALLER, REQUESTED, direct_url.json (PEP 610) and the RECORD of what was really placed.

        ``listed`` is the text of the rows that are known already, ``rows`` has the others by absolute path.
        """
        layout = arrival.archive.layout
        site = self._paths[layout.root]
        files = {"INSTALLER": _INSTALLER}
        if arrival.requested:
            files["REQUESTED"] = b""
        if arrival.direct_url is not None:
            files["direct_url.json"] = json.dumps(arrival.direct_url, sort_keys=True, separators=(",", ":")).encode()
        if arrival.provenance:
            files[PROVENANCE_FILE] = arrival.provenance
        for name, content in files.items():
            path = f"{site}/{layout.dist_info}/{name}"
            self._put(layout.name, path, content)
            rows[path] = entry_for(path, content)
        record = f"{site}/{layout.dist_info}/RECORD"
        rows[record] = RecordEntry(record)
        text = listed + format_record([row._replace(path=relative_path(path, site)) for path, row in rows.items()])
        self._put(layout.name, record, text.encode("utf-8", "surrogateescape"))

    def _put(self, name: str, path: str, content: bytes, *, executable: bool = False, mtime: int | None = None) -> None:
        """Stage one file, unless another arrival has staged the same one."""
        if (other := self._arriving.get(path)) is not None:
            present = _content(self._transaction.staged(path))
            if present == content:
                return
            if not self._may_differ(path, present, content):
                raise _clash(path, other, name)
        self._arriving[path] = name
        self._transaction.stage(path, content, executable=executable, mtime=mtime)

    def _admit(self, final: str, staged: str) -> bool:
        """Whether a staged file replaces the one that is there: a file that belongs to nobody, it does."""
        present, content = _content(final), _content(staged)
        if present == content:
            return False
        owner = self._owners.get(final)
        if owner is not None and not self._may_differ(final, present, content):
            raise _clash(final, owner, self._arriving[final])
        return True

    def _may_differ(self, path: str, present: bytes, content: bytes) -> bool:
        """Whether two distributions may both have this file, with different content: the last one wins, as with pip.

        They may for the ``__init__.py`` of an old-style namespace package, and for clutter. Anything else is an error
        here, where pip and uv overwrite in silence and leave one of the two broken.
        """
        if os.path.basename(path) == "__init__.py" and _is_stub(present) and _is_stub(content):
            return True
        for site in (self._paths["purelib"], self._paths["platlib"]):
            top, _, below = path[len(site) + 1 :].partition("/") if is_below(path, site) else ("", "", "")
            if top in _CLUTTER or (top and not below and os.path.splitext(top)[1] in _PROSE):
                return True
        return False

    @cached_property
    def _owners(self) -> dict[str, str]:
        """Name and version of the distribution that owns a path, for those that stay. Costs reading every RECORD."""
        return {path: f"{each.name} {each.version}" for each in self._staying for path in each.files}

    def _leave(self, here: Iterable[Installed], remove: Sequence[str], placed: Sequence[Placed]) -> None:
        """Tell what is to be removed or replaced from what stays."""
        names = {*remove, *(each.name for each in placed if not each.is_library)}
        for each in here:
            (self._leaving if each.name in names else self._staying).append(each)
        for name in remove:
            if all(each.name != name for each in self._leaving):
                raise NotInstalled(name)

    def _removals(self) -> list[str]:
        """What leaves: the files in RECORD, the whole ``.dist-info`` folder, and bytecode of the modules among them.

        Never a file outside of the host's folders, whatever RECORD says, nor one that a distribution which stays
        lists too.
        """
        listed: dict[str, None] = {}
        for each in self._leaving:
            if each.record is None:
                raise _no_record(each)
            described = [os.path.join(where, name) for where, _, names in os.walk(each.dist_info) for name in names]
            listed |= dict.fromkeys((*each.files, *described))
        ours = [path for path in listed if path not in self._owners and self._is_inside(os.path.dirname(path))]
        return [*ours, *(path for path in _bytecode(ours) if path not in listed)]

    def _is_inside(self, folder: str) -> bool:
        """Whether a folder is in one of the host's, links followed."""
        if folder not in self._inside:
            real = os.path.realpath(folder)
            self._inside[folder] = any(
                (folder == root or is_below(folder, root)) and is_below(real + os.sep, os.path.realpath(root))
                for root in self._paths.values()
            )
        return self._inside[folder]


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _libraries(paths: Iterable[str]) -> Iterator[str]:
    """The shared libraries; ``paths`` may hold many at once, separated by NUL."""
    for some in paths:
        if ".so" in some:
            yield from [path for path in some.split("\0") if path.endswith(".so")]


def _is_stub(module: bytes) -> bool:
    """Whether an ``__init__.py`` does nothing, or only what makes a namespace package."""
    if b"extend_path" in module or b"declare_namespace" in module:
        return True
    return all(not line.strip() or line.startswith(b"#") for line in module.splitlines())


def _bytecode(paths: Iterable[str]) -> Iterator[str]:
    """The ``__pycache__`` files of those paths that are Python modules (PEP 3147)."""
    stems: dict[str, set[str]] = {}
    for path in paths:
        if path.endswith(".py"):
            folder, name = os.path.split(path)
            stems.setdefault(folder, set()).add(name[: -len(".py")])
    for folder, modules in stems.items():
        cache = os.path.join(folder, "__pycache__")
        for name in os.listdir(cache) if os.path.isdir(cache) else ():
            # module.cpython-314.opt-1.pyc
            if name.endswith(".pyc") and name.partition(".")[0] in modules:
                yield os.path.join(cache, name)


def _clash(path: str, one: str, other: str) -> PlacementFailed:
    return PlacementFailed(
        f"{one} and {other} both have the file {path}, with different content",
        hint=f"install only one of the two: {one} or {other}",
    )


def _no_record(distribution: Installed) -> EnvironmentStateError:
    return EnvironmentStateError(
        f"{distribution.name} {distribution.version} cannot be removed: it has no RECORD of its files",
        hint=f"remove it with the tool that installed it ({distribution.installer or 'unknown'}), "
        f"or delete its files and {distribution.dist_info} by hand",
    )


def _not_restored(lost: Sequence[str]) -> EnvironmentStateError:
    return EnvironmentStateError(
        f"the change failed and could not be taken back completely; missing: {', '.join(lost[:8])}",
        hint="the missing files are in the .wasminstall-* folders of the environment",
    )
