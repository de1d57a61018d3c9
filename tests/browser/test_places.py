"""Where pages really live: strict policies, integrity, sub-folders, import maps, other copies, no storage, no TLS."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.engines import ScriptFailed, WebDriverEngine, show
from support.index_server import IndexServer
from support.store_tab import chromium
from support.wheel_factory import make_wheel

DIST = ROOT / "js" / "dist"
VERSION = version("wasminstall").encode()
STRICT = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self' blob:; style-src 'self'; img-src data:"
)
"""What docs/places.md recommends."""
TAG = '<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" {}></script>'
USE = """
await py.install("hello-place", { indexUrls: [INDEX] });
return await py.run("import hello_place; hello_place.__version__");
"""
MODULE = 'const py = await (await import("/wasminstall/wasminstall.mjs")).boot({ pyodide: "/pyodide/" });'
BY_TAG = "const py = await wasminstall.ready;"

SCRIPTS = """
<script src="/recorder/recorder.js"></script>
<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-index="/simple/" WORKER></script>
<script type="text/python" data-packages="hello-place">
import hello_place

class Table:
    def _repr_html_(self):
        style = "<style scoped>.dataframe td { text-align: center }</style>"  # all of it as pandas does
        head = '<thead><tr style="text-align: right;"><th>moons</th></tr></thead>'
        cell = f"<tr><td>{hello_place.__version__}</td></tr>"
        return f'{style}<table border="1" class="dataframe">{head}<tbody>{cell}</tbody></table>'

print("printed")
Table()
</script>
<script type="text/python">1 / 0</script>
"""
RECORDER = b"""
window.violations = [];
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) => {
  violations.push([effectiveDirective, blockedURI, sample]);
});
// Only used where a page requires trusted types.
const own = (url) => (/^blob:|\\/wasminstall-(worker|reader)\\.mjs$/.test(url) ? url : undefined);
trustedTypes.createPolicy("default", { createHTML: (html) => html, createScriptURL: own });
"""
SHOWN = """
while (!document.querySelector(".wasminstall-error")) await new Promise((done) => setTimeout(done, 100));
const { color } = getComputedStyle(document.querySelector(".wasminstall-headline b"));
const own = getComputedStyle(document.body).color;
return [document.querySelector("td")?.textContent, color !== own, violations];
"""


@pytest.fixture(scope="module", autouse=True)
def package(server: IndexServer) -> None:
    server.add(*make_wheel("hello-place", "1.0"))
    wrong = {"sha256": "0" * 64}
    server.add(*make_wheel("forged-place", "1.0"), hashes=wrong)


@pytest.fixture(scope="module")
def tab(browser: webdriver.Chrome) -> WebDriverEngine:
    return WebDriverEngine("chromium", browser)


@pytest.fixture(scope="module")
def poor(server: IndexServer) -> Iterator[WebDriverEngine]:
    """A Chromium that lets pages store nothing, and knows this machine by a name that is not secure."""
    rules = "--host-resolver-rules=MAP insecure.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with chromium(rules, preferences={"profile.default_content_setting_values.cookies": 2}) as driver:
        yield WebDriverEngine("chromium", driver)


def used(tab: WebDriverEngine, server: IndexServer, start: str) -> object:
    """Start as ``start`` says, install a package, and return its version."""
    return tab.run(start + USE.replace("INDEX", json.dumps(f"{server.origin}/simple/")))


def integrity(name: str) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384((DIST / name).read_bytes()).digest()).decode()


# -- policies -------------------------------------------------------------------------------------------------------


def test_without_wasm_there_is_an_error(tab: WebDriverEngine, server: IndexServer) -> None:
    """Pyodide alone would wait for ever."""
    policy = STRICT.replace(" 'wasm-unsafe-eval'", "")
    show(tab, server, TAG.format(""), headers={"Content-Security-Policy": policy})
    with pytest.raises(ScriptFailed, match="add 'wasm-unsafe-eval' to its script-src"):
        tab.run(BY_TAG)


def test_a_worker_without_wasm_is_an_error(tab: WebDriverEngine, server: IndexServer) -> None:
    """A worker has the policy of its own answer, not the page's."""
    server.mount("/strict/", DIST, {"Content-Security-Policy": "script-src 'self'"})
    show(tab, server, "")
    with pytest.raises(ScriptFailed, match="add 'wasm-unsafe-eval' to its script-src"):
        tab.run('await (await import("/strict/wasminstall.mjs")).boot({ pyodide: "/pyodide/", worker: true });')


@pytest.mark.parametrize("worker", ["", "data-worker"], ids=["page", "worker"])
@pytest.mark.parametrize("types", ["", "; require-trusted-types-for 'script'"], ids=["", "trusted types"])
def test_a_strict_policy(tab: WebDriverEngine, server: IndexServer, worker: str, types: str) -> None:
    """Scripts, what they show with its style, progress and a worker: nothing is reported."""
    server.mount("/recorder/", {"recorder.js": RECORDER}.get)
    show(tab, server, SCRIPTS.replace("WORKER", worker), headers={"Content-Security-Policy": STRICT + types})
    assert tab.run(SHOWN) == ["1.0", True, []]


def test_trusted_types(tab: WebDriverEngine, server: IndexServer) -> None:
    """A page that only installs and runs needs no policy for them."""
    policy = f"{STRICT}; require-trusted-types-for 'script'"
    show(tab, server, "", headers={"Content-Security-Policy": policy})
    assert used(tab, server, MODULE) == "1.0"


# -- integrity --------------------------------------------------------------------------------------------------------


def test_integrity_on_another_origin(tab: WebDriverEngine, server: IndexServer) -> None:
    other = server.origin.replace("127.0.0.1", "localhost")
    checked = f'<script src="{other}/wasminstall/wasminstall.js" data-pyodide="{other}/pyodide/" integrity="{{}}" '
    checked += "crossorigin></script>"
    show(tab, server, checked.format(integrity("wasminstall.js")))
    assert used(tab, server, BY_TAG) == "1.0"
    show(tab, server, checked.format(integrity("wasminstall.mjs")))
    assert tab.run("return typeof wasminstall;") == "undefined"


def test_the_table_of_the_release_is_right() -> None:
    table = json.loads((DIST / "integrity.json").read_text())
    assert table["wasminstall.js"] == integrity("wasminstall.js")
    assert table["wasminstall.mjs"] == integrity("wasminstall.mjs")


@pytest.mark.parametrize("right", [True, False])
def test_an_import_map(tab: WebDriverEngine, server: IndexServer, right: bool) -> None:
    """A name in place of the address, and the hash of what is behind it."""
    hashed = integrity("wasminstall.mjs" if right else "wasminstall.js")
    address = "/wasminstall/wasminstall.mjs"
    entries = {"imports": {"wasminstall": address}, "integrity": {address: hashed}}
    show(tab, server, f'<script type="importmap">{json.dumps(entries)}</script>')
    start = 'const py = await (await import("wasminstall")).boot({ pyodide: "/pyodide/" });'
    if right:
        assert used(tab, server, start) == "1.0"
    else:
        with pytest.raises(ScriptFailed, match="dynamically imported module"):
            tab.run(start)


# -- addresses --------------------------------------------------------------------------------------------------------


def test_a_sub_folder(tab: WebDriverEngine, server: IndexServer) -> None:
    """Everything below the page's own folder, nothing at the root of the server."""
    server.mount("/a/b/vendor/", DIST)
    tag = '<script src="vendor/wasminstall.js" data-pyodide="../../pyodide/" data-index="../../simple/"></script>'
    server.requests.clear()
    show(tab, server, tag, at="/a/b/")
    assert tab.run('await wasminstall.install("hello-place"); return await wasminstall.run("1 + 1");') == 2
    assert server.paths("/wasminstall/*") == []


def test_a_page_that_is_a_file(tab: WebDriverEngine, server: IndexServer, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><script src="{DIST.as_uri()}/wasminstall.js"></script>')
    tab.open(page.as_uri())
    with pytest.raises(ScriptFailed, match=r"(?i)http"):
        tab.run(BY_TAG)


# -- others on the page -----------------------------------------------------------------------------------------------


def test_two_script_tags_start_one_python(tab: WebDriverEngine, server: IndexServer) -> None:
    module = TAG.format("").replace("<script", '<script type="module"').replace(".js", ".mjs")
    count = """<script>
      Object.assign(globalThis, { started: 0, unused: 0 });
      addEventListener("wasminstall:ready", () => { started += 1; });
      console.warn = (text) => { unused += text.includes("is not used"); };
    </script>"""
    show(tab, server, count + TAG.format("") + TAG.format("") + module)
    assert used(tab, server, BY_TAG) == "1.0"
    assert tab.run("return [started, unused];") == [1, 2]


@pytest.mark.parametrize("other", ["/wasminstall/wasminstall.mjs?second", "/next/wasminstall.mjs"])
def test_two_copies_that_are_imported(tab: WebDriverEngine, server: IndexServer, other: str) -> None:
    """Of one release or of two: each boots a Python of its own, and leaves one as it is that it finds equipped."""
    server.mount("/next/", next_release)
    show(tab, server, "")
    second = f"""
    const other = await import("{other}");
    const second = await other.boot({{ pyodide: "/pyodide/" }});
    const attached = await other.attach(py.pyodide);
    if (second.pyodide === py.pyodide || attached.pyodide !== py.pyodide) throw new Error("mixed up");
    await attached.install("hello-place", {{ indexUrls: ["{server.url}"] }});
    await second.install("hello-place", {{ indexUrls: ["{server.url}"] }});
    """
    assert used(tab, server, MODULE + second) == "1.0"
    release = tab.run(f'return (await import("{other}")).version;')
    assert (release.encode() == VERSION) == ("/next/" not in other)


def next_release(name: str) -> bytes | None:
    """The files of this release under another number."""
    file = DIST / name
    if not file.is_file():
        return None
    compressed = name.endswith(".gz")
    content = gzip.decompress(file.read_bytes()) if compressed else file.read_bytes()
    content = content.replace(VERSION, b"9" * len(VERSION))
    return gzip.compress(content, 1) if compressed else content


def test_a_pyodide_that_the_page_loaded(tab: WebDriverEngine, server: IndexServer) -> None:
    """A classic script's; what was imported before goes on."""
    show(tab, server, '<script src="/pyodide/pyodide.js"></script>')
    start = """
    const pyodide = await loadPyodide();
    pyodide.runPython("import json; before = json");
    const py = await (await import("/wasminstall/wasminstall.mjs")).attach(pyodide);
    if (!pyodide.runPython("before is json")) throw new Error("another interpreter");
    """
    assert used(tab, server, start) == "1.0"


# -- coming back ------------------------------------------------------------------------------------------------------


def test_back_and_forward(tab: WebDriverEngine, server: IndexServer) -> None:
    """A page that is still storing things is loaded anew, one at rest goes on with the same Python."""
    for rest in (0, 4, 12):
        show(tab, server, "<p>away</p>", at="/away/")
        show(tab, server, TAG.format(""))
        tab.run("await wasminstall.run('kept = 42'); onpageshow = ({ persisted }) => { window.back = persisted; };")
        time.sleep(rest)
        tab.open(server.origin + "/away/")
        tab.driver.back()
        restored = tab.run("return window.back;")
        assert tab.run("return await wasminstall.run(\"globals().get('kept')\");") == (42 if restored else None)
        assert used(tab, server, BY_TAG) == "1.0"
        if restored:
            break
    assert restored


# -- where nothing is kept, and nothing is secure -------------------------------------------------------------------


def test_no_storage(poor: WebDriverEngine, server: IndexServer) -> None:
    show(poor, server, TAG.format(""))
    assert poor.run("return caches.keys().then(String, (error) => error.name);") == "SecurityError"
    assert used(poor, server, BY_TAG) == "1.0"


def test_a_sandboxed_frame(tab: WebDriverEngine, server: IndexServer) -> None:
    """Its origin is nobody's: no storage, and every file comes with CORS."""
    inside = f"""
    import {{ boot }} from "{server.origin}/wasminstall/wasminstall.mjs";
    const work = async () => {{
        const options = {{ pyodide: "{server.origin}/pyodide/", index: "{server.url}", packages: "hello-place" }};
        const py = await boot(options);
        return await py.run("import hello_place; hello_place.__version__");
    }};
    parent.postMessage(await work().catch(String), "*");
    """
    show(tab, server, "")
    found = tab.run(
        f"""
        const frame = document.createElement("iframe");
        frame.sandbox = "allow-scripts";
        frame.srcdoc = `<script type="module">{inside}</script>`;
        const answer = new Promise((done) => addEventListener("message", ({{ data }}) => done(data)));
        document.body.append(frame);
        return await answer;
        """
    )
    assert found == "1.0"


@pytest.mark.parametrize("worker", ["false", "true"], ids=["page", "worker"])
def test_plain_http_still_verifies(poor: WebDriverEngine, server: IndexServer, worker: str) -> None:
    """Without TLS the browser computes no hashes: Python does."""
    origin = server.origin.replace("127.0.0.1", "insecure.test")
    show(poor, server, "")
    poor.open(origin + "/page/")
    assert poor.run("return [isSecureContext, typeof crypto.subtle];") == [False, "undefined"]
    start = f"""
    const {{ boot }} = await import("/wasminstall/wasminstall.mjs");
    globalThis.py = await boot({{ pyodide: "/pyodide/", index: "/simple/", worker: {worker} }});
    await py.install("hello-place");
    return await py.run("import hello_place; hello_place.__version__");
    """
    assert poor.run(start) == "1.0"
    with pytest.raises(ScriptFailed, match="sha256"):
        poor.run('await py.install("forged-place");')
