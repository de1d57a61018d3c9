"""Wheels out of the cache: one question for all that are foreseen, and nobody suffers when one of them is given up."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from support.wheel_factory import make_wheel
from wasminstall._vendor.packaging.version import Version
from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.cache.port import Stored
from wasminstall.download import Downloads, all_at_once
from wasminstall.indexes import Candidate
from wasminstall.progress import Progress


class AskedStore(FolderStore):
    """Notes what it was asked for at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[list[str]] = []

    async def get_many(self, keys: Sequence[str]) -> list[Stored | None]:
        self.asked.append(list(keys))
        return await super().get_many(keys)


async def test_one_question_for_all(tmp_path: Path) -> None:
    store = AskedStore(tmp_path)
    cache = Cache(store)
    candidates, wheels = [], []
    for name in ("a", "b", "c"):
        filename, data = make_wheel(name, "1")
        sha256 = hashlib.sha256(data).hexdigest()
        url = f"https://h.invalid/{filename}"
        candidates.append(Candidate(name, Version("1"), filename, url, "test", "index", hashes={"sha256": sha256}))
        wheels.append(data)
        await cache.put("wheel", sha256, data)
    nobody: Any = None
    downloads = Downloads(nobody, cache, Progress())
    downloads.foresee(candidates)
    await asyncio.sleep(0)
    downloads.foresee(candidates[1:])  # the first one is not wanted any more
    found = await asyncio.gather(*(downloads.wheel(candidate) for candidate in candidates[1:]))
    assert [bytes(body) for body in found] == wheels[1:]
    assert [len(keys) for keys in store.asked] == [3]
    assert bytes(await downloads.wheel(candidates[0])) == wheels[0]
    assert [len(keys) for keys in store.asked] == [3, 1]
    await downloads.cancel()


async def test_the_first_error_is_raised_as_it_is() -> None:
    """No group of errors is its context: IPython would show a group in its own way, and go on with the next cell."""

    async def fail() -> None:
        raise KeyError("this")

    with pytest.raises(KeyError, match="this") as caught:
        await all_at_once([asyncio.sleep(60), fail()])
    assert caught.value.__context__ is None
