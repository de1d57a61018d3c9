"""How long a notebook of JupyterLite takes until pandas is imported: with our add-on, and as JupyterLite has it.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/notebook.py [--runs 3] [--network long] [--only wasminstall]

Two sites that differ in the add-on alone, with the same Pyodide, lock and wheels from one HTTP/2 server. In a page of
JupyterLab that is there already, a kernel is started, and runs either ``import pandas``, which both bring by
themselves, or ``%pip install pandas`` before it, as most notebooks do. What is measured is the time from the start of
the kernel to its first answer and to the end of the import, and the CPU time of the page's process, in which the kernel
is a thread. A first visit has a fresh profile; the second opens that profile in a new browser, with the HTTP cache as
everybody has it; then the kernel is restarted. The order turns from run to run. Tables for docs/benchmarks.md are
printed; build/bench/notebook.json has everything.
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
from bench.index_set import CORE, TYPES
from bench.install_pandas import closure, fetch_wheels
from bench.web_server import FAST, LONG_LINE, File, Network, WebServer, web_server
from support.distribution import ROOT
from support.index_server import IndexServer
from support.jupyterlite_site import PYODIDE, serve_jupyterlite

RESULTS = ROOT / "build" / "bench" / "notebook.json"
NETWORKS = {"fast": FAST, "long": LONG_LINE}
SITES: Mapping[str, dict[str, Any] | None] = {"wasminstall": {}, "JupyterLite": None}
"""The settings of the add-on; without them it is not there."""
IMPORT = "import pandas"
CELLS = {IMPORT: (IMPORT,), f"%pip install pandas, {IMPORT}": ("%pip install pandas", IMPORT)}
STARTS = ("first visit", "second visit", "kernel restarted")
LASTING = ("wasm", "mjs", "js", "whl", "zip", "css")
"""What a site lets browsers keep; anything else they ask for again."""

RUN = """
const cells = CELLS;
while (!globalThis.jupyterapp) await new Promise((done) => setTimeout(done, 50));
await jupyterapp.started;
await jupyterapp.restored;
await new Promise((done) => setTimeout(done, 1000));
bench.began = performance.now();
if (globalThis.kernel) await kernel.restart();
else globalThis.kernel = await jupyterapp.serviceManager.kernels.startNew({ name: "python" });
const times = [];
for (const code of ["0", ...cells]) {
  const { content } = await kernel.requestExecute({ code }).done;
  if (content.status !== "ok") throw new Error(`${content.ename}: ${content.evalue}`);
  times.push(performance.now() - bench.began);
}
return times;
"""

Start = dict[str, float]
"""``ready`` and ``imported``: milliseconds since the start; ``cpu``: those of the process; requests and MB."""
Starts = dict[str, list[Start]]


def main() -> int:
    """Measure, print, keep."""
    options = read_options()
    with web_server() as server, tempfile.TemporaryDirectory() as folder:
        server.publish(sites(server.origin, Path(folder)))
        results = {name: measure(server, NETWORKS[name], options) for name in options.network}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for name, ways in results.items():
        for start in STARTS:
            tell(f"{NETWORKS[name].name}, {start}", {way: found[start] for way, found in ways.items()})
    return 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="From the start of a notebook's kernel to pandas imported.")
    parser.add_argument("--runs", type=int, default=3, help="fresh profiles for each way and network (default 3)")
    parser.add_argument("--only", action="append", choices=SITES, help="this site alone")
    parser.add_argument("--network", action="append", choices=NETWORKS, help="fast: no delay; long: 40 ms, 50 Mbit/s")
    parser.add_argument("--settle", type=float, default=10, help="seconds a page stays open afterwards (default 10)")
    options = parser.parse_args()
    options.network = options.network or ["fast"]
    return options


def sites(origin: str, folder: Path) -> Iterator[File]:
    """Both sites as they were built, and the wheels of Pyodide beside them."""
    lock = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))["packages"]
    files = {lock[name]["file_name"] for name in closure(lock, "pandas")}
    for filename, content in asyncio.run(fetch_wheels(lock, files)).items():
        yield File(f"/pyodide/{filename}", content)
    with IndexServer() as elsewhere:
        for name, addon in SITES.items():
            serve_jupyterlite(elsewhere, folder / name, f"{origin}/pyodide/", apps=("lab",), addon=addon)
    for name in SITES:
        site = folder / name / "site"
        for path in sorted(site.rglob("*")):
            if path.is_file():
                yield from _files(f"/{name}/", path.relative_to(site).as_posix(), path)


def _files(prefix: str, name: str, path: Path) -> Iterator[File]:
    kind = {".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml", **TYPES}.get(path.suffix)
    keep = {} if path.suffix[1:] in LASTING and path.name != "service-worker.js" else {"cache": "no-cache"}
    encoding = {"encoding": "br"} if name.startswith(PYODIDE) and kind else {}
    names = [name, name.removesuffix("index.html")] if path.name == "index.html" else [name]
    for each in names:
        yield File(prefix + each, path, kind or "application/octet-stream", **keep, **encoding)  # type: ignore[arg-type]


def measure(server: WebServer, network: Network, options: argparse.Namespace) -> dict[str, Starts]:
    """Every site with all cells so often, in an order that turns."""
    server.behave(network)
    ways = [(site, cells) for cells in CELLS for site in options.only or SITES]
    results: dict[str, Starts] = {f"{site}: {cells}": {start: [] for start in STARTS} for site, cells in ways}
    for run in range(options.runs):
        turn = run % len(ways)
        for site, cells in ways[turn:] + ways[:turn]:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                starts = visit(server, Path(profile), site, cells, options.settle)
                for start, found in zip(STARTS, starts, strict=True):
                    results[f"{site}: {cells}"][start].append(found)
                    told = f"{found['ready']:.0f} ms ready, {found['imported']:.0f} ms imported, {found['cpu']:.0f} CPU"
                    print(f"{network.name}, {site}: {cells}, {start}: {told}", file=sys.stderr, flush=True)
    return results


def visit(server: WebServer, profile: Path, site: str, cells: str, settle: float) -> Iterator[Start]:
    """A first visit, a second one in a new browser, and in that a restart of the kernel."""
    for again in (False, True):
        with chromium(profile, server.spki, timeout=120) as tab:
            tab.open(f"{server.origin}/{site}/lab/index.html")
            yield _start(server, tab, CELLS[cells])
            tab.run(f"await new Promise((done) => setTimeout(done, {settle * 1000}));")
            if again:
                yield _start(server, tab, CELLS[cells])


def _start(server: WebServer, tab: Tab, cells: Sequence[str]) -> Start:
    server.count()
    before = _cpu(tab)
    times = tab.run(RUN.replace("CELLS", json.dumps(cells)))
    count = server.count()
    cpu = _cpu(tab) - before
    return {"ready": times[0], "imported": times[-1], "cpu": cpu, "requests": count.requests, "MB": count.bytes / 1e6}


def _cpu(tab: Tab) -> float:
    metrics = {each["name"]: float(each["value"]) for each in tab.command("Performance.getMetrics")["metrics"]}
    return metrics["ProcessTime"] * 1000


def tell(caption: str, ways: Mapping[str, Sequence[Start]]) -> None:
    """Print a table, ours beside theirs."""
    heads = "kernel answers, ms | ratio | pandas imported, ms | ratio | CPU ms | ratio | requests | MB"
    print(f"\n#### {caption}\n\n| | {heads} |\n{'| --- ' * 9}|")
    for way, found in ways.items():
        kinds = ("ready", "imported", "cpu")
        cells = [part for kind in kinds for part in (_spread(found, kind), _ratio(ways, way, kind))]
        print(f"| {way} | {' | '.join(cells)} | {found[0]['requests']:.0f} | {found[0]['MB']:.2f} |")


def _spread(found: Sequence[Start], kind: str) -> str:
    values = [start[kind] for start in found]
    middle = f"{statistics.median(values):.0f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.0f} to {max(values):.0f})"


def _ratio(ways: Mapping[str, Sequence[Start]], way: str, kind: str) -> str:
    """Ours to theirs, in their row."""
    site, _, cells = way.partition(": ")
    ours = ways.get(f"wasminstall: {cells}")
    if site == "wasminstall" or ours is None:
        return ""
    ratio = statistics.median(start[kind] for start in ours) / statistics.median(start[kind] for start in ways[way])
    return f"{ratio:.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
