"""Credentials in every form, through the public ``install``: sent where they belong, and shown nowhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import FunctionType, MethodType, ModuleType, TracebackType
from typing import Any

import pytest
from public_world import open_to_the_public
from world import World, world_on

import wasminstall
from support.index_server import IndexServer, basic, bearer
from support.wheel_factory import make_wheel
from wasminstall.errors import InvalidInput, WasmInstallError

SECRETS = ("s3cret", "czNjcmV0")  # czNjcmV0: as it is in the header of Basic, at this place of the pair
USER = "usr"  # three bytes, so that the password begins a group of Base64
HEADER = {
    "basic": basic(USER + ":x", "s3cret"),
    "bearer": bearer("s3cret"),
    "token": "s3cret",
}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr("wasminstall.transport.client._FIRST_PAUSE", 0.001)
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:
            open_to_the_public(made, monkeypatch)
            filename, data = make_wheel("app", "1.0", requires=["lib"])
            index.add(filename, data)
            index.add(*make_wheel("lib", "1.0"))
            yield made


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever any library writes into the log, at its chattiest."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert_hidden(caplog.text)


def with_password(url: str) -> str:
    return url.replace("://", "://usr%3Ax:s3cret@")


def assert_hidden(*texts: str) -> None:
    for text in texts:
        assert not [secret for secret in SECRETS if secret in text], text


def reachable(start: object) -> Iterator[object]:
    """Everything an object leads to, as somebody who looks into an error may find it; frames are left out."""
    seen: set[int] = set()
    stack = [start]
    while stack:
        item = stack.pop()
        if id(item) in seen or isinstance(item, (type, ModuleType, FunctionType, MethodType, TracebackType)):
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, BaseException):
            stack += [item.__cause__, item.__context__, *item.args]
        if isinstance(item, dict):
            stack += [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            stack += item
        stack += vars(item).values() if hasattr(item, "__dict__") else ()


def options_for(form: str, index: IndexServer) -> dict[str, Any]:
    """How a user gives the credentials."""
    if form == "address":
        return {"index_urls": with_password(index.url)}
    name = "X-Token" if form == "token" else "Authorization"
    return {"index_urls": index.url, "headers": {index.origin: {name: HEADER[form]}}}


FORMS = ["address", *HEADER]


@pytest.mark.parametrize("form", FORMS)
async def test_what_worked_does_not_show_them(world: World, form: str, tmp_path: Path) -> None:
    events: list[object] = []
    world.index.behave(cache_control="max-age=600")
    report = await wasminstall.install("app", progress=events.append, **options_for(form, world.index))
    assert {"authorization", "x-token"} & {name for seen in world.index.requests for name in seen.headers}
    assert_hidden(repr(report), report._repr_html_(), *map(repr, events))
    assert_hidden(wasminstall.freeze(), wasminstall.lock(), repr(wasminstall.list()), repr(wasminstall.show("app")))
    assert_hidden(*(repr(item) for item in reachable(report)))
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert_hidden(*(data.decode("latin-1") for data in written))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", ["/simple/app/", "*.metadata", "*.whl"])
@pytest.mark.parametrize(
    "kind",
    [
        "close_before_answer",
        "truncated",
        "stall",
        "status:401",
        "status:503",
        "redirect_loop",
        "captive_portal",
        "extra_bytes",
        "lying_gzip",
        "empty",
    ],
)
async def test_what_failed_does_not_show_them(world: World, kind: str, what: str, form: str) -> None:
    """Neither the error, nor what hangs on it, nor the plan of what would have been done."""
    world.index.fault(what, kind)
    with pytest.raises(WasmInstallError) as caught:
        await wasminstall.install("app", timeout=0.2, cache=False, **options_for(form, world.index))
    assert_hidden(str(caught.value), *(f"{item!r}" for item in reachable(caught.value)))
    assert all(not type(item).__module__.startswith(("httpx", "httpcore", "h11")) for item in reachable(caught.value))


async def test_a_server_that_repeats_them(world: World) -> None:
    world.index.mount("/simple/", lambda _: b"")
    world.index.behave(headers={"Location": with_password(world.index.url)})
    with pytest.raises(WasmInstallError) as caught:
        await wasminstall.install("app", index_urls=with_password(world.index.url), cache=False)
    assert_hidden(*(f"{item!r}" for item in reachable(caught.value)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Token", "s3cret\r\nX-Evil: 1"),
        ("X-Token", "s3cret\x00"),
        ("X-Token", "s3cret\x7f"),
        ("X-Token", "s3cret é"),
        ("X-Token", "s3cret ☃"),
        ("X Token", "s3cret"),
        ("X-Token:", "s3cret"),
        ("", "s3cret"),
    ],
)
async def test_a_header_that_cannot_be_sent(world: World, name: str, value: str) -> None:
    """Libraries quote what they refuse, in errors and in logs: it never comes to that."""
    with pytest.raises(InvalidInput) as caught:
        await wasminstall.install("app", headers={world.index.origin: {name: value}}, cache=False)
    assert_hidden(*(f"{item!r}" for item in reachable(caught.value)))
    assert world.index.requests == []


async def test_white_space_around_a_token_is_of_no_account(world: World) -> None:
    """As it comes out of files and prompts."""
    world.index.behave(authorization=bearer("s3cret"))
    await wasminstall.install("app", headers={world.index.origin: {"Authorization": "Bearer s3cret\n"}})
    assert world.installed() == {"app": "1.0", "lib": "1.0"}


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("form", FORMS)
async def test_they_do_not_cross_to_another_port_or_name(world: World, status: int, form: str) -> None:
    """Host, port and scheme are the origin."""
    name = f"http://localhost:{world.index.port}"
    world.index.redirect("/simple/app/", f"{name}/elsewhere/simple/app/", status)
    with IndexServer() as other:
        other.add(*make_wheel("app", "1.0"))
        world.index.redirect("/elsewhere/*", f"{other.origin}/simple/app/", status)
        await wasminstall.install("app", cache=False, **options_for(form, world.index))
        told = [seen for seen in world.index.requests if {"authorization", "x-token"} & seen.headers.keys()]
        assert {seen.host for seen in told} == {f"127.0.0.1:{world.index.port}"}
        assert not [seen for seen in other.requests if {"authorization", "x-token"} & seen.headers.keys()]


async def test_in_the_address_of_a_wheel(world: World, tmp_path: Path) -> None:
    """Used, and then neither in what is shown nor in what is written."""
    filename, _ = make_wheel("app", "1.0", requires=["lib"])
    events: list[object] = []
    address = with_password(world.index.file_url(filename))
    report = await wasminstall.install(address, progress=events.append)
    assert basic(USER + ":x", "s3cret") in {seen.headers.get("authorization") for seen in world.index.requests}
    assert_hidden(repr(report), report._repr_html_(), wasminstall.freeze(), wasminstall.lock(), *map(repr, events))
    assert_hidden(repr(report.plan), *map(repr, report.plan.actions))
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert_hidden(*(data.decode("latin-1") for data in written))
