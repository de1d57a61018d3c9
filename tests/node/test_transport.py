"""The browser's adapter in Node, whose ``fetch`` differs where it matters: redirects, headers, reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from support.index_server import IndexServer, basic
from support.node import run_in_node
from support.wheel_factory import make_wheel

FILENAME, DATA = make_wheel("fetched", "1.0", files={"fetched/data.bin": bytes(range(256)) * 800})

CODE = """
import asyncio, gc, weakref
import wasminstall.transport.client
from wasminstall.errors import HTTPStatusError, NetworkError
from wasminstall.transport import Client, default_transport
from wasminstall.transport.browser import BrowserTransport

wasminstall.transport.client._FIRST_PAUSE = 0.001
transport = default_transport()

async def outcome(client, url, **options):
    try:
        found = await client.get(url, **options)
    except (HTTPStatusError, NetworkError) as error:
        context = [repr(error.__cause__), repr(error.__context__)]
        return {"kind": getattr(error, "kind", ""), "text": str(error), "chain": context}
    return {"url": found.url, "size": len(found.body), "digest": found.digest, "headers": dict(found.headers)}

def private(url):
    return url.replace("://", "://user:s3cret@")

result = {}
result["plain"] = await outcome(Client(transport), home, digest="sha512")
for name, client, url in [
    ("authorization", Client(transport), private(elsewhere)),
    ("other header", Client(transport, {origin: {"X-Token": "s3cret"}}), elsewhere),
    ("there and back", Client(transport, {origin: {"X-Token": "s3cret"}}), back),
    ("within", Client(transport, {origin: {"X-Token": "s3cret"}}), within),
    ("in a circle", Client(transport, {origin: {"X-Token": "s3cret"}}), circle),
    ("to nowhere", Client(transport, {origin: {"X-Token": "s3cret"}}), nowhere),
    ("refused", Client(transport), refused),
]:
    result[name] = await outcome(client, url)

# What is cancelled leaves nothing behind; Node ends the process for a rejection that nobody handles.
held = []
for pause in (0, 0.005, 0.02):
    def on_bytes(done, total): pass
    held.append(weakref.ref(on_bytes))
    task = asyncio.ensure_future(Client(transport).get(home, on_bytes=on_bytes, digest="sha256"))
    await asyncio.sleep(pause)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    del on_bytes, task
await asyncio.sleep(0.2)
gc.collect()
result["held"] = sum(one() is not None for one in held)
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[IndexServer, IndexServer]]:
    with IndexServer() as first, IndexServer() as second:
        for server in (first, second):
            server.add(FILENAME, DATA)
        first.redirect("/elsewhere/*", second.file_url(FILENAME))
        first.redirect("/back/*", f"{second.origin}/back/x.whl", 307)
        second.redirect("/back/*", f"{first.origin}/within/x.whl")
        first.redirect("/within/*", first.file_url(FILENAME).removeprefix(first.origin), 301)
        first.redirect("/circle/*", "/circle/x.whl")
        first.redirect("/nowhere/*", "http://[")
        yield first, second


@pytest.fixture(scope="module")
def seen(servers: tuple[IndexServer, IndexServer]) -> dict[str, Any]:
    first, _ = servers
    addresses: dict[str, Any] = {
        name: f"{first.origin}/{name}/x.whl" for name in ("elsewhere", "back", "within", "circle", "nowhere")
    }
    refused = "http://127.0.0.1:9/x.whl"
    found = run_in_node(
        "pyodide", CODE, home=first.file_url(FILENAME), origin=first.origin, refused=refused, **addresses
    )
    return dict(found)


def test_bytes_and_digest(seen: dict[str, Any]) -> None:
    assert seen["plain"]["size"] == len(DATA)
    assert seen["plain"]["digest"] == hashlib.sha512(DATA).hexdigest()
    assert seen["plain"]["headers"]["content-length"] == str(len(DATA))


@pytest.mark.parametrize("how", ["authorization", "other header", "there and back", "within"])
def test_redirects_are_followed(seen: dict[str, Any], how: str) -> None:
    assert seen[how]["size"] == len(DATA), seen[how]
    assert seen[how]["url"].endswith(f"/files/fetched/{FILENAME}")


def test_credentials_stay_with_their_origin(servers: tuple[IndexServer, IndexServer], seen: dict[str, Any]) -> None:
    """Once it was left, they are not sent again."""
    first, second = servers
    assert second.requests
    assert not [one for one in second.requests if {"authorization", "x-token"} & one.headers.keys()]
    told = {
        (one.path.split("/")[1], one.headers.get("authorization"), one.headers.get("x-token")) for one in first.requests
    }
    assert ("elsewhere", basic("user", "s3cret"), None) in told
    assert ("elsewhere", None, "s3cret") in told
    assert ("within", None, "s3cret") in told
    assert ("within", None, None) in told  # there and back


@pytest.mark.parametrize(
    ("how", "kind", "text"),
    [
        ("in a circle", "redirect", "more than 20 redirects"),
        ("to nowhere", "unreachable", "Invalid URL"),
        ("refused", "unreachable", "bad port"),
    ],
)
def test_what_does_not_arrive(seen: dict[str, Any], how: str, kind: str, text: str) -> None:
    assert (seen[how]["kind"], text in seen[how]["text"]) == (kind, True), seen[how]
    assert seen[how]["chain"] == ["None", "None"]


def test_nothing_is_left_behind_by_what_was_cancelled(seen: dict[str, Any]) -> None:
    assert seen["held"] == 0
