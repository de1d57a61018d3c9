"""What people see of the cache and do with it: ``cache.info()``, ``prune()`` and ``clear()``."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wasminstall import cache as public
from wasminstall.cache import CacheInfo, Removed, Share, open_cache
from wasminstall.cache.folder import FolderStore


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WASMINSTALL_CACHE", str(tmp_path))
    return tmp_path


async def filled() -> None:
    cache = open_cache()
    await cache.put("wheel", "a", bytes(1_500_000))
    await cache.put("wheel", "b", bytes(500_000))
    await cache.put("page", "p", bytes(400))
    await cache.settle()


def aged(folder: Path, name: str, days: float) -> None:
    then = time.time() - days * 86400
    os.utime(folder / "v1" / name, (then, then))


async def test_info(folder: Path) -> None:
    assert repr(await public.info()) == f"The cache is empty\n  where: {folder}"
    await filled()
    aged(folder, "page/p", 3)
    found = await public.info()
    assert (found.entries, found.budget, found.where) == (3, 2**30, str(folder))
    assert found.kinds.keys() == {"page", "wheel"}
    assert found.kinds["wheel"].entries == 2
    assert found.kinds["wheel"].bytes + found.kinds["page"].bytes == found.bytes
    assert found.oldest == pytest.approx(time.time() - 3 * 86400, abs=60)
    lines = repr(found).splitlines()
    assert lines[:4] == [
        "3 entries in the cache, 2.00 MB of at most 1073.74 MB",
        "  page: 1, 540 bytes",
        "  wheel: 2, 2.00 MB",
        f"  where: {folder}",
    ]
    html = found._repr_html_()
    assert "<td>wheel</td><td>2</td><td>2.00 MB</td>" in html
    assert "2.00 MB of at most" in html


def test_what_people_see() -> None:
    info = CacheInfo("<here>", 1, 5, 20_000, {"page": Share(1, 5)}, 0.0, ("it is full",))
    assert "1 entry in the cache, 5 bytes of at most 0.02 MB" in repr(info)
    assert "  warning: it is full" in repr(info)
    assert "&lt;here&gt;" in info._repr_html_()
    assert repr(Removed(0, 0)) == "Nothing to remove"
    assert repr(Removed(2, 30_000, ("half of it",))) == "Removed 2 entries, 0.03 MB\n  warning: half of it"


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, {"wheel/b", "page/p"}),
        ({"unused_for_days": 10}, {"page/p"}),
        ({"unused_for_days": 0}, set()),
        ({"unused_for_days": 365}, {"wheel/a", "wheel/b", "page/p"}),
        ({"max_bytes": 1_000_000}, {"wheel/b", "page/p"}),
        ({"max_bytes": 0}, set()),
        ({"max_bytes": 10**7}, {"wheel/a", "wheel/b", "page/p"}),
        ({"max_bytes": 1_000_000, "unused_for_days": 10}, {"page/p"}),
    ],
)
async def test_prune(folder: Path, options: dict[str, int], left: set[str]) -> None:
    await filled()
    for name, days in {"wheel/a": 40, "wheel/b": 20, "page/p": 1}.items():
        aged(folder, name, days)
    removed = await public.prune(**options)
    assert removed.entries == 3 - len(left)
    assert {kept.key for kept in await FolderStore(folder).entries()} == left


async def test_clear(folder: Path) -> None:
    await filled()
    removed = await public.clear()
    assert repr(removed) == "Removed 3 entries, 2.00 MB"
    assert (await public.info()).entries == 0
    assert repr(await public.clear()) == "Nothing to remove"


async def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nowhere to keep anything is no error."""
    for name in ("WASMINSTALL_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    cache = open_cache()
    await cache.put("page", "p", b"page")
    assert await cache.get("page", "p") is None
    assert "nowhere" in (await public.info()).where
