"""How long until a page that needs pandas shows something: ours, also with an instant start, PyScript, and micropip.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/first_output.py [--runs 3] [--network long] [--only wasminstall]

The pages do the same: they write a DataFrame into an element. What is measured is the time from navigation to the
text in that element. One HTTP/2 server answers for all, with the same Pyodide, lock and wheels, at once or behind 40 ms
and a line of 50 Mbit/s (``--mbit`` for another). A first visit has a fresh profile, the second opens that profile in
a new browser, with the HTTP cache as everybody has it. The order of the pages turns from run to run. Tables for
docs/benchmarks.md are printed; build/bench/first_output.json has everything, and waterfall.py draws it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chromium import Tab, chromium
from bench.index_set import CORE, TYPES, runtime_files
from bench.install_pandas import closure, fetch_wheels
from bench.web_server import FAST, LONG_LINE, File, Network, WebServer, web_server
from support.distribution import ROOT

RESULTS = ROOT / "build" / "bench" / "first_output.json"
PYSCRIPT = ROOT / "node_modules" / "@pyscript" / "core" / "dist"
NETWORKS = {"fast": FAST, "long": LONG_LINE}
VISITS = ("first", "second")
OUR_WAYS = ("wasminstall", "instant")
MAKING = 45
"""Seconds in which a page that is to start instantly at its second visit has made its snapshot."""
PACKAGE = "pandas"
CODE = """
import pandas as pd
from js import document
document.getElementById("out").textContent = str(pd.DataFrame({"planet": ["Venus", "Mars"], "moons": [0, 2]}))
"""

PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><link rel="icon" href="data:,"><title>first output</title>
<pre id="out"></pre>
<script>
globalThis.shown = new Promise((done) => {
  new MutationObserver(() => done(performance.now())).observe(document.getElementById("out"), { childList: true });
});
</script>
"""
OURS = """<script>
addEventListener("wasminstall:progress", ({ detail: { phase, share } }) => {
  const name = phase === "runtime" && share === 1 ? "install" : phase;
  if (!performance.getEntriesByName(name).length) performance.mark(name);
});
</script>
<script type="module" src="/wasminstall/wasminstall.mjs" data-pyodide="/pyodide/"></script>
<script type="text/python" data-packages="PACKAGE">RAW</script>
"""
PAGES: Mapping[str, str] = {
    "wasminstall": OURS,
    "instant": OURS.replace('"/pyodide/"', '"/pyodide/" data-instant data-preload="PACKAGE"'),
    "PyScript": """<script type="module" src="/pyscript/core.js"></script>
<script type="py" config='{"interpreter": "/pyodide/pyodide.mjs", "packages": ["PACKAGE"]}'>RAW</script>
""",
    "micropip": """<script type="module">
const { loadPyodide } = await import("/pyodide/pyodide.mjs");
const pyodide = await loadPyodide();
performance.mark("installer");
await pyodide.loadPackage("micropip");
performance.mark("install");
await pyodide.runPythonAsync("import micropip; await micropip.install('PACKAGE')");
performance.mark("run");
await pyodide.runPythonAsync(CODE);
</script>
""",
}
FOUND = """
const ms = await shown;
const { requestStart } = performance.getEntriesByType("navigation")[0];
const marks = performance.getEntriesByType("mark").map(({ name, startTime }) => ({ name, startTime }));
const instant = (await globalThis.wasminstall?.ready)?.start.instant ?? false;
return { ms, requestStart, marks, instant, text: document.getElementById("out").textContent };
"""

Visit = dict[str, Any]


def main() -> int:
    """Measure, print, keep."""
    options = read_options()
    with web_server() as server:
        server.publish(site(Path(options.dist)))
        results = {network.name: measure(server, network, options) for network in networks_of(options)}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for network, ways in results.items():
        for visit in VISITS[: options.visits]:
            tell(f"{network}, {visit} visit", {way: runs[visit] for way, runs in ways.items()})
    return 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="From navigation to the first output of a page with pandas.")
    parser.add_argument("--runs", type=int, default=3, help="fresh profiles for each page and network (default 3)")
    parser.add_argument("--only", action="append", choices=PAGES, help="this page alone; may be repeated")
    parser.add_argument("--network", action="append", choices=NETWORKS, help="fast: no delay; long: 40 ms, 50 Mbit/s")
    parser.add_argument("--mbit", type=float, help="instead: 40 ms and a line of this width")
    parser.add_argument("--visits", type=int, choices=(1, 2), default=2, help="1: first visits only")
    parser.add_argument("--dist", default=str(ROOT / "js" / "dist"), help="the build to measure (default js/dist)")
    parser.add_argument("--settle", type=float, default=12, help="seconds a page stays open afterwards (default 12)")
    options = parser.parse_args()
    options.only = options.only or list(PAGES)
    return options


def networks_of(options: argparse.Namespace) -> list[Network]:
    """Those that were chosen."""
    if options.mbit:
        return [Network(f"40 ms, {options.mbit:g} Mbit/s", delay=40, rate=options.mbit * 1e6 / 8)]
    return [NETWORKS[name] for name in options.network or NETWORKS]


def site(dist: Path) -> Iterator[File]:
    """The pages, Pyodide with pandas and micropip in its lock, their wheels, PyScript, and what ``make build`` made."""
    lock = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))
    names = [*closure(lock["packages"], PACKAGE), *closure(lock["packages"], "micropip")]
    lock["packages"] = {name: lock["packages"][name] for name in names}
    for file in runtime_files(dist):
        if not file.path.endswith("pyodide-lock.json"):
            yield file
    yield File("/pyodide/pyodide-lock.json", json.dumps(lock).encode(), TYPES[".json"], encoding="br")
    files = [entry["file_name"] for entry in lock["packages"].values()]
    for filename, content in asyncio.run(fetch_wheels(lock["packages"], set(files))).items():
        yield File(f"/pyodide/{filename}", content)
    for path in sorted(PYSCRIPT.iterdir()):
        if path.suffix == ".js":
            yield File(f"/pyscript/{path.name}", path, TYPES[".js"], encoding="br")
    for way, body in PAGES.items():
        text = body.replace("PACKAGE", PACKAGE).replace("CODE", json.dumps(CODE)).replace("RAW", CODE)
        yield File(f"/{way}/", (PAGE + text).encode(), "text/html", "no-cache")


def measure(server: WebServer, network: Network, options: argparse.Namespace) -> dict[str, dict[str, list[Visit]]]:
    """Every page so often, in an order that turns."""
    server.behave(network)
    ways: list[str] = options.only
    results: dict[str, dict[str, list[Visit]]] = {way: {visit: [] for visit in VISITS} for way in ways}
    for run in range(options.runs):
        for way in ways[run % len(ways) :] + ways[: run % len(ways)]:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                for visit in VISITS[: options.visits]:
                    making = MAKING if (way, visit) == ("instant", "first") else 0
                    found = visit_page(server, Path(profile), way, max(options.settle, making))
                    assert found["instant"] == ((way, visit) == ("instant", "second"))
                    results[way][visit].append(found)
                    told = f"{found['ms']:.0f} ms, {found['requests']} requests, {found['MB']:.2f} MB"
                    print(f"{network.name}, run {run + 1}, {way}, {visit}: {told}", file=sys.stderr, flush=True)
    return results


def visit_page(server: WebServer, profile: Path, way: str, settle: float) -> Visit:
    """One visit in a browser of its own."""
    with chromium(profile, server.spki, timeout=120) as tab:
        server.count()
        tab.command("Performance.enable")
        before = _cpu(tab)
        tab.go(f"{server.origin}/{way}/")
        found: Visit = tab.run(FOUND)
        assert "Venus" in found["text"], found["text"]
        count = server.count()
        found |= {"requests": count.requests, "MB": count.bytes / 1e6, "refused": count.refused}
        # On the page's clock: the first request is that of the page.
        shift = found["requestStart"] - count.spans[0][1]
        found["files"] = [(path, began + shift, (ended or began) + shift) for path, began, ended in count.spans]
        found["cpu"] = _cpu(tab) - before
        tab.run(f"await new Promise((done) => setTimeout(done, {settle * 1000}));")
        return found


def _cpu(tab: Tab) -> float:
    metrics = {each["name"]: float(each["value"]) for each in tab.command("Performance.getMetrics")["metrics"]}
    return metrics["ThreadTime"] * 1000


def tell(caption: str, ways: Mapping[str, Sequence[Visit]]) -> None:
    """Print a table."""
    print(f"\n#### {caption}\n\n| | ms | ratio | CPU ms | ratio | requests | MB |\n{'| --- ' * 7}|")
    for way, found in ways.items():
        cells = [cell for kind in ("ms", "cpu") for cell in (_spread(found, kind), _ratio(ways, way, kind))]
        print(f"| {way} | {' | '.join(cells)} | {found[0]['requests']} | {found[0]['MB']:.2f} |")


def _spread(found: Sequence[Visit], kind: str) -> str:
    values = [visit[kind] for visit in found]
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


def _ratio(ways: Mapping[str, Sequence[Visit]], way: str, kind: str) -> str:
    """Ours to theirs; where both of ours were measured, the plain start and then the instant one."""
    if way in OUR_WAYS:
        return ""
    theirs = statistics.median(visit[kind] for visit in ways[way])
    ours = [statistics.median(visit[kind] for visit in ways[name]) for name in OUR_WAYS if name in ways]
    return ", ".join(f"{each / theirs:.2f}" for each in ours)


if __name__ == "__main__":
    raise SystemExit(main())
