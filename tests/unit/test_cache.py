"""The cache: what is kept for how long, against a model, and trouble with the storage."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from wasminstall.cache import Cache, Entry, Removed, open_cache
from wasminstall.cache.folder import FolderStore
from wasminstall.cache.port import Kept, NoRoom, Stored, StoreTrouble
from wasminstall.cache.record import seal
from wasminstall.transport.port import Body

PAST = 1_700_000_000.0


class MemoryStore:
    """A store in a dict, with a clock of its own, a quota, and trouble on demand."""

    def __init__(self, quota: int = 10**9) -> None:
        self.held: dict[str, tuple[bytes, str, float]] = {}
        self.quota = quota
        self.trouble: dict[str, StoreTrouble] = {}
        self.calls: list[str] = []
        self._clock = PAST

    def now(self) -> float:
        self._clock += 1
        return self._clock

    def size(self, key: str) -> int:
        data, meta, _ = self.held[key]
        return len(seal(key, data, meta))

    async def _called(self, name: str) -> None:
        await asyncio.sleep(0)
        self.calls.append(name)
        if name in self.trouble:
            raise self.trouble[name]

    async def where(self) -> str:
        await self._called("where")
        return "memory"

    async def get_many(self, keys: Sequence[str]) -> list[Stored | None]:
        await self._called("get_many")
        return [Stored(*self.held[key][:2]) if key in self.held else None for key in keys]

    async def put(self, key: str, body: Body, meta: str, sha256: str = "") -> None:
        await self._called("put")
        others = sum(self.size(other) for other in self.held if other != key)
        if others + len(seal(key, body, meta)) > self.quota:
            raise NoRoom("full")
        self.held[key] = (bytes(body), meta, self.now())

    async def delete(self, keys: Sequence[str]) -> None:
        await self._called("delete")
        for key in keys:
            self.held.pop(key, None)

    async def entries(self) -> Sequence[Kept]:
        await self._called("entries")
        return [Kept(key, self.size(key), used) for key, (_, _, used) in self.held.items()]

    async def touch(self, keys: Sequence[str]) -> None:
        await self._called("touch")
        for key in keys:
            if key in self.held:
                self.held[key] = (*self.held[key][:2], self.now())

    async def clear(self) -> None:
        await self._called("clear")
        self.held.clear()

    async def budget(self) -> int:
        await self._called("budget")
        return 10**6


# --- what is there --------------------------------------------------------------------------------------------------


async def test_kinds_and_keys() -> None:
    cache = Cache(MemoryStore())
    await cache.put("page", "a", b"page", {"etag": '"ä"', "fresh": 600, "stale": None, "private": False})
    await cache.put("wheel", "a", b"wheel")
    assert await cache.get("page", "a") == Entry(
        b"page", {"etag": '"ä"', "fresh": 600, "stale": None, "private": False}
    )
    assert await cache.get_many("wheel", ["a", "b"]) == {"a": Entry(b"wheel", {})}
    assert await cache.get("wheel", "b") is None
    assert await cache.get_many("wheel", []) == {}


@pytest.mark.parametrize("meta", ["", "no JSON", "[]", "null", "7"])
async def test_facts_of_another_program(meta: str) -> None:
    store = MemoryStore()
    await store.put("page/a", b"page", meta)
    assert await Cache(store).get("page", "a") is None


async def test_without_a_store() -> None:
    for cache in (Cache(None), open_cache(enabled=False)):
        await cache.put("page", "a", b"page")
        assert await cache.get("page", "a") is None
        await cache.settle()
        info = await cache.info()
        assert (info.entries, info.bytes, info.budget, info.oldest) == (0, 0, 0, None)
        assert "nowhere" in repr(info)
        assert await cache.clear() == await cache.prune() == Removed(0, 0)
        assert cache.warnings == []


# --- a model --------------------------------------------------------------------------------------------------------

KEYS = st.sampled_from([(kind, key) for kind in ("page", "wheel") for key in "abcd"])


class CacheMachine(RuleBasedStateMachine):
    """The cache over a folder or over memory, beside a dict in order of use."""

    @initialize(budget=st.sampled_from([0, 400, 1500, 10**6]), quota=st.sampled_from([0, 1000, 10**6]))
    def begin(self, budget: int, quota: int) -> None:
        self.store = MemoryStore(quota)
        self.cache = Cache(self.store, budget)
        self.budget = budget
        self.latest: dict[tuple[str, str], bytes] = {}
        self.recent: set[tuple[str, str]] = set()

    @rule(key=KEYS, size=st.integers(0, 600))
    def put(self, key: tuple[str, str], size: int) -> None:
        data = bytes([len(self.store.calls) % 256]) * size
        warned, old = bool(self.cache.warnings), self.store.held.get("/".join(key))
        asyncio.run(self.cache.put(*key, data))
        new = self.store.held.get("/".join(key))
        if size > self.budget or (warned and new == old):
            return
        if self.cache.warnings:
            assert new == old, "what does not fit leaves the old one"
            assert size + sum(map(self.store.size, self.store.held)) + 200 > self.store.quota
        else:
            assert new
            assert new[0] == data
            self.latest[key] = data
        self.recent.add(key)

    @rule(keys=st.lists(KEYS, unique=True, max_size=4))
    def get(self, keys: list[tuple[str, str]]) -> None:
        for kind in ("page", "wheel"):
            wanted = [key for owner, key in keys if owner == kind]
            found = asyncio.run(self.cache.get_many(kind, wanted))
            assert set(found) == {key for key in wanted if f"{kind}/{key}" in self.store.held}
            for key, entry in found.items():
                assert entry.body == self.latest[kind, key]
                self.recent.add((kind, key))

    @rule()
    def settle(self) -> None:
        before = {**self.store.held}
        wrote = "put" in self.store.calls
        asyncio.run(self.cache.settle())
        self.store.calls.clear()
        gone = set(before) - set(self.store.held)
        idle = sorted((key for key in before if tuple(key.split("/")) not in self.recent), key=lambda k: before[k][2])
        idle_gone = gone.intersection(idle)
        assert idle_gone == set(idle[: len(idle_gone)]), "the least recently used go"
        assert gone.issubset(idle) or gone.issuperset(idle), "what was in use just now goes last"
        if wrote:
            assert sum(map(self.store.size, self.store.held)) <= self.budget
        self.recent.clear()

    @rule(limit=st.integers(0, 2000))
    def prune(self, limit: int) -> None:
        before = set(self.store.held)
        removed = asyncio.run(self.cache.prune(max_bytes=limit))
        assert removed.entries == len(before) - len(self.store.held)
        assert sum(map(self.store.size, self.store.held)) <= limit

    @rule()
    def clear(self) -> None:
        count = len(self.store.held)
        assert asyncio.run(self.cache.clear()).entries == count
        assert not self.store.held

    @invariant()
    def info_is_right(self) -> None:
        info = asyncio.run(self.cache.info())
        assert info.entries == len(self.store.held) == sum(share.entries for share in info.kinds.values())
        assert info.bytes == sum(map(self.store.size, self.store.held)) <= self.store.quota
        assert len(self.cache.warnings) <= 1


TestCache = CacheMachine.TestCase
TestCache.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


class FolderMachine(RuleBasedStateMachine):
    """The folder beside a dict."""

    @initialize()
    def begin(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.store = FolderStore(Path(self.temporary.name))
        self.model: dict[str, Stored] = {}

    def teardown(self) -> None:
        if hasattr(self, "temporary"):
            self.temporary.cleanup()

    @rule(key=KEYS, body=st.binary(max_size=300), meta=st.text(st.characters(exclude_categories=["Cc", "Cs"])))
    def put(self, key: tuple[str, str], body: bytes, meta: str) -> None:
        asyncio.run(self.store.put("/".join(key), body, meta))
        self.model["/".join(key)] = Stored(body, meta)

    @rule(keys=st.lists(KEYS, max_size=5))
    def delete(self, keys: list[tuple[str, str]]) -> None:
        asyncio.run(self.store.delete(["/".join(key) for key in keys]))
        for key in keys:
            self.model.pop("/".join(key), None)

    @rule(key=KEYS, at=st.integers(0), bit=st.integers(0, 7), cut=st.booleans())
    def damage(self, key: tuple[str, str], at: int, bit: int, cut: bool) -> None:
        file = Path(self.temporary.name, "v1", *key)
        if file.exists():
            data = bytearray(file.read_bytes())
            data[at % len(data)] ^= 1 << bit
            file.write_bytes(data[: at % len(data)] if cut else data)
            self.model.pop("/".join(key), None)
            assert asyncio.run(self.store.get_many(["/".join(key)])) == [None]

    @rule()
    def clear(self) -> None:
        asyncio.run(self.store.clear())
        self.model.clear()

    @invariant()
    def the_same(self) -> None:
        async def look() -> tuple[list[Stored | None], set[str]]:
            return await self.store.get_many([*self.model]), {kept.key for kept in await self.store.entries()}

        assert asyncio.run(look()) == ([*self.model.values()], set(self.model))


TestFolder = FolderMachine.TestCase
TestFolder.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


# --- room -----------------------------------------------------------------------------------------------------------


async def test_the_budget() -> None:
    """More than that may be there while an install runs; then the least recently used go."""
    store = MemoryStore()
    cache = Cache(store, budget=4 * 1200)
    for key in "abcd":
        await cache.put("wheel", key, bytes(1000))
    await cache.settle()
    assert await cache.get("wheel", "a")
    await cache.put("wheel", "e", bytes(1000))
    assert len(store.held) == 5
    await cache.settle()
    assert set(store.held) == {"wheel/a", "wheel/c", "wheel/d", "wheel/e"}


async def test_a_full_quota_makes_room_first() -> None:
    """The least recently used go, those of this install stay, and nobody is bothered."""
    store = MemoryStore(quota=5 * 1200)
    cache = Cache(store)
    for key in "abcde":
        await cache.put("wheel", key, bytes(1000))
    await cache.settle()
    assert await cache.get("wheel", "a")
    cache_sizes = {key: bytes(1100) for key in "xy"}
    await asyncio.gather(*(cache.put("wheel", key, data) for key, data in cache_sizes.items()))
    assert {"wheel/a", "wheel/x", "wheel/y"} <= set(store.held)
    assert "wheel/b" not in store.held
    assert cache.warnings == []


async def test_no_room_at_all_is_one_warning() -> None:
    store = MemoryStore(quota=1500)
    cache = Cache(store)
    await asyncio.gather(*(cache.put("wheel", key, bytes(1000)) for key in "abcdefgh"))
    assert len(store.held) == 1
    [warning] = cache.warnings
    assert "cannot be kept" in warning
    [key] = store.held
    assert await cache.get("wheel", key.partition("/")[2])
    store.calls.clear()
    await cache.put("page", "p", b"page")
    assert store.calls == [], "it is not tried again and again"


async def test_what_is_larger_than_the_budget_is_not_kept() -> None:
    store = MemoryStore()
    cache = Cache(store, budget=1000)
    await cache.put("wheel", "a", bytes(1001))
    assert not store.held
    assert cache.warnings == []


@pytest.mark.parametrize("method", ["get_many", "put", "entries", "touch", "budget", "where", "delete", "clear"])
async def test_trouble_never_gets_out(method: str) -> None:
    store = MemoryStore()
    cache = Cache(store)
    await cache.put("page", "old", b"old")
    await cache.settle()
    store.trouble[method] = StoreTrouble("the disk is on fire")
    cache = Cache(store)
    for key in "ab":
        await cache.put("page", key, b"page")
        await cache.get("page", key)
    await cache.settle()
    await cache.info()
    await cache.prune(max_bytes=0)
    await cache.clear()
    [warning] = cache.warnings
    assert "the disk is on fire" in warning


async def test_uses_are_written_down_together() -> None:
    store = MemoryStore()
    cache = Cache(store)
    for key in "abc":
        await cache.put("page", key, b"page")
    await cache.settle()
    store.calls.clear()
    await cache.get_many("page", "abx")
    cache.touch("page", ["c", "never-was"])
    await cache.settle()
    await cache.settle()
    assert store.calls == ["get_many", "touch"]
    ages = {key: used for key, (_, _, used) in store.held.items()}
    assert min(ages, key=ages.__getitem__) == "page/a"
