"""A piplite index from end to end: an ``all.json`` over real HTTP, as JupyterLite writes it and as others might."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from world import WASM, World, world_on

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall.errors import IndexAnswerError, ResolutionError
from wasminstall.indexes import FirstThatHasIt, Index, PipliteIndex, SimpleIndex, is_piplite
from wasminstall.installing import install_into
from wasminstall.plan import Plan
from wasminstall.targets import named_target

PAGE = named_target("pyodide-314")


class Site:
    """A folder of a site with wheels and their ``all.json``."""

    def __init__(self, server: IndexServer) -> None:
        self._files: dict[str, bytes] = {}
        self.projects: dict[str, Any] = {}
        self.server = server
        self.url = f"{server.origin}/site/pypi/all.json?sha256=abc"
        server.mount("/site/", self._file)

    def add(self, name: str, version: str, *, tag: str = "py3-none-any", about: Any = (), **more: Any) -> str:
        """A wheel and its entry, changed by ``about``; its file name."""
        filename, data = make_wheel(name, version, tag=tag, **more)
        self._files[f"pypi/{filename}"] = data
        digests = {"sha256": hashlib.sha256(data).hexdigest(), "md5": "0" * 32}
        entry = {"filename": filename, "url": f"./{filename}", "digests": digests, "size": len(data), **dict(about)}
        releases = self.projects.setdefault(name, {"releases": {}})["releases"]
        releases.setdefault(version, []).append(entry)
        return filename

    def _file(self, path: str) -> bytes | None:
        return json.dumps(self.projects).encode() if path == "pypi/all.json" else self._files.get(path)


@pytest.fixture(scope="module")
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def site(server: IndexServer) -> Site:
    server.requests.clear()
    return Site(server)


async def plan(world: World, site: Site, *requirements: str) -> dict[str, str]:
    """File name by project, from the site's index and the simple one behind it."""
    context = world.context()
    sources: list[Index] = [
        PipliteIndex(context.pages, site.url, PAGE),
        SimpleIndex(context.pages, world.index.url, PAGE),
    ]
    chosen = type(context)(PAGE, context.environment, context.pages, (FirstThatHasIt(sources),))
    found = await install_into(chosen, world.wish(*requirements), dry_run=True)
    assert isinstance(found, Plan)
    return {action.name: action.candidate.filename for action in found.actions}


@pytest.fixture
async def world(server: IndexServer, tmp_path: Any) -> Any:
    async with world_on(server, tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://site.example/pypi/all.json", True),
        ("https://site.example/pypi/all.json?sha256=abc#x", True),
        ("https://site.example/all.json/simple/", False),
        ("https://site.example/simple/", False),
        ("http://[", False),
    ],
)
def test_its_address_tells_it(url: str, expected: bool) -> None:
    assert is_piplite(url) is expected


async def test_several_versions_and_several_wheels_of_each(world: World, site: Site) -> None:
    site.add("lib", "1.0")
    site.add("lib", "2.0")
    best = site.add("lib", "2.0", tag=WASM)
    site.add("lib", "3.0", tag="cp314-cp314-manylinux_2_17_x86_64")
    assert await plan(world, site, "lib") == {"lib": best}
    assert await plan(world, site, "lib<2") == {"lib": "lib-1.0-py3-none-any.whl"}


async def test_wheels_are_beside_it(world: World, site: Site) -> None:
    site.add("lib", "1.0")
    listing = await PipliteIndex(world.context().pages, site.url, PAGE).listing("lib")
    assert listing is not None
    [candidate] = listing.candidates
    assert candidate.url == f"{site.server.origin}/site/pypi/lib-1.0-py3-none-any.whl"
    assert candidate.hashes.keys() == {"sha256"}


async def test_what_an_entry_says_counts(world: World, site: Site) -> None:
    site.add("lib", "1.0")
    site.add("lib", "1.1", about={"requires_python": ">=3.99"})
    site.add("lib", "1.2", about={"yanked": True, "yanked_reason": "broken"})
    assert await plan(world, site, "lib") == {"lib": "lib-1.0-py3-none-any.whl"}


async def test_it_speaks_for_what_it_has_and_the_next_for_the_rest(world: World, site: Site) -> None:
    site.add("lib", "1.0", requires=["dep"])
    world.publish("lib", "2.0")
    world.publish("dep", "1.0")
    assert await plan(world, site, "lib") == {"lib": "lib-1.0-py3-none-any.whl", "dep": "dep-1.0-py3-none-any.whl"}
    with pytest.raises(ResolutionError):
        await plan(world, site, "lib>=2")


async def test_many_projects_cost_one_request(world: World, site: Site) -> None:
    names = [f"many-{number}" for number in range(8)]
    for name in names:
        site.add(name, "1.0")
    await plan(world, site, *names)
    assert [path for path in site.server.paths() if path.startswith("/site/pypi/all.json")] == ["/site/pypi/all.json"]


@pytest.mark.parametrize("content", ["[]", '{"lib": 1}', '{"lib": {"releases": [1]}}', "<html>", '{"lib": {}}'])
async def test_what_is_no_such_file_is_an_error(world: World, server: IndexServer, content: str) -> None:
    server.mount("/broken/", lambda path: content.encode())
    index = PipliteIndex(world.context().pages, f"{server.origin}/broken/all.json", PAGE)
    with pytest.raises(IndexAnswerError, match="not that of a piplite index"):
        await index.listing("lib")
