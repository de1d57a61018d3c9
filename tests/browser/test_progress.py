"""Progress in a real page: events, a bar in an element, functions of both languages, and silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.page import Page
from support.wheel_factory import make_wheel

SIZE = 1_500_000


@pytest.fixture(scope="module", autouse=True)
def published(server: IndexServer) -> None:
    """Two wheels that take a second or two at the rate of these tests."""
    for name in ("heavy", "heavier"):
        noise = "".join(f"{number * 2654435761 % 2**32:08x}" for number in range(SIZE // 4))
        requires = ["heavier"] if name == "heavy" else []
        server.add(*make_wheel(name, "1.0", requires=requires, files={f"{name}/noise.txt": noise}))
    server.add(*make_wheel("light", "1.0"))


@pytest.fixture(autouse=True)
def slow_server(server: IndexServer) -> Iterator[None]:
    before = server.behaviour
    server.behave(cache_control="no-store", rate=1_200_000)
    yield
    server.behaviour = before
    server.heal()


def test_the_page_is_told_everything_and_not_too_often(page: Page) -> None:
    result = page.run(
        """
        import js, time
        from pyodide.ffi import create_proxy
        seen, times = [], []
        def hear(event):
            seen.append(event.detail.to_py())
            times.append(time.perf_counter())
        listener = create_proxy(hear)
        js.addEventListener("wasminstall:progress", listener)
        report = await wasminstall.install("heavy", cache=False)
        await wasminstall.uninstall(["heavy", "heavier"])
        js.removeEventListener("wasminstall:progress", listener)
        result = [seen, times, report.size]
        """
    )
    seen, times, size = result
    fields = "count done finished fromCache phase project rate remaining share text total"
    assert {" ".join(sorted(event)) for event in seen} == {fields}
    assert [event["phase"] for event in seen][-2:] == ["place", "done"]
    downloads = [(event, at) for event, at in zip(seen, times, strict=True) if event["phase"] == "download"]
    last = downloads[-1][0]
    assert (last["done"], last["total"], last["finished"], last["count"], last["fromCache"]) == (size, size, 2, 2, 0)
    assert [event["done"] for event, _ in downloads] == sorted(event["done"] for event, _ in downloads)
    assert len(downloads) <= 10 * (downloads[-1][1] - downloads[0][1]) + 4
    measured = [event for event, _ in downloads if event["rate"] and event["share"] not in (None, 1)]
    assert len(measured) > 3
    assert 400_000 < measured[-1]["rate"] < 2_000_000
    assert 0 < measured[-1]["remaining"] < 10


def test_a_bar_in_an_element(page: Page) -> None:
    """What it shows while it works, and what assistive technology hears of it in the end."""
    result = page.run(
        """
        import asyncio, js
        place = js.document.createElement("section")
        place.id = "bar-place"
        place.textContent = "Mine. "
        js.document.body.append(place)
        task = asyncio.ensure_future(wasminstall.install("heavy", progress=place, cache=False))
        looks = []
        while not task.done():
            await asyncio.sleep(0.05)
            bar = place.querySelector("progress")
            if bar:
                box = place.querySelector(".wasminstall-progress")
                label = place.querySelector("[part=label]")
                look = [box.dataset.phase, bar.position, bar.getAttribute("aria-valuetext"), label.textContent]
                look.append(label.getAttribute("aria-live"))
                if look not in looks:
                    looks.append(look)
        await task
        again = await wasminstall.install("heavy", progress="#bar-place")
        result = {"looks": looks, "bars": place.querySelectorAll("progress").length, "text": place.textContent}
        await wasminstall.uninstall(["heavy", "heavier"])
        """
    )
    looks = result["looks"]
    assert all(heard == shown for _, _, heard, shown, _ in looks)
    downloads = [look for look in looks if look[0] == "download"]
    positions = [position for _, position, _, _, _ in downloads if position >= 0]
    assert positions == sorted(positions)
    assert len(positions) > 5
    assert any(text.startswith("Downloading 2 wheels: ") and text.endswith(" s left") for _, _, text, _, _ in downloads)
    assert {live for *_, live in downloads} == {"off"}
    assert result["bars"] == 1  # used again
    assert result["text"] == "Mine.  Everything was there already: heavier, heavy"
    driver = page._selenium.driver
    bar = driver.find_element("css selector", "#bar-place progress")
    assert (bar.aria_role, bar.accessible_name) == ("progressbar", "Installing packages")
    (node,) = (node for node in ax_tree(driver) if node["role"]["value"] == "progressbar")
    properties = {item["name"]: item["value"].get("value") for item in node["properties"]}
    assert (node["value"]["value"], properties["valuemax"]) in [(1, 1), ("1", 1)]


def ax_tree(driver: Any) -> list[Any]:
    """What Chromium tells a screen reader."""
    driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes: list[Any] = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [node for node in nodes if not node["ignored"]]


def test_a_bar_says_when_it_failed(page: Page) -> None:
    result = page.run(
        """
        import js
        place = js.document.createElement("div")
        js.document.body.append(place)
        try:
            await wasminstall.install("no-such-project", progress=place)
        except wasminstall.errors.UnknownProject as error:
            box = place.firstElementChild
            label = box.lastElementChild
            live = label.getAttribute("aria-live")
            result = [box.dataset.phase, box.firstElementChild.hidden, label.textContent, live, error.message]
        """
    )
    *shown, message = result
    assert shown == ["failed", True, f"Failed: {message.splitlines()[0]}", "polite"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("'#nowhere'", "the page has no element '#nowhere'"),
        ("'#)('", "progress='#)(' is no CSS selector"),
        ("5", "progress=5 is not known"),
        ("js.document", "is not known"),
        ("js.Object.new()", "is not known"),
    ],
)
def test_what_is_no_place_for_a_bar(page: Page, choice: str, message: str) -> None:
    page.run("import js\nresult = None")
    error = page.error_of(f"await wasminstall.install('light', progress={choice})")
    assert error["type"] == "InvalidInput"
    assert message in error["text"]


def test_silence_is_silent(page: Page) -> None:
    result = page.run(
        """
        import contextlib, io, js
        from pyodide.ffi import create_proxy
        seen, out = [], io.StringIO()
        listener = create_proxy(lambda event: seen.append(event.detail.text))
        js.addEventListener("wasminstall:progress", listener)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            for choice in (None, seen.append):
                await wasminstall.install("light", progress=choice)
                await wasminstall.uninstall("light")
                if choice is None:
                    result = [seen[:], out.getvalue()]
        js.removeEventListener("wasminstall:progress", listener)
        result.append([type(item).__name__ for item in seen][-1])
        """
    )
    assert result == [[], "", "Event"]  # a function is told, and the page is not


def test_text_in_a_page(page: Page) -> None:
    result = page.run(
        """
        import contextlib, io
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            await wasminstall.install("light", progress="text")
        await wasminstall.uninstall("light")
        result = out.getvalue().splitlines()
        """
    )
    assert result[0].startswith("looking at light")
    assert "placing 1 package" in result
    assert result[-1].startswith("Installed 1 in ")


def test_a_function_that_raises_costs_its_progress_and_nothing_else(page: Page) -> None:
    result = page.run(
        """
        def broken(event):
            raise OSError("the screen is full")
        report = await wasminstall.install("light", progress=broken)
        await wasminstall.uninstall("light")
        result = [[item.name for item in report.added], list(report.warnings)]
        """
    )
    assert result == [["light"], ["progress was not shown to the end: OSError: the screen is full"]]


def test_a_dry_run_comes_to_an_end(page: Page) -> None:
    result = page.run(
        """
        told = []
        plan = await wasminstall.install("light", dry_run=True, progress=lambda event: told.append(event))
        result = [told[-1].phase, told[-1].text, repr(plan).splitlines()[0]]
        """
    )
    assert result[0] == "done"
    assert result[1] == result[2]


# --- from JavaScript ------------------------------------------------------------------------------------------------


def open_page(browser: webdriver.Chrome, server: IndexServer, html: str) -> None:
    server.mount("/page/", lambda path: html.encode() if path == "index.html" else None)
    browser.get(server.origin + "/page/index.html")


def awaited(browser: webdriver.Chrome, script: str) -> Any:
    """Run JavaScript with top-level ``await``; fails with its error."""
    kind, value = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async () => {{ {script} }})().then(v => done(['ok', v]), e => done(['error', String(e)]));"
    )
    assert kind == "ok", value
    return value


def test_javascript_gives_functions_elements_and_null(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_page(browser, server, '<p id="bar"></p>')
    result = awaited(
        browser,
        f"""
        const {{ boot }} = await import("/wasminstall/wasminstall.mjs");
        const events = [], details = [], texts = [];
        addEventListener("wasminstall:progress", (event) => events.push(event.detail));
        const python = await boot({{ pyodide: "/pyodide/" }});
        const starting = events.splice(0);
        const place = document.querySelector("#bar");
        for (const progress of [(detail) => details.push(detail), place, "#bar", null]) {{
            await python.install("light", {{ indexUrls: "{server.url}", progress }});
            await python.run("import wasminstall; await wasminstall.uninstall('light')");
            texts.push(place.textContent.trim());
        }}
        const last = details.at(-1);
        return {{
            starting: starting.map((detail) => detail.phase),
            events: events.length,
            last: [last.phase, last.share, last.fromCache, "remaining" in last, last.remaining === undefined],
            texts,
        }};
        """,
    )
    assert set(result["starting"]) == {"runtime"}
    assert result["events"] == 0
    assert result["last"] == ["done", 1, 0, True, True]
    assert result["texts"][0] == ""
    assert all(text.startswith("Installed 1 in ") for text in result["texts"][1:])
    assert result["texts"][2] == result["texts"][3]  # null: nobody was told


WORKER = """
const { boot } = await import("ORIGIN/wasminstall/wasminstall.mjs");
const python = await boot({ pyodide: "ORIGIN/pyodide/" });
let error = [];
try {
  await python.install("light", { indexUrls: "INDEX", progress: "#bar" });
} catch (raised) {
  error = [raised.message, raised.hint];
}
const phases = [];
addEventListener("wasminstall:progress", (event) => phases.push(event.detail.phase));
await python.install("light", { indexUrls: "INDEX" });
postMessage({ error, phases });
"""


def test_a_worker_has_events_and_no_elements(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_page(browser, server, "<p>empty</p>")
    code = WORKER.replace("ORIGIN", server.origin).replace("INDEX", server.url)
    result = awaited(
        browser,
        f"""
        const url = URL.createObjectURL(new Blob([{code!r}], {{ type: "text/javascript" }}));
        const worker = new Worker(url, {{ type: "module" }});
        try {{
            return await new Promise((done, fail) => {{
                worker.onmessage = ({{ data }}) => done(data);
                worker.onerror = (event) => fail(event.message);
            }});
        }} finally {{
            worker.terminate();
        }}
        """,
    )
    message, hint = result["error"]
    assert "elements belong to its main thread" in message
    assert "post the wasminstall:progress events to the page" in hint
    assert result["phases"][-2:] == ["place", "done"]
