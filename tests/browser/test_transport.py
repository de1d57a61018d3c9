"""The browser's adapter in a real page: the same manners as on a desktop, with ``fetch`` and SubtleCrypto."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import pytest

from support.index_server import IndexServer, basic
from support.page import Page
from support.wheel_factory import make_wheel

FILENAME, DATA = make_wheel("fetched", "1.0", files={"fetched/data.bin": random.Random(0).randbytes(500_000)})
SETUP = """
import asyncio
import wasminstall.transport.client
from wasminstall.errors import HTTPStatusError, NetworkError
from wasminstall.transport import Client, Request, default_transport

wasminstall.transport.client._FIRST_PAUSE = 0.001
transport = default_transport()
client = Client(transport)

async def outcome(answer):
    try:
        found = await answer
    except (HTTPStatusError, NetworkError) as error:
        return {"error": type(error).__name__, "text": str(error), "facts": repr(vars(error))}
    return {"status": found.status, "size": len(found.body), "url": found.url, "digest": found.digest}

result = type(transport).__name__
"""


@pytest.fixture(scope="module", autouse=True)
def prepared(page: Page) -> None:
    page.server.add(FILENAME, DATA)
    assert page.run(SETUP) == "BrowserTransport"


@pytest.fixture(autouse=True)
def healthy(server: IndexServer) -> Iterator[None]:
    """Every test begins with a server that does what it should, an empty log, and nothing in the browser's cache."""
    before = server.behaviour
    server.behave(cache_control="no-store")
    server.requests.clear()
    yield
    server.behaviour = before
    server.heal()


@pytest.fixture
def url(server: IndexServer) -> str:
    return server.file_url(FILENAME)


def fetched(page: Page, url: str, **options: Any) -> dict[str, Any]:
    """What the client makes of this URL."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    return dict(page.run(f"result = await outcome(client.get({url!r}{arguments}))"))


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_bytes_and_digest(page: Page, url: str, algorithm: str) -> None:
    """SubtleCrypto and hashlib agree."""
    found = fetched(page, url, digest=algorithm)
    digest = hashlib.new(algorithm, DATA).hexdigest()
    assert found == {"status": 200, "size": len(DATA), "url": url, "digest": digest}


def test_without_subtle_crypto(page: Page, url: str) -> None:
    """Pages of insecure origins have none; hashlib is the slower way."""
    page.run("import wasminstall.transport.browser as b\nkept, b.crypto = b.crypto, None\nresult = None")
    try:
        assert fetched(page, url, digest="sha256")["digest"] == hashlib.sha256(DATA).hexdigest()
    finally:
        page.run("b.crypto = kept\nresult = None")


def test_progress(page: Page, url: str, server: IndexServer) -> None:
    server.behave(rate=len(DATA) * 4)  # in several pieces
    steps = page.run(
        f"""
        steps = []
        await client.get({url!r}, on_bytes=lambda done, total: steps.append((done, total)))
        result = steps
        """
    )
    assert steps[-1] == [len(DATA), len(DATA)]
    assert len(steps) > 1
    assert steps == sorted(steps)


@pytest.mark.parametrize("kind", ["status:503", "status:429", "reset", "truncated", "close_before_answer"])
def test_what_may_pass_is_tried_again(page: Page, server: IndexServer, url: str, kind: str) -> None:
    """Chromium itself asks once more when a connection ends before an answer: that is not counted here."""
    server.fault("*.whl", kind, times=2, retry_after="0")
    assert fetched(page, url)["size"] == len(DATA)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_will_not_pass_is_not_tried_again(page: Page, server: IndexServer, url: str, status: int) -> None:
    server.fault("*.whl", f"status:{status}")
    found = fetched(page, url)
    assert found["error"] == "HTTPStatusError"
    assert str(status) in found["text"]
    assert server.paths() == [f"/files/fetched/{FILENAME}"]


@pytest.mark.parametrize(
    "kind", ["no_cors", "reset", "truncated", "close_before_answer", "redirect_loop", "lying_gzip"]
)
def test_no_answer_is_one_clear_error(page: Page, server: IndexServer, url: str, kind: str) -> None:
    server.fault("*.whl", kind)
    found = fetched(page, url)
    assert found["error"] == "NetworkError"
    assert url in found["text"]
    assert "CORS" in found["text"]  # the page is not told which of these it was


@pytest.mark.parametrize("kind", ["hang", "stall"])
def test_silence_ends(page: Page, server: IndexServer, url: str, kind: str) -> None:
    server.fault("*.whl", kind)
    found = page.run(f"result = await outcome(transport.send(Request({url!r}, timeout=0.3)))")
    assert found["error"] == "NetworkError"
    assert "no answer for 0.3 seconds" in found["text"]


@pytest.mark.parametrize("on_bytes", ["None", "lambda done, total: None"])
def test_slowness_is_not_silence(page: Page, server: IndexServer, url: str, on_bytes: str) -> None:
    """The body takes several times the time-out, but never stops coming."""
    server.behave(rate=len(DATA) / 1.5)
    found = page.run(f"result = await outcome(transport.send(Request({url!r}, timeout=0.5), {on_bytes}))")
    assert found["size"] == len(DATA)


class SilentServer:
    """Answers one request with the begin of a body or with nothing, and then only listens for the client to leave."""

    def __init__(self, *, begins: bool) -> None:
        self.left = threading.Event()
        self._begins = begins
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/x.whl"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(1 << 16)
            if self._begins:
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 9\r\n\r\nhalf"
                )
            try:
                while connection.recv(1 << 16):
                    pass
            except ConnectionError:
                pass
        self.left.set()


@pytest.mark.parametrize("begins", [False, True], ids=["before the answer", "in the body"])
def test_cancelling_ends_the_request(page: Page, begins: bool) -> None:
    """What nobody waits for any more is not downloaded to its end."""
    with SilentServer(begins=begins) as silent:
        result = page.run(
            f"""
            begun = asyncio.Event()
            task = asyncio.ensure_future(client.get({silent.url!r}, on_bytes=lambda *_: begun.set()))
            await (begun.wait() if {begins} else asyncio.sleep(0.2))
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                result = "cancelled"
            """
        )
        assert result == "cancelled"
        assert silent.left.wait(20)


def test_no_more_than_sixteen_at_once(page: Page, server: IndexServer, url: str) -> None:
    """Chromium has six connections an origin over HTTP/1.1; the client has no more than sixteen under way."""
    server.behave(delay=0.05)
    server.peak_in_flight = 0
    found = page.run(
        f"""
        most = now = 0
        class Counting:
            async def send(self, request, on_bytes=None):
                global most, now
                now += 1
                most = max(most, now)
                try:
                    return await transport.send(request, on_bytes)
                finally:
                    now -= 1
        counted = Client(Counting())
        answers = await asyncio.gather(*(counted.get(f"{url}?{{n}}") for n in range(40)))
        result = [most, {{len(answer.body) for answer in answers}} == {{{len(DATA)}}}]
        """
    )
    assert found == [16, True]
    assert 1 < server.peak_in_flight <= 16


def test_redirects_are_followed_and_the_end_is_told(page: Page, server: IndexServer, url: str) -> None:
    server.redirect("/old/*", f"/files/fetched/{FILENAME}", 301)
    assert fetched(page, f"{server.origin}/old/x.whl")["url"] == url


def test_credentials_belong_to_their_origin(page: Page, server: IndexServer, url: str) -> None:
    """``fetch`` refuses a URL with credentials, and says it in full: they go as a header instead."""
    server.behave(authorization=basic("user", "s@cret"))
    with_them = url.replace("://", "://user:s%40cret@")
    assert fetched(page, with_them)["url"] == url
    assert fetched(page, url)["size"] == len(DATA)  # the same client, the same origin
    with IndexServer() as other:
        other.add(FILENAME, DATA)
        assert fetched(page, other.file_url(FILENAME))["size"] == len(DATA)
        server.fault("*.whl", "redirect_elsewhere", to=other.file_url(FILENAME))
        fetched(page, url)
        assert not [seen for seen in other.requests if "authorization" in seen.headers]
    page.run("client = Client(transport)\nresult = None")


@pytest.mark.parametrize("kind", ["status:404", "no_cors", "truncated"])
def test_credentials_are_in_no_error(page: Page, server: IndexServer, url: str, kind: str) -> None:
    server.fault("*.whl", kind)
    found = fetched(page, url.replace("://", "://user:secret@") + "?token=secret")
    assert found["error"]
    assert "secret" not in str(found)
    page.run("client = Client(transport)\nresult = None")


@pytest.mark.parametrize("address", ["http://user:secret@[", "http://user:secret@h.example:x/", "nonsense:", "http://"])
def test_what_is_no_web_address(page: Page, address: str) -> None:
    found = fetched(page, address)
    assert found["error"] == "NetworkError"
    assert "secret" not in str(found)
