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

class Counting:
    has_http_cache = False
    def __init__(self):
        self.now = self.most = self.sent = 0
    async def send(self, request, on_bytes=None):
        self.sent += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await transport.send(request, on_bytes)
        finally:
            self.now -= 1

import wasminstall.transport.browser as adapter
from wasminstall.javascript import page_helper
from js import Object, crypto
from pyodide.code import run_js
run_js("globalThis.rejections = 0; addEventListener('unhandledrejection', () => { globalThis.rejections += 1; })")

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


@pytest.fixture(params=["by the page helper", "by Python alone"])
def either(request: pytest.FixtureRequest, page: Page) -> Iterator[None]:
    """The two ways to talk to ``fetch``: through our JavaScript, and where a policy forbids that."""
    alone = request.param == "by Python alone"
    page.run(f"adapter.page_helper = (lambda: None) if {alone} else page_helper\nresult = None")
    yield
    page.run("adapter.page_helper = page_helper\nresult = None")


def fetched(page: Page, url: str, **options: Any) -> dict[str, Any]:
    """What the client makes of this URL."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    return dict(page.run(f"result = await outcome(client.get({url!r}{arguments}))"))


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_bytes_and_digest(page: Page, url: str, algorithm: str) -> None:
    """SubtleCrypto and hashlib agree."""
    found = fetched(page, url, digest=algorithm)
    digest = hashlib.new(algorithm, DATA).hexdigest()
    assert found == {"status": 200, "size": len(DATA), "url": url, "digest": digest}


def test_without_subtle_crypto(page: Page, url: str) -> None:
    """Pages of insecure origins have none; hashlib is the slower way."""
    page.run(
        "run_js('Object.defineProperty(crypto, \"subtle\", { value: undefined, configurable: true })')\nresult = 0"
    )
    try:
        assert fetched(page, url, digest="sha256")["digest"] == hashlib.sha256(DATA).hexdigest()
    finally:
        assert page.run("result = run_js('delete crypto.subtle; crypto.subtle !== undefined')")


@pytest.mark.usefixtures("either")
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


@pytest.mark.usefixtures("either")
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


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    "kind", ["no_cors", "reset", "truncated", "close_before_answer", "redirect_loop", "lying_gzip"]
)
def test_no_answer_is_one_clear_error(page: Page, server: IndexServer, url: str, kind: str) -> None:
    server.fault("*.whl", kind)
    found = fetched(page, url)
    assert found["error"] == "NetworkError"
    assert url in found["text"]
    assert "CORS" in found["text"]  # the page is not told which of these it was


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("kind", ["hang", "stall"])
def test_silence_ends(page: Page, server: IndexServer, url: str, kind: str) -> None:
    server.fault("*.whl", kind)
    found = page.run(f"result = await outcome(transport.send(Request({url!r}, timeout=0.3)))")
    assert found["error"] == "NetworkError"
    assert "no answer for 0.3 seconds" in found["text"]


@pytest.mark.usefixtures("either")
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


@pytest.mark.usefixtures("either")
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
    before = server.peak_in_flight = server.in_flight  # a test before this one may have let the server hang
    found = page.run(
        f"""
        counting = Counting()
        counted = Client(counting)
        answers = await asyncio.gather(*(counted.get(f"{url}?{{n}}") for n in range(40)))
        result = [counting.most, {{len(answer.body) for answer in answers}} == {{{len(DATA)}}}]
        """
    )
    assert found == [16, True]
    assert 1 < server.peak_in_flight - before <= 16


@pytest.mark.usefixtures("either")
def test_redirects_are_followed_and_the_end_is_told(page: Page, server: IndexServer, url: str) -> None:
    server.redirect("/old/*", f"/files/fetched/{FILENAME}", 301)
    assert fetched(page, f"{server.origin}/old/x.whl")["url"] == url


@pytest.mark.usefixtures("either")
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


@pytest.mark.usefixtures("either")
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


def test_other_headers_are_not_taken_along_to_wherever_a_redirect_leads(
    page: Page, server: IndexServer, url: str
) -> None:
    """A page is not told where, and ``fetch`` would send them along."""
    with IndexServer() as other:
        other.add(FILENAME, DATA)
        server.fault("*.whl", "redirect_elsewhere", to=other.file_url(FILENAME))
        found = page.run(
            f"""
            own = Client(transport, {{{server.origin!r}: {{"X-Token": "secret"}}}})
            result = await outcome(own.get({url!r}))
            """
        )
        assert found["error"] == "NetworkError"
        assert "must not go to another" in found["text"]
        assert "'kind': 'redirect'" in found["facts"]
        assert other.requests == []
        server.heal()
        assert page.run(f"result = await outcome(own.get({url!r}))")["size"] == len(DATA)
        assert server.requests[-1].headers["x-token"] == "secret"


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("size", [len(DATA) - 1, 10])
def test_more_than_announced_is_refused(page: Page, url: str, size: int) -> None:
    found = fetched(page, url, limit=size)
    assert found["error"] == "NetworkError"
    assert f"where {size} were announced" in found["text"]
    assert fetched(page, url, limit=len(DATA))["size"] == len(DATA)


@pytest.mark.parametrize("kind", ["flipped_byte", "extra_bytes", "captive_portal", "empty"])
def test_a_damaged_file_is_fetched_once_more_past_the_cache(
    page: Page, server: IndexServer, url: str, kind: str
) -> None:
    """The browser may keep the damage for as long as the server said."""
    server.behave(cache_control="max-age=600")
    server.fault("*.whl", kind, times=1)
    size = page.run(
        f"""
        urls = [{url + "?" + kind!r}]
        hashes = {{"sha256": {hashlib.sha256(DATA).hexdigest()!r}}}
        result = len(await client.file(urls, filename={FILENAME!r}, hashes=hashes, size={len(DATA)}))
        """
    )
    assert size == len(DATA)
    assert len(server.requests) == 2


def test_without_a_network_nobody_waits(page: Page, url: str) -> None:
    """``navigator.onLine`` is false: no second attempt."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **conditions})
    try:
        found = page.run(
            f"""
            counting = Counting()
            result = [await outcome(Client(counting).get({url!r})), counting.sent]
            """
        )
    finally:
        page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **conditions})
    assert "'kind': 'offline'" in found[0]["facts"]
    assert found[1] == 1


def test_nothing_is_left_behind(page: Page, server: IndexServer, url: str) -> None:
    """No callback is held after an answer, an error, or a cancelled task, and JavaScript has nothing to complain of."""
    server.fault("*.whl?", "stall")
    held = page.run(
        f"""
        import gc, weakref
        callbacks = []

        def step():
            def on_bytes(done, total):
                pass
            callbacks.append(weakref.ref(on_bytes))
            return on_bytes

        await client.get({url!r}, on_bytes=step())
        await outcome(client.get({url!r}, on_bytes=step(), limit=10))
        for _ in range(5):
            task = asyncio.ensure_future(client.get({url!r}, on_bytes=step(), digest="sha256"))
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        del task
        await asyncio.sleep(0.3)
        gc.collect()
        result = [sum(callback() is not None for callback in callbacks), run_js("globalThis.rejections")]
        """
    )
    assert held == [0, 0]


def test_an_error_of_the_one_who_watches_is_raised(page: Page, url: str) -> None:
    """Not lost in JavaScript, and the download ends."""
    result = page.run(
        f"""
        def broken(done, total):
            raise ZeroDivisionError("mine")
        try:
            await client.get({url!r}, on_bytes=broken)
        except ZeroDivisionError as error:
            result = str(error)
        """
    )
    assert result == "mine"
