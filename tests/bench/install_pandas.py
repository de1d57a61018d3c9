"""How fast, in a real page: the size of what is loaded, the import of the installer, the install of pandas.

    .venv/bin/python tests/bench/install_pandas.py [--runs 5] [--rtt 0] [--package pandas]

Beside ``wasminstall.install`` stand ``pyodide.loadPackage`` and ``micropip.install``, on the same server and wheels,
and the limit: a bare parallel ``fetch`` of the same bytes. Every measurement has a Chromium of its own (V8 keeps
compiled modules for as long as its process lives), without HTTP cache; the order turns from run to run. ``block`` is
the longest time for which the main thread did not answer. Results go to build/bench.json too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demo"))

from packaging.utils import canonicalize_name
from selenium import webdriver

from mirror import DistributionMirror
from support.distribution import ROOT
from support.index_server import IndexServer
from support.page import CHROMIUM_FLAGS

CORE = ROOT / "node_modules" / "pyodide"
RESULTS = ROOT / "build" / "bench.json"

PRELUDE = """
const done = arguments[arguments.length - 1];
const steps = {};
async function measured(name, work) {
  let longest = 0, last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 4);
  const before = performance.now();
  await work();
  const after = performance.now();
  clearInterval(timer);
  steps[name] = { ms: after - before, block: Math.max(longest, after - last) };
}
const python = (code) => pyodide.runPythonAsync(code);
async function main() {
  const { loadPyodide } = await import("/pyodide/pyodide.mjs");
  globalThis.pyodide = await loadPyodide({ packageBaseUrl: new URL("/pyodide/", location.href).href });
  await new Promise((done) => setTimeout(done, 300));
"""
EPILOGUE = """
}
main().then(() => done({ steps }), (error) => done({ error: String(error) }));
"""
WAYS = {
    "wasminstall": """
  await measured("load", async () => (await import("/wasminstall/wasminstall.mjs")).attach(pyodide));
  await measured("import", () => python("import wasminstall"));
  await measured("install", () => python("await wasminstall.install('PACKAGE')"));
  await measured("first use", () => python("import PACKAGE"));
""",
    "micropip": """
  await measured("load", () => pyodide.loadPackage("micropip"));
  await measured("import", () => python("import micropip"));
  await measured("install", () => python("await micropip.install('PACKAGE')"));
  await measured("first use", () => python("import PACKAGE"));
""",
    "loadPackage": """
  await measured("install", () => pyodide.loadPackage("PACKAGE"));
  await measured("first use", () => python("import PACKAGE"));
""",
    "fetch only": """
  await measured("install", () => Promise.all(URLS.map(async (url) => (await fetch(url)).arrayBuffer())));
""",
}
"""Each way to get the package, step by step, in a page where Pyodide has just started."""

STEPS = ("load", "import", "install", "first use")

SIZES = """
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
const folder = process.argv[1];
const names = readdirSync(folder).filter((name) => /\\.(m?js|zip\\.gz|whl)$/.test(name)).sort();
console.log(JSON.stringify(names.map((name) => {
  const file = readFileSync(folder + "/" + name);
  const raw = name.endsWith(".gz") ? gunzipSync(file) : file;
  return [name.replace(/\\.gz$/, ""), raw.length, gzipSync(raw, { level: 9 }).length, brotliCompressSync(raw).length];
})));
"""

Steps = dict[str, dict[str, float]]
Lock = Mapping[str, Mapping[str, Any]]


def main() -> int:
    """Measure, print, keep."""
    options = read_options()
    lock: Lock = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))["packages"]
    files = [lock[name]["file_name"] for name in closure(lock, options.package)]
    rivals = [lock[name]["file_name"] for name in closure(lock, "micropip")]
    wheels = asyncio.run(fetch_wheels(lock, {*files, *rivals}))
    sizes = sizes_of_bundle()
    own = sum(len(wheels[file]) for file in rivals)
    sizes.append((f"micropip ({', '.join(closure(lock, 'micropip'))})", own, own, own))
    print_sizes(sizes)
    with serving(wheels, options.rtt) as server:
        runs = measure(server, files, options)
    total = sum(len(wheels[file]) for file in files)
    print_times(runs, f"{options.package}: {len(files)} wheels, {total / 1e6:.2f} MB, {options.rtt:g} ms delay")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"options": vars(options), "sizes": sizes, "runs": runs}, indent=1) + "\n")
    print(f"\nAll measurements: {RESULTS.relative_to(ROOT)}")
    return 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure wasminstall in Chromium, beside the others.")
    parser.add_argument("--runs", type=int, default=5, help="fresh pages for each way (default 5)")
    parser.add_argument(
        "--rtt", type=float, default=0, help="milliseconds before each answer of the server (default 0)"
    )
    parser.add_argument("--package", default="pandas", help="a package of the Pyodide distribution (default pandas)")
    return parser.parse_args()


# --- what is served -------------------------------------------------------------------------------------------------


def closure(lock: Lock, name: str) -> list[str]:
    """The package and all it depends on, sorted."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += map(canonicalize_name, lock[name]["depends"])
    return sorted(found)


async def fetch_wheels(lock: Lock, files: set[str]) -> dict[str, bytes]:
    """Bytes by file name."""
    hashes = {entry["file_name"]: entry["sha256"] for entry in lock.values()}
    version = json.loads((CORE / "package.json").read_text("utf-8"))["version"]
    async with DistributionMirror(version) as mirror:
        return {file: await mirror.wheel(file, hashes[file]) for file in files}


@contextmanager
def serving(wheels: Mapping[str, bytes], rtt: float) -> Iterator[IndexServer]:
    """Everything from memory, nothing to be cached."""
    core = {path.name: path.read_bytes() for path in CORE.iterdir() if path.is_file()}
    pyodide = {**core, **wheels}
    with IndexServer() as server:
        server.behave(validators=False, cache_control="no-store", delay=rtt / 1000)
        server.mount("/pyodide/", pyodide.get)
        server.mount("/wasminstall/", ROOT / "js" / "dist")
        server.mount("/page/", lambda path: b"<!DOCTYPE html><title>bench</title>" if not path else None)
        yield server


def sizes_of_bundle() -> list[tuple[str, int, int, int]]:
    """Name, raw, gzip and brotli bytes of what a visitor may load."""
    command = ["node", "--input-type=module", "-e", SIZES, str(ROOT / "js" / "dist")]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [(name, raw, gzip, brotli) for name, raw, gzip, brotli in json.loads(output)]


# --- measuring ------------------------------------------------------------------------------------------------------


def measure(server: IndexServer, files: Sequence[str], options: argparse.Namespace) -> dict[str, list[Steps]]:
    """The steps of every run, by way."""
    urls = json.dumps([f"/pyodide/{file}" for file in files])
    scripts = {way: body.replace("PACKAGE", options.package).replace("URLS", urls) for way, body in WAYS.items()}
    runs: dict[str, list[Steps]] = {way: [] for way in scripts}
    ways = list(scripts)
    for run in range(options.runs):
        turned = ways[run % len(ways) :] + ways[: run % len(ways)]
        for way in turned:
            print(f"\rrun {run + 1} of {options.runs}: {way:<12}", end="", file=sys.stderr, flush=True)
            runs[way].append(measure_once(server, scripts[way]))
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return runs


def measure_once(server: IndexServer, script: str) -> Steps:
    """One way, once, in a browser of its own."""
    with fresh_browser() as browser:
        browser.get(f"{server.origin}/page/")
        answer = browser.execute_async_script(PRELUDE + script + EPILOGUE)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    steps: Steps = answer["steps"]
    return steps


@contextmanager
def fresh_browser() -> Iterator[webdriver.Chrome]:
    """A Chromium with a new profile and without a cache."""
    os.environ["SE_OFFLINE"] = "true"
    os.environ["SE_CHROMEDRIVER"] = shutil.which("chromedriver") or ""
    options = webdriver.ChromeOptions()
    for flag in (*CHROMIUM_FLAGS, "--disk-cache-size=1"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options)
    try:
        browser.set_script_timeout(180)
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
        yield browser
    finally:
        browser.quit()


# --- telling --------------------------------------------------------------------------------------------------------


def print_sizes(sizes: Sequence[tuple[str, int, int, int]]) -> None:
    """The table of bytes."""
    print(f"{'bytes':<40}{'raw':>10}{'gzip':>10}{'brotli':>10}")
    for name, *numbers in sizes:
        print(f"{name:<40}" + "".join(f"{number:>10}" for number in numbers))


def print_times(runs: Mapping[str, Sequence[Steps]], caption: str) -> None:
    """The table of times: median, spread, longest block, and the ratio to ours."""
    print(f"\n{caption}; median of {len(next(iter(runs.values())))} runs")
    print(f"{'ms':<26}{'median':>9}{'fastest':>9}{'slowest':>9}{'block':>9}{'ours is':>10}")
    ours = runs["wasminstall"]
    for step in STEPS:
        for way, found in runs.items():
            if step in found[0]:
                print_row(f"{step}: {way}", [steps[step] for steps in found], [steps[step] for steps in ours])
    for way, found in runs.items():
        if way != "fetch only":
            print_row(f"all of it: {way}", [whole(steps) for steps in found], [whole(steps) for steps in ours])


def print_row(label: str, found: Sequence[Mapping[str, float]], ours: Sequence[Mapping[str, float]]) -> None:
    """One way at one step."""
    times = [one["ms"] for one in found]
    middle = statistics.median(times)
    block = statistics.median(one["block"] for one in found)
    ratio = "" if found == ours else f"x {statistics.median(one['ms'] for one in ours) / middle:.2f}"
    print(f"{label:<26}{middle:>9.0f}{min(times):>9.0f}{max(times):>9.0f}{block:>9.0f}{ratio:>10}")


def whole(steps: Steps) -> dict[str, float]:
    """From a page with Python to the imported package."""
    return {"ms": sum(step["ms"] for step in steps.values()), "block": max(step["block"] for step in steps.values())}


if __name__ == "__main__":
    raise SystemExit(main())
