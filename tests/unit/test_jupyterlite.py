"""What the JupyterLite add-on makes at the build: the site's wheel, and wheels with a lock for its kernels."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest
from jupyterlite_core.manager import LiteManager

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall.context import default_index_urls, set_default_index
from wasminstall.errors import InvalidInput, NoCompatibleWheel, NoMatchingVersion
from wasminstall.integrations.jupyterlite.addon import WasmInstallAddon
from wasminstall.integrations.jupyterlite.piplite import use_site_indexes
from wasminstall.integrations.jupyterlite.seeding import seed
from wasminstall.integrations.jupyterlite.site_wheel import site_wheel
from wasminstall.locks.pylock import read_pylock
from wasminstall.targets import named_target
from wasminstall.wheels.wheel import WheelArchive

INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}
SITE = "https://site.example/pypi/"
KERNEL = ("ipython", "jedi")
PHASES = (WasmInstallAddon.build, WasmInstallAddon.post_build)
HERE = "wasminstall/integrations/jupyterlite/"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        running.add(*make_wheel("comm", "0.2.3"))
        yield running


class Site:
    """A folder with a Pyodide in it that has one package, besides those of a kernel."""

    def __init__(self, folder: Path, server: IndexServer) -> None:
        self.folder, self.wheels, self._server = folder, folder / "wheels", server
        self.wheels.mkdir()
        self.pyodide = folder / "pyodide" / "pyodide-lock.json"
        self.pyodide.parent.mkdir()
        name, data = make_wheel("distributed", "1.0")
        (self.pyodide.parent / name).write_bytes(data)
        self.write_lock(INFO, name)

    def write_lock(self, info: dict[str, str], file_name: str, *, kernel: tuple[str, ...] = KERNEL) -> None:
        entry = {"version": "1.0", "file_name": file_name, "depends": []}
        packages = {name: {**entry, "name": name} for name in ("distributed", *kernel)}
        self.pyodide.write_text(json.dumps({"info": info, "packages": packages}))

    async def seed(self, text: str, *, own: tuple[str, bytes] | None = None, name: str = "requirements.txt") -> str:
        source = self.folder / name
        source.write_text(text)
        paths = [self.folder / own[0]] if own else []
        for path in paths:
            path.write_bytes(own[1] if own else b"")
        urls = [self._server.url]
        return await seed(str(source), self.wheels, pyodide=self.pyodide.as_uri(), wheels=paths, index_urls=urls)

    def versions(self, lock: str) -> dict[str, str]:
        """What a kernel reads in the lock; every file of it is in the folder."""
        found = read_pylock(lock, f"{SITE}pylock.toml", named_target("pyodide-314"))
        for candidate in found:
            file = self.wheels / unquote(candidate.url.removeprefix(SITE))
            assert file.stat().st_size == candidate.size
        return {candidate.name: str(candidate.version) for candidate in found}


@pytest.fixture
def site(tmp_path: Path, server: IndexServer) -> Site:
    return Site(tmp_path, server)


async def test_requirements_become_wheels_and_a_lock(site: Site, server: IndexServer) -> None:
    server.add(*make_wheel("course", "1.0"))
    server.add(*make_wheel("course", "2.0", requires=["helper", "distributed"]))
    server.add(*make_wheel("helper", "1.0+local"))
    lock = await site.seed("course\n")
    assert site.versions(lock) == {"comm": "0.2.3", "course": "2.0", "distributed": "1.0", "helper": "1.0+local"}


async def test_wheels_of_the_site_come_first(site: Site, server: IndexServer) -> None:
    server.add(*make_wheel("course", "2.0"))
    lock = await site.seed("course\n", own=make_wheel("course", "1.0"))
    assert site.versions(lock)["course"] == "1.0"


async def test_a_lock_is_taken_as_it_is(site: Site, server: IndexServer) -> None:
    server.add(*make_wheel("course", "1.0"))
    first = await site.seed("course\n")
    server.add(*make_wheel("course", "2.0"))
    (site.wheels / "pylock.toml").write_text(first)
    again = await site.seed(first.replace('path = "', f'path = "{site.wheels}/'), name="pylock.toml")
    assert again == first


async def test_what_cannot_be_had_is_an_error_at_the_build(site: Site, server: IndexServer) -> None:
    server.add(*make_wheel("course", "1.0"))
    with pytest.raises(NoMatchingVersion):
        await site.seed("course>=2\n")


async def test_hashes_in_the_file_are_checked(site: Site, server: IndexServer) -> None:
    name, data = make_wheel("course", "1.0")
    server.add(name, data)
    digest = hashlib.sha256(data).hexdigest()
    assert site.versions(await site.seed(f"course==1.0 --hash=sha256:{digest}\n")) == {"course": "1.0"}
    with pytest.raises(NoCompatibleWheel):
        await site.seed(f"course==1.0 --hash=sha256:{digest[::-1]}\n")


async def test_what_a_kernel_needs_and_the_pyodide_lacks_is_in_the_site(site: Site, server: IndexServer) -> None:
    for name in KERNEL:
        server.add(*make_wheel(name, "1.0"))
    site.write_lock(INFO, "distributed-1.0-py3-none-any.whl", kernel=())
    assert {"comm", "ipython", "jedi"} < set(site.versions(await site.seed("distributed\n")))


async def test_a_pyodide_of_another_kind_is_an_error(site: Site) -> None:
    site.write_lock({**INFO, "abi_version": "1999_0"}, "x-1.0-py3-none-any.whl")
    with pytest.raises(InvalidInput, match="not known here"):
        await site.seed("distributed\n")


def test_the_site_wheel_is_an_ordinary_one() -> None:
    name, data = site_wheel({"lock": "", "index_urls": []})
    assert (name, data) == site_wheel({"lock": "", "index_urls": []}), "the same bytes each time"
    assert WheelArchive(name, data).metadata.name == "wasminstall"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
    assert {"wasminstall/_page.js", f"{HERE}kernel.py", "piplite/piplite.py"} <= names
    assert not any(each.startswith(("wasminstall/serve/", f"{HERE}addon", f"{HERE}seeding")) for each in names)


def test_the_site_wheel_has_the_settings_and_starts_the_extension() -> None:
    name, data = site_wheel({"lock": "pypi/pylock.toml"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert json.loads(archive.read(f"{HERE}settings.json")) == {"lock": "pypi/pylock.toml"}
        stem = "-".join(name.split("-")[:2])
        config = archive.read(f"{stem}.data/data/etc/ipython/ipython_config.py").decode()
    assert "wasminstall.integrations.jupyterlite.kernel" in config


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module where a kernel notes what its site was built with."""
    noted = ModuleType("piplite.piplite")
    monkeypatch.setitem(sys.modules, "piplite.piplite", noted)
    monkeypatch.setattr(noted, "_PIPLITE_URLS", [f"{SITE}all.json?sha256=1", f"{SITE}all.json"], raising=False)
    yield noted
    set_default_index()


def test_the_indexes_of_a_site_come_first(kernel: ModuleType) -> None:
    before = default_index_urls()
    use_site_indexes()
    assert default_index_urls() == (f"{SITE}all.json?sha256=1", *before)
    use_site_indexes(["https://index.example/simple/"])
    assert default_index_urls() == (f"{SITE}all.json?sha256=1", "https://index.example/simple/")


def test_a_site_may_forbid_pypi(kernel: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_PIPLITE_DISABLE_PYPI", True, raising=False)
    use_site_indexes()
    assert default_index_urls() == (f"{SITE}all.json?sha256=1",)


def test_without_a_site_nothing_is_changed() -> None:
    before = default_index_urls()
    use_site_indexes(["https://index.example/simple/"])
    assert default_index_urls() == before


@pytest.fixture
def tasks(tmp_path: Path) -> dict[str, Callable[[], object]]:
    """What the add-on does for a site with a Pyodide of its own and the usual kernel: by name, to be called."""
    site = tmp_path / "site"
    kernel = {"filename": "pyodide_kernel-1.0-py3-none-any.whl", "requires_python": ">=3.13"}
    written = {
        "static/pyodide/pyodide-lock.json": json.dumps({"info": {**INFO, "python": "3.12.7"}, "packages": {}}),
        "extensions/kernel/static/pypi/all.json": json.dumps({"pyodide-kernel": {"releases": {"1.0": [kernel]}}}),
        "service-worker.js": "let enableCache=!1;function onInstall(){}",
    }
    for name, text in written.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    manager = LiteManager(lite_dir=tmp_path, output_dir=site)
    addon = WasmInstallAddon(manager=manager)
    found = {task["name"].rpartition(":")[2]: task["actions"][0] for phase in PHASES for task in phase(addon, manager)}
    return {name: action if callable(action) else partial(action[0], *action[1]) for name, action in found.items()}


def test_a_pyodide_that_the_kernel_is_not_for(tasks: dict[str, Callable[[], object]], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"pyodide_kernel-1.0.* needs Python >=3.13, .* has 3.12.7"):
        tasks["python"]()
    lock = tmp_path / "site/static/pyodide/pyodide-lock.json"
    lock.write_text(json.dumps({"info": INFO, "packages": {}}))
    tasks["python"]()
    lock.unlink()
    tasks["python"]()  # one that is elsewhere is not asked for


def test_the_cache_of_the_pages_stays_on(tasks: dict[str, Callable[[], object]], tmp_path: Path) -> None:
    """What it does is for a browser to show; twice is as once."""
    for _ in range(2):
        tasks["service-worker.js"]()
    worker = (tmp_path / "site/service-worker.js").read_text()
    assert worker.startswith('let enableCache="true"===new URL(location.href)')
    assert worker.endswith(";function onInstall(){}")
