"""wheelfs in a real page and in a real worker: what programs do with mounted files, and shared libraries among them."""

from __future__ import annotations

import json
import subprocess
import textwrap
from typing import Any

import pytest
from selenium import webdriver

from support.compiled_wheel import make_compiled_wheel
from support.distribution import ROOT
from support.index_server import IndexServer

CHILDREN = ROOT / "tests" / "node" / "support"
FILES = ("wheelfs_behaviours.py", "wheelfs_trees.py")

# One interpreter: `run(code)` gives the value of Python's `result`, as JSON.
RUN = """
import { createWheelFs } from "./wheelfs.mjs";
import { loadPyodide } from "/pyodide/pyodide.mjs";

const pyodide = await loadPyodide();
const read = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
pyodide.registerJsModule("wheelfs", createWheelFs(pyodide));
pyodide.FS.mkdirTree("/home/pyodide/node/support");
for (const name of FILES) pyodide.FS.writeFile(`/home/pyodide/node/support/${name}`, await read(name));
pyodide.FS.writeFile("/home/pyodide/compiled.whl", await read("compiled.whl"));

export async function run(code) {
  return pyodide.runPythonAsync(`${code}\\nimport json\\njson.dumps(result)`);
}
"""
WORKER = """
onmessage = async ({ data }) => {
  try {
    const { run } = await import("./run.mjs");
    postMessage({ value: await run(data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
postMessage("ready");
"""
PAGE = """<!doctype html><script type="module">
const inPage = async (code) => (await import("./run.mjs")).run(code);
let worker;
const inWorker = async (code) => {
  if (!worker) {
    worker = new Worker("worker.mjs", { type: "module" });
    await new Promise((resolve, reject) => { worker.onmessage = resolve; worker.onerror = reject; });
  }
  worker.postMessage(code);
  const { data } = await new Promise((resolve) => { worker.onmessage = resolve; });
  if (data.error) throw new Error(data.error);
  return data.value;
};
globalThis.run = (where, code) => (where === "page" ? inPage : inWorker)(code);
</script>"""


@pytest.fixture(scope="module")
def address(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page whose function ``run(where, code)`` runs Python in the page or in a worker."""
    folder = tmp_path_factory.mktemp("wheelfs")
    source = ROOT / "js" / "src" / "wheelfs" / "index.ts"
    options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=error", f"--outfile={folder}/wheelfs.mjs"]
    subprocess.run(["node", ROOT / "node_modules" / "esbuild" / "bin" / "esbuild", source, *options], check=True)
    for name in FILES:
        (folder / name).write_bytes((CHILDREN / name).read_bytes())
    (folder / "compiled.whl").write_bytes(make_compiled_wheel("withlib", library=True)[1])
    (folder / "run.mjs").write_text(RUN.replace("FILES", json.dumps(FILES)))
    (folder / "worker.mjs").write_text(WORKER)
    (folder / "index.html").write_text(PAGE)
    server.mount("/wheelfs/", folder)
    return f"{server.origin}/wheelfs/"


@pytest.fixture(scope="module", params=["page", "worker"])
def where(request: pytest.FixtureRequest, browser: webdriver.Chrome, address: str) -> str:
    browser.get(address)
    return str(request.param)


def run(browser: webdriver.Chrome, where: str, code: str) -> Any:
    kind, value = browser.execute_async_script(
        "const [where, code, done] = arguments;"
        "run(where, code).then((value) => done(['ok', value]), (error) => done(['error', String(error)]));",
        where,
        textwrap.dedent(code),
    )
    assert kind == "ok", value
    return json.loads(value)


def test_behaves_as_written_files(browser: webdriver.Chrome, where: str) -> None:
    code = "import json\nfrom node.support.wheelfs_behaviours import compare\nresult = json.loads(compare())"
    found = run(browser, where, code)
    assert len(found) > 30
    for name, behaviour in found.items():
        assert behaviour["same"], (name, behaviour)
        assert behaviour["same_tree"], name


def test_shared_libraries(browser: webdriver.Chrome, where: str) -> None:
    """Loaded when imported, their own library found by its run path; and through ctypes."""
    code = """
    import ctypes, importlib, pathlib, wheelfs
    from node.support.wheelfs_trees import mount, on_path
    assert mount("/libraries", pathlib.Path("compiled.whl").read_bytes()) == ""
    names = ["/libraries/withlib/_native.so", "/libraries/withlib.libs/libwithlib.so"]
    result = [all(map(wheelfs.isLazy, names))]
    with on_path("/libraries"):
        result += [importlib.import_module("withlib").twice(21), ctypes.CDLL(names[1]).withlib_twice(4)]
    result += [any(map(wheelfs.isLazy, names))]
    """
    assert run(browser, where, code) == [True, 42, 8, False]


def test_a_library_above_the_limit_of_the_main_thread(browser: webdriver.Chrome, where: str) -> None:
    """A page must not compile it in one go: it is loaded ahead there, and needs nothing in a worker."""
    code = """
    import importlib, io, pathlib, pyodide_js, wheelfs, zipfile
    from node.support.wheelfs_trees import mount, on_path

    with zipfile.ZipFile("compiled.whl") as wheel:
        module, library = wheel.read("withlib/_native.so"), wheel.read("withlib.libs/libwithlib.so")
    size = 9 * 1024**2
    ballast = bytes([0, *((size >> shift & 127) | 128 for shift in (0, 7, 14)), size >> 21, 1]) + b"x" + bytes(size - 2)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("early", "late"):
            archive.writestr(f"{name}/package_{name}/__init__.py", "from ._native import twice")
            archive.writestr(f"{name}/package_{name}/_native.so", module + ballast)
            archive.writestr(f"{name}/withlib.libs/libwithlib.so", library)
    mount("/large", made.getvalue())
    result = []
    for name in ("early", "late"):
        if name == "late":
            await pyodide_js._api.loadDynlib("/large/late/package_late/_native.so")
        with on_path(f"/large/{name}"):
            try:
                result.append(importlib.import_module(f"package_{name}").twice(21))
            except ImportError as error:
                result.append("disallowed on the main thread" in str(error))
                wheelfs.forgetFailedLibraries()
    """
    assert run(browser, where, code) == ([True, 42] if where == "page" else [42, 42])


def test_kept_by_idbfs(browser: webdriver.Chrome, where: str) -> None:
    """A mounted tree in a folder that is written to IndexedDB, and read from there again."""
    code = """
    import os, pyodide_js, wheelfs
    from node.support.wheelfs_trees import FILES, ZIPS, content, lazy_files, mount
    from pyodide.ffi import to_js
    from js import Promise, Object
    from pyodide.code import run_js

    fs = pyodide_js.FS
    sync = run_js("(fs, fill) => new Promise((done, fail) => fs.syncfs(fill, (e) => (e ? fail(e) : done())))")
    os.mkdir("/kept")
    fs.mount(fs.filesystems.IDBFS, to_js({}, dict_converter=Object.fromEntries), "/kept")
    assert wheelfs.canMount("/kept")
    mount("/kept/tree", ZIPS["mixed"])
    before = len(lazy_files("/kept/tree"))
    await sync(fs, False)
    fs.unmount("/kept")
    fs.mount(fs.filesystems.IDBFS, to_js({}, dict_converter=Object.fromEntries), "/kept")
    await sync(fs, True)
    same = [name for name, data in FILES.items() if content(f"/kept/tree/{name}") != data]
    fs.unmount("/kept")
    result = [before, same]
    """
    assert run(browser, where, code) == [10, []]
