"""``<wasminstall-progress>`` in Chromium: what it shows and says, where it stands, and a real start and install."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from support.index_server import IndexServer
from support.wheel_factory import make_wheel

ELEMENT = "<script type=module src=/wasminstall/wasminstall-progress.mjs></script>"
COUNTED = {"project": "", "done": 0, "total": 0, "fromCache": 0, "finished": 0, "count": 0, "rate": 0}
HALFWAY: dict[str, Any] = {"phase": "download", "done": 8e6, "total": 32e6, "finished": 12, "count": 43}
HALFWAY |= {"rate": 4e6, "remaining": 6}

LOOK = """
const shown = (element) => {
    const part = (name) => element.shadowRoot.querySelector(`[part=${name}]`);
    const box = part("bar").parentElement;
    const visible = getComputedStyle(box).visibility === "visible";
    return {
        phase: element.dataset.phase ?? "",
        visible: visible && getComputedStyle(box).opacity !== "0",
        text: part("text").textContent,
        now: part("bar").getAttribute("aria-valuenow"),
        heard: part("bar").getAttribute("aria-valuetext"),
        said: element.shadowRoot.querySelector("[role=status]").textContent,
        closable: !part("close").hidden,
        steps: [...part("details").children].map((item) => [...item.children].map((cell) => cell.textContent)),
        height: element.getBoundingClientRect().height,
        overlay: element.hasAttribute("overlay"),
    };
};
"""


@pytest.fixture(autouse=True)
def quiet_again(server: IndexServer) -> Any:
    before = server.behaviour
    yield
    server.behaviour = before
    server.heal()


def open_page(browser: webdriver.Chrome, server: IndexServer, html: str) -> None:
    page = f"<!doctype html><title>Page</title>{html}"
    server.mount("/page/", lambda path: page.encode() if path == "index.html" else None)
    browser.get(server.origin + "/page/index.html")


def open_element(browser: webdriver.Chrome, server: IndexServer, attributes: str = "") -> None:
    open_page(browser, server, f"<wasminstall-progress {attributes}></wasminstall-progress><p>Below.</p>{ELEMENT}")
    browser.execute_async_script("customElements.whenDefined('wasminstall-progress').then(arguments[0])")


def tell(browser: webdriver.Chrome, phase: str, text: str = "", **counted: Any) -> None:
    detail = json.dumps({**COUNTED, "phase": phase, "text": text, **counted})
    browser.execute_script(f"dispatchEvent(new CustomEvent('wasminstall:progress', {{ detail: {detail} }}))")


def look(browser: webdriver.Chrome) -> dict[str, Any]:
    return dict(browser.execute_script(f"{LOOK} return shown(document.querySelector('wasminstall-progress'))"))


def wait_until_gone(browser: webdriver.Chrome) -> None:
    until = time.monotonic() + 5
    while look(browser)["phase"]:
        assert time.monotonic() < until
        time.sleep(0.05)


def progressbar(browser: webdriver.Chrome) -> tuple[str, Any, dict[str, Any]] | None:
    """Name, value and properties of the bar as Chromium tells a screen reader."""
    browser.execute_cdp_cmd("Accessibility.enable", {})
    nodes: list[Any] = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    for node in nodes:
        if not node["ignored"] and node["role"]["value"] == "progressbar":
            properties = {item["name"]: item["value"].get("value") for item in node["properties"]}
            return node["name"]["value"], node.get("value", {}).get("value"), properties
    return None


def test_from_the_first_step_to_the_end(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_element(browser, server)
    idle = look(browser)
    assert (idle["phase"], idle["visible"], progressbar(browser)) == ("", False, None)
    tell(browser, "runtime", "loading Python")
    assert not look(browser)["visible"]  # nobody sees what is over at once
    time.sleep(1.6)
    tell(browser, "runtime", "loading Python: 13.1 MB", done=13_100_000, finished=5)
    starting = look(browser)
    assert (starting["visible"], starting["text"], starting["now"]) == (True, "Loading Python: 13.1 MB", None)
    assert starting["said"] == "Starting Python"
    assert starting["height"] == idle["height"]  # nothing moves when it appears
    tell(browser, "runtime", "Python 3.14.2 is ready", share=1)
    tell(browser, "resolve", "looking at pandas")
    tell(browser, **HALFWAY, share=0.25, project="numpy")
    downloading = look(browser)
    assert downloading["text"] == "Downloading 12 of 43, 8.0 of 32 MB, 4.0 MB/s, 6 s"
    assert (downloading["now"], downloading["said"]) == ("25", "Downloading")
    found = progressbar(browser)
    assert found is not None
    name, value, properties = found
    assert (name, float(value), properties["valuemin"], properties["valuemax"]) == ("Downloading", 25, 0, 100)
    assert downloading["heard"] == downloading["text"]
    tell(browser, "place", "placing 43 packages", finished=3, count=43, share=3 / 43)
    tell(browser, "done", "Installed 43 in 5.2 s", share=1)
    time.sleep(0.3)
    done = look(browser)
    assert (done["phase"], done["text"], done["said"]) == ("done", "Installed 43 in 5.2 s", "Installed 43 in 5.2 s")
    wait_until_gone(browser)
    assert not look(browser)["visible"]


def test_details_by_keyboard(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_element(browser, server)
    tell(browser, "runtime", "loading Python", done=13_100_000)
    tell(browser, "resolve", "looking at pandas")
    tell(browser, **HALFWAY, share=0.25, project="numpy")
    time.sleep(0.5)
    host = browser.find_element("css selector", "wasminstall-progress")
    button = host.shadow_root.find_element("css selector", "[part=button]")
    assert (button.accessible_name, button.get_attribute("aria-expanded")) == ("Details", "false")
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-expanded") == "true"
    names_and_facts = [step[:2] for step in look(browser)["steps"]]
    assert names_and_facts == [
        ["Starting Python", "13 MB"],
        ["Resolving", ""],
        ["Downloading", "12 of 43, 8.0 of 32 MB, numpy"],
    ]
    assert look(browser)["height"] < 60  # it lies over the page
    button.send_keys(Keys.ESCAPE)
    assert button.get_attribute("aria-expanded") == "false"


def test_what_is_further_on_is_shown(browser: webdriver.Chrome, server: IndexServer) -> None:
    """Projects are looked for while wheels come, and two Pythons install at once: the line does not flicker."""
    open_element(browser, server)
    tell(browser, **HALFWAY, share=0.25)
    before = look(browser)["text"]
    tell(browser, "resolve", "looking at six")
    tell(browser, "download", done=1e6, total=2e6, finished=1, count=2, share=0.5)
    tell(browser, "done", "Installed 1 in 0.2 s", share=1)
    tell(browser, **HALFWAY, share=0.25)
    time.sleep(0.3)
    assert look(browser)["text"] == before


def test_a_failure_stays_until_it_is_closed(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_element(browser, server)
    tell(browser, "resolve", "looking at nothing")
    tell(browser, "failed", "failed: there is no project named 'nothing'")
    time.sleep(2.2)
    failed = look(browser)
    assert (failed["phase"], failed["visible"], failed["closable"]) == ("failed", True, True)
    assert failed["text"] == failed["said"] == "Failed: there is no project named 'nothing'"
    host = browser.find_element("css selector", "wasminstall-progress")
    host.shadow_root.find_element("css selector", "[part=close]").click()
    assert not look(browser)["visible"]


def test_no_failure_is_hidden_by_the_end_of_another_python(browser: webdriver.Chrome, server: IndexServer) -> None:
    """Two install at once: what goes on is shown, and at its end both failures, until they are closed."""
    open_element(browser, server)
    tell(browser, "failed", "failed: there is no project named 'nothing'")
    tell(browser, **HALFWAY, share=0.25)
    assert look(browser)["text"].startswith("Downloading")
    tell(browser, "done", "Installed 43 in 2.0 s", share=1)
    time.sleep(0.3)
    assert (look(browser)["phase"], look(browser)["text"]) == ("failed", "Failed: there is no project named 'nothing'")
    tell(browser, "resolve", "looking at six")
    tell(browser, "failed", "failed: another one")
    tell(browser, "failed", "failed: another one")
    assert look(browser)["text"] == "Failed: there is no project named 'nothing'\nFailed: another one"
    host = browser.find_element("css selector", "wasminstall-progress")
    host.shadow_root.find_element("css selector", "[part=close]").click()
    tell(browser, "resolve", "looking at six")
    tell(browser, "done", "Installed 1 in 0.2 s", share=1)
    time.sleep(0.3)
    assert look(browser)["phase"] != "failed"


def test_what_was_read_makes_room_for_new_work(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_element(browser, server)
    tell(browser, "failed", "failed: there is no project named 'nothing'")
    time.sleep(3.1)
    tell(browser, "resolve", "looking at six")
    tell(browser, "done", "Installed 1 in 0.2 s", share=1)
    time.sleep(0.3)
    assert look(browser)["phase"] != "failed"


def test_a_narrow_page_keeps_its_heading(browser: webdriver.Chrome, server: IndexServer, tmp_path: Path) -> None:
    page = "<meta name=viewport content='width=device-width'><h1>Moons of all planets</h1><p>Below.</p>"
    open_page(browser, server, f"{page}<wasminstall-progress overlay></wasminstall-progress>{ELEMENT}")
    browser.execute_async_script("customElements.whenDefined('wasminstall-progress').then(arguments[0])")
    size = {"width": 400, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        tell(
            browser, "failed", "failed: there is no project named 'nothing'; asked: Pyodide distribution, PyPI\nhint: -"
        )
        time.sleep(0.4)
        covered = browser.execute_script(
            """
            const { left, top, width, height } = document.querySelector("h1").getBoundingClientRect();
            const places = [0.1, 0.5, 0.9].flatMap((x) => [0.2, 0.8].map((y) => [left + x * width, top + y * height]));
            const close = document.querySelector("wasminstall-progress").shadowRoot.querySelector("#line");
            const line = close.getBoundingClientRect();
            return places.some(([x, y]) => line.left <= x && x <= line.right && line.top <= y && y <= line.bottom);
            """
        )
        browser.save_screenshot(str(tmp_path / "narrow.png"))
        assert not covered
        assert look(browser)["visible"]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_short_work_is_never_seen(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_element(browser, server)
    tell(browser, "resolve", "looking at six")
    tell(browser, "cancelled", "cancelled")
    time.sleep(0.2)
    assert (look(browser)["phase"], look(browser)["said"]) == ("", "")


def test_a_strict_policy_and_less_motion(browser: webdriver.Chrome, server: IndexServer) -> None:
    policy = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    open_page(browser, server, f"{meta}<wasminstall-progress></wasminstall-progress>{ELEMENT}")
    browser.execute_async_script("customElements.whenDefined('wasminstall-progress').then(arguments[0])")
    tell(browser, "resolve", "looking at six")
    fill = "getComputedStyle(document.querySelector('wasminstall-progress').shadowRoot.querySelector('[part=fill]'))"
    assert browser.execute_script(f"return {fill}.animationName") == "pass"
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        assert browser.execute_script(f"return {fill}.animationName") == "none"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# --- with a script tag ----------------------------------------------------------------------------------------------

FAILS = '<script src="/wasminstall/wasminstall.js" data-pyodide="/nowhere/" {}></script>'


def await_failure(browser: webdriver.Chrome) -> dict[str, Any]:
    until = time.monotonic() + 10
    while not browser.execute_script("return document.querySelector('wasminstall-progress[data-phase=failed]')"):
        assert time.monotonic() < until
        time.sleep(0.05)
    while not look(browser)["visible"] and time.monotonic() < until:
        time.sleep(0.05)  # it fades in
    return look(browser)


def test_where_it_goes(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_page(browser, server, FAILS.format(""))
    shown = await_failure(browser)
    assert (shown["overlay"], shown["visible"]) == (True, True)
    assert shown["text"].startswith("Failed: Pyodide could not be loaded from ")
    open_page(browser, server, FAILS.format('data-progress="#here"') + "<p id=here></p>")
    assert not await_failure(browser)["overlay"]
    assert browser.execute_script("return document.querySelectorAll('#here > wasminstall-progress').length") == 1
    open_page(browser, server, FAILS.format("") + "<main><wasminstall-progress></wasminstall-progress></main>")
    assert not await_failure(browser)["overlay"]
    assert browser.execute_script("return document.querySelectorAll('wasminstall-progress').length") == 1


def test_what_scripts_say_in_their_places_is_not_said_over_the_page(
    browser: webdriver.Chrome, server: IndexServer
) -> None:
    """A start that fails, and an install that fails; in the flow of the page nothing is covered, and it stays."""
    code = '<script type="text/python" data-packages="no-such-project" data-index="INDEX">1</script>'
    code = code.replace("INDEX", server.url)
    good = FAILS.replace("/nowhere/", "/pyodide/")
    for tag, overlay in ((FAILS, True), (good, True), (good, False)):
        own = "" if overlay else "<wasminstall-progress></wasminstall-progress>"
        open_page(browser, server, f"{tag.format('')}<body>{own}{code}")
        until = time.monotonic() + 60
        while not browser.execute_script("return document.querySelector('.wasminstall-output[data-state=failed]')"):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.3)
        shown = look(browser)
        assert (shown["overlay"], shown["phase"]) == (overlay, "" if overlay else "failed")


def test_what_nothing_says_in_its_place_is_said_over_the_page_once(
    browser: webdriver.Chrome, server: IndexServer
) -> None:
    needs = f'data-packages="no-such-project" data-index="{server.url}"'
    open_page(browser, server, FAILS.replace("/nowhere/", "/pyodide/").format(needs))
    browser.execute_async_script("const done = arguments[0]; wasminstall.ready.catch(() => setTimeout(done, 100))")
    shown = await_failure(browser)
    assert shown["overlay"]
    assert shown["text"].startswith("Failed: there is no project named 'no-such-project'")
    assert shown["text"].count("Failed") == 1


def test_off(browser: webdriver.Chrome, server: IndexServer) -> None:
    before = server.paths("*-progress.mjs")
    open_page(browser, server, FAILS.format('data-progress="off"'))
    browser.execute_async_script("const done = arguments[0]; wasminstall.ready.catch(() => setTimeout(done, 300))")
    assert browser.execute_script("return document.querySelectorAll('wasminstall-progress').length") == 0
    assert server.paths("*-progress.mjs") == before


def test_a_real_start_and_a_real_install(browser: webdriver.Chrome, server: IndexServer) -> None:
    noise = "".join(f"{number * 2654435761 % 2**32:08x}" for number in range(300_000))
    server.add(*make_wheel("shown", "1.0", requires=["shown-too"], files={"shown/noise.txt": noise}))
    server.add(*make_wheel("shown-too", "1.0"))
    start = """
        const done = arguments[arguments.length - 1];
        globalThis.details = [];
        globalThis.looks = [];
        addEventListener("wasminstall:progress", ({ detail }) => details.push(detail));
        setInterval(() => {
            const element = document.querySelector("wasminstall-progress");
            if (element?.shadowRoot) looks.push(shown(element));
        }, 30);
        wasminstall.ready.then(() => done("ready"), (error) => done(String(error)));
    """
    install = f"""
        const done = arguments[arguments.length - 1];
        wasminstall.install("shown", {{ indexUrls: "{server.url}", cache: false }})
            .then(() => setTimeout(() => done([details, looks]), 500), (error) => done(String(error)));
    """
    # Slow enough to be looked at, with nothing that an earlier test has left to start faster with.
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.execute_async_script("indexedDB.deleteDatabase('wasminstall-v1').onsuccess = () => arguments[0]()")
    server.behave(cache_control="no-store", rate=4_000_000)
    open_page(browser, server, '<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/"></script>')
    assert browser.execute_async_script(LOOK + start) == "ready"
    server.behave(rate=700_000)
    details, looks = browser.execute_async_script(install)
    starting = [detail for detail in details if detail["phase"] == "runtime"]
    assert max(detail["done"] for detail in starting) > 2_000_000
    assert max(detail["finished"] for detail in starting) >= 5
    assert starting[-1]["share"] == 1
    assert starting[-1]["text"].startswith("Python 3.")
    placing = [detail for detail in details if detail["phase"] == "place"]
    assert (placing[-1]["finished"], placing[-1]["count"], placing[-1]["share"]) == (2, 2, 1)
    assert details[-1]["phase"] == "done"
    assert all(each["overlay"] for each in looks)
    texts = [each["text"] for each in looks if each["visible"]]
    assert any(text.startswith("Loading Python") for text in texts)
    assert any(text.startswith("Downloading ") and " MB, " in text for text in texts)
    assert texts[-1].startswith("Installed 2 in ")
