"""The store on a desktop: what is kept in the folder, what is noticed, and what others may do to it meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wasminstall.cache.folder import FolderStore, default_folder
from wasminstall.cache.port import NoRoom, Stored, StoreTrouble

KEY = f"wheel/{'ab' * 32}"
DATA = bytes(range(256)) * 20
META = '{"filename":"h\\u00e4user-1.0.whl"}'


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


async def keys(store: FolderStore) -> list[str]:
    return sorted(kept.key for kept in await store.entries())


async def get(store: FolderStore, key: str = KEY) -> Stored | None:
    [found] = await store.get_many([key])
    return found


async def test_what_was_put_is_there(store: FolderStore, tmp_path: Path) -> None:
    assert await get(store) is None
    assert await store.entries() == []
    await store.put(KEY, DATA, META)
    await store.put("page/empty", b"", "{}")
    assert await store.get_many(["page/empty", "page/none", KEY]) == [Stored(b"", "{}"), None, Stored(DATA, META)]
    assert await store.where() == str(tmp_path)


async def test_a_known_sha256(store: FolderStore) -> None:
    """It is not computed again, and a wrong one is noticed."""
    await store.put(KEY, DATA, META, hashlib.sha256(DATA).hexdigest())
    assert await get(store) == Stored(DATA, META)
    await store.put(KEY, DATA, META, "0" * 64)
    assert await get(store) is None


async def test_list_touch_delete_clear(store: FolderStore, tmp_path: Path) -> None:
    for key in (KEY, "page/old", "page/other"):
        await store.put(key, DATA, "{}")
    os.utime(tmp_path / "v1/page/old", (1000, 1000))
    listed = {kept.key: kept for kept in await store.entries()}
    assert set(listed) == {KEY, "page/old", "page/other"}
    assert listed[KEY].size == (tmp_path / "v1" / KEY).stat().st_size > len(DATA)
    assert listed["page/old"].used == 1000 < listed[KEY].used
    await store.touch(["page/old", "page/never-was"])
    assert min(kept.used for kept in await store.entries()) > 1000
    await store.delete(["page/old", "page/never-was"])
    assert await keys(store) == ["page/other", KEY]
    for name in ("precious", "v1/page/.precious", "v1/precious"):
        (tmp_path / name).write_text("not ours")
    await store.clear()
    assert await keys(store) == []
    assert len(list(tmp_path.rglob("*precious"))) == 3


@pytest.mark.parametrize(
    "key", ["", "wheel", "wheel/", "/x", "../x/y", "wheel/../x", "wheel/.x", "wheel/a/b", "Wheel/a", "w/a\n"]
)
async def test_what_is_no_key(store: FolderStore, key: str) -> None:
    for attempt in (store.put(key, DATA, "{}"), store.get_many([key]), store.delete([key])):
        with pytest.raises(ValueError, match="not a key"):
            await attempt


async def test_json_of_several_lines(store: FolderStore) -> None:
    with pytest.raises(ValueError, match="one line"):
        await store.put(KEY, DATA, '{\n"a": 1}')


def flipped(record: bytes, at: int) -> bytes:
    return record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit in the digest": lambda record: flipped(record, 3),
    "a flipped bit after the digest": lambda record: flipped(record, 64),
    "a flipped bit in the digest of the bytes": lambda record: flipped(record, 80),
    "a flipped bit in the key": lambda record: flipped(record, record.index(b"wheel/")),
    "a flipped bit in the JSON": lambda record: flipped(record, record.index(b"{") + 2),
    "a flipped bit in the bytes": lambda record: flipped(record, len(record) - 1),
    "cut off in the digest": lambda record: record[:20],
    "cut off after the first line": lambda record: record[:65],
    "cut off in the second line": lambda record: record[:150],
    "cut off in the bytes": lambda record: record[:-1],
    "something added": lambda record: record + b"x",
    "nothing": lambda record: b"",
    "another file": lambda record: b"<!doctype html>\n" * 20,
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_dropped_when_damaged(store: FolderStore, tmp_path: Path, damage: str) -> None:
    await store.put(KEY, DATA, META)
    file = tmp_path / "v1" / KEY
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert await get(store) is None
    assert not file.exists()


async def test_an_entry_under_another_name(store: FolderStore, tmp_path: Path) -> None:
    await store.put("page/one", DATA, "{}")
    (tmp_path / "v1/page/one").rename(tmp_path / "v1/page/two")
    assert await get(store, "page/two") is None


async def test_folders_where_files_should_be(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "v1" / KEY).mkdir(parents=True)
    (tmp_path / "v1/page").write_text("")
    assert await keys(store) == []
    assert await store.get_many([KEY, "page/x"]) == [None, None]
    with pytest.raises(StoreTrouble):
        await store.put("page/x", DATA, "{}")


async def test_what_was_left_behind_goes_in_time(store: FolderStore, tmp_path: Path) -> None:
    await store.put(KEY, DATA, META)
    for name, time in (("old", 1000), ("new", None)):
        (tmp_path / "v1/incoming" / name).write_bytes(DATA)
        if time:
            os.utime(tmp_path / "v1/incoming" / name, (time, time))
    assert await keys(store) == [KEY]
    assert [path.name for path in (tmp_path / "v1/incoming").iterdir()] == ["new"]


AT_ONCE = """
import asyncio, json, os, random, sys, time
from pathlib import Path
from wasminstall.cache.folder import FolderStore

async def main():
    store, seen, until = FolderStore(Path(sys.argv[1])), 0, time.monotonic() + 1.5
    while time.monotonic() < until:
        number = random.randrange(4)
        key, what = f"page/{number}", random.random()
        if what < 0.4:
            await store.put(key, bytes([os.getpid() % 256]) * 50_000 * (number + 1), str(os.getpid() % 256))
        elif what < 0.8:
            [found] = await store.get_many([key])
            if found:
                assert bytes(found.body) == bytes([int(found.meta)]) * 50_000 * (number + 1)
                seen += 1
        elif what < 0.9:
            await store.delete([key])
        elif what < 0.95:
            await store.clear()
        else:
            await store.touch([key])
            await store.entries()
    print(json.dumps(seen))

asyncio.run(main())
"""


def test_many_processes_at_once(tmp_path: Path) -> None:
    """Every answer is nothing or a whole entry, and nothing is left over."""
    command = [sys.executable, "-c", AT_ONCE, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert all(json.loads(output) > 0 for output in outputs)
    assert not [*(tmp_path / "v1/incoming").iterdir()]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may become larger than this, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_no_room(store: FolderStore, tmp_path: Path) -> None:
    """The old entry stays, and nothing half written."""
    await store.put(KEY, b"old", "{}")
    with largest_file(3000), pytest.raises(NoRoom):
        await store.put(KEY, DATA, META)
    assert await get(store) == Stored(b"old", "{}")
    assert not [*(tmp_path / "v1/incoming").iterdir()]


READ_ONLY = """
import asyncio, concurrent.futures.thread, os, sys
from pathlib import Path
from wasminstall.cache.cache import Cache
from wasminstall.cache.folder import FolderStore

async def main():
    cache = Cache(FolderStore(Path(sys.argv[1])))
    found = await cache.get_many("page", ["good", "damaged"])
    assert {key: bytes(entry.body) for key, entry in found.items()} == {"good": b"good"}
    await cache.put("page", "new", b"new")
    await cache.settle()
    assert await cache.get("page", "new") is None
    assert await cache.get("page", "good")
    print("\\n".join(cache.warnings))

if os.getuid() == 0:  # permissions mean nothing to root
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
asyncio.run(main())
"""


def test_read_only_folder() -> None:
    """What is there is read, nothing is written, and one warning says so."""
    with tempfile.TemporaryDirectory() as name:  # others may enter this one, unlike pytest's
        folder = Path(name)
        for key, data in {"page/good": b"good", "page/damaged": b"damaged"}.items():
            asyncio.run(FolderStore(folder).put(key, data, "{}"))
        (folder / "v1/page/damaged").write_bytes(b"damaged")
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in folders:
            path.chmod(0o555)
        command = [sys.executable, "-c", READ_ONLY, name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        for path in folders:
            path.chmod(0o755)
        assert done.returncode == 0, done.stderr
        [warning] = done.stdout.splitlines()
        assert "cannot be kept" in warning
        assert "ermission denied" in warning
        assert {path.name for path in folder.rglob("*") if path.is_file()} == {"good", "damaged"}


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({}, "/home/somebody/.cache/wasminstall/store"),
        ({"XDG_CACHE_HOME": "/caches"}, "/caches/wasminstall/store"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/somebody/.cache/wasminstall/store"),
        ({"XDG_CACHE_HOME": "/caches", "WASMINSTALL_CACHE": "/named"}, "/named"),
        ({"WASMINSTALL_CACHE": ""}, "/home/somebody/.cache/wasminstall/store"),
    ],
)
def test_default_folder(environment: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "WASMINSTALL_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/somebody", **environment}.items():
        monkeypatch.setenv(name, value)
    assert default_folder() == Path(folder)
