"""How long Python takes to start: Pyodide alone, and ``boot()`` on a second visit with the kept standard library.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/start.py [--runs 5] [--only node]

In Chromium every way has a profile of its own. Its first visit fills the HTTP cache (and Chromium's cache of compiled
WebAssembly) and leaves time to keep what is kept; the second visit, in a new browser, is measured. In Node a start is a
process. The order of the ways turns from run to run. ``cpu`` is that of the main thread in Chromium, of the whole
process in Node: on a busy machine it says more than the clock. What keeping costs is measured on the first visit:
the longest time a 4 ms timer had to wait from the end of ``boot()`` to the kept archive, and the main thread's time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chromium import Tab, chromium
from bench.index_set import runtime_files
from bench.web_server import FAST, File, WebServer, web_server
from support.distribution import ROOT

RESULTS = ROOT / "build" / "bench" / "start.json"
PREPARED = "/prepared/stdlib.zip"

BOOT = """
const {{ boot }} = await import("/wasminstall/wasminstall.mjs");
globalThis.pyodide = (await boot({{ pyodide: "/pyodide/", ...{options} }})).pyodide;
"""
WAYS: Mapping[str, str] = {
    "loadPyodide": """
const { loadPyodide } = await import("/pyodide/pyodide.mjs");
globalThis.pyodide = await loadPyodide();
""",
    "boot, nothing kept": BOOT.format(options="{ cache: false }"),
    "boot, kept": BOOT.format(options="{}"),
    "boot, prepared": BOOT.format(options=f'{{ stdlib: "{PREPARED}" }}'),
}
KEPT = """
pyodide.runPython("import csv, statistics, tomllib, unittest.mock, zipapp"); // what no start compiles
const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
const found = async () => {
  if ((await indexedDB.databases()).length === 0) return [];
  const database = await asked(indexedDB.open("wasminstall-v1"));
  const facts = database.transaction("facts").objectStore("facts");
  return asked(facts.getAll(IDBKeyRange.bound("stdlib/", "stdlib0")));
};
for (let i = 0; i < 400 && (await found()).length === 0; i++) await new Promise((done) => setTimeout(done, 100));
globalThis.sizes = (await found()).map(({ size }) => size);
"""
NODE = """
const [way, folder, dist, prepared] = process.argv.slice(1);
const config = { packageCacheDir: process.env.WASMINSTALL_CACHE };
const load = way === "loadPyodide" ? (await import(`${folder}/pyodide.mjs`)).loadPyodide : undefined;
const { boot } = await import(`${dist}/wasminstall.mjs`);
const options = { "boot, nothing kept": { cache: false }, "boot, prepared": { stdlib: prepared } }[way];
const [began, cpu] = [performance.now(), process.cpuUsage()];
await (load ? load(config) : boot({ pyodide: `${folder}/`, config, ...options }));
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - began, cpu: (user + system) / 1000 }));
"""

Times = dict[str, float]
Runs = dict[str, list[Times]]


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description="Start Python, plainly and with what was kept.")
    parser.add_argument("--runs", type=int, default=5, help="second visits for each way (default 5)")
    parser.add_argument("--only", choices=("chromium", "node"), help="measure in one of them")
    parser.add_argument("--dist", default=str(ROOT / "js" / "dist"), help="the build to measure (default js/dist)")
    options = parser.parse_args()
    results: dict[str, Runs] = {}
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "stdlib.zip"
        script = ROOT / "js" / "build" / "stdlib.mjs"
        subprocess.run(["node", str(script), str(ROOT / "node_modules" / "pyodide"), str(prepared)], check=True)
        if options.only != "node":
            results["Chromium"] = in_chromium(options, prepared)
        if options.only != "chromium":
            results["Node"] = in_node(options, prepared)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for where, runs in results.items():
        tell(where, runs)
    return 0


def in_turn(count: int, measure: Callable[[str], Times]) -> Runs:
    """Every way so often, in an order that turns."""
    ways = list(WAYS)
    runs: Runs = {way: [] for way in ways}
    for run in range(count):
        for way in ways[run % len(ways) :] + ways[: run % len(ways)]:
            runs[way].append(measure(way))
            print(f"run {run + 1}, {way}: {runs[way][-1]}", file=sys.stderr, flush=True)
    return runs


def in_chromium(options: argparse.Namespace, prepared: Path) -> Runs:
    """Second visits of a page."""
    with web_server() as server:
        archive = File(PREPARED, prepared.read_bytes())
        server.publish([*runtime_files(Path(options.dist)), archive])
        server.behave(FAST)
        return in_turn(options.runs, lambda way: second_visit(server, way))


def second_visit(server: WebServer, way: str) -> Times:
    """Both visits; the times of the second, and what keeping cost in the first."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        with chromium(Path(profile), server.spki) as tab:
            tab.open(f"{server.origin}/page/")
            first = tab.measured(WAYS[way])
            keeping = _keeping(tab) if way == "boot, kept" else {}
            tab.run("await new Promise((done) => setTimeout(done, 4000));")
        with chromium(Path(profile), server.spki) as tab:
            tab.open(f"{server.origin}/page/")
            found = tab.measured(WAYS[way])
    return {"ms": found["ms"], "cpu": found["cpu"], "first": first["ms"], "first cpu": first["cpu"], **keeping}


def _keeping(tab: Tab) -> Times:
    found: dict[str, Any] = tab.measured(KEPT)
    sizes: list[float] = tab.run("return sizes;")
    return {"block": found["block"], "keeping cpu": found["cpu"], "kept after": found["ms"], "MB": sizes[0] / 1e6}


def in_node(options: argparse.Namespace, prepared: Path) -> Runs:
    """Processes."""
    with tempfile.TemporaryDirectory() as cache:
        folder = (ROOT / "node_modules" / "pyodide").as_uri()
        given = (folder, Path(options.dist).as_uri(), prepared.as_uri())
        env = {**os.environ, "WASMINSTALL_CACHE": cache}

        def measure(way: str) -> Times:
            command = ["node", "--input-type=module", "--eval", NODE, way, *given]
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=120)
            times: Times = json.loads(done.stdout)
            return times

        measure("boot, kept")  # the first visit
        return in_turn(options.runs, measure)


def tell(where: str, runs: Mapping[str, Sequence[Times]]) -> None:
    """Print a table."""
    plain = runs["loadPyodide"]
    print(f"\n| {where}, second start | ms | ratio | cpu ms | ratio |\n| --- | --- | --- | --- | --- |")
    for way, found in runs.items():
        cells = [cell for kind in ("ms", "cpu") for cell in (_spread(found, kind), f"{_ratio(found, plain, kind):.2f}")]
        print(f"| {way} | {' | '.join(cells)} |")
    for kind in ("first", "first cpu", "block", "keeping cpu", "kept after", "MB"):
        values = {way: found for way, found in runs.items() if kind in found[0]}
        if values:
            print(f"{kind}: " + "; ".join(f"{way} {_spread(found, kind)}" for way, found in values.items()))


def _ratio(found: Sequence[Times], plain: Sequence[Times], kind: str) -> float:
    return _median(found, kind) / _median(plain, kind)


def _median(found: Sequence[Times], kind: str) -> float:
    return statistics.median(times[kind] for times in found)


def _spread(found: Sequence[Times], kind: str) -> str:
    values = [times[kind] for times in found]
    form = ".1f" if kind == "MB" else ".0f"
    middle, low, high = (format(value, form) for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"


if __name__ == "__main__":
    raise SystemExit(main())
