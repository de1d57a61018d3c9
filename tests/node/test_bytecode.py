"""Bytecode over two visits in every Pyodide: a second process with the same cache folder compiles nothing again."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.node import BUILDS, run_in_node
from support.real_wheels import real_wheel
from support.wheel_factory import make_wheel

FILES = {
    "thing/__init__.py": "from .inner import fail, helper\n\nCONSTANT = 'ü'\n",
    "thing/inner.py": textwrap.dedent(
        '''
        """Doc."""

        class Thing:
            def method(self):
                return helper()

        def helper():
            return 42

        def fail():
            values = [1, 2]
            return values[helper()]
        '''
    ),
    "thing/later.py": "LATER = 1\n",
    "thing/broken.py": "def f(:\n",
    "lone.py": "def alone():\n    return 1\n",
}

PRELUDE = """
import asyncio, builtins, importlib, inspect, os, sys, traceback
from pathlib import Path
import pyodide_js
import wasminstall

SITE = "/lib/python%d.%d/site-packages/" % sys.version_info[:2]
compiled = []
def _compile(source, path, *more, _real=compile, **options):
    if str(path).startswith(SITE):
        compiled.append(str(path)[len(SITE):])
    return _real(source, path, *more, **options)
builtins.compile = _compile

async def install(*names, **options):
    options = {"index_urls": url, "prefer": "newest", "progress": None, "deps": False, **options}
    return await wasminstall.install([*names], **options)

def caches():
    return sorted(str(path.relative_to(SITE)) for path in Path(SITE).rglob("*.pyc"))

async def kept():
    share = (await wasminstall.cache.info()).kinds.get("bytecode")
    return share.entries if share else 0
"""


@pytest.fixture(scope="module")
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        server.add(*make_wheel("thing", "1.0", files=FILES))
        server.add(*make_wheel("thing", "2.0", files={**FILES, "lone.py": "def alone():\n    return 2\n"}))
        server.add(*make_wheel("bad", "1.0", files={"thing/inner.py": "", "bad.py": ""}))
        server.add(*real_wheel("networkx"))
        yield server


class Visits:
    """Processes that share a cache."""

    def __init__(self, index: IndexServer, folder: Path) -> None:
        self.index = index
        self.folder = folder

    def visit(self, code: str, build: str = "pyodide", packages: str = "") -> Any:
        source = PRELUDE + textwrap.dedent(code)
        return run_in_node(build, source, packages=packages, cache_folder=self.folder, url=self.index.url)

    @property
    def entry(self) -> Path:
        """The file of the only entry."""
        (found,) = (self.folder / "v1" / "bytecode").iterdir()
        return found


@pytest.fixture
def visits(index: IndexServer, tmp_path: Path) -> Visits:
    return Visits(index, tmp_path / "cache")


LOOK = """
await install("thing==1.0")
before = caches()
import thing, lone
def shown(call):
    try:
        call()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        return repr(error), [(f.filename, f.lineno, f.name, f.line, f.line and f.colno) for f in frames]
seen = {
    "error": shown(thing.fail),
    "syntax": shown(lambda: importlib.import_module("thing.broken")),
    "source": [inspect.getsource(each) for each in (thing, thing.inner, thing.inner.Thing.method, lone.alone)],
    "files": [[m.__file__, m.__spec__.cached, m.__spec__.origin, type(m.__loader__).__name__] for m in (thing, lone)],
    "code": [thing.helper.__code__.co_filename, [*thing.fail.__code__.co_lines()]],
    "constant": [thing.CONSTANT, thing.inner.__doc__],
    "flags": [sys.dont_write_bytecode, sys.pycache_prefix],
}
await wasminstall.cache.flush()
result = {"seen": seen, "compiled": compiled, "before": before, "after": caches(), "kept": await kept()}
"""


@pytest.mark.parametrize("build", BUILDS)
def test_nothing_is_compiled_again_and_nothing_looks_different(visits: Visits, build: str) -> None:
    without = visits.visit(LOOK.replace('"thing==1.0"', '"thing==1.0", cache=False'), build)
    assert (without["kept"], without["before"]) == (0, [])
    first = visits.visit(LOOK, build)
    names = ["thing/__init__.py", "thing/inner.py", "thing/broken.py", "lone.py"]
    assert sorted(first["compiled"]) == sorted(names)
    assert (first["before"], first["after"], first["kept"]) == ([], [], 1)
    second = visits.visit(LOOK, build)
    assert second["compiled"] == ["thing/broken.py"], "what is no Python has no bytecode"
    assert len(second["before"]) == 3
    assert second["before"] == second["after"]
    assert without["seen"] == first["seen"] == second["seen"]


def test_files_that_are_given_back(visits: Visits) -> None:
    """They are lazy and in no RECORD; they go with their modules, and with a change that is taken back they stay."""
    visits.visit(LOOK)
    found = visits.visit(
        """
        result = {}
        await install("thing==1.0")
        result["lazy"] = [pyodide_js._wasminstall.wheelFs.isLazy(SITE + path) for path in caches()]
        result["listed"] = [f for f in Path(SITE, "thing-1.0.dist-info/RECORD").read_text().splitlines() if "pyc" in f]
        before = caches()
        try:
            await install("bad==1.0")
        except wasminstall.errors.PlacementFailed:
            result["rolled back"] = caches() == before
        import thing
        result["compiled"] = [*compiled]
        await install("thing==2.0")
        result["replaced"] = caches()
        await install("thing==1.0")
        result["again"] = caches() == before
        await install("thing==1.0", reinstall=True)
        result["reinstalled"] = caches() == before
        await wasminstall.uninstall("thing")
        result["uninstalled"] = [str(path) for path in Path(SITE).iterdir()]
        """
    )
    assert found == {
        "lazy": [True] * 3,
        "listed": [],
        "rolled back": True,
        "compiled": [],
        "replaced": [],
        "again": True,
        "reinstalled": True,
        "uninstalled": [],
    }


def test_imports_of_many_visits_add_up(visits: Visits) -> None:
    look = 'await install("thing==1.0")\nimport {}\nawait wasminstall.cache.flush()\nresult = compiled'
    assert visits.visit(look.format("lone")) == ["lone.py"]
    assert visits.visit(look.format("thing.later, lone")) == ["thing/__init__.py", "thing/inner.py", "thing/later.py"]
    before = visits.entry.stat().st_ino
    assert visits.visit(look.format("thing.later, lone")) == []
    assert visits.entry.stat().st_ino == before, "not written without a reason"


@pytest.mark.parametrize("build", ["pyodide-0.27", "pyodide", "pyodide-315"])
def test_kept_in_idle_time_without_being_asked(visits: Visits, build: str) -> None:
    found = visits.visit(
        """
        await install("thing==1.0")
        import thing
        result = [await kept()]
        for _ in range(100):
            await asyncio.sleep(0.1)
            if await kept():
                break
        result.append(await kept())
        """,
        build,
    )
    assert found == [0, 1]


SPOIL: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[:-50],
    "damaged": lambda data: data[:-300] + bytes([data[-300] ^ 1]) + data[-299:],
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("how", SPOIL)
def test_a_damaged_entry_is_ignored_and_made_anew(visits: Visits, how: str) -> None:
    first = visits.visit(LOOK)
    visits.entry.write_bytes(SPOIL[how](visits.entry.read_bytes()))
    second = visits.visit(LOOK)
    assert second == first
    assert visits.visit(LOOK)["compiled"] == ["thing/broken.py"]


FOREIGN = """
from wasminstall.bytecode.container import Packing, open_archive, pyc
from wasminstall.cache import open_cache
from importlib.util import MAGIC_NUMBER
cache = open_cache()
(key,) = await cache.keys("bytecode")
archive = open_archive((await cache.get("bytecode", key)).body)
packing = Packing()
wrong = compile("raise SystemError", "x", "exec")
for name, member in archive.members.items():
    if name.endswith(".py"):
        packing.add(name, member.mtime // 1000, spoil(archive.read(name)))
packing.add("os.py", archive.members["lone.py"].mtime // 1000, pyc(wrong, 0, 0))
packing.add("user.py", 0, b"")
await cache.put("bytecode", key, *packing.finish())
"""


@pytest.mark.parametrize(
    "spoil",
    [
        "b'abc\\r' + content[4:]",
        "content[:8] + bytes(4) + content[12:]",
        "content[:12] + b'\\1' + content[13:]",
        "content[:10]",
        "b''",
    ],
    ids=["other magic", "other time", "other size", "cut off", "empty"],
)
def test_a_foreign_entry_is_ignored(visits: Visits, spoil: str) -> None:
    """By Python's own rules; and what is none of this wheel's is not mounted at all."""
    first = visits.visit(LOOK)
    visits.visit(f"spoil = lambda content: {spoil}\n{FOREIGN}\nresult = 0")
    second = visits.visit(LOOK)
    assert second["seen"] == first["seen"]
    assert second["compiled"] == first["compiled"]
    assert len(second["before"]) == 3


def test_another_python_has_its_own(visits: Visits) -> None:
    """The same wheel, cache and file names, but another magic number or optimisation."""
    visits.visit(LOOK)
    entry = visits.entry
    name = entry.name.rpartition("-")[0]
    entry.rename(entry.with_name(f"{name}-00000000"))
    assert visits.visit(LOOK)["before"] == []


@pytest.mark.parametrize(
    "wish", ["os.environ['PYTHONDONTWRITEBYTECODE'] = '1'", "sys.pycache_prefix = '/elsewhere'"], ids=["none", "prefix"]
)
def test_what_the_user_wants(visits: Visits, wish: str) -> None:
    """Nothing is kept, and nothing is given back."""
    assert visits.visit(f"{wish}\n{LOOK}")["kept"] == 0
    visits.visit(LOOK)
    again = visits.visit(f"{wish}\n{LOOK}")
    assert again["before"] == []
    assert len(again["compiled"]) == 4


def test_python_writes_its_own_bytecode_where_it_is_told_to(visits: Visits) -> None:
    own = visits.visit(f"sys.dont_write_bytecode = False\n{LOOK}")
    assert len(own["after"]) == 3
    found = visits.visit(f"sys.dont_write_bytecode = False\n{LOOK}")
    assert found["compiled"] == ["thing/broken.py"]


def test_only_installed_modules_are_kept(visits: Visits) -> None:
    """The user's own files, in a folder of his or among the packages, are compiled as ever."""
    code = """
    await install("thing==1.0")
    Path("mine.py").write_text("x = 1")
    Path(SITE, "also_mine.py").write_text("y = 1")
    Path(SITE, "lone.py").write_text("z = 1")
    importlib.invalidate_caches()
    sys.path.insert(0, os.getcwd())
    import mine, also_mine, lone
    await wasminstall.cache.flush()
    result = [compiled, lone.z, caches()]
    """
    assert visits.visit(code) == [["also_mine.py", "lone.py"], 1, []]
    assert visits.visit(code) == [["also_mine.py", "lone.py"], 1, []]
    found = visits.visit("await install('thing==1.0')\nimport lone\nresult = [lone.alone(), compiled]")
    assert found == [1, ["lone.py"]]


def test_versions_that_differ_in_nothing_python_looks_at(visits: Visits) -> None:
    """Builds give all files one time, and these two have one size: each version has its own bytecode nevertheless."""
    code = """
    await install("thing==1.0")
    await install("thing==2.0", cache=False)
    import lone
    await wasminstall.cache.flush()
    result = [lone.alone(), await kept()]
    """
    assert visits.visit(code) == [2, 0]
    look = """
    await install("thing==VERSION")
    import lone
    await wasminstall.cache.flush()
    result = [lone.alone(), compiled]
    """
    for compiled in (["lone.py"], []):
        for version in (1, 2):
            assert visits.visit(look.replace("VERSION", f"{version}.0")) == [version, compiled]


def test_packages_of_the_distribution(visits: Visits) -> None:
    """They come with their sha256 in Pyodide's lock."""
    packages = mount_distribution(visits.index, "pyodide")
    code = """
    await wasminstall.install("six", progress=None)
    import six
    await wasminstall.cache.flush()
    result = [compiled, wasminstall.show("six").installer, len(caches())]
    """
    assert visits.visit(code, packages=packages) == [["six.py"], "wasminstall", 0]
    assert visits.visit(code, packages=packages) == [[], "wasminstall", 1]


def test_a_real_package(visits: Visits) -> None:
    code = """
    await install("networkx")
    import networkx
    graph = networkx.petersen_graph()
    await wasminstall.cache.flush()
    result = [len(compiled), len(caches()), networkx.is_planar(graph), inspect.getsource(networkx.is_planar)]
    """
    first, second = visits.visit(code), visits.visit(code)
    assert first[:3] == [second[1], 0, False]
    assert second[0] == 0
    assert second[1] > 200
    assert first[2:] == second[2:]
