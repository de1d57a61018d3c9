"""The client and the desktop adapter against the test index: retries, limits, redirects, silence, credentials."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.index_server import IndexServer, basic
from support.wheel_factory import make_wheel
from wasminstall.addresses import absolute, hide_credentials, split_address, without_credentials
from wasminstall.cache import Cache
from wasminstall.download import Downloads
from wasminstall.errors import HashMismatch, HTTPStatusError, InvalidInput, NetworkError
from wasminstall.indexes import Candidate, direct_candidate
from wasminstall.progress import Event, Progress
from wasminstall.requirements import parse_requirement
from wasminstall.targets import named_target
from wasminstall.transport import Client, Request
from wasminstall.transport.desktop import DesktopTransport

FILENAME, DATA = make_wheel("pkg", "1.0", files={"pkg/data.bin": random.Random(0).randbytes(200_000)})
BEFORE_AUTH = "user:p%40ss@"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        index.add(FILENAME, DATA)
        yield index


@pytest.fixture
async def transport() -> AsyncIterator[DesktopTransport]:
    made = DesktopTransport()
    yield made
    await made.close()


@pytest.fixture
def client(transport: DesktopTransport) -> Client:
    return Client(transport)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between attempts is not what is tested here."""
    monkeypatch.setattr("wasminstall.transport.client._FIRST_PAUSE", 0.001)


# --- what is tried again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["status:503", "status:500", "status:429", "status:408", "reset", "truncated", "close_before_answer"]
)
async def test_what_may_pass_is_tried_again(server: IndexServer, client: Client, kind: str) -> None:
    server.fault("*.whl", kind, times=2)
    answer = await client.get(server.file_url(FILENAME), digest="sha256")
    assert answer.body == DATA
    assert answer.digest == hashlib.sha256(DATA).hexdigest()
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
async def test_what_will_not_pass_is_not_tried_again(server: IndexServer, client: Client, status: int) -> None:
    server.fault("*.whl", f"status:{status}")
    with pytest.raises(HTTPStatusError) as caught:
        await client.get(server.file_url(FILENAME))
    assert (caught.value.status, caught.value.url) == (status, server.file_url(FILENAME))
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["status:503", "reset", "truncated", "close_before_answer", "redirect_loop"])
async def test_it_gives_up_with_one_clear_error(server: IndexServer, client: Client, kind: str) -> None:
    server.fault("*.whl", kind)
    with pytest.raises(HTTPStatusError if kind.startswith("status") else NetworkError) as caught:
        await client.get(server.file_url(FILENAME))
    assert caught.value.hint
    assert server.file_url(FILENAME) in str(caught.value)


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("99999", 10.0),
        ("9" * 400, 10.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        ("-1", 0.0),
        ("", 0.0),
    ],
)
async def test_retry_after(
    server: IndexServer, client: Client, monkeypatch: pytest.MonkeyPatch, retry_after: str, pause: float
) -> None:
    """RFC 9110, 10.2.3: the wish of the server is kept, within bounds."""
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def remember(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    server.fault("*.whl", "status:429", times=1, retry_after=retry_after)
    monkeypatch.setattr("wasminstall.transport.client.asyncio.sleep", remember)
    await client.get(server.file_url(FILENAME))
    waited = max(pauses)
    assert waited == pause if pause else waited < 0.1


# --- limits ---------------------------------------------------------------------------------------------------------


async def test_an_origin_is_asked_by_sixteen_at_once(server: IndexServer, client: Client) -> None:
    server.behave(together={"*": 16}, delay=0.02)
    await asyncio.gather(*(client.get(server.file_url(FILENAME)) for _ in range(40)))
    assert server.peak_in_flight == 16


async def test_origins_do_not_wait_for_each_other(server: IndexServer, client: Client) -> None:
    with IndexServer() as other:
        other.add(FILENAME, DATA)
        server.fault("*.whl", "hang")
        stuck = [asyncio.ensure_future(client.get(server.file_url(FILENAME))) for _ in range(20)]
        await client.get(other.file_url(FILENAME))
        for task in stuck:
            task.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*stuck, return_exceptions=True)
        )


@pytest.mark.parametrize("kind", ["hang", "stall"])
async def test_silence_ends(server: IndexServer, transport: DesktopTransport, kind: str) -> None:
    server.fault("*.whl", kind)
    with pytest.raises(NetworkError) as caught:
        await transport.send(Request(server.file_url(FILENAME), timeout=0.2))
    assert str(caught.value)


async def test_slowness_is_not_silence(server: IndexServer, transport: DesktopTransport) -> None:
    """The body takes several times the time-out, but never stops coming."""
    server.behave(rate=len(DATA) / 0.8)
    answer = await transport.send(Request(server.file_url(FILENAME), timeout=0.2))
    assert answer.body == DATA


async def test_cancelling_ends_the_request(server: IndexServer, client: Client) -> None:
    server.fault("*.whl", "stall")
    arrived = asyncio.Event()
    task = asyncio.ensure_future(client.get(server.file_url(FILENAME), on_bytes=lambda *_: arrived.set()))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await client.get(server.url.replace("/simple/", "/simple/pkg/"))


# --- bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
async def test_progress_and_digest(server: IndexServer, client: Client, algorithm: str) -> None:
    seen: list[tuple[int, int]] = []
    answer = await client.get(server.file_url(FILENAME), digest=algorithm, on_bytes=lambda *step: seen.append(step))
    assert answer.digest == hashlib.new(algorithm, DATA).hexdigest()
    assert seen[-1] == (len(DATA), len(DATA))
    assert seen == sorted(seen)


async def test_gzip_is_undone_and_a_lie_about_it_is_an_error(server: IndexServer, client: Client) -> None:
    server.behave(gzip=True)
    page = await client.get(f"{server.url}pkg/")
    assert page.headers["content-encoding"] == "gzip"
    assert FILENAME.encode() in bytes(page.body)
    server.behave(gzip=False)
    server.fault("*.whl", "lying_gzip")
    with pytest.raises(NetworkError):
        await client.get(server.file_url(FILENAME))


async def test_an_empty_body(server: IndexServer, client: Client) -> None:
    server.fault("*.whl", "empty")
    answer = await client.get(server.file_url(FILENAME), digest="sha256")
    assert (answer.body, answer.digest) == (b"", hashlib.sha256(b"").hexdigest())


# --- redirects and credentials --------------------------------------------------------------------------------------


async def test_redirects_are_followed_and_the_end_is_told(server: IndexServer, client: Client) -> None:
    server.redirect("/old/*", "/files/pkg/" + FILENAME, 301)
    answer = await client.get(f"{server.origin}/old/x.whl")
    assert (answer.body, answer.url) == (DATA, server.file_url(FILENAME))


async def test_credentials_belong_to_their_origin(server: IndexServer, client: Client) -> None:
    """Sent to the origin that was named with them, page and files alike, and to no other."""
    server.behave(authorization=basic("user", "p@ss"))
    await client.get(server.url.replace("://", f"://{BEFORE_AUTH}") + "pkg/")
    answer = await client.get(server.file_url(FILENAME))
    assert answer.body == DATA
    assert BEFORE_AUTH not in answer.url
    with IndexServer() as other:
        other.add(FILENAME, DATA)
        await client.get(other.file_url(FILENAME))
        assert "authorization" not in other.requests[0].headers


async def test_credentials_do_not_follow_a_redirect_off_their_origin(server: IndexServer, client: Client) -> None:
    with IndexServer() as other:
        other.add(FILENAME, DATA)
        server.fault("*.whl", "redirect_elsewhere", to=other.file_url(FILENAME))
        await client.get(server.file_url(FILENAME).replace("://", f"://{BEFORE_AUTH}"))
        assert server.requests[0].headers["authorization"] == basic("user", "p@ss")
        assert "authorization" not in other.requests[0].headers


@pytest.mark.parametrize("kind", ["status:404", "status:503", "close_before_answer", "truncated", "redirect_loop"])
async def test_credentials_are_in_no_error(server: IndexServer, client: Client, kind: str) -> None:
    server.fault("*.whl", kind)
    with pytest.raises((HTTPStatusError, NetworkError)) as caught:
        await client.get(server.file_url(FILENAME).replace("://", "://user:secret@") + "?token=secret")
    assert "secret" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    "url",
    [
        "http://[",
        "http://h.example:99999/",
        "http://h.example:x/",
        "nonsense",
        "C:/w/a.whl",
        "ftp://h.example/a",
        "http://",
        "http://h\x00.example/",
        "http://127.0.0.1:1/\ud800",
        "http://user:secret@[h.example/",
        "",
        "//user:secret@[/",
    ],
)
async def test_what_is_no_web_address(client: Client, url: str) -> None:
    with pytest.raises(NetworkError) as caught:
        await client.get(url)
    assert "secret" not in str(caught.value)
    str(caught.value).encode()


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/a/b.whl", "https://h.example/a/b.whl"),
        ("https://user:secret@h.example:8443/a?token=secret#x", "https://h.example:8443/a"),
        ("https://secret@h.example/", "https://h.example/"),
        ("https://user:sec@ret@h.example/", "https://h.example/"),
        ("//user:secret@h.example/a", "//h.example/a"),
        ("https://h.example/@scope/a.whl", "https://h.example/@scope/a.whl"),
        ("https://h.example/a//b@c/d.whl", "https://h.example/a//b@c/d.whl"),
        ("https://user:secret@[", "https://["),
        ("/w/a.whl", "/w/a.whl"),
        ("", ""),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_credentials_in_a_text() -> None:
    text = "a @ https://u:secret@h.example/a, b @ http://secret@i.example; mail me@j.example"
    assert hide_credentials(text) == "a @ https://h.example/a, b @ http://i.example; mail me@j.example"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://h.example/a?b#c", ("https://h.example/a?b#c", "https://h.example", "")),
        ("https://u:p@H.example:1/a", ("https://H.example:1/a", "https://h.example:1", basic("u", "p"))),
        ("https://u%40x:p%2Fq@h.example/", ("https://h.example/", "https://h.example", basic("u@x", "p/q"))),
        ("https://token@h.example/", ("https://h.example/", "https://h.example", basic("token", ""))),
    ],
)
def test_an_address_taken_apart(url: str, parts: tuple[str, str, str]) -> None:
    assert split_address(url) == parts


@given(st.text(max_size=30), st.text(max_size=30))
@example("http://[", "http://[")
@example("//[", "x")
@settings(derandomize=True, deadline=None, max_examples=150)
def test_no_text_is_too_strange(base: str, url: str) -> None:
    absolute(base, url)
    without_credentials(url).encode()
    assert hide_credentials(f"https://user:pw@{base}").count("user:pw@") <= base.count("user:pw@")


# --- downloads ------------------------------------------------------------------------------------------------------


def candidate_at(url: str) -> Candidate:
    return direct_candidate(parse_requirement(url), named_target("pyodide-314"))


async def test_one_request_a_wheel_and_its_progress(server: IndexServer, client: Client) -> None:
    events: list[Event] = []
    candidate = candidate_at(server.file_url(FILENAME))
    async with Progress(events.append) as progress:
        downloads = Downloads(client, Cache(None), progress)
        first, second = await asyncio.gather(downloads.wheel(candidate), downloads.wheel(candidate))
    assert first == second == DATA
    assert len(server.requests) == 1
    assert (events[-1].done, events[-1].total, events[-1].project) == (len(DATA), len(DATA), "pkg")


async def test_one_url_with_two_hashes_is_checked_against_both(server: IndexServer, client: Client) -> None:
    downloads = Downloads(client, Cache(None), Progress())
    url, good = server.file_url(FILENAME), hashlib.sha256(DATA).hexdigest()
    assert await downloads.wheel(candidate_at(f"{url}#sha256={good}")) == DATA
    with pytest.raises(HashMismatch):
        await downloads.wheel(candidate_at(f"{url}#sha256={'0' * 64}"))
    with pytest.raises(HashMismatch) as caught:
        await downloads.wheel(candidate_at(f"{url}#sha256={good}&sha512={'0' * 128}"))
    assert (caught.value.algorithm, caught.value.source) == ("sha512", url)


@pytest.mark.parametrize("path", ["/no/such/place/", "/a\x00b/", "./"])
async def test_a_local_wheel_that_cannot_be_read(client: Client, path: str) -> None:
    with pytest.raises(InvalidInput, match="cannot read the wheel"):
        await Downloads(client, Cache(None), Progress()).wheel(candidate_at(path + FILENAME))
