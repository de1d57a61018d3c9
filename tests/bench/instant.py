"""How long until a page that was visited before shows a first result: an instant start, Pyodide with micropip, a limit.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/instant.py [--runs 3] [--set "numpy, pandas"]

The two pages do the same work with the same Pyodide, lock, index and wheels from one HTTP/2 server. The first visit has
a fresh profile, and stays open until its snapshot is kept; how long it was blocked meanwhile is measured as well. What
is compared is the second visit, in a new browser with that profile: the time from navigation to the result, the CPU of
the page's main thread, and its memory. Tables for docs/benchmarks.md are printed.

The limit is a page that does only what cannot be avoided, with the profile of the instant start: it compiles and
instantiates `pyodide.asm.wasm`, imports `pyodide.asm.mjs` without running it, reads the snapshot in a worker, compiles
its libraries, and copies its memory into a WebAssembly memory of that size. Nothing is checked or linked, and no Python
runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.chromium import Memory, Tab, chromium
from bench.index_set import CORE, TYPES, PackageSet, index_files, pinned_wheels, runtime_files
from bench.install_pandas import closure, fetch_wheels
from bench.web_server import FAST, File, WebServer, web_server


@dataclass(frozen=True)
class Work:
    """What a page needs, what it does, and the projects that come from the index and not from Pyodide's lock."""

    packages: tuple[str, ...]
    preload: tuple[str, ...]
    code: str
    from_index: frozenset[str] = frozenset()


WORKS: Mapping[str, Work] = {
    "numpy, pandas": Work(
        ("numpy", "pandas"),
        ("numpy", "pandas"),
        """
import numpy as np, pandas as pd
frame = pd.DataFrame({"planet": ["Venus", "Mars", "Mars"], "moons": np.arange(3)})
str(frame.groupby("planet").sum())
""",
    ),
    "sympy, networkx": Work(
        ("sympy", "networkx"),
        ("sympy", "networkx"),
        """
import networkx as nx, sympy
x = sympy.Symbol("x")
str(sympy.diff(sympy.sin(x) * x, x)) + str(nx.shortest_path(nx.path_graph(5), 0, 4))
""",
        frozenset({"sympy", "networkx", "mpmath"}),
    ),
    "pydantic": Work(
        ("pydantic",),
        ("pydantic",),
        """
from pydantic import BaseModel
class Planet(BaseModel):
    name: str
    moons: int
Planet.model_validate_json('{"name": "Mars", "moons": "2"}').model_dump_json()
""",
    ),
    "matplotlib, pandas": Work(
        ("matplotlib", "pandas"),
        ("matplotlib.pyplot", "pandas"),
        """
import io, matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt, pandas as pd
pd.DataFrame({"moons": [0, 2, 95]}).plot(kind="bar")
image = io.BytesIO()
plt.savefig(image, format="png")
str(len(image.getvalue()) > 1000)
""",
    ),
}

PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><link rel="icon" href="data:,"><title>instant start</title>
<script>
globalThis.longest = 0;
globalThis.clock = () => {
  let last = performance.now();
  return setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 4);
};
</script>
<script type="module">
globalThis.shown = (async () => {
  SCRIPT
  return { ms: performance.now(), value: String(value), instant };
})();
</script>
"""
SCRIPTS: Mapping[str, str] = {
    "wasminstall": """
  const { boot } = await import("/wasminstall/wasminstall.mjs");
  const options = { pyodide: "/pyodide/", index: "/simple/", packages: PACKAGES, preload: PRELOAD, instant: true };
  const python = await boot(options);
  globalThis.pyodide = python.pyodide;
  const value = await python.run(CODE);
  const { instant } = python.start;
""",
    "micropip": """
  const { loadPyodide } = await import("/pyodide/pyodide.mjs");
  globalThis.pyodide = await loadPyodide();
  await pyodide.loadPackage("micropip");
  const micropip = pyodide.pyimport("micropip");
  const urls = pyodide.toPy([`${location.origin}/simple/{package_name}/`, `${location.origin}/simple/`]);
  micropip.set_index_urls(urls);
  await micropip.install(pyodide.toPy(PACKAGES));
  const value = await pyodide.runPythonAsync(CODE);
  const instant = false;
""",
}
# What is where in the snapshot's file.
FOUND = """
const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("wasminstall-v1");
const text = async (blob) => new TextDecoder("latin1").decode(await blob.arrayBuffer());
for await (const [file, handle] of folder.entries()) {
  const content = await handle.getFile();
  const before = (await text(content.slice(0, 4096))).indexOf("wasminstall-instant ");
  if (before < 0) continue;
  const first = before + 128;
  const length = Number((await text(content.slice(before, first))).split(" ")[2]);
  const header = JSON.parse(await content.slice(first, first + length).text());
  const { paths, table } = header.files;
  const libraries = header.libraries.map(({ path }) => {
    const at = 7 * paths.lastIndexOf(path);
    return [first + length + table[at], table[at + 1]];
  });
  return { file, libraries, memory: first + length + header.blob, size: header.memory.size };
}
"""
LIMIT = """
  const { file, libraries, memory, size } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const read = () => {
    const source = `onmessage = async ({ data: { file, start } }) => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("wasminstall-v1");
      const access = await (await folder.getFileHandle(file)).createSyncAccessHandle({ mode: "read-only" });
      for (const [from, to] of [[0, start], [start, access.getSize()]]) {
        const bytes = new Uint8Array(to - from);
        access.read(bytes, { at: from });
        postMessage(bytes, [bytes.buffer]);
      }
    }`;
    const worker = new Worker(URL.createObjectURL(new Blob([source])));
    const parts = [];
    worker.postMessage({ file, start: memory });
    return new Promise((resolve) => {
      worker.onmessage = async ({ data }) => {
        parts.push(parts.length ? copy(data) : Promise.all(libraries.map(([at, length]) => compile(data, at, length))));
        if (parts.length === 2) resolve(Promise.all(parts));
      };
    });
  };
  const compile = (bytes, at, length) => WebAssembly.compile(bytes.subarray(at, at + length));
  const copy = (bytes) => new Uint8Array(new WebAssembly.Memory({ initial: size / 65536 }).buffer).set(bytes);
  const instantiate = async () => {
    const module = await WebAssembly.compileStreaming(fetch("/pyodide/pyodide.asm.wasm"));
    const kinds = {
      function: () => () => 0,
      global: () => new WebAssembly.Global({ value: "i32", mutable: true }, 0),
    };
    const imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = kinds[kind]();
    }
    await WebAssembly.instantiate(module, imports);
  };
  await Promise.all([instantiate(), import("/pyodide/pyodide.asm.mjs"), read()]);
  const value = "";
  const instant = true;
"""

# The snapshot is made under this lock, some seconds after the start.
KEPT = """
const { ms } = await shown;
const timer = clock();
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
await pause(8);
while ((await navigator.locks.query()).held.some(({ name }) => name === "wasminstall-instant")) await pause(0.5);
clearInterval(timer);
return { block: longest };
"""

Visit = dict[str, Any]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Second visits: an instant start, and Pyodide with micropip.")
    parser.add_argument("--runs", type=int, default=3, help="fresh profiles for each page (default 3)")
    parser.add_argument("--set", action="append", choices=WORKS, help="these packages alone; may be repeated")
    options = parser.parse_args()
    with web_server() as server:
        server.behave(FAST)
        results = {name: measure(server, name, options.runs) for name in options.set or WORKS}
    tell(results)
    return 0


def site(work: Work, origin: str) -> Iterator[File]:
    """The two pages, Pyodide with a lock of what they need, the wheels, and the index."""
    lock = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))
    wanted = [name for name in work.packages if name not in work.from_index]
    names = {each for name in (*wanted, "micropip") for each in closure(lock["packages"], name)} - work.from_index
    lock["packages"] = {name: lock["packages"][name] for name in sorted(names)}
    for file in runtime_files():
        if not file.path.endswith("pyodide-lock.json"):
            yield file
    yield File("/pyodide/pyodide-lock.json", json.dumps(lock).encode(), TYPES[".json"], encoding="br")
    files = {entry["file_name"] for entry in lock["packages"].values()}
    for filename, content in asyncio.run(fetch_wheels(lock["packages"], files)).items():
        yield File(f"/pyodide/{filename}", content)
    if work.from_index:
        wheels = pinned_wheels(PackageSet(work.packages, "", work.from_index))
        yield from index_files(wheels, origin)
    for way, script in {**SCRIPTS, "limit": LIMIT}.items():
        given = {"PACKAGES": work.packages, "PRELOAD": work.preload, "CODE": work.code}
        for name, value in given.items():
            script = script.replace(name, json.dumps(value))
        yield File(f"/{way}/", PAGE.replace("SCRIPT", script).encode(), "text/html", "no-cache")


def measure(server: WebServer, name: str, runs: int) -> dict[str, list[Visit]]:
    """The second visits of both pages, in turns; ``block`` is that of the first visit while its snapshot was made.

    A visit of the limit's page comes after the instant start, in a third browser.
    """
    server.publish(site(WORKS[name], server.origin))
    results: dict[str, list[Visit]] = {way: [] for way in (*SCRIPTS, "limit")}
    for run in range(runs):
        for way in list(SCRIPTS)[:: -1 if run % 2 else 1]:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                with chromium(Path(profile), server.spki) as tab:
                    first = visit(tab, server, way)
                    kept = tab.run(KEPT)
                    found = tab.run(FOUND) if way == "wasminstall" else None
                with chromium(Path(profile), server.spki) as tab:
                    second = visit(tab, server, way)
                if found:
                    with chromium(Path(profile), server.spki) as tab:
                        results["limit"].append(visit(tab, server, "limit", f"#{quote(json.dumps(found))}"))
            assert second["instant"] == (way == "wasminstall"), second
            assert second["value"] == first["value"], (first, second)
            results[way].append({**second, **kept, "first": first["ms"]})
            told = f"{second['ms']:.0f} ms (first visit {first['ms']:.0f}), longest block {kept['block']:.0f}"
            print(f"{name}, run {run + 1}, {way}: {told}", file=sys.stderr, flush=True)
    return results


def visit(tab: Tab, server: WebServer, way: str, fragment: str = "") -> Visit:
    """One visit, and what it took."""
    tab.command("Performance.enable")
    before = _cpu(tab)
    tab.go(f"{server.origin}/{way}/{fragment}")
    found: Visit = tab.run("return await shown;")
    memory: Memory = tab.memory()
    return {**found, "cpu": _cpu(tab) - before, **memory}


def _cpu(tab: Tab) -> float:
    metrics = {each["name"]: float(each["value"]) for each in tab.command("Performance.getMetrics")["metrics"]}
    return metrics["ThreadTime"] * 1000


def tell(results: Mapping[str, Mapping[str, Sequence[Visit]]]) -> None:
    """Print the table: medians of the second visits, and ours as a part of micropip's."""
    print(f"\n| | | ms | ratio | CPU ms | process MB | ratio | longest block while making, ms |\n{'| --- ' * 8}|")
    for name, ways in results.items():
        for way, found in ways.items():
            times = [visit["ms"] for visit in found]
            spread = f"{statistics.median(times):.0f} ({min(times):.0f} to {max(times):.0f})"
            ours = way == "wasminstall"
            block = f"{max(visit['block'] for visit in found):.0f}" if ours else ""
            ratios = [f"{_median(ways['wasminstall'], key) / _median(found, key):.2f}" for key in ("ms", "process")]
            time_ratio, memory_ratio = ("", "") if ours else ratios
            if way == "limit":
                memory_ratio = ""  # no Python is in it
            cells = (name, way, spread, time_ratio, f"{_median(found, 'cpu'):.0f}", f"{_median(found, 'process'):.0f}")
            print(f"| {' | '.join((*cells, memory_ratio, block))} |")


def _median(found: Sequence[Visit], key: str) -> float:
    return statistics.median(float(visit[key]) for visit in found)


if __name__ == "__main__":
    sys.exit(main())
