"""The test suite's own index: what later tests lean on must itself stand."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.index_server import Behaviour, IndexServer, SeenRequest, basic
from support.wheel_factory import make_wheel

JSON = "application/vnd.pypi.simple.v1+json"
SIX, SIX_DATA = make_wheel("six", "1.0", files={"six.py": "pass\n" * 400}, requires=["idna"])
SHA256 = hashlib.sha256(SIX_DATA).hexdigest()

http = httpx.Client()


@pytest.fixture(scope="module", autouse=True)
def _close_client() -> Iterator[None]:
    yield
    http.close()


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        server.add(SIX, SIX_DATA, requires_python=">=3.8,<4")
        yield server


def page(index: IndexServer, name: str = "six") -> dict[str, Any]:
    return dict(http.get(f"{index.url}{name}/", headers={"accept": JSON}).raise_for_status().json())


def html(index: IndexServer, name: str = "six") -> str:
    return http.get(f"{index.url}{name}/").raise_for_status().text


def test_json_page_tells_the_truth(index: IndexServer) -> None:
    answer = page(index)
    assert answer["meta"] == {"api-version": "1.1"}
    assert answer["versions"] == ["1.0"]
    (file,) = answer["files"]
    assert file["hashes"] == {"sha256": SHA256}
    assert (file["size"], file["requires-python"], file["yanked"]) == (len(SIX_DATA), ">=3.8,<4", False)
    assert http.get(file["url"]).content == SIX_DATA
    metadata = http.get(file["url"] + ".metadata").raise_for_status().content
    assert b"Requires-Dist: idna" in metadata
    assert file["core-metadata"] == file["dist-info-metadata"] == {"sha256": hashlib.sha256(metadata).hexdigest()}


def test_html_page_tells_the_truth(index: IndexServer) -> None:
    index.add("six-0.9-py3-none-any.whl", b"x", yanked="it <bites>")
    text = html(index)
    assert '<meta name="pypi:repository-version" content="1.1">' in text
    assert f'href="{index.file_url(SIX)}#sha256={SHA256}"' in text
    assert 'data-requires-python="&gt;=3.8,&lt;4"' in text
    assert 'data-core-metadata="sha256=' in text
    assert 'data-yanked="it &lt;bites&gt;"' in text


@pytest.mark.parametrize(
    ("accept", "settings", "expected"),
    [
        (JSON, {}, JSON),
        ("text/html;q=0.1, application/vnd.pypi.simple.v1+json", {}, JSON),
        ("application/vnd.pypi.simple.v1+html", {}, "application/vnd.pypi.simple.v1+html"),
        ("*/*", {}, "text/html"),
        (JSON, {"json": False}, "text/html"),
        ("text/html", {"html": False}, JSON),
    ],
)
def test_content_negotiation(index: IndexServer, accept: str, settings: dict[str, bool], expected: str) -> None:
    index.behave(**settings)
    answer = http.get(f"{index.url}six/", headers={"accept": accept})
    assert answer.headers["content-type"] == expected


def test_relative_urls_and_plus_signs(index: IndexServer) -> None:
    index.behave(relative_urls=True)
    index.add("six-1.0+local-py3-none-any.whl", b"local")
    address = f"{index.url}six/"
    file = page(index)["files"][1]
    assert file["url"] == "../../files/six/six-1.0%2Blocal-py3-none-any.whl"
    assert http.get(str(httpx.URL(address).join(file["url"]))).content == b"local"


@pytest.mark.parametrize(
    ("mode", "claim", "status"),
    [
        ("true", True, 200),
        ("unadvertised", None, 200),
        ("missing", "hash", 404),
        ("false", False, 404),
        ("wrong_hash", "hash", 200),
        ("off", None, 404),
    ],
)
def test_metadata_modes(index: IndexServer, mode: str, claim: object, status: int) -> None:
    index.behave(metadata=mode, metadata_keys=["dist-info-metadata"])
    (file,) = page(index)["files"]
    assert "core-metadata" not in file
    told = file.get("dist-info-metadata")
    answer = http.get(file["url"] + ".metadata")
    assert answer.status_code == status
    if claim == "hash":
        assert told["sha256"] != hashlib.sha256(answer.content).hexdigest()
    else:
        assert told is claim
    assert ("data-dist-info-metadata" in html(index)) is (told is not None)


def test_lies_of_one_file(index: IndexServer) -> None:
    index.add(SIX, SIX_DATA, size=3, hashes={"sha512": "0" * 128}, core_metadata="off", yanked=True)
    (file,) = page(index)["files"]
    assert (file["size"], file["hashes"], file["yanked"]) == (3, {"sha512": "0" * 128}, True)
    assert "core-metadata" not in file


def test_names_versions_and_status(index: IndexServer) -> None:
    index.add_project("Old_Thing", status="archived")
    index.behave(api_version="1.0")
    moved = http.get(f"{index.url}Old.Thing")
    assert (moved.status_code, moved.headers["location"]) == (301, "/simple/old-thing/")
    assert page(index, "old-thing") == {
        "meta": {"api-version": "1.0"},
        "name": "old-thing",
        "project-status": {"status": "archived"},
        "files": [],
    }
    root = http.get(index.url, headers={"accept": JSON}).json()
    assert root["projects"] == [{"name": "old-thing"}, {"name": "six"}]
    assert http.get(f"{index.url}nothing/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "part", "content_range"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/{total}"),
        ("bytes=10-", 206, slice(10, None), "bytes 10-{last}/{total}"),
        ("bytes=-5", 206, slice(-5, None), "bytes {fifth}-{last}/{total}"),
        ("bytes=0-999999999", 206, slice(None), "bytes 0-{last}/{total}"),
        ("bytes=999999999-", 416, slice(0, 0), "bytes */{total}"),
        ("bytes=0-1,4-5", 200, slice(None), None),
        ("lines=0-1", 200, slice(None), None),
    ],
)
def test_ranges(index: IndexServer, asked: str, status: int, part: slice, content_range: str | None) -> None:
    total = len(SIX_DATA)
    answer = http.get(index.file_url(SIX), headers={"range": asked})
    assert (answer.status_code, answer.content) == (status, SIX_DATA[part])
    expected = content_range and content_range.format(total=total, last=total - 1, fifth=total - 5)
    assert answer.headers.get("content-range") == expected
    assert index.requests[-1].range == asked


def test_if_range_and_ranges_off(index: IndexServer) -> None:
    address = index.file_url(SIX)
    etag = http.head(address).headers["etag"]
    assert http.get(address, headers={"range": "bytes=0-0", "if-range": etag}).status_code == 206
    assert http.get(address, headers={"range": "bytes=0-0", "if-range": '"old"'}).status_code == 200
    index.behave(ranges=False)
    answer = http.get(address, headers={"range": "bytes=0-0"})
    assert answer.status_code == 200
    assert "accept-ranges" not in answer.headers


def test_validators_follow_every_change(index: IndexServer) -> None:
    address = f"{index.url}six/"
    first = http.get(address)
    by_tag = {"if-none-match": f'W/{first.headers["etag"]}, "x"'}
    by_date = {"if-modified-since": first.headers["last-modified"]}
    assert [http.get(address, headers=asked).status_code for asked in (by_tag, by_date)] == [304, 304]
    index.add("six-2.0-py3-none-any.whl", b"")
    assert [http.get(address, headers=asked).status_code for asked in (by_tag, by_date)] == [200, 200]
    index.behave(validators=False)
    assert "etag" not in http.get(address).headers


def test_gzip_is_for_pages_only(index: IndexServer) -> None:
    index.behave(gzip=True)
    with http.stream("GET", f"{index.url}six/", headers={"accept": JSON}) as answer:
        assert json.loads(gzip.decompress(b"".join(answer.iter_raw())))["name"] == "six"
    assert "content-encoding" not in http.get(index.file_url(SIX)).headers
    assert "content-encoding" not in http.get(f"{index.url}six/", headers={"accept-encoding": "br"}).headers


def test_cors_and_its_preflight(index: IndexServer) -> None:
    asked = {"origin": "http://page", "access-control-request-headers": "authorization, range"}
    preflight = http.options(index.url, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "authorization, range"
    assert http.get(index.url).headers["access-control-allow-origin"] == "*"
    index.behave(cors=False)
    for answer in (http.get(index.url), http.options(index.url, headers=asked)):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_credentials_cover_index_and_files_but_not_preflights(index: IndexServer) -> None:
    index.behave(authorization=basic("me", "secret"))
    refused = http.get(index.url)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")
    assert http.options(index.url).status_code == 204
    assert http.get(index.file_url(SIX)).status_code == 401
    assert http.get(index.file_url(SIX), auth=("me", "secret")).content == SIX_DATA


def test_redirects_and_extra_headers(index: IndexServer) -> None:
    index.redirect("/old/*", "/simple/six/", status=308)
    index.behave(headers={"cross-origin-opener-policy": "same-origin"})
    answer = http.get(f"{index.origin}/old/six/", follow_redirects=True)
    assert answer.text == html(index)
    assert answer.history[0].status_code == 308
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    index.heal()
    assert http.get(f"{index.origin}/old/six/").status_code == 404


def test_mounts(index: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "a.wasm").write_bytes(b"\0asm")
    (tmp_path / "index.html").write_text("hello")

    async def compute(path: str) -> bytes | None:
        return path.encode() if path else None

    index.mount("static", tmp_path)
    index.mount("/static/computed/", compute, {"Content-Security-Policy": "default-src 'none'"})
    index.mount("broken", lambda path: bytes(int(path)))
    got = {path: http.get(index.origin + path) for path in ("/static/a.wasm", "/static/", "/static/computed/x/y.mjs")}
    assert [answer.headers["content-type"] for answer in got.values()] == [
        "application/wasm",
        "text/html; charset=utf-8",
        "text/javascript; charset=utf-8",
    ]
    assert [answer.content for answer in got.values()] == [b"\0asm", b"hello", b"x/y.mjs"]
    policies = [answer.headers.get("content-security-policy") for answer in got.values()]
    assert policies == [None, None, "default-src 'none'"]
    missing = ("/static/b", "/static/computed/", "/static/..%2f..%2fetc/passwd")
    assert [http.get(index.origin + path).status_code for path in missing] == [404, 404, 404]
    assert http.get(f"{index.origin}/broken/x").text.startswith("ValueError: ")


def test_the_log_and_head(index: IndexServer) -> None:
    http.head(index.file_url(SIX), headers={"x-thing": "1"})
    seen = index.requests[0]
    assert isinstance(seen, SeenRequest)
    assert (seen.method, seen.status, seen.size, seen.headers["x-thing"]) == ("HEAD", 200, len(SIX_DATA), "1")
    assert http.post(index.url).status_code == 405
    index.requests.clear()
    page(index)
    assert index.paths("/simple/*") == ["/simple/six/"]


async def test_delay_rate_and_requests_in_flight(index: IndexServer) -> None:
    index.behave(delay=lambda path: 0.2 if path.startswith("/simple/") else 0.0, together={"/simple/*": 5})
    start = time.monotonic()
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(client.get(f"{index.url}six/") for _ in range(5)))
        assert time.monotonic() - start >= 0.2
        assert index.peak_in_flight == 5
        index.behave(rate=len(SIX_DATA) * 10)
        start = time.monotonic()
        await asyncio.gather(*(client.get(index.file_url(SIX)) for _ in range(3)))
    assert 0.28 <= time.monotonic() - start < 5


def get(index: IndexServer, **options: Any) -> httpx.Response:
    return http.get(index.file_url(SIX), timeout=0.4, **options)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("hang", httpx.ReadTimeout),
        ("stall", httpx.ReadTimeout),
        ("reset", httpx.ReadError),
        ("truncated", httpx.RemoteProtocolError),
        ("close_before_answer", httpx.RemoteProtocolError),
        ("redirect_loop", httpx.TooManyRedirects),
        ("lying_gzip", httpx.DecodingError),
    ],
)
def test_faults_that_end_in_an_error(index: IndexServer, kind: str, error: type[Exception]) -> None:
    index.fault("*.whl", kind)
    with pytest.raises(error):
        get(index, follow_redirects=True)
    assert http.get(f"{index.url}six/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "length", "content_type"),
    [
        ("wrong_content_type", len(SIX_DATA), "text/plain"),
        ("captive_portal", None, "text/html"),
        ("extra_bytes", len(SIX_DATA) + 12, "application/zip"),
        ("flipped_byte", len(SIX_DATA), "application/zip"),
        ("empty", 0, "application/zip"),
    ],
)
def test_faults_that_look_like_answers(index: IndexServer, kind: str, length: int | None, content_type: str) -> None:
    index.fault("*.whl", kind, times=1)
    answer = get(index)
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert length in {None, len(answer.content)}
    assert (answer.content == SIX_DATA) is (kind == "wrong_content_type")
    if kind == "flipped_byte":
        assert [a ^ b for a, b in zip(answer.content, SIX_DATA, strict=True) if a != b] == [1]
    assert get(index).content == SIX_DATA


def read_all(connection: socket.socket, into: bytearray) -> None:
    while piece := connection.recv(1 << 16):
        into += piece


def test_reset_sends_half_and_resets(index: IndexServer) -> None:
    index.fault("*.whl", "reset")
    with socket.create_connection(("127.0.0.1", index.port)) as connection:
        connection.sendall(f"GET /files/six/{SIX} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = bytearray()
        with pytest.raises(ConnectionResetError):
            read_all(connection, received)
    assert received.endswith(SIX_DATA[: len(SIX_DATA) // 2])


def test_slow_drip_arrives_in_small_pieces(index: IndexServer) -> None:
    index.fault("*.whl", "slow_drip")
    start = time.monotonic()
    with http.stream("GET", index.file_url(SIX)) as answer:
        pieces = answer.iter_raw()
        assert len(next(pieces) + next(pieces)) < len(SIX_DATA) / 20
        assert time.monotonic() - start > 0.15


def test_status_with_retry_after_heals_after_its_times(index: IndexServer) -> None:
    index.fault("*.whl", "status:503", times=2, retry_after="7")
    answers = [get(index) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "7"


def test_redirect_elsewhere_leaves_the_origin(index: IndexServer) -> None:
    index.fault("*.whl", "redirect_elsewhere")
    assert get(index, follow_redirects=True, headers={"authorization": "x"}).content == SIX_DATA
    first, second = index.requests
    assert second.host == f"localhost:{index.port}" != first.host
    with IndexServer() as other:
        index.heal()
        index.fault("*.whl", "redirect_elsewhere", to=f"{other.origin}/elsewhere")
        get(index, follow_redirects=True)
        assert other.paths() == ["/elsewhere"]


def test_no_cors_takes_the_preflight_too(index: IndexServer) -> None:
    index.fault("*.whl", "no_cors")
    index.fault("*", "status:500", times=1)
    for answer in (http.options(index.file_url(SIX)), get(index)):
        assert answer.is_success
        assert "access-control-allow-origin" not in answer.headers


def test_unknown_faults_are_refused(index: IndexServer) -> None:
    with pytest.raises(ValueError, match="no fault is called 'typo'"):
        index.fault("*", "typo")


@pytest.mark.parametrize("kind", ["hang", "stall", "slow_drip"])
def test_closing_is_quick_whatever_hangs(kind: str) -> None:
    with contextlib.ExitStack() as stack, IndexServer(Behaviour(cors=False)) as server:
        server.add(SIX, SIX_DATA)
        server.fault("*", kind)
        for _ in range(3):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(f"GET /files/six/{SIX} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while len(server.requests) < 3:
            time.sleep(0.01)
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 3
    server.close()


def test_a_client_that_leaves_does_no_harm(index: IndexServer) -> None:
    index.behave(rate=1000.0)
    with http.stream("GET", index.file_url(SIX)) as answer:
        next(answer.iter_raw())
    index.behave(rate=None)
    assert SIX in html(index)
    assert get(index).content == SIX_DATA
