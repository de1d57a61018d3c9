"""The client beyond one request: who goes first, verified files and their mirrors, what a server asks and says."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.index_server import IndexServer, bearer
from support.wheel_factory import make_wheel
from wasminstall.errors import HashMismatch, HTTPStatusError, NetworkError, TransportError, UnsafeWheel, WheelError
from wasminstall.transport import Client, Request, Response, Urgency, verify
from wasminstall.transport.desktop import DesktopTransport
from wasminstall.transport.lanes import Lane
from wasminstall.transport.patience import attempts_for, pause_before, retry_after
from wasminstall.transport.refusals import explanation

FILENAME, DATA = make_wheel("pkg", "1.0", files={"pkg/data.bin": random.Random(0).randbytes(100_000)})
SHA256, SHA512 = hashlib.sha256(DATA).hexdigest(), hashlib.sha512(DATA).hexdigest()
HASHES = {"sha256": SHA256, "sha512": SHA512}


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        index.add(FILENAME, DATA)
        yield index


@pytest.fixture
def mirror() -> Iterator[IndexServer]:
    with IndexServer() as index:
        index.add(FILENAME, DATA)
        yield index


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setattr("wasminstall.transport.client._FIRST_PAUSE", 0.001)
    transport = DesktopTransport()
    yield Client(transport, timeout=0.3)
    await transport.close()


async def fetched(client: Client, *urls: str, hashes: dict[str, str] | None = None, size: int = len(DATA)) -> bytes:
    body = await client.file(urls, filename=FILENAME, hashes=HASHES if hashes is None else hashes, size=size)
    return bytes(body)


# --- a verified file ------------------------------------------------------------------------------------------------


async def test_a_file_is_what_was_announced(server: IndexServer, client: Client) -> None:
    steps: list[tuple[int, int]] = []
    body = await client.file(
        [server.file_url(FILENAME)],
        filename=FILENAME,
        hashes=HASHES,
        size=len(DATA),
        on_bytes=lambda *step: steps.append(step),
    )
    assert bytes(body) == DATA
    assert steps[-1] == (len(DATA), len(DATA))


@pytest.mark.parametrize("kind", ["flipped_byte", "extra_bytes", "captive_portal", "empty"])
async def test_what_is_wrong_is_fetched_once_more_past_every_cache(
    server: IndexServer, client: Client, kind: str
) -> None:
    server.fault("*.whl", kind, times=1)
    assert await fetched(client, server.file_url(FILENAME)) == DATA
    assert [seen.headers.get("cache-control") for seen in server.requests] == [None, "no-cache"]


@pytest.mark.parametrize(
    ("kind", "error", "requests"),
    [
        ("flipped_byte", HashMismatch, 2),
        ("extra_bytes", UnsafeWheel, 2),
        ("captive_portal", HashMismatch, 2),
        ("truncated", NetworkError, 3),
        ("stall", NetworkError, 2),
        ("hang", NetworkError, 2),
        ("redirect_loop", NetworkError, 21),
        ("status:500", HTTPStatusError, 3),
        ("status:404", HTTPStatusError, 1),
    ],
)
async def test_what_stays_wrong_is_the_right_error(
    server: IndexServer, client: Client, kind: str, error: type[Exception], requests: int
) -> None:
    """And no request more than can help: silence once more, redirects in a circle not at all."""
    server.fault("*.whl", kind)
    with pytest.raises(error):
        await fetched(client, server.file_url(FILENAME))
    assert abs(len(server.requests) - requests) <= (kind == "redirect_loop")


@pytest.mark.parametrize("wrong", list(HASHES))
async def test_every_hash_counts(server: IndexServer, client: Client, wrong: str) -> None:
    with pytest.raises(HashMismatch) as caught:
        await fetched(client, server.file_url(FILENAME), hashes={**HASHES, wrong: "0" * len(HASHES[wrong])})
    assert (caught.value.algorithm, caught.value.actual) == (wrong, HASHES[wrong])
    assert caught.value.source == server.file_url(FILENAME)


async def test_more_than_announced_is_not_read_to_its_end(server: IndexServer, client: Client) -> None:
    """Its length is refused before the first byte; without one, the byte too many ends it."""
    with pytest.raises(UnsafeWheel, match=f"{len(DATA)} bytes came where 1000 were announced"):
        await fetched(client, server.file_url(FILENAME), size=1000)
    server.behave(gzip=True)
    with pytest.raises(NetworkError) as caught:
        await client.get(f"{server.url}pkg/", limit=10)
    assert caught.value.kind == "oversized"
    assert len(server.requests) == 3


# --- mirrors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["flipped_byte", "extra_bytes", "status:404", "status:503", "close_before_answer", "redirect_loop", "hang"]
)
async def test_the_next_address_has_the_same_content(
    server: IndexServer, mirror: IndexServer, client: Client, kind: str
) -> None:
    server.fault("*.whl", kind)
    assert await fetched(client, server.file_url(FILENAME), mirror.file_url(FILENAME)) == DATA
    assert len(mirror.requests) == 1


async def test_the_error_names_all_that_was_tried(server: IndexServer, mirror: IndexServer, client: Client) -> None:
    server.fault("*.whl", "status:404")
    mirror.fault("*.whl", "flipped_byte")
    secret = mirror.file_url(FILENAME).replace("://", "://user:secret@")
    with pytest.raises(HTTPStatusError) as caught:
        await fetched(client, server.file_url(FILENAME), secret)
    assert caught.value.status == 404
    assert list(caught.value.tried) == [mirror.file_url(FILENAME)]
    assert f"also tried {mirror.file_url(FILENAME)}: {FILENAME}" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_one_address_twice_is_one(server: IndexServer, client: Client) -> None:
    server.fault("*.whl", "status:404")
    with pytest.raises(HTTPStatusError) as caught:
        await fetched(client, server.file_url(FILENAME), server.file_url(FILENAME))
    assert not caught.value.tried
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("hashes", "size", "error"),
    [(HASHES, len(DATA), None), ({}, 10, UnsafeWheel), ({"sha512": SHA256}, 0, HashMismatch), ({}, 0, None)],
)
def test_verify(hashes: dict[str, str], size: int, error: type[WheelError] | None) -> None:
    """What came by another way is held to the same."""
    if error is None:
        verify(DATA, FILENAME, hashes, size, "the cache")
    else:
        with pytest.raises(error):
            verify(DATA, FILENAME, hashes, size, "the cache")


# --- who goes first -------------------------------------------------------------------------------------------------


async def order_of(lane: Lane, wanted: list[tuple[str, Urgency, int]]) -> list[str]:
    """The order in which these begin, all asked for at once, each taking a moment."""
    begun: list[str] = []

    async def work(name: str, urgency: Urgency, size: int) -> None:
        async with lane.turn(urgency, size):
            begun.append(name)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(work(*one) for one in wanted))
    return begun


async def test_pages_then_metadata_then_the_biggest_wheel() -> None:
    wanted = [
        ("first come", Urgency.WHEEL, 1),
        ("small", Urgency.WHEEL, 10),
        ("unknown", Urgency.WHEEL, 0),
        ("big", Urgency.WHEEL, 1000),
        ("metadata", Urgency.METADATA, 0),
        ("page 1", Urgency.PAGE, 0),
        ("page 2", Urgency.PAGE, 0),
    ]
    begun = await order_of(Lane(width=1, kept_free=0), wanted)
    assert begun == ["first come", "page 1", "page 2", "metadata", "big", "small", "unknown"]


async def test_wheels_leave_room_for_what_the_next_step_waits_for() -> None:
    lane = Lane(width=4, kept_free=1)
    async with lane.turn(Urgency.WHEEL), lane.turn(Urgency.WHEEL), lane.turn(Urgency.WHEEL):
        waiting = asyncio.ensure_future(order_of(lane, [("wheel", Urgency.WHEEL, 0)]))
        assert await asyncio.wait_for(order_of(lane, [("page", Urgency.PAGE, 0)]), 1) == ["page"]
        assert not waiting.done()
    assert await asyncio.wait_for(waiting, 1) == ["wheel"]


@given(
    st.lists(st.tuples(st.sampled_from(list(Urgency)), st.integers(0, 5), st.booleans()), max_size=40),
    st.integers(1, 5),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_nobody_is_forgotten_and_the_width_is_kept(jobs: list[tuple[Urgency, int, bool]], width: int) -> None:
    """Whoever is cancelled while waiting or working gives the place back."""

    async def run() -> int:
        lane, busy, most = Lane(width, kept_free=width - 1), 0, 0

        async def work(urgency: Urgency, size: int) -> None:
            nonlocal busy, most
            async with lane.turn(urgency, size):
                busy += 1
                most = max(most, busy)
                try:
                    await asyncio.sleep(0)
                finally:
                    busy -= 1

        tasks = [asyncio.ensure_future(work(urgency, size)) for urgency, size, _ in jobs]
        await asyncio.sleep(0)
        for task, (_, _, cancelled) in zip(tasks, jobs, strict=True):
            if cancelled:
                task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert all(task.cancelled() or task.exception() is None for task in tasks)
        async with asyncio.timeout(1), lane.turn(Urgency.WHEEL):
            return most

    assert asyncio.run(run()) <= width


async def test_the_place_is_free_during_a_pause(
    server: IndexServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wasminstall.transport.client.Lane", lambda: Lane(width=1, kept_free=0))
    server.fault("*.whl", "status:503", times=1, retry_after="1")
    waiting = asyncio.ensure_future(client.get(server.file_url(FILENAME)))
    await asyncio.sleep(0.1)
    await client.get(f"{server.url}pkg/")
    assert not waiting.done()
    await waiting


# --- patience -------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("7", "", 7),
        ("0", "", 0),
        ("9" * 400, "", 10),
        ("٣", "", 0),
        (format_datetime(NOW + timedelta(seconds=4), usegmt=True), format_datetime(NOW, usegmt=True), 4),
        (format_datetime(NOW - timedelta(days=4), usegmt=True), format_datetime(NOW, usegmt=True), 0),
        ("Wed, 21 Oct 2026 07:28:03", "Wed, 21 Oct 2026 07:28:00 GMT", 3),
        ("soon", "", 0),
        ("-1", "", 0),
        ("1.5", "", 0),
    ],
)
def test_retry_after(value: str, date: str, seconds: float) -> None:
    assert retry_after(value, date) == seconds


def test_retry_after_without_a_date_is_told_by_our_own_clock() -> None:
    assert retry_after(format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True), "") == 10


@given(st.text(max_size=40) | st.datetimes().map(format_datetime), st.text(max_size=40))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_no_wish_is_too_strange(value: str, date: str) -> None:
    assert 0 <= retry_after(value, date) <= 10


@given(st.integers(2, 50), st.floats(0, 1), st.floats(0, 10))
@settings(derandomize=True, deadline=None)
def test_pauses_grow_within_bounds(attempt: int, first: float, wished: float) -> None:
    pause = pause_before(attempt, first, wished)
    assert wished <= pause <= 10
    assert pause <= max(wished, first * 2 ** (attempt - 1))


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        *((HTTPStatusError("u", status), 5) for status in (408, 425, 429, 500, 502, 503, 504)),
        *((HTTPStatusError("u", status), 1) for status in (300, 400, 401, 403, 404, 405, 410, 416, 501, 505)),
        *((NetworkError("u", "", kind=kind), 5) for kind in ("unreachable", "truncated")),
        *((NetworkError("u", "", kind=kind), 1) for kind in ("offline", "redirect", "oversized", "address")),
        (NetworkError("u", "", kind="silence"), 2),
    ],
)
def test_how_often(error: TransportError, attempts: int) -> None:
    assert attempts_for(error, 5) == attempts
    assert attempts_for(error, 1) == 1


# --- what a server says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"quota used up\nsecond line", "text/plain", "quota used up"),
        (b'{"detail": "no seat"}', "application/json; charset=utf-8", '{"detail": "no seat"}'),
        (b"<h1>Not Found</h1>", "text/plain", ""),
        (b"Not Found", "text/html", ""),
        (b"\x1b[31mred\x00", "text/plain", "[31mred"),
        (b"\xff\xfe", "text/plain", "��"),
        (b"", "text/plain", ""),
        (b"x" * 900, "text/plain", "x" * 199 + "…"),
        (b"the token t0ken is old", "text/plain", "the token *** is old"),
        (b"no Bearer t0ken at http://u:p@h.example/?key=5ecret", "text/plain", "no *** at http://h.example/?***"),
    ],
)
def test_an_explanation_is_a_line_for_people(body: bytes, content_type: str, said: str) -> None:
    request = Request("https://h.example/a?key=5ecret", private={"Authorization": bearer("t0ken")})
    assert explanation(request, Response(request.url, 403, {"content-type": content_type}, body)) == said


@given(st.text(max_size=300), st.text("abc t0ken", min_size=1, max_size=8))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_no_explanation_has_a_secret(text: str, token: str) -> None:
    request = Request("https://h.example/", private={"X-Token": token})
    answer = Response(request.url, 403, {"content-type": "text/plain"}, f"{text}{token}{text}".encode())
    said = explanation(request, answer)
    assert len(said) <= 200
    assert token not in said or token in "***…"


async def test_the_explanation_is_in_the_error(server: IndexServer, client: Client) -> None:
    server.fault("*.whl", "status:403")
    with pytest.raises(HTTPStatusError) as caught:
        await client.get(server.file_url(FILENAME))
    assert caught.value.explanation == "the server does not feel well"
    assert "HTTP status 403: the server does not feel well" in str(caught.value)
