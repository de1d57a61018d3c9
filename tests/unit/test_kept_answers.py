"""What is kept between installs: the second one asks nobody, offline works, and what is out of date is noticed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from public_world import open_to_the_public
from world import World, world_on

import wasminstall
from support.index_server import IndexServer, bearer
from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.context import Access, Context
from wasminstall.installing import install_into
from wasminstall.pages import NotKept, Pages
from wasminstall.progress import Event
from wasminstall.transport import Client, Response
from wasminstall.transport.desktop import DesktopTransport


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world with a cache, on an index whose answers are fresh for ten minutes."""
    with IndexServer() as index:
        index.behave(cache_control="max-age=600")
        async with world_on(index, tmp_path / "site") as made:
            made.cache = Cache(FolderStore(tmp_path / "cache"))
            yield made


def publish_app(world: World) -> None:
    world.publish("app", "1.0", requires=["lib>=1"])
    world.publish("lib", "1.0")
    world.publish("lib", "2.0")


async def elsewhere(world: World, site: Path) -> None:
    """From now on another interpreter, with the same cache."""
    world.site = site
    world.index.requests.clear()


def content(answer: Response) -> bytes:
    return bytes(answer.body)


# --- the second visit ---------------------------------------------------------------------------------------------


async def test_the_second_install_asks_nobody(world: World, tmp_path: Path) -> None:
    publish_app(world)
    first = await world.install("app")
    await elsewhere(world, tmp_path / "other")
    second = await world.install("app")
    assert world.index.requests == []
    assert [(item.name, item.version, item.size) for item in second.added] == [
        (item.name, item.version, item.size) for item in first.added
    ]


async def test_another_question_uses_the_same_pages(world: World, tmp_path: Path) -> None:
    publish_app(world)
    await world.install("app")
    await elsewhere(world, tmp_path / "other")
    await world.install("app", "lib<2")
    assert [path for path in world.index.paths() if path.startswith("/simple/")] == []
    assert world.installed() == {"app": "1.0", "lib": "1.0"}


async def test_without_a_cache_everything_is_asked_again(world: World, tmp_path: Path) -> None:
    publish_app(world)
    world.cache = Cache(None)
    await world.install("app")
    asked = len(world.index.requests)
    await elsewhere(world, tmp_path / "other")
    await world.install("app")
    assert len(world.index.requests) == asked


@pytest.mark.parametrize("control", ["no-cache", "max-age=0"])
async def test_what_is_never_fresh_is_asked_again_and_wheels_are_kept(
    world: World, tmp_path: Path, control: str
) -> None:
    world.index.behave(cache_control=control)
    publish_app(world)
    await world.install("app")
    await elsewhere(world, tmp_path / "other")
    world.publish("lib", "3.0")
    await world.install("app")
    assert world.installed()["lib"] == "3.0"
    assert [path for path in world.index.paths() if "app-1.0" in path or "lib-2.0" in path] == []


async def test_what_must_not_be_stored_is_not(world: World, tmp_path: Path) -> None:
    world.index.behave(cache_control="no-store")
    publish_app(world)
    await world.install("app")
    assert not await world.cache.keys("page")


async def test_a_new_release_is_found_when_it_is_asked_for(world: World, tmp_path: Path) -> None:
    """The page in the cache does not have it: that is a reason to look again, not an error."""
    publish_app(world)
    await world.install("lib")
    world.publish("lib", "3.0")
    await elsewhere(world, tmp_path / "other")
    await world.install("lib>=3")
    assert world.installed() == {"lib": "3.0"}


async def test_a_new_project_is_found(world: World, tmp_path: Path) -> None:
    """That there is no such project is kept as well."""
    with pytest.raises(errors.UnknownProject):
        await world.install("late")
    world.index.requests.clear()
    with pytest.raises(errors.UnknownProject):
        await world.install("late")
    world.publish("late", "1.0")
    await world.install("late")
    assert world.installed() == {"late": "1.0"}


async def test_upgrade_looks_again(world: World) -> None:
    publish_app(world)
    await world.install("lib")
    world.publish("lib", "3.0")
    await world.install("lib", upgrade=["lib"])
    assert world.installed() == {"lib": "3.0"}


async def test_a_file_that_has_gone_is_looked_for_again(world: World, tmp_path: Path) -> None:
    publish_app(world)
    await world.plan("lib")
    await elsewhere(world, tmp_path / "other")
    world.index.remove("lib-2.0-py3-none-any.whl")
    await world.install("lib")
    assert world.installed() == {"lib": "1.0"}


async def test_a_damaged_wheel_in_the_cache_is_fetched_again(world: World, tmp_path: Path) -> None:
    publish_app(world)
    await world.install("lib")
    for file in (tmp_path / "cache").rglob("wheel/*"):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    await elsewhere(world, tmp_path / "other")
    await world.install("lib")
    assert [path.rpartition("/")[2] for path in world.index.paths()] == ["lib-2.0-py3-none-any.whl"]


async def test_an_answer_for_one_environment_is_not_for_another(world: World) -> None:
    publish_app(world)
    await world.install("lib<2")
    await world.install("app")
    assert world.installed() == {"app": "1.0", "lib": "1.0"}


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    transport = DesktopTransport()
    yield Client(transport)
    await transport.close()


async def test_a_page_is_fresh_for_as_long_as_its_server_says(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_app(world)
    url, now = f"{world.index.url}lib/", time.time()
    seen = []
    for later in (0.0, 599.0, 601.0, -5.0):
        monkeypatch.setattr("wasminstall.pages.time.time", lambda later=later: now + later)
        found = Pages(client, world.cache)
        await found.get(url, content)
        await world.cache.settle()
        seen.append((len(world.index.requests), found.reused))
    assert seen == [(1, 0), (1, 1), (2, 0), (3, 0)]  # the last one: the clock was set back


async def test_what_has_not_changed_is_not_sent_again(world: World, client: Client) -> None:
    world.index.behave(cache_control="no-cache")
    publish_app(world)
    url = f"{world.index.url}lib/"
    first = await Pages(client, world.cache).get(url, content)
    await world.cache.settle()
    assert await Pages(client, world.cache).get(url, content) == first
    await world.cache.settle()
    assert [request.status for request in world.index.requests] == [200, 304]
    world.publish("lib", "3.0")
    assert b"lib-3.0" in await Pages(client, world.cache).get(url, content)


async def test_what_cannot_be_read_is_not_kept(world: World, client: Client) -> None:
    publish_app(world)
    world.index.fault("/simple/lib/", "captive_portal")
    with pytest.raises(errors.IndexAnswerError):
        await world.install("lib")
    world.index.heal()
    await world.install("lib")
    assert world.installed() == {"lib": "2.0"}


async def test_offline_any_page_will_do(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_app(world)
    url = f"{world.index.url}lib/"
    await Pages(client, world.cache).get(url, content)
    await world.cache.settle()
    monkeypatch.setattr("wasminstall.pages.time.time", lambda: time.time_ns() / 1e9 + 1e6)
    offline = Pages(client, world.cache, offline=True)
    assert b"lib-2.0" in await offline.get(url, content)
    with pytest.raises(NotKept):
        await offline.get(f"{world.index.url}app/", content)
    assert [*offline.missing] == [f"{world.index.url}app/"]


async def test_what_one_user_was_told_is_not_for_another(world: World) -> None:
    world.index.behave(authorization=bearer("one"))
    publish_app(world)
    transport = DesktopTransport()
    url = f"{world.index.url}lib/"
    mine = Client(transport, {world.index.origin: {"Authorization": "Bearer one"}})
    await Pages(mine, world.cache).get(url, content)
    await world.cache.settle()
    for headers in ({}, {world.index.origin: {"Authorization": "Bearer two"}}):
        with pytest.raises(errors.HTTPStatusError):
            await Pages(Client(transport, headers), world.cache).get(url, content)
    assert await Pages(mine, world.cache, offline=True).get(url, content)
    await transport.close()


# --- offline --------------------------------------------------------------------------------------------------------


def offline(world: World) -> Context:
    return world.context(Access(offline=True))


async def test_offline_installs_what_is_kept(world: World, tmp_path: Path) -> None:
    publish_app(world)
    await world.install("app")
    await elsewhere(world, tmp_path / "other")
    await install_into(offline(world), world.wish("app"))
    assert world.installed() == {"app": "1.0", "lib": "2.0"}
    assert world.index.requests == []


async def test_offline_takes_the_version_that_is_there(world: World, tmp_path: Path) -> None:
    """The page names a newer one; its wheel was never fetched."""
    publish_app(world)
    await world.install("lib<2")
    await elsewhere(world, tmp_path / "other")
    await install_into(offline(world), world.wish("lib"))
    assert world.installed() == {"lib": "1.0"}
    assert world.index.requests == []


async def test_offline_says_what_is_missing(world: World, tmp_path: Path) -> None:
    publish_app(world)
    world.publish("never", "1.0")
    await world.install("lib<2")
    await elsewhere(world, tmp_path / "other")
    with pytest.raises(errors.NotInCache) as caught:
        await install_into(offline(world), world.wish("never", "app", "lib>=2"))
    assert {f"{world.index.url}{name}/" for name in ("never", "app")} == set(caught.value.missing)
    assert "2.0 (not in the cache)" in caught.value.because
    assert world.index.requests == []
    assert world.installed() == {}


async def test_offline_a_wheel_without_a_hash_is_missing_by_name(world: World) -> None:
    publish_app(world)
    url = world.index.file_url("lib-2.0-py3-none-any.whl")
    with pytest.raises(errors.NotInCache) as caught:
        await install_into(offline(world), world.wish(f"lib @ {url}"))
    assert caught.value.missing == ("lib-2.0-py3-none-any.whl",)


# --- no network -----------------------------------------------------------------------------------------------------


@pytest.fixture
def public(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The public verbs work in this world, and give up on a server at once."""
    open_to_the_public(world, monkeypatch)
    monkeypatch.setattr("wasminstall.transport.client._FIRST_PAUSE", 0.0)
    return world


def unplug(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers any more, and nothing that was kept is fresh."""
    world.index.fault("*", "close_before_answer")
    monkeypatch.setattr("wasminstall.pages.time.time", lambda: time.time_ns() / 1e9 + 1e6)
    monkeypatch.setattr("wasminstall.remembered.time.time", lambda: time.time_ns() / 1e9 + 1e6)


async def test_without_a_network_what_is_kept_is_installed(
    public: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_app(public)
    await wasminstall.install("app")
    await elsewhere(public, tmp_path / "other")
    unplug(public, monkeypatch)
    told: list[Event] = []
    report = await wasminstall.install("app", progress=told.append)
    assert public.installed() == {"app": "1.0", "lib": "2.0"}
    assert any(text.startswith("no network (cannot reach ") for text in report.warnings)
    assert [event.phase for event in told if event.phase in ("done", "failed")] == ["done"]


async def test_without_a_network_what_is_missing_is_named(
    public: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_app(public)
    await wasminstall.install("lib")
    await elsewhere(public, tmp_path / "other")
    unplug(public, monkeypatch)
    told: list[Event] = []
    with pytest.raises(errors.NetworkError) as caught:
        await wasminstall.install("app", progress=told.append)
    (failed,) = (event for event in told if event.phase == "failed")
    assert failed is told[-1]
    assert failed.text.startswith("failed: cannot reach ")
    assert "also tried the cache: offline, and not all is in the cache" in caught.value.message
    assert f"not in the cache: {public.index.url}app/" in caught.value.message
    assert public.installed() == {}


@pytest.mark.parametrize("cache", [True, False])
async def test_without_a_network_and_without_a_cache_the_network_is_the_error(
    public: World, monkeypatch: pytest.MonkeyPatch, cache: bool
) -> None:
    publish_app(public)
    unplug(public, monkeypatch)
    with pytest.raises(errors.NetworkError):
        await wasminstall.install("app", cache=cache)


async def test_a_server_that_answers_is_no_lack_of_network(
    public: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version out of the cache is not what was asked for when only the files cannot be had."""
    publish_app(public)
    await wasminstall.install("lib<2")
    await elsewhere(public, tmp_path / "other")
    public.index.fault("*.whl", "close_before_answer")
    with pytest.raises(errors.NetworkError):
        await wasminstall.install("lib", upgrade=True)


async def test_offline_is_an_option(public: World, tmp_path: Path) -> None:
    publish_app(public)
    await wasminstall.install("app")
    await elsewhere(public, tmp_path / "other")
    await wasminstall.install("app", offline=True)
    assert public.index.requests == []
    with pytest.raises(errors.NotInCache):
        await wasminstall.install("app", offline=True, cache=False, reinstall=True)


async def test_a_file_behind_a_url_works_offline(public: World, tmp_path: Path) -> None:
    publish_app(public)
    public.index.mount("/lists/", {"requirements.txt": b"lib<2\n"}.get)
    url = f"{public.index.origin}/lists/requirements.txt"
    await wasminstall.install(file=url)
    await elsewhere(public, tmp_path / "other")
    await wasminstall.install(file=url, offline=True)
    assert public.installed() == {"lib": "1.0"}
    assert public.index.requests == []


# --- mirrors --------------------------------------------------------------------------------------------------------


async def test_a_mirror_has_what_the_index_cannot_give(public: World) -> None:
    publish_app(public)
    with IndexServer() as mirror:
        for version in ("1.0", "2.0"):
            mirror.add(*make_wheel("lib", version))
        public.index.fault("*/lib-2.0-*.whl", "status:503")
        files = {f"{public.index.origin}/files/": f"{mirror.origin}/files/"}
        await wasminstall.install("lib", mirrors=files)
        assert mirror.paths() == ["/files/lib/lib-2.0-py3-none-any.whl"]
    assert public.installed() == {"lib": "2.0"}
