"""What imports compiled, stored in the cache a moment later: a little at a time, when the page has nothing to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextvars import Context
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from ..cache import Cache, open_cache
from ..locks.provenance import read_provenance
from .ahead import Compiled
from .collecting import tell_of_compiled
from .container import Packing, begins_with, header, open_archive, pyc, read_index
from .idle import Idle, idle
from .names import bytecode_key, is_wanted
from .released import Modules, code_of

__all__ = ["KIND", "Keeper", "hand_over", "keep", "settle"]

KIND = "bytecode"
"""Of entries in the cache."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_SLICE, _BETWEEN_SLICES = 0.010, 0.010
_MOST_MODULES = 20_000
_MOST_BYTES = 48 * 2**20
"""Of one wheel; what `import sympy` compiles is 13 MB."""


class _Wheel(NamedTuple):
    """A wheel in place: its digest, the folder of its modules, and the name of its ``.dist-info`` there."""

    sha256: str
    site: str
    dist_info: str

    @property
    def is_in_place(self) -> bool:
        """Whether it still is: another one may have files of the same names, times and sizes."""
        origin = read_provenance(Path(self.site, self.dist_info))
        return origin is not None and origin.hashes.get("sha256") == self.sha256


class Keeper:
    """Keeps what is compiled of the wheels it was told of. No trouble with that ever shows."""

    def __init__(self, open_cache: Callable[[], Cache], idle: Idle = idle) -> None:
        self._open_cache = open_cache
        self._idle = idle
        self._wheels: dict[str, _Wheel] = {}
        self._pending: dict[str, tuple[int, CodeType]] = {}
        self._ahead: Compiled = {}
        self._released: Modules = {}
        self._working = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._in_haste = 0
        self._turn = 0.0
        self._end: Callable[[], None] | None = None

    def keep(self, sha256: str, site: str, dist_info: str, sources: Iterable[str]) -> None:
        """From now on keep what is compiled of these modules of a wheel.

        ``sources`` are paths relative to ``site``, ``dist_info`` is the name of its folder there.
        """
        wheel = _Wheel(sha256, site, dist_info)
        paths = [f"{site}/{source}" for source in sources]
        self._wheels.update(dict.fromkeys(paths, wheel))
        for path in paths if self._pending else ():  # compiled of what was there before
            self._pending.pop(path, None)
        if self._end is None:
            self._end = tell_of_compiled(self._see, self._take)

    def hand_over(self, compiled: Compiled, released: Modules) -> None:
        """Let imports take these; what was compiled ahead, until what the first of them compiled has been stored."""
        self._ahead |= compiled
        self._released |= released

    def stop(self) -> None:
        """See nothing any more."""
        if self._end is not None:
            self._end()
        self._end = None
        self._wheels.clear()
        self._ahead, self._released = {}, {}

    async def settle(self) -> None:
        """Store now what was compiled so far. Never raises."""
        self._in_haste += 1
        try:
            await self._store()
        finally:
            self._in_haste -= 1
        if self._task is not None and not self._pending:
            self._task.cancel()
            self._task = None

    def _take(self, source: object, path: object) -> CodeType | None:
        if not (isinstance(path, str) and isinstance(source, bytes)):
            return None
        known, code = self._ahead.get(path, (b"", None))
        released = self._released.pop(path, None)
        if code is None or known != source:
            return code_of(released, path, source) if released else None
        del self._ahead[path]
        return code

    def _see(self, path: str, size: int, code: CodeType) -> None:
        """Called in the middle of imports: only notes it."""
        if path not in self._wheels or len(self._pending) >= _MOST_MODULES:
            return
        self._pending[path] = size, code
        if self._task is None or self._task.done():
            self._begin()

    def _begin(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a desktop without a loop: until settle() is called
            return
        # An empty context: it would keep what the import's has alive.
        self._task = loop.create_task(self._store_when_idle(), context=Context())

    async def _store_when_idle(self) -> None:
        pause = _FIRST_PAUSE
        while self._pending:
            await self._idle(pause)
            await self._store()
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _store(self) -> None:
        async with self._working:
            pending, self._pending, self._ahead = self._pending, {}, {}
            try:
                await self._store_all(pending)
            except Exception:  # noqa: BLE001 - it saves time, or it does not
                return

    async def _store_all(self, pending: dict[str, tuple[int, CodeType]]) -> None:
        self._turn = time.perf_counter()
        cache = self._open_cache()
        if not pending or not is_wanted() or not await cache.can_keep():
            return
        by_wheel: dict[_Wheel, list[str]] = {}
        for path in pending:
            if path in self._wheels:
                by_wheel.setdefault(self._wheels[path], []).append(path)
        for wheel, paths in by_wheel.items():
            codes = {path: pending.pop(path) for path in paths}
            if wheel.is_in_place:
                await self._store_wheel(cache, wheel, codes)
        await cache.settle()

    async def _store_wheel(self, cache: Cache, wheel: _Wheel, codes: dict[str, tuple[int, CodeType]]) -> None:
        """Store these with what is stored of this wheel already, if any of them is not."""
        key = bytecode_key(wheel.sha256)
        entry = await cache.get(KIND, key)
        before = open_archive(entry.body) if entry and read_index(entry.body, entry.meta) else None
        packing = Packing()
        for path in tuple(codes):
            size, code = codes.pop(path)
            name = path[len(wheel.site) + 1 :]
            mtime = _mtime(path, size)
            if mtime is None or (before and begins_with(before, name, header(mtime, size))):
                continue
            if len(packing) < _MOST_BYTES:
                packing.add(name, mtime, pyc(code, mtime, size))
            await self._breathe()
        if not len(packing):
            return
        for member in before.members.values() if before else ():
            if before and len(packing) < _MOST_BYTES:
                packing.take_over(before, member)
            await self._breathe()
        body, meta = packing.finish()
        await cache.put(KIND, key, body, meta)

    async def _breathe(self) -> None:
        """Wait for an idle moment when this has taken a while, unless somebody is waiting for it."""
        if time.perf_counter() - self._turn > _SLICE:
            await (asyncio.sleep(0) if self._in_haste else self._idle(_BETWEEN_SLICES))
            self._turn = time.perf_counter()


def _mtime(path: str, size: int) -> int | None:
    """When this source was changed last; ``None`` when it is no longer of the size that was compiled."""
    try:
        about = Path(path).stat()
    except OSError:
        return None
    return int(about.st_mtime) if about.st_size == size else None


# Holds no JavaScript object: a memory snapshot could not hold it.
_keeper = Keeper(open_cache)


def keep(sha256: str, site: str, dist_info: str, sources: Iterable[str]) -> None:
    """``Keeper.keep`` for this interpreter."""
    _keeper.keep(sha256, site, dist_info, sources)


def hand_over(compiled: Compiled, released: Modules) -> None:
    """``Keeper.hand_over`` for this interpreter."""
    _keeper.hand_over(compiled, released)


async def settle() -> None:
    """``Keeper.settle`` for this interpreter."""
    await _keeper.settle()
