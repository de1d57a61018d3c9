"""Several indexes through the public ``install``: who may speak for a project, and who is told what secret."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from public_world import open_to_the_public
from world import LINUX, World, versions, world_on

import wasminstall
import wasminstall.transport.client
from support.index_server import IndexServer, basic, bearer
from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.options import IndexStrategy


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:
            open_to_the_public(made, monkeypatch)
            yield made


@pytest.fixture
def first(world: World) -> IndexServer:
    return world.index


@pytest.fixture
def second() -> Iterator[IndexServer]:
    with IndexServer() as index:
        yield index


def publish(index: IndexServer, name: str, *offered: str, **about: Any) -> None:
    for version in offered:
        index.add(*make_wheel(name, version, **about))


async def planned(*requirements: str, **options: Any) -> dict[str, str]:
    return versions(await wasminstall.install(requirements, dry_run=True, **options))


# --- strategies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement", "strategy", "expected"),
    [
        ("app", "first-index", "1.0"),
        ("app", "best-match", "2.0"),
        ("app<2", "best-match", "1.0"),
        ("only-second", "first-index", "5.0"),  # a project the first does not have
        ("only-second", "best-match", "5.0"),
    ],
)
async def test_which_index_speaks(
    first: IndexServer, second: IndexServer, requirement: str, strategy: IndexStrategy, expected: str
) -> None:
    publish(first, "app", "1.0")
    publish(second, "app", "2.0")
    publish(second, "only-second", "5.0")
    found = await planned(requirement, index_urls=[first.url, second.url], index_strategy=strategy)
    assert list(found.values()) == [expected]


@pytest.mark.parametrize("about", [{"tag": LINUX}, {"requires_python": "<3"}, {}])
async def test_the_first_index_speaks_even_where_what_it_has_is_of_no_use(
    first: IndexServer, second: IndexServer, about: dict[str, Any]
) -> None:
    """The attack: a name of the private index, a higher version of it on the public one."""
    filename, data = make_wheel("app", "1.0", **about)
    first.add(filename, data, requires_python=about.get("requires_python"))
    publish(second, "app", "9.0")
    with pytest.raises(errors.ResolutionError):
        await planned("app>=9" if not about else "app", index_urls=[first.url, second.url])
    assert second.requests == []


async def test_a_project_without_files_is_still_had(first: IndexServer, second: IndexServer) -> None:
    first.add_project("app")
    publish(second, "app", "9.0")
    with pytest.raises(errors.ResolutionError):
        await planned("app", index_urls=[first.url, second.url])
    assert second.requests == []


async def test_each_dependency_finds_its_own_index(first: IndexServer, second: IndexServer) -> None:
    publish(first, "app", "1.0", requires=["lib"])
    publish(second, "lib", "1.0", requires=["base"])
    publish(first, "base", "1.0")
    publish(second, "base", "2.0")
    assert await planned("app", index_urls=[first.url, second.url]) == {"app": "1.0", "base": "1.0", "lib": "1.0"}


async def test_both_have_the_same_version(first: IndexServer, second: IndexServer) -> None:
    """best-match: the same file on two indexes is taken from the first."""
    publish(first, "app", "1.0")
    publish(second, "app", "1.0")
    for urls in ([first.url, second.url], [second.url, first.url]):
        plan = await wasminstall.install("app", dry_run=True, index_urls=urls, index_strategy="best-match")
        assert plan.actions[0].candidate.url.startswith(urls[0].removesuffix("/simple/"))


# --- an index that fails -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 500])
@pytest.mark.parametrize("strategy", ["first-index", "best-match"])
async def test_an_index_that_refuses_never_falls_through(
    first: IndexServer,
    second: IndexServer,
    status: int,
    strategy: IndexStrategy,
    monkeypatch: pytest.MonkeyPatch,
    world: World,
) -> None:
    """micropip asks the next one (its issues 223 and 225)."""
    monkeypatch.setattr(wasminstall.transport.client, "_FIRST_PAUSE", 0.001)
    publish(second, "app", "9.0")
    first.fault("/simple/app/*", f"status:{status}")
    with pytest.raises(errors.HTTPStatusError) as caught:
        await wasminstall.install("app", index_urls=[first.url, second.url], index_strategy=strategy)
    assert (caught.value.status, first.url in str(caught.value)) == (status, True)
    assert second.paths("*.whl") == []
    assert world.installed() == {}


@pytest.mark.parametrize("fault", ["captive_portal", "close_before_answer", "wrong_content_type", "empty"])
async def test_an_index_out_of_order_never_falls_through(
    first: IndexServer, second: IndexServer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wasminstall.transport.client, "_FIRST_PAUSE", 0.001)
    publish(first, "app", "1.0")
    publish(second, "app", "9.0")
    first.fault("/simple/app/*", fault)
    with pytest.raises((errors.IndexAnswerError, errors.TransportError)):
        await planned("app", index_urls=[first.url, second.url])
    assert second.requests == []


# --- a project tied to an index ------------------------------------------------------------------------------------


async def test_a_tied_project_comes_from_its_index_only(world: World, first: IndexServer, second: IndexServer) -> None:
    filename, data = make_wheel("tied", "3.0")
    world.index.mount("/dist/", lambda path: data if path == filename else None)
    world.lock["packages"] = {"tied": {"name": "Tied", "version": "3.0", "file_name": filename, "depends": []}}
    publish(first, "tied", "9.0")
    publish(first, "app", "1.0", requires=["Tied"])
    publish(second, "tied", "1.0")
    publish(second, "app", "9.0")
    assert await planned("app") == {"app": "1.0", "tied": "3.0"}
    assert await planned("app", index_for={"TIED": second.url}) == {"app": "1.0", "tied": "1.0"}
    assert second.paths() == ["/simple/tied/", "/files/tied/tied-1.0-py3-none-any.whl.metadata"]
    first.requests.clear()
    with pytest.raises(errors.NoMatchingVersion):
        await planned("tied>=3", index_for={"tied": second.url})
    with pytest.raises(errors.NoMatchingVersion):
        await planned("tied>=3", index_for={"tied": second.url}, index_strategy="best-match", prefer="newest")
    assert first.paths("/simple/tied/*") == []


async def test_a_tied_project_its_index_does_not_have(first: IndexServer, second: IndexServer) -> None:
    publish(first, "tied", "1.0")
    with pytest.raises(errors.UnknownProject):
        await planned("tied", index_for={"tied": second.url})
    assert first.requests == []


async def test_a_tied_project_whose_index_refuses(first: IndexServer, second: IndexServer) -> None:
    publish(first, "tied", "1.0")
    second.fault("/simple/*", "status:403")
    with pytest.raises(errors.HTTPStatusError):
        await planned("tied", index_for={"tied": second.url})
    assert first.requests == []


# --- secrets -------------------------------------------------------------------------------------------------------


def told(index: IndexServer, header: str) -> set[str | None]:
    """What this header said in the requests the index saw."""
    return {request.headers.get(header) for request in index.requests}


async def test_headers_go_to_their_origin_only(world: World, first: IndexServer, second: IndexServer) -> None:
    publish(first, "app", "1.0", requires=["lib"])
    publish(second, "lib", "1.0")
    first.behave(authorization=bearer("first-secret"))
    await wasminstall.install(
        "app",
        index_urls=[first.url, second.url],
        headers={
            first.origin: {"Authorization": bearer("first-secret"), "X-Team": "one"},
            second.url: {"X-Token": "second-secret"},
        },
    )
    assert world.installed() == {"app": "1.0", "lib": "1.0"}
    assert (told(first, "authorization"), told(second, "authorization")) == ({bearer("first-secret")}, {None})
    assert (told(first, "x-team"), told(second, "x-team")) == ({"one"}, {None})
    assert (told(first, "x-token"), told(second, "x-token")) == ({None}, {"second-secret"})


@pytest.mark.parametrize("spelling", ["Authorization", "authorization"])
@pytest.mark.parametrize("what", ["/simple/app/", "*.metadata", "*.whl"])
async def test_a_token_does_not_follow_a_redirect_elsewhere(
    world: World, first: IndexServer, second: IndexServer, what: str, spelling: str
) -> None:
    publish(first, "app", "1.0")
    publish(second, "app", "1.0")
    first.redirect(what, f"{second.origin}{{path}}")
    await wasminstall.install("app", index_urls=first.url, headers={first.origin: {spelling: bearer("secret")}})
    assert world.installed() == {"app": "1.0"}
    assert second.requests
    assert told(first, "authorization") == {bearer("secret")}
    assert told(second, "authorization") == {None}


@pytest.mark.parametrize("what", ["/simple/app/", "*.whl"])
async def test_other_headers_stay_behind_at_a_redirect_elsewhere(
    world: World, first: IndexServer, second: IndexServer, what: str
) -> None:
    """No client drops those by itself."""
    publish(first, "app", "1.0")
    publish(second, "app", "1.0")
    first.redirect(what, f"{second.origin}{{path}}")
    await wasminstall.install("app", index_urls=first.url, headers={first.origin: {"X-Token": "secret"}})
    assert world.installed() == {"app": "1.0"}
    assert second.requests
    assert (told(first, "x-token"), told(second, "x-token")) == ({"secret"}, {None})


async def test_user_and_password_in_the_address_of_an_index(
    world: World, first: IndexServer, second: IndexServer
) -> None:
    publish(first, "app", "1.0", requires=["lib"])
    publish(second, "lib", "1.0")
    first.behave(authorization=basic("me@work", "p/w:d"))
    private = first.url.replace("//", "//me%40work:p%2Fw%3Ad@")
    report = await wasminstall.install("app", index_urls=[private, second.url])
    assert world.installed() == {"app": "1.0", "lib": "1.0"}
    assert (told(first, "authorization"), told(second, "authorization")) == ({basic("me@work", "p/w:d")}, {None})
    everywhere = [repr(report), report._repr_html_(), wasminstall.lock(), *map(str, world.tree().values())]
    assert not any("p%2Fw" in text or "p/w" in text for text in everywhere)


async def test_each_address_keeps_its_own_user(first: IndexServer) -> None:
    """Two users on one server: the address that names one is asked as that one."""
    publish(first, "app", "1.0", requires=["lib"])
    publish(first, "lib", "1.0")
    one, two = (first.url.replace("//", f"//{user}:x@") for user in ("one", "two"))
    await planned("app", index_urls=one, index_for={"lib": two})
    seen = {request.path: request.headers.get("authorization") for request in first.requests}
    assert seen["/simple/app/"] == basic("one", "x")
    assert seen["/simple/lib/"] == basic("two", "x")


async def test_a_wrong_password_is_an_error_that_does_not_show_it(first: IndexServer, second: IndexServer) -> None:
    publish(first, "app", "1.0")
    publish(second, "app", "9.0")
    first.behave(authorization=basic("me", "right"))
    private = first.url.replace("//", "//me:wrong-secret@")
    with pytest.raises(errors.HTTPStatusError) as caught:
        await planned("app", index_urls=[private, second.url])
    assert caught.value.status == 401
    assert "wrong-secret" not in f"{caught.value} {caught.value.hint} {vars(caught.value)}"
    assert second.requests == []
