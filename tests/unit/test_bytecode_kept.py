"""What is seen of imports, and what is kept of them: when, how often, and of whom."""

from __future__ import annotations

import asyncio
import marshal
import py_compile
import traceback
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from support.module_site import DIST_INFO, NOON, SHA, Site, module_site
from wasminstall.bytecode.collecting import tell_of_compiled
from wasminstall.bytecode.container import header, open_archive
from wasminstall.bytecode.keeping import KIND, Keeper
from wasminstall.bytecode.names import bytecode_key
from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.wheels.archive import Archive


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with module_site(tmp_path, monkeypatch) as found:
        yield found


def test_what_is_told_of_imports(site: Site) -> None:
    told: list[tuple[str, int, CodeType]] = []
    plain = vars(SourceFileLoader).get("source_to_code")
    end = tell_of_compiled(lambda *facts: told.append(facts))
    try:
        path = site.write("wi_seen.py", "x = 'ü'\n")
        assert site.load("wi_seen").x == "ü"
        assert [(name, size, code.co_filename) for name, size, code in told] == [(path, 9, path)]
        py_compile.compile(path)
        site.load("wi_seen")
        loader = SourceFileLoader("wi_seen", path)
        loader.source_to_code(b"y = 2", path)

        class Derived(SourceFileLoader):
            pass

        Path(cache_from_source(path)).unlink()
        Derived("wi_seen", path).get_code("wi_seen")
        assert len(told) == 1
        loader.get_code("wi_seen")
        assert len(told) == 2
    finally:
        end()
    assert vars(SourceFileLoader).get("source_to_code") is plain
    site.write("wi_unseen.py", "")
    site.load("wi_unseen")
    assert len(told) == 2


def test_tracebacks_are_the_same(site: Site) -> None:
    site.write("wi_bad.py", "def f(:\n")
    site.write("wi_outer.py", "import wi_bad\n")
    site.write("wi_raises.py", "x = 1\nx / 0\n")

    def frames() -> list[Any]:
        found = []
        for statement in ("import wi_outer", "import wi_raises", "site.load('wi_bad')", "site.load('wi_raises')"):
            try:
                exec(statement, {"site": site})
            except (SyntaxError, ZeroDivisionError) as error:
                shown = traceback.extract_tb(error.__traceback__)
                found.append([str(error), *((each.filename, each.lineno, each.name) for each in shown)])
        return found

    plain = frames()
    end = tell_of_compiled(lambda *_: None)
    try:
        assert frames() == plain
    finally:
        end()
    assert len(plain) == 4
    assert plain[0][0] == "invalid syntax (wi_bad.py, line 1)"
    assert plain[2][-1][2] == "_call_with_frames_removed"


class Kept:
    """A keeper of one wheel of a site, without waiting."""

    def __init__(self, site: Site, folder: Path, sources: Sequence[str]) -> None:
        self.folder = folder
        self.pauses: list[float] = []
        self.keeper = Keeper(self.cache, self._idle)
        self.site = site
        self.keeper.keep(SHA, str(site.folder), DIST_INFO, sources)
        site.own(SHA)

    def cache(self) -> Cache:
        return Cache(FolderStore(self.folder))

    async def _idle(self, pause: float) -> None:
        self.pauses.append(pause)
        await asyncio.sleep(0)

    async def archive(self) -> Archive | None:
        entry = await self.cache().get(KIND, bytecode_key(SHA))
        return open_archive(entry.body) if entry else None

    async def names(self) -> list[str]:
        archive = await self.archive()
        return sorted(archive.members.keys() - {".index"}) if archive else []


@pytest.fixture
def kept(site: Site, tmp_path: Path) -> Iterator[Kept]:
    found = Kept(site, tmp_path / "cache", ["wi_a.py", "wi_p/__init__.py", "wi_p/b.py", "wi_odd.py"])
    yield found
    found.keeper.stop()


async def test_imports_are_kept_when_idle(site: Site, kept: Kept) -> None:
    site.write("wi_a.py", "a = 1\n")
    site.write("wi_p/__init__.py", "from . import b\n")
    path = site.write("wi_p/b.py", "b = 2\n")
    site.write("wi_other.py", "c = 3\n")
    for name in ("wi_a", "wi_p", "wi_other"):
        site.load(name)
    assert await kept.names() == []
    task = kept.keeper._task
    assert task is not None
    await task
    assert kept.pauses[0] > 0
    assert await kept.names() == ["wi_a.py", "wi_p/__init__.py", "wi_p/b.py"]
    await kept.keeper.settle()
    assert not task.cancelled()
    archive = await kept.archive()
    assert archive is not None
    content = archive.read("wi_p/b.py")
    assert content.startswith(header(NOON, 6))
    assert marshal.loads(content[16:]) == compile("b = 2\n", path, "exec", dont_inherit=True)
    assert not [*site.folder.rglob("__pycache__")]


async def test_what_is_kept_grows_and_is_written_for_nothing_else(site: Site, kept: Kept) -> None:
    site.write("wi_a.py", "a = 1\n")
    site.write("wi_p/__init__.py", "")
    site.load("wi_a")
    await kept.keeper.settle()
    file = next((kept.folder / "v1" / KIND).iterdir())
    first = file.stat().st_ino
    site.load("wi_a")
    task = kept.keeper._task
    await kept.keeper.settle()
    await kept.keeper.settle()
    assert task is not None
    assert task.done() or task.cancelling(), "nothing is left to wait for"
    assert file.stat().st_ino == first
    site.load("wi_p")
    await kept.keeper.settle()
    assert await kept.names() == ["wi_a.py", "wi_p/__init__.py"]
    site.write("wi_a.py", "a = 11\n", NOON + 2)
    site.load("wi_a")
    await kept.keeper.settle()
    archive = await kept.archive()
    assert archive is not None
    assert archive.read("wi_a.py").startswith(header(NOON + 2, 7))


async def test_what_is_not_kept(site: Site, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("wi_odd.py", "a_time_that_no_wheel_can_tell = 1\n", NOON + 1)
    site.write("wi_a.py", "a = 1\n")
    site.write("wi_p/__init__.py", "")
    site.load("wi_odd")
    site.load("wi_a")
    site.write("wi_a.py", "changed_before_it_was_stored = 1\n")
    site.load("wi_p")
    (site.folder / "wi_p" / "__init__.py").unlink()
    await kept.keeper.settle()
    assert await kept.names() == []
    site.write("wi_p/__init__.py", "")
    site.load("wi_p")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    await kept.keeper.settle()
    assert await kept.names() == []
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    await kept.keeper.settle()
    assert await kept.names() == [], "what was not wanted is forgotten"


async def test_only_of_the_wheel_that_is_in_place(site: Site, kept: Kept) -> None:
    """Builds give all files of all versions one time, and a version number of the same length changes no size."""
    site.write("wi_a.py", "a = 1\n")
    site.own("cd" * 32)
    site.load("wi_a")
    await kept.keeper.settle()
    assert await kept.names() == []
    site.load("wi_a")
    site.own(SHA)
    kept.keeper.keep(SHA, str(site.folder), DIST_INFO, ["wi_a.py"])
    await kept.keeper.settle()
    assert await kept.names() == []
    site.load("wi_a")
    await kept.keeper.settle()
    assert await kept.names() == ["wi_a.py"]


async def test_trouble_does_not_show(site: Site, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Cache:
        raise ZeroDivisionError

    site.write("wi_a.py", "a = 1\n")
    monkeypatch.setattr(kept.keeper, "_open_cache", fails)
    site.load("wi_a")
    assert kept.keeper._task is not None
    await kept.keeper._task
    site.load("wi_a")
    await kept.keeper.settle()
    monkeypatch.setattr(kept.keeper, "_open_cache", kept.cache)
    (kept.folder / "v1").mkdir(parents=True)
    (kept.folder / "v1" / KIND).write_text("in the way")
    site.load("wi_a")
    await kept.keeper.settle()
    assert site.load("wi_a").a == 1


def test_without_a_loop(site: Site, kept: Kept) -> None:
    site.write("wi_a.py", "a = 1\n")
    site.load("wi_a")
    asyncio.run(kept.keeper.settle())
    assert asyncio.run(kept.names()) == ["wi_a.py"]
