"""The store in a real Chromium: pages, tabs and workers at once, damage, a full quota, places where nothing is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.store_tab import PRELUDE, Tab, chromium, serve_store

AT_ONCE = """
const me = crypto.getRandomValues(new Uint8Array(1))[0];
const until = Date.now() + 1500;
let seen = 0;
while (Date.now() < until) {
  const number = Math.floor(Math.random() * 4);
  const [key, size, what] = [`page/${number}`, 30_000 * (number + 1), Math.random()];
  if (what < 0.4) await store.put(key, bytes(size, me), String(me));
  else if (what < 0.8) {
    const [found] = await (what < 0.6 ? store.getMany([key]) : [await store.get(key)]);
    const wrong = found && (found.bytes.length !== size || found.bytes.some((byte) => byte !== Number(found.meta)));
    if (wrong) return "mixed up";
    seen += found ? 1 : 0;
  } else if (what < 0.9) await store.delete([key]);
  else if (what < 0.94) await store.clear();
  else await Promise.all([store.touch([key]), store.list()]);
}
return seen;
"""
MEBIBYTE = 2**20


@pytest.fixture(scope="module", autouse=True)
def served(server: IndexServer) -> None:
    serve_store(server)


@pytest.fixture
def tab(browser: webdriver.Chrome, server: IndexServer) -> Iterator[Tab]:
    """A page with an empty store."""
    browser.get("about:blank")  # storage that is cleared under a page which uses it may not answer for seconds
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": server.origin, "storageTypes": "all"})
    yield Tab(browser, server)
    while len(browser.window_handles) > 1:
        browser.switch_to.window(browser.window_handles[-1])
        browser.close()
    browser.switch_to.window(browser.window_handles[0])


@pytest.mark.parametrize("where", ["page", "worker"])
def test_what_was_put_is_there(tab: Tab, where: str) -> None:
    found = tab.run(
        """
        const before = [await store.get("wheel/a"), await keys()];
        const changing = bytes(5000);
        const written = store.put("wheel/a", changing, '{"name":"ä"}');
        changing.fill(0);  // as WebAssembly's memory might
        await written;
        await store.put("page/empty", bytes(0), "{}");
        const many = await store.getMany(["page/empty", "page/none", "wheel/a"]);
        await store.delete(["page/empty", "page/none"]);
        const after = await keys();
        await store.clear();
        return [before, many.map(shown), after, await keys(), store.where];
        """,
        where=where,
    )
    many = [[0, None, "{}"], None, [5000, 7, '{"name":"ä"}']]
    assert found == [[None, []], many, ["wheel/a"], [], "this browser, for this site"]


def test_tabs_and_workers_share_and_it_survives(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    tab.run('await store.put("wheel/page", bytes(10), "{}");')
    tab.run('await store.put("wheel/worker", bytes(20), "{}");', where="worker")
    other = Tab(browser, server, new=True)
    assert other.run("return keys();") == ["wheel/page", "wheel/worker"]
    assert other.run('return shown(await store.get("wheel/worker"));', where="worker") == [20, 7, "{}"]
    other.close()
    browser.refresh()
    assert tab.run('return shown(await store.get("wheel/page"));') == [10, 7, "{}"]


def test_the_list_has_sizes_and_times(tab: Tab) -> None:
    before = time.time() - 1
    found = tab.run(
        """
        for (const key of ["page/old", "page/new"]) await store.put(key, bytes(3000), "{}");
        const first = Object.fromEntries((await store.list()).map((kept) => [kept.key, kept]));
        await new Promise((done) => setTimeout(done, 50));
        await store.touch(["page/old", "page/never-was"]);
        const then = Object.fromEntries((await store.list()).map((kept) => [kept.key, kept]));
        return [first, then, await asked((await raw("facts")).getAllKeys())];
        """
    )
    first, then, remembered = found
    assert first.keys() == then.keys() == {"page/old", "page/new"}
    assert all(3000 < kept["size"] < 3200 for kept in first.values())
    assert before < first["page/old"]["used"] <= first["page/new"]["used"] < then["page/old"]["used"] < time.time() + 1
    assert then["page/new"] == first["page/new"]
    assert remembered == ["page/new", "page/old"], "what is not there is not remembered"


@pytest.mark.parametrize("damage", ["flipped", "cut off", "empty", "another", "of another key"])
def test_dropped_when_damaged(tab: Tab, damage: str) -> None:
    found = tab.run(
        f"""
        await store.put("wheel/a", bytes(5000), "{{}}");
        const record = new Uint8Array(await asked((await raw("records")).get("wheel/a")));
        const other = async () => {{
          await store.put("wheel/b", bytes(5000), "{{}}");
          const found = await asked((await raw("records")).get("wheel/b"));
          await store.delete(["wheel/b"]);
          return found;
        }};
        const damages = {{
          flipped: () => {{ record[record.length - 1] ^= 1; return record; }},
          "cut off": () => record.subarray(0, -1),
          empty: () => bytes(0),
          another: () => "<!doctype html>",
          "of another key": other,
        }};
        const damaged = await new Blob([await damages["{damage}"]()]).arrayBuffer();
        await asked((await raw("records")).put(damaged, "wheel/a"));
        return [shown(await store.get("wheel/a")), await keys()];
        """
    )
    assert found == [None, []]


@pytest.mark.parametrize("where", ["page", "worker"])
def test_what_is_large_is_a_file(tab: Tab, where: str) -> None:
    """One for each entry; it goes when its entry goes or is replaced."""
    found = tab.run(
        """
        const told = [];
        const tell = async () => told.push([(await files()).length, shown(await store.get("wheel/a"))]);
        for (const [size, value] of [[200_000, 1], [300_000, 2], [10, 3], [200_000, 4]]) {
          await store.put("wheel/a", bytes(size, value), "{}");
          await tell();
        }
        await store.put("wheel/b", bytes(200_000), "{}");
        await store.delete(["wheel/a"]);
        await tell();
        await store.clear();
        await tell();
        return told;
        """,
        where=where,
    )
    assert found == [
        [1, [200_000, 1, "{}"]],
        [1, [300_000, 2, "{}"]],
        [0, [10, 3, "{}"]],
        [1, [200_000, 4, "{}"]],
        [1, None],
        [0, None],
    ]


@pytest.mark.parametrize("way", ["get", "getMany"])
@pytest.mark.parametrize("damage", ["flipped", "cut off", "gone"])
def test_a_damaged_file_is_dropped(tab: Tab, damage: str, way: str) -> None:
    found = tab.run(
        f"""
        await store.put("wheel/a", bytes(200_000), "{{}}");
        const [name] = await files();
        const file = await (await (await folder()).getFileHandle(name)).getFile();
        const record = new Uint8Array(await file.arrayBuffer());
        const damages = {{
          flipped: () => {{ record[record.length - 1] ^= 1; return write(name, record); }},
          "cut off": () => write(name, record.subarray(0, -1)),
          gone: async () => (await folder()).removeEntry(name),
        }};
        await damages["{damage}"]();
        const found = "{way}" === "get" ? await store.get("wheel/a") : (await store.getMany(["wheel/a"]))[0];
        return [shown(found), await keys(), await files()];
        """
    )
    assert found == [None, [], []]


def test_a_page_reads_beside_itself(tab: Tab) -> None:
    """In a worker; where that cannot be, in place."""
    found = tab.run(
        """
        await store.put("wheel/a", bytes(200_000), '{"name":"ä"}');
        const told = [(await store.getMany(["wheel/none", "wheel/a"])).map(shown)];
        const loaded = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("reader.mjs"));
        globalThis.Worker = class { constructor() { throw new Error("forbidden"); } };
        const another = await openStore();
        return [...told, (await another.getMany(["wheel/a"])).map(shown), loaded.length];
        """
    )
    kept = [200_000, 7, '{"name":"ä"}']
    assert found == [[None, kept], [kept], 1]


def test_what_nobody_names_is_swept(tab: Tab) -> None:
    """A tab that was closed in the middle leaves a file without an entry; a young one may be in the making."""
    found = tab.run(
        """
        await store.put("wheel/a", bytes(200_000), "{}");
        const [named] = await files();
        const young = `${Date.now()}-young`;
        for (const name of ["1700000000000-old", young]) await write(name, "lost");
        await (await openStore()).list();
        const left = await files();
        return [left.includes(named), left.includes(young), left.length];
        """
    )
    assert found == [True, True, 2]


def test_tabs_and_workers_at_once(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    """Every answer is nothing or a whole entry."""
    other, worker = Tab(browser, server, new=True), Tab(browser, server, new=True)
    for here, where in ((tab, "page"), (other, "page"), (worker, "worker")):
        here.run(AT_ONCE, where=where, wait=False)
    for here in (tab, other, worker):
        assert here.result() > 0


def test_two_tabs_note_uses_at_once(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    """Neither overwrites what the other noted."""
    tab.run('for (let i = 0; i < 40; i++) await store.put("page/" + i, bytes(10), "{}");')
    before = time.time()
    other = Tab(browser, server, new=True)
    note = "for (let i = {}; i < 40; i += 2) await store.touch(['page/' + i]);"
    tab.run(note.format(0), wait=False)
    other.run(note.format(1), wait=False)
    for here in (tab, other):
        here.result()
    assert tab.run(f"return (await store.list()).filter(({{ used }}) => used > {before}).length;") == 40


def test_a_full_quota(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    """A put rejects, the old entry stays, and deleting makes room."""
    quota = {"origin": server.origin, "quotaSize": 8 * MEBIBYTE}
    browser.execute_cdp_cmd("Storage.overrideQuotaForOrigin", quota)
    try:
        found = tab.run(
            """
            const size = 3 * 2 ** 20;
            const python = storeForPython();
            const told = [];
            for (const key of ["wheel/a", "wheel/b"]) told.push(await outcome(store.put(key, noise(size, 7), "{}")));
            told.push(await outcome(store.put("wheel/c", noise(size, 7), "{}")));
            told.push(await outcome(store.put("wheel/a", noise(3 * size, 8), "{}")));
            told.push(await python.put("wheel/c", noise(size, 7), "{}"));
            told.push(shown(await store.get("wheel/a")), await keys());
            await store.delete(["wheel/b"]);
            told.push(await python.put("wheel/c", noise(size, 7), "{}"), await keys());
            return told;
            """
        )
    finally:
        browser.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": server.origin})
    full = "QuotaExceededError"
    assert found[:3] == ["done", "done", full]
    assert found[3:] == [full, False, [3 * MEBIBYTE, 7, "{}"], ["wheel/a", "wheel/b"], True, ["wheel/a", "wheel/c"]]


def test_the_budget(tab: Tab) -> None:
    """Not more than half of what the browser gives to the site."""
    found = tab.run(
        """
        const told = [await store.budget(), (await navigator.storage.estimate()).quota];
        navigator.storage.estimate = async () => ({ quota: 1001 });
        return [...told, await store.budget()];
        """
    )
    assert found == [min(2**30, found[1] // 2), found[1], 500]


PYTHON = """
import os, sys
sys.path.insert(0, "/source")
from wasminstall.cache import Cache
from wasminstall.cache.browser import BrowserStore

cache = Cache(BrowserStore())
async def keys():
    return sorted(kept.key for kept in await BrowserStore().entries())
"""
KEEP = """
for key in "ab":
    await cache.put("wheel", key, os.urandom(3 * 2**20), {"name": "ä"})
await cache.settle()
assert await cache.get("wheel", "a")
await cache.put("wheel", "c", os.urandom(3 * 2**20))
assert await keys() == ["wheel/a", "wheel/c"], "the least recently used went"
assert not cache.warnings
await cache.put("wheel", "d", os.urandom(3 * 2**20))
assert await keys() == ["wheel/a", "wheel/c"], "what this install needs did not"
"; ".join(cache.warnings)
"""
FIND = """
found = await cache.get_many("wheel", "abcd")
assert {key: len(entry.body) for key, entry in found.items()} == {"a": 3 * 2**20, "c": 3 * 2**20}
assert dict(found["a"].meta) == {"name": "ä"}
await cache.settle()
assert (await cache.info()).kinds["wheel"].entries == 2
repr(await cache.clear())
"""


def in_python(code: str, origin: str) -> str:
    """The body of a function that runs this in a new Pyodide."""
    return f"""
        const {{ loadPyodide }} = await import("{origin}/pyodide/pyodide.mjs");
        const pyodide = await loadPyodide();
        const archive = await (await fetch("{origin}/store/source.zip")).arrayBuffer();
        pyodide.unpackArchive(archive, "zip", {{ extractDir: "/source" }});
        pyodide._wasminstall = {{ store: storeForPython() }};
        return pyodide.runPythonAsync({json.dumps(PYTHON + code)});
    """


def test_python_in_a_page_and_in_a_worker(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    """A full quota evicts what is oldest, then it is one warning; a worker finds what a page kept."""
    quota = {"origin": server.origin, "quotaSize": 8 * MEBIBYTE}
    browser.execute_cdp_cmd("Storage.overrideQuotaForOrigin", quota)
    try:
        warnings = tab.run(in_python(KEEP, server.origin))
    finally:
        browser.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": server.origin})
    assert warnings.startswith("what is fetched cannot be kept for the next time: there is no room")
    assert ";" not in warnings
    removed = tab.run(in_python(FIND, server.origin), where="worker")
    assert removed == "Removed 2 entries, 6.29 MB"


# Rarely, Chromium's storage waits some time for the tab that is gone: that is told, and not waited for.
def test_closing_the_tab_in_the_middle(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    """What was there before, or what came, or nothing; and everything works on."""
    tab.run('await store.put("wheel/a", bytes(1000), "{}");')
    for pause in (0.0, 0.1, 0.2, 0.3, 0.5, 0.8):
        other = Tab(browser, server, new=True)
        other.run(
            """
            const large = noise(20_000_000, 9);
            for (;;) await Promise.all(["wheel/a", "wheel/b"].map((key) => store.put(key, large, "{}")));
            """,
            wait=False,
        )
        time.sleep(pause)
        other.close()
        found = tab.run('return (await store.getMany(["wheel/a", "wheel/b"])).map(shown);')
        assert found[0] in ([1000, 7, "{}"], [20_000_000, 9, "{}"])
        assert found[1] in (None, [20_000_000, 9, "{}"])
    assert tab.run('await store.put("wheel/a", bytes(10), "{}"); return shown(await store.get("wheel/a"));')[0] == 10


STUCK = {
    "opening": "IDBFactory.prototype.open = () => ({});",
    "transactions": """
        const silent = new Proxy({ transaction: { commit() {} } }, { get: (own, name) => own[name] ?? (() => ({})) });
        IDBDatabase.prototype.transaction = () => ({ objectStore: () => silent });
    """,
}


@pytest.mark.parametrize("stuck", STUCK)
def test_a_storage_that_got_stuck(tab: Tab, stuck: str) -> None:
    """It rejects after ten seconds (a hundred times faster here), and whoever comes then has no store."""
    found = tab.run(
        f"""
        const soon = setTimeout;
        globalThis.setTimeout = (work, after) => soon(work, after / 100);
        {STUCK[stuck]}
        const another = await openStore();
        const told = [store.put("page/a", bytes(10), "{{}}"), store.getMany(["page/a"]), store.clear()].map(outcome);
        return [...(await Promise.all(told)), await outcome(store.touch(["page/a"])), another === undefined];
        """
    )
    works = stuck == "opening"  # this store was open already
    assert found == [*["done" if works else "Error"] * 3, "done", True]


def test_everything_deleted_from_outside(tab: Tab, browser: webdriver.Chrome, server: IndexServer) -> None:
    """The user clears the site's data, or a page of the site deletes the database."""
    tab.run('globalThis.kept = store; await store.put("page/a", bytes(10), "{}");')
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": server.origin, "storageTypes": "all"})
    found = tab.run(
        """
        const told = [shown(await kept.get("page/a")), await outcome(kept.touch(["page/a"]))];
        await kept.put("wheel/a", bytes(200_000), "{}");
        told.push(shown(await kept.get("wheel/a")));
        await kept.put("page/a", bytes(20), "{}");
        await asked(indexedDB.deleteDatabase("wasminstall-v1"));
        told.push((await kept.list()).length, shown(await kept.get("page/a")));
        await kept.put("page/a", bytes(30), "{}");
        return [...told, shown(await kept.get("page/a"))];
        """
    )
    assert found == [None, "done", [200_000, 7, "{}"], 0, None, [30, 7, "{}"]]


NOTHING = """
const python = storeForPython();
return [store === undefined, await python.where(), await python.put("page/a", bytes(10), "{}"), await python.list()];
"""
KEEPS_NOTHING = [True, "", True, "[]"]


def test_opaque_origin(tab: Tab) -> None:
    """A sandboxed frame, such as those that show a notebook's output."""
    found = tab.driver.execute_async_script(
        """
        const [code, done] = arguments;
        const frame = document.createElement("iframe");
        frame.sandbox = "allow-scripts";
        frame.srcdoc = `<script type="module">${code}</script>`;
        addEventListener("message", ({ data }) => { frame.remove(); done(data); }, { once: true });
        document.body.append(frame);
        """,
        PRELUDE.replace("./store.mjs", f"{tab.url}store.mjs")
        + f"const work = async () => {{{NOTHING}}}; parent.postMessage(await work(), '*');",
    )
    assert found == KEEPS_NOTHING


def test_insecure_origin(server: IndexServer) -> None:
    """A page over plain HTTP from another machine."""
    rules = "--host-resolver-rules=MAP insecure.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with chromium(rules) as driver:
        here = Tab(driver, server, host="insecure.test")
        assert driver.execute_script("return isSecureContext;") is False
        assert here.run(NOTHING) == KEEPS_NOTHING


def test_storage_that_is_switched_off(server: IndexServer) -> None:
    with chromium(preferences={"profile.default_content_setting_values.cookies": 2}) as driver:
        here = Tab(driver, server)
        assert here.run("return outcome((async () => asked(indexedDB.open('x')))());") != "done"
        assert here.run(NOTHING) == KEEPS_NOTHING


def test_private_window(server: IndexServer) -> None:
    """Chromium keeps it in memory until the window is closed."""
    with chromium("--incognito") as driver:
        here = Tab(driver, server)
        assert here.run('await store.put("page/a", bytes(9), "{}"); return shown(await store.get("page/a"));')[0] == 9
