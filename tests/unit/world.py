"""A page's world on a desktop: the target of Pyodide 314, a folder as host, the test index over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall.cache import Cache
from wasminstall.context import Access, Context
from wasminstall.environment import Environment
from wasminstall.errors import WasmInstallError
from wasminstall.hosts.folder import FolderHost
from wasminstall.indexes import DistributionIndex, FirstThatHasIt, Index, KeptOnly, SimpleIndex
from wasminstall.installing import install_into
from wasminstall.pages import Pages
from wasminstall.plan import Plan
from wasminstall.report import Report
from wasminstall.requirements import read_requirements
from wasminstall.resolution import Wish
from wasminstall.targets import named_target
from wasminstall.transport import Client
from wasminstall.transport.desktop import DesktopTransport

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
LINUX = "cp314-cp314-manylinux_2_17_x86_64"
E = TypeVar("E", bound=WasmInstallError)


class World:
    """One index, one environment; ``install`` as a user would call it."""

    def __init__(self, index: IndexServer, site: Path, transport: DesktopTransport) -> None:
        self.index = index
        self.site = site
        self.lock: dict[str, Any] = {"packages": {}}
        self.cache = Cache(None)
        self._transport = transport
        self._target = named_target("pyodide-314")

    def publish(self, name: str, version: str, *, yanked: str | bool | None = None, **about: Any) -> bytes:
        """Make a wheel and put it on the index."""
        filename, data = make_wheel(name, version, **about)
        requires_python = about.get("requires_python")
        self.index.add(filename, data, yanked=yanked, requires_python=requires_python)
        return data

    async def install(self, *requirements: str, **options: Any) -> Report:
        """Install, expecting a report."""
        result = await install_into(self.context(), self.wish(*requirements, **options))
        assert isinstance(result, Report)
        return result

    async def plan(self, *requirements: str, **options: Any) -> Plan:
        """The plan only."""
        result = await install_into(self.context(), self.wish(*requirements, **options), dry_run=True)
        assert isinstance(result, Plan)
        return result

    def wish(self, *requirements: str, constraints: Sequence[str] = (), **options: Any) -> Wish:
        """The wish of these requirements; ``upgrade`` and ``reinstall`` are lists of names here."""
        for key in ("upgrade", "reinstall"):
            options[key] = frozenset(options.get(key, ()))
        return Wish(read_requirements(requirements), read_requirements(constraints), **options)

    def context(self, access: Access | None = None) -> Context:
        """The world as ``install`` sees it."""
        access = access or Access()
        pages = Pages(Client(self._transport), self.cache, offline=access.offline)
        index = SimpleIndex(pages, self.index.url, self._target, "test index")
        distribution = DistributionIndex(self.lock, self.index.origin + "/dist/", self._target)
        environment = Environment(FolderHost(self.site))
        sources: tuple[Index, ...] = (distribution, FirstThatHasIt([index]))
        if access.offline:
            sources = tuple(KeptOnly(source, self.cache) for source in sources)
        return Context(self._target, environment, pages, sources, distribution, access=access)

    def installed(self) -> dict[str, str]:
        """Version by name, read from the folder."""
        return {name: item.version for name, item in Environment(FolderHost(self.site)).installed().items()}

    def tree(self) -> dict[str, bytes]:
        """Every file of the environment."""
        return {str(path.relative_to(self.site)): path.read_bytes() for path in self.site.rglob("*") if path.is_file()}


@asynccontextmanager
async def world_on(index: IndexServer, site: Path) -> AsyncIterator[World]:
    """A world whose connections are closed in the end."""
    transport = DesktopTransport()
    try:
        yield World(index, site, transport)
    finally:
        await transport.close()


def versions(plan: Plan) -> dict[str, str]:
    """Version by name."""
    return {action.name: action.version for action in plan.actions}


async def refused(world: World, kind: type[E], *requirements: str, **options: Any) -> E:
    """The error, and an environment that is as it was."""
    before = world.tree()
    with pytest.raises(kind) as caught:
        await world.install(*requirements, **options)
    assert world.tree() == before
    return caught.value
