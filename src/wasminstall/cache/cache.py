"""What is kept between installs, and for how long: the manners on top of a store.

A cache only ever saves time. So nothing here raises for trouble with the storage: what cannot be read is not there,
what cannot be written is not kept, and a person is told once, in ``warnings``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ..transport.port import Body
from .info import CacheInfo, Removed, Share
from .port import Kept, NoRoom, Store, StoreTrouble

__all__ = ["Cache", "Entry", "Meta", "settled"]

Meta = Mapping[str, str | int | float | bool | None]
"""The facts kept beside an entry."""

_SLACK = 2**20
_DAY = 24 * 3600
_UNUSED_DAYS = 30.0
_NOWHERE = "nowhere: nothing can be kept here"

T = TypeVar("T")
D = TypeVar("D")

# A task that nobody holds may vanish before its end. Empty as soon as everything is written.
_settling: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class Entry:
    """What was found: the bytes, undamaged, and the facts that were kept with them."""

    body: Body
    meta: Meta = field(default_factory=dict)


class Cache:
    """Entries by kind and key over a store; without a store nothing is found and nothing is kept.

    ``kind`` is a word (``wheel``, ``metadata``, ``page`` ...), a key letters, digits and ``-._`` (mostly a sha256).
    Call ``settle()`` when an install is over.
    """

    def __init__(self, store: Store | None, budget: int | None = None) -> None:
        """``budget``: how many bytes are kept at most; what the store finds right unless told."""
        self.warnings: list[str] = []
        self._store = store
        self._budget = budget
        self._keeping = True
        self._grown = False
        self._recent: dict[str, None] = {}
        self._room = asyncio.Lock()
        self._queue: deque[Coroutine[None, None, None]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def can_keep(self) -> bool:
        """Whether there is any room at all: not without a store, nor where the browser gives none."""
        return self._keeping and await self._limit() > 0

    async def get(self, kind: str, key: str) -> Entry | None:
        """The entry, or ``None``. Asking for it counts as a use."""
        return (await self.get_many(kind, [key])).get(key)

    async def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, Entry]:
        """Those that are there, by key."""
        wanted = list(keys)
        paths = [f"{kind}/{key}" for key in wanted]
        stored = await self._ask(lambda store: store.get_many(paths), ()) if wanted else ()
        found: dict[str, Entry] = {}
        # Nothing at all is answered where there is no store.
        for key, item in zip(wanted, stored, strict=False):
            meta = _read(item.meta) if item else None
            if item and meta is not None:
                found[key] = Entry(item.body, meta)
        self.touch(kind, found)
        return found

    async def put(self, kind: str, key: str, body: Body, meta: Meta | None = None, *, sha256: str = "") -> None:
        """Keep this, in place of what is there under this key.

        ``sha256``: that of the body, in hexadecimal, where it was verified already; it is computed otherwise.
        """
        if not self._keeping or len(body) > await self._limit() or not self._store:
            return
        self.touch(kind, [key])
        self._grown = True
        path, text = f"{kind}/{key}", json.dumps(meta or {}, sort_keys=True, separators=(",", ":"))
        try:
            await self._put(self._store, path, body, text, sha256)
        except StoreTrouble as error:
            # What is there can still be read.
            self._keeping = False
            self._warn(f"what is fetched cannot be kept for the next time: {error}")

    def put_later(self, kind: str, key: str, body: Body, meta: Meta | None = None, *, sha256: str = "") -> None:
        """``put`` without waiting, one after the other: ``settle()`` waits."""
        if self._store:
            self._queue.append(self.put(kind, key, body, meta, sha256=sha256))
            if self._writer is None or self._writer.done():
                self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._queue:
            await self._queue.popleft()

    async def drop(self, kind: str, key: str) -> None:
        """Forget this entry, if it is there."""
        if key:
            await self._ask(lambda store: store.delete([f"{kind}/{key}"]), None)

    async def keys(self, kind: str) -> frozenset[str]:
        """The keys of everything of this kind."""
        kept = await self._ask(lambda store: store.entries(), ())
        return frozenset(item.key.partition("/")[2] for item in kept if item.key.startswith(f"{kind}/"))

    def touch(self, kind: str, keys: Iterable[str]) -> None:
        """Note that these are in use: written down by ``settle()``, and until then never evicted for want of room."""
        self._recent.update(dict.fromkeys(f"{kind}/{key}" for key in keys))

    async def settle(self) -> None:
        """Write down what was used, and remove what was not for the longest time where the budget is exceeded."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        used, self._recent = list(self._recent), {}
        if used:
            await self._ask(lambda store: store.touch(used), None)
        if self._grown:
            self._grown = False
            limit = await self._limit()
            await self._ask(lambda store: _shrink(store, limit), ())

    def settle_later(self) -> asyncio.Task[None]:
        """``settle()`` without waiting; ``settled()`` waits for it, whatever cache it is of."""
        task = asyncio.get_running_loop().create_task(self.settle())
        _settling.add(task)
        task.add_done_callback(_settling.discard)
        return task

    async def info(self) -> CacheInfo:
        """What is kept."""
        where = await self._ask(lambda store: store.where(), "")
        kept = await self._ask(lambda store: store.entries(), ())
        kinds: dict[str, Share] = {}
        for item in sorted(kept, key=lambda item: item.key):
            kind = item.key.partition("/")[0]
            before = kinds.get(kind, Share(0, 0))
            kinds[kind] = Share(before.entries + 1, before.bytes + item.size)
        return CacheInfo(
            where=where or _NOWHERE,
            entries=len(kept),
            bytes=sum(item.size for item in kept),
            budget=await self._limit(),
            kinds=kinds,
            oldest=min((item.used for item in kept), default=None),
            warnings=tuple(self.warnings),
        )

    async def clear(self) -> Removed:
        """Remove everything."""
        kept = await self._ask(lambda store: store.entries(), ())
        await self._ask(lambda store: store.clear(), None)
        return self._removed(kept)

    async def prune(self, max_bytes: int | None = None, unused_for_days: float | None = None) -> Removed:
        """Remove what was not used for so many days, then the least recently used down to ``max_bytes``.

        Without either: what was not used for 30 days.
        """
        if max_bytes is None and unused_for_days is None:
            unused_for_days = _UNUSED_DAYS
        gone: list[Kept] = []
        if unused_for_days is not None:
            before = time.time() - unused_for_days * _DAY
            gone += await self._ask(lambda store: _expire(store, before), ())
        if max_bytes is not None:
            gone += await self._ask(lambda store: _shrink(store, max_bytes), ())
        return self._removed(gone)

    async def _put(self, store: Store, path: str, body: Body, meta: str, sha256: str) -> None:
        """Put, and where it does not fit make room: the least recently used go first, what is in use now never."""
        if await _fits(store, path, body, meta, sha256):
            return
        async with self._room:
            wanted = 2 * len(body) + _SLACK
            # Asked again first: whoever held the lock before may have made room for this one too.
            while self._keeping and not await _fits(store, path, body, meta, sha256):
                if not await self._make_room(store, wanted):
                    raise NoRoom("there is no room left, and nothing that could go")
                wanted *= 4

    async def _make_room(self, store: Store, wanted: int) -> Sequence[Kept]:
        idle = [item for item in await store.entries() if item.key not in self._recent]
        return await _delete(store, _oldest(idle, wanted))

    async def _limit(self) -> int:
        if self._budget is None:
            self._budget = await self._ask(lambda store: store.budget(), 0)
        return self._budget

    async def _ask(self, question: Callable[[Store], Awaitable[T]], otherwise: D) -> T | D:
        """The store's answer, or ``otherwise`` where there is none or it fails; it is then asked nothing more."""
        if self._store is None:
            return otherwise
        try:
            return await question(self._store)
        except StoreTrouble as error:
            self._store = None
            self._warn(f"the cache cannot be used: {error}")
            return otherwise

    def _warn(self, text: str) -> None:
        if not self.warnings:
            self.warnings.append(text)

    def _removed(self, gone: Sequence[Kept]) -> Removed:
        return Removed(len(gone), sum(item.size for item in gone), tuple(self.warnings))


async def settled() -> None:
    """Wait until everything that installs left to be written is written."""
    if _settling:
        await asyncio.wait(_settling)


async def _fits(store: Store, path: str, body: Body, meta: str, sha256: str) -> bool:
    try:
        await store.put(path, body, meta, sha256)
    except NoRoom:
        return False
    return True


async def _expire(store: Store, before: float) -> Sequence[Kept]:
    return await _delete(store, [item for item in await store.entries() if item.used < before])


async def _shrink(store: Store, limit: int) -> Sequence[Kept]:
    kept = await store.entries()
    return await _delete(store, _oldest(kept, sum(item.size for item in kept) - limit))


async def _delete(store: Store, items: Sequence[Kept]) -> Sequence[Kept]:
    if items:
        await store.delete([item.key for item in items])
    return items


def _oldest(kept: Sequence[Kept], wanted: int) -> list[Kept]:
    """The least recently used, until they are ``wanted`` bytes or more."""
    found: list[Kept] = []
    for item in sorted(kept, key=lambda item: (item.used, item.key)):
        if wanted <= 0:
            break
        found.append(item)
        wanted -= item.size
    return found


def _read(text: str) -> Meta | None:
    """The facts; ``None`` for what another program wrote in their place."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
