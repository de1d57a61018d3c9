"""The index of the development server, before a real one that tests let fail."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from serving import METADATA, SHA256, WHEEL, WHEEL_NAME, Client, running

from wasminstall.serve import ContentStore, IndexProxy, create_app
from wasminstall.serve.pages import UnreadablePage, read_page, rewritten
from wasminstall.serve.upstream import Upstream

JSON_TYPE = "application/vnd.pypi.simple.v1+json"


class FakeIndex:
    """An upstream whose answers a test can change; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.seen_headers: list[dict[str, str]] = []
        self.page_status = 200
        self.html = False
        self.etag = '"one"'
        self.delay = 0.0
        self.wheel = WHEEL
        self.files: list[dict[str, Any]] = [
            {
                "filename": WHEEL_NAME,
                "url": "../../packages/demo-1.0%2Blocal-py3-none-any.whl",
                "hashes": {"sha256": SHA256},
                "requires-python": ">=3.11",
                "yanked": "too young",
                "core-metadata": {"sha256": hashlib.sha256(METADATA).hexdigest()},
            },
            {"filename": "demo-0.9.tar.gz", "url": "../../packages/demo-0.9.tar.gz", "hashes": {}, "yanked": False},
            {"filename": "../../etc/passwd", "url": "../../packages/demo-1.0.whl", "hashes": {}},
        ]

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._count])
        app.router.add_get("/simple/demo/", self._page)
        app.router.add_get("/packages/{name}", self._file)
        return app

    @web.middleware
    async def _count(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.asked[request.path.rpartition("/")[2] or "page"] += 1
        self.seen_headers.append(dict(request.headers))
        return await handler(request)

    async def _page(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay)
        if self.page_status != 200:
            return web.Response(status=self.page_status)
        headers = {"ETag": self.etag, "Last-Modified": "Sun, 01 Nov 2026 10:00:00 GMT"}
        if request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304, headers=headers)
        if self.html:
            return web.Response(text=self._as_html(), content_type="text/html", headers=headers)
        page = {"meta": {"api-version": "1.1"}, "name": "demo", "versions": ["1.0"], "files": self.files}
        return web.Response(text=json.dumps(page), content_type=JSON_TYPE, headers=headers)

    def _as_html(self) -> str:
        return (
            f'<!DOCTYPE html><html><head><base href="../../packages/"></head><body>'
            f'<a href="demo-1.0%2Blocal-py3-none-any.whl#sha256={SHA256}" data-requires-python="&gt;=3.11" '
            f'data-yanked="too young" data-dist-info-metadata="true">{WHEEL_NAME}</a></body></html>'
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name.endswith(".metadata"):
            return web.Response(body=METADATA)
        if name == "demo-0.9.tar.gz":
            return web.Response(body=b"source", content_type="text/html")
        start, stop = request.http_range.start, request.http_range.stop
        if start is None:
            return web.Response(body=self.wheel)
        part = self.wheel[start:stop]
        where = f"bytes {start % len(self.wheel)}-{start % len(self.wheel) + len(part) - 1}/{len(self.wheel)}"
        return web.Response(status=206, body=part, headers={"Content-Range": where})


@pytest.fixture
def upstream() -> FakeIndex:
    return FakeIndex()


Proxied = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def proxied(upstream: FakeIndex, tmp_path: Path) -> Proxied:
    """Start a proxy of the upstream; the cache is the same for all that one test starts."""

    @asynccontextmanager
    async def start(**options: Any) -> AsyncIterator[Client]:
        timeout = options.pop("timeout", 10.0)
        async with running(upstream.app()) as origin:
            base = Upstream(f"{origin.base_url}/simple", timeout=timeout)
            proxy = IndexProxy(tmp_path, ContentStore(tmp_path / "sha256"), upstream=base, **options)
            async with running(create_app([proxy])) as client:
                yield client

    return start


async def page_of(client: Client, name: str = "demo", **headers: str) -> Any:
    answer = await client.get(f"/index/simple/{name}/", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


# Index pages


@pytest.mark.parametrize("html", [False, True])
async def test_page_points_at_this_server_and_keeps_the_rest(upstream: FakeIndex, proxied: Proxied, html: bool) -> None:
    upstream.html = html
    async with proxied() as client:
        answer = await client.get("/index/simple/Demo/")
        file = answer.json()["files"][0]
        wheel = await client.get(file["url"])
    assert answer.headers["content-type"] == JSON_TYPE
    assert file["url"] == f"{client.base_url}/index/files/{SHA256}/demo-1.0%2Blocal-py3-none-any.whl"
    assert file["hashes"] == {"sha256": SHA256}
    assert (file["requires-python"], file["yanked"]) == (">=3.11", "too young")
    assert file["core-metadata"]
    assert wheel.content == WHEEL
    assert wheel.headers["content-type"] == "application/zip"
    assert "immutable" in wheel.headers["cache-control"]


async def test_entries_that_cannot_be_served_are_left_out(proxied: Proxied) -> None:
    async with proxied() as client:
        page = await page_of(client)
    assert [file["filename"] for file in page["files"]] == [WHEEL_NAME, "demo-0.9.tar.gz"]
    assert page["versions"] == ["1.0"]


async def test_html_when_asked_for(proxied: Proxied) -> None:
    async with proxied() as client:
        answer = await client.get("/index/simple/demo/", headers={"Accept": "text/html"})
        both = await client.get("/index/simple/demo/", headers={"Accept": f"{JSON_TYPE}, text/html;q=0.1"})
    assert answer.headers["content-type"].startswith("text/html")
    assert f'href="{client.base_url}/index/files/{SHA256}/' in answer.text
    assert f'#sha256={SHA256}" data-requires-python="&gt;=3.11" data-yanked="too young"' in answer.text
    assert read_page(answer.content, "text/html", "", "demo")["files"][0]["filename"] == WHEEL_NAME
    assert both.headers["content-type"] == JSON_TYPE


async def test_page_is_fresh_for_a_while_also_after_a_restart(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied() as client:
        first = await page_of(client)
        assert await page_of(client) == first
        assert upstream.asked["page"] == 1


async def test_stale_page_is_revalidated(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied(fresh_for=0) as client:
        first = await page_of(client)
        assert await page_of(client) == first
        assert upstream.seen_headers[-1]["If-None-Match"] == '"one"'
        assert upstream.seen_headers[-1]["If-Modified-Since"] == "Sun, 01 Nov 2026 10:00:00 GMT"
        upstream.etag, upstream.files = '"two"', []
        assert (await page_of(client))["files"] == []
    assert upstream.asked["page"] == 3


async def test_client_can_demand_a_revalidation(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied() as client:
        await page_of(client)
        await page_of(client, **{"Cache-Control": "no-cache"})
    assert upstream.asked["page"] == 2


async def test_client_is_told_when_nothing_changed(proxied: Proxied) -> None:
    async with proxied() as client:
        etag = (await client.get("/index/simple/demo/")).headers["etag"]
        again = await client.get("/index/simple/demo/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_simultaneous_questions_are_asked_once(upstream: FakeIndex, proxied: Proxied) -> None:
    upstream.delay = 0.05
    async with proxied() as client:
        pages = await asyncio.gather(*(page_of(client) for _ in range(5)))
        url = pages[0]["files"][0]["url"]
        await asyncio.gather(*(client.get(url) for _ in range(5)))
    assert (upstream.asked["page"], upstream.asked[WHEEL_NAME]) == (1, 1)


@pytest.mark.parametrize(("status", "expected"), [(404, 404), (410, 404), (401, 502), (429, 502), (500, 502)])
async def test_upstream_status_is_translated(upstream: FakeIndex, proxied: Proxied, status: int, expected: int) -> None:
    upstream.page_status = status
    async with proxied() as client:
        answer = await client.get("/index/simple/demo/")
    assert answer.status_code == expected
    assert "/simple/demo/" in answer.text


async def test_silent_upstream_is_a_gateway_timeout(upstream: FakeIndex, proxied: Proxied) -> None:
    upstream.delay = 0.6
    async with proxied(timeout=0.1) as client:
        answer = await client.get("/index/simple/demo/")
    assert answer.status_code == 504
    assert "did not answer in time" in answer.text


async def test_absent_upstream_is_a_bad_gateway(tmp_path: Path, unused_tcp_port: int) -> None:
    proxy = IndexProxy(tmp_path, ContentStore(tmp_path), upstream=f"http://127.0.0.1:{unused_tcp_port}/simple/")
    async with running(create_app([proxy])) as client:
        answer = await client.get("/index/simple/demo/")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"<html>log in</html>", "application/json", "not JSON"),
        (b"[]", "application/json", "without the list of files"),
        (b'{"files": [], "meta": {"api-version": "2.0"}}', JSON_TYPE, "API version 2.0"),
        (b"hello", "text/plain", "content type text/plain"),
        (b"hello", "text/html", "without a link"),
    ],
)
def test_answers_that_are_no_page(body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(UnreadablePage, match=reason):
        read_page(body, content_type, "https://index.example/simple/demo/", "demo")


def test_legacy_metadata_key_counts_and_false_means_no() -> None:
    hashes = {"sha256": SHA256}
    entries = [
        {"filename": "a.whl", "url": "a.whl", "hashes": hashes, "dist-info-metadata": True},
        {"filename": "b.whl", "url": "b.whl", "hashes": hashes, "core-metadata": False, "dist-info-metadata": True},
        {"filename": "c.whl", "url": "c.whl"},
    ]
    _, known = rewritten({"files": entries}, "https://index.example/simple/demo/", "/files")
    assert [file.metadata for file in known] == ["", None, None]
    assert known[2].key.startswith("url-")


# Files


async def test_only_files_of_seen_pages_can_be_asked_for(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied() as client:
        unseen = await client.get(f"/index/files/{SHA256}/{WHEEL_NAME}")
        await page_of(client)
        other_name = await client.get(f"/index/files/{SHA256}/other-1.0-py3-none-any.whl")
        other_hash = await client.get(f"/index/files/{'0' * 64}/{WHEEL_NAME}")
        elsewhere = await client.get(f"/index/files/{SHA256}/http:%2F%2Fexample.org%2F{WHEEL_NAME}")
        traversal = await client.get(f"/index/files/..%2F..%2F/{WHEEL_NAME}")
    statuses = {answer.status_code for answer in (unseen, other_name, other_hash, elsewhere, traversal)}
    assert statuses == {404}
    assert upstream.asked[WHEEL_NAME] == 0


async def test_files_are_remembered_over_restarts(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied() as client:
        url = (await page_of(client))["files"][0]["url"]
        await client.get(url)
    async with proxied() as client:
        assert (await client.get(httpx.URL(url).raw_path.decode())).content == WHEEL
    assert upstream.asked[WHEEL_NAME] == 1


async def test_wrong_bytes_are_refused_and_not_kept(upstream: FakeIndex, proxied: Proxied, tmp_path: Path) -> None:
    upstream.wheel = b"something else"
    async with proxied() as client:
        url = (await page_of(client))["files"][0]["url"]
        answer = await client.get(url)
        assert answer.status_code == 502
        assert "is not the file the index announced" in answer.text
        assert not [path for path in (tmp_path / "sha256").rglob("*") if path.is_file()]
        upstream.wheel = WHEEL
        assert (await client.get(url)).content == WHEEL


async def test_range_of_a_file_not_kept_is_passed_through(
    upstream: FakeIndex, proxied: Proxied, tmp_path: Path
) -> None:
    async with proxied() as client:
        url = (await page_of(client))["files"][0]["url"]
        tail = await client.get(url, headers={"Range": "bytes=-100"})
    assert (tail.status_code, tail.content) == (206, WHEEL[-100:])
    assert tail.headers["content-range"] == f"bytes {len(WHEEL) - 100}-{len(WHEEL) - 1}/{len(WHEEL)}"
    assert not (tmp_path / "sha256").exists()


async def test_range_of_a_kept_file_is_answered_here(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied() as client:
        url = (await page_of(client))["files"][0]["url"]
        await client.get(url)
        part = await client.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, WHEEL[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(WHEEL)}"
    assert upstream.asked[WHEEL_NAME] == 1


async def test_head_fetches_nothing(proxied: Proxied, tmp_path: Path) -> None:
    async with proxied() as client:
        url = (await page_of(client))["files"][0]["url"]
        head = await client.head(url)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(WHEEL)))
    assert not (tmp_path / "sha256").exists()


async def test_metadata_is_passed_on_where_announced(proxied: Proxied) -> None:
    async with proxied() as client:
        wheel, sdist = (await page_of(client))["files"]
        metadata = await client.get(wheel["url"] + ".metadata")
        nothing = await client.get(sdist["url"] + ".metadata")
    assert metadata.content == METADATA
    assert nothing.status_code == 404


async def test_file_without_a_hash_comes_with_the_type_of_its_name(upstream: FakeIndex, proxied: Proxied) -> None:
    async with proxied() as client:
        url = (await page_of(client))["files"][1]["url"]
        answers = [await client.get(url) for _ in range(2)]
    assert {answer.content for answer in answers} == {b"source"}
    assert answers[0].headers["content-type"] == "application/gzip"
    assert upstream.asked["demo-0.9.tar.gz"] == 2


async def test_credentials_stay_with_their_origin() -> None:
    sent: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        sent[request.url.host] = request.headers.get("authorization")
        return httpx.Response(200)

    upstream = Upstream("https://me:p%40ss@index.example/simple", transport=httpx.MockTransport(answer))
    for url in (f"{upstream.base_url}demo/", "https://files.example/demo.whl"):
        async with upstream.get(url):
            pass
    await upstream.close()
    assert upstream.base_url == "https://index.example/simple/"
    assert sent == {"index.example": "Basic bWU6cEBzcw==", "files.example": None}
