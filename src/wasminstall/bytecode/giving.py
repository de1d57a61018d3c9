"""Bytecode given back: as files in ``__pycache__`` that are read from the cache's bytes when an import wants them."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterable, Mapping, Sequence, Sized
from contextlib import suppress
from dataclasses import dataclass

from ..cache import Cache, Entry
from ..errors import WheelError
from ..hosts.port import Host
from ..paths import absolute_paths
from ..transport.port import Body
from ..wheels.layout import Scheme
from ..wheels.mountable import COLUMNS, Columns, Group
from .ahead import Ahead, Archive
from .container import read_index
from .keeping import KIND, hand_over, keep
from .names import bytecode_key, bytecode_paths, is_wanted
from .released import Released

__all__ = ["KeptBytecode"]


@dataclass(frozen=True)
class _Given:
    """What to do with a wheel in place: mount ``columns`` of ``body`` as ``files``, keep what ``sources`` compile to.

    ``files`` are absolute paths, separated by NUL.
    """

    sha256: str
    site: str
    dist_info: str
    sources: tuple[str, ...]
    body: Body = b""
    columns: Columns | None = None
    files: str = ""


class KeptBytecode:
    """The bytecode of the wheels of one install.

    Made when their digests are known: it is read while they come. ``match`` each wheel, and call ``give_back`` when all
    are in place. All of it does nothing where files cannot be mounted or nothing can be kept.
    """

    def __init__(self, cache: Cache, host: Host, digests: Iterable[str]) -> None:
        self._host = host
        self._released = Released(str(host.paths["purelib"]))
        self._given: list[_Given] = []
        self._bare: list[tuple[Archive, str]] = []
        self._without_any: list[str] = []
        self._ahead = Ahead()
        self._found: asyncio.Future[Mapping[str, Entry] | None] | None = None
        if host.mounter is not None and is_wanted():
            self._found = asyncio.ensure_future(_read(cache, [bytecode_key(digest) for digest in digests if digest]))

    async def match(self, sha256: str, archive: Archive) -> None:
        """Note what there is for this wheel, and that there may be more next time.

        ``sha256`` is its digest if that was announced, else empty: then there is nothing.
        """
        found, layout = await self._found if self._found is not None and sha256 else None, archive.layout
        if not layout.dist_info:
            return
        site, mounter = str(self._host.paths[layout.root]), self._host.mounter
        if found is None or mounter is None or not mounter.can_mount(site):
            return
        sources = layout.sources()
        modules = tuple([path for path in sources if path.endswith(".py")])
        entry = found.get(bytecode_key(sha256))
        group = _usable(layout.root, sources, entry) if entry else None
        if entry is None or group is None:
            self._given.append(_Given(sha256, site, layout.dist_info, modules))
            self._bare.append((archive, site))
            self._without_any.append(archive.filename)
        else:
            files = absolute_paths(site, group.paths)
            given = _Given(sha256, site, layout.dist_info, modules, entry.body, group.columns, files)
            self._given.append(given)

    async def compile_ahead(self, missing: Sized) -> None:
        """Compile of the wheels without any what imports will want, for as long as there is something to wait for.

        That is others that are ``missing``, and then what comes with the release: imports would compile the same, so
        that no time is lost by waiting.
        """
        if not missing:
            self._released.ask(self._without_any)
        while self._bare and (missing or self._released.is_coming):
            self._ahead.add(*self._bare.pop())
        await self._ahead.work(lambda: bool(missing) or self._released.is_coming)

    def stop(self) -> None:
        """The install has ended."""
        self._released.stop()

    def give_back(self) -> None:
        """Mount it all. The wheels are in place: nothing here fails, and nothing takes them out again."""
        for given in self._given:
            if given.columns is not None and self._host.mounter is not None:
                with suppress(WheelError, OSError):
                    self._host.mounter.mount_columns("bytecode", given.body, given.columns, given.files)
            keep(given.sha256, given.site, given.dist_info, given.sources)
        hand_over(self._ahead.compiled, self._released.modules)


async def _read(cache: Cache, keys: list[str]) -> Mapping[str, Entry] | None:
    """What is kept of these; ``None`` where nothing can be."""
    return await cache.get_many(KIND, keys) if await cache.can_keep() else None


def _usable(scheme: Scheme, sources: Mapping[str, float], entry: Entry) -> Group | None:
    """The compiled modules that are of the same time as their sources. Their size, Python compares."""
    columns = read_index(entry.body, entry.meta)
    if columns is None:
        return None
    try:
        names = columns.names.encode("latin-1").decode()
        paths = bytecode_paths(names)
    except ValueError:
        return None
    group = Group(scheme, columns, paths, "\0" * names.count("\0"))
    every = paths.split("\0")
    fits = [sources.get(name) == time for name, time in zip(names.split("\0"), _times(columns), strict=True)]
    # What the wheel itself has there stays.
    left_out = {path for path, good in zip(every, fits, strict=True) if not good} | (sources.keys() & every)
    if not left_out:
        return group
    return group.without(left_out) if len(left_out) < len(every) else None


def _times(columns: Columns) -> Sequence[float]:
    return array("d", columns.table)[COLUMNS - 1 :: COLUMNS]
