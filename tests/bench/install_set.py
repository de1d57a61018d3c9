"""How fast a real set is installed: 43 distributions, 32 MB, beside micropip and the limits, first and second visit.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/install_set.py [--runs 3] [--package-set small]

One HTTP/2 server (``web_server.py``) answers for all, at once or behind 40 ms and 50 Mbit/s. A first visit has a fresh
browser profile, the second opens the same profile in a new browser; the HTTP cache works as it does for everybody. The
order of the ways turns from run to run. The limits are bare parallel ``fetch``es, on their second visit from the HTTP
cache: of the same bytes (index pages, METADATA and wheels), and of the wheels alone. Tables for docs/benchmarks.md are
printed, everything goes to build/bench/install_set.json.

``--profile`` says instead where the time of one stage goes: V8's profile in build/bench, its top on the screen.
``--cprofile`` does the same with Python's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chromium import Tab, chromium
from bench.index_set import SETS, PackageSet, Wheel, index_files, pinned_wheels, runtime_files
from bench.profiles import profile_visit
from bench.tables import markdown
from bench.web_server import FAST, LONG_LINE, Network, WebServer, web_server
from support.distribution import ROOT

RESULTS = ROOT / "build" / "bench" / "install_set.json"
NETWORKS = {"fast": FAST, "long": LONG_LINE}
VISITS = ("first", "second")

START = """
const { loadPyodide } = await import("/pyodide/pyodide.mjs");
globalThis.pyodide = await loadPyodide({ packageBaseUrl: new URL("/pyodide/", location.href).href });
"""
WAYS: Mapping[str, Mapping[str, str]] = {
    "wasminstall": {
        "runtime": """
const { boot } = await import("/wasminstall/wasminstall.mjs");
const config = { packageBaseUrl: new URL("/pyodide/", location.href).href };
globalThis.pyodide = (await boot({ pyodide: "/pyodide/", config })).pyodide;
""",
        "installer": 'await bench.python("import wasminstall");',
        "install": "await bench.python(\"await wasminstall.install(WANTED, index_urls='ORIGIN/simple/')\");",
        "imports": 'await bench.python("import IMPORTS");',
    },
    "micropip": {
        "runtime": START,
        "installer": 'await pyodide.loadPackage("micropip"); await bench.python("import micropip");',
        "install": "await bench.python(\"await micropip.install(WANTED, index_urls='ORIGIN/simple')\");",
        "imports": 'await bench.python("import IMPORTS");',
    },
    "limit": {"install": "await Promise.all(URLS.map(async (url) => (await fetch(url)).arrayBuffer()));"},
    "wheels": {"install": "await Promise.all(WHEELS.map(async (url) => (await fetch(url)).arrayBuffer()));"},
}
"""Each way, stage by stage, from an empty page. ``runtime`` is the start of Python; by its end wasminstall's ``boot()``
has fetched and placed its archive too; ``limit`` and ``wheels`` are the two limits."""

Visit = dict[str, Any]


def main() -> int:
    """Measure, print, keep."""
    options = read_options()
    chosen = SETS[options.package_set]
    wheels = pinned_wheels(chosen)
    with web_server() as server:
        index = index_files(wheels, server.origin, whole_pages=options.pages == "whole")
        server.publish([*index, *runtime_files(Path(options.dist))])
        stages = stages_of(chosen, server, wheels)
        networks = [NETWORKS[name] for name in options.network]
        if options.profile or options.cprofile:
            profile_visit(server, networks[0], stages["wasminstall"], options, RESULTS.parent)
            return 0
        results = {network.name: measure(server, network, stages, options) for network in networks}
    size = sum(len(wheel.content) for wheel in wheels)
    caption = f"{len(wheels)} distributions, {size / 1e6:.1f} MB"
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    kept = {"set": caption, "options": {**vars(options), "dist": Path(options.dist).name}, "results": results}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    print(markdown(caption, results))
    print(f"\nAll measurements: {RESULTS.relative_to(ROOT)}", file=sys.stderr)
    return 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Install a real set in Chromium, beside micropip and the limits.")
    parser.add_argument("--runs", type=int, default=3, help="fresh profiles for each way and network (default 3)")
    parser.add_argument("--package-set", choices=("full", "data", "small"), default="full", help="data: and pandas")
    parser.add_argument("--only", action="append", choices=WAYS, help="measure this way alone; may be repeated")
    parser.add_argument("--network", action="append", choices=NETWORKS, help="fast: no delay; long: 40 ms, 50 Mbit/s")
    parser.add_argument("--visits", type=int, choices=(1, 2), default=2, help="1: first visits only")
    parser.add_argument("--pages", choices=("whole", "pinned"), default="whole", help="pinned: pages of one wheel each")
    parser.add_argument("--dist", default=str(ROOT / "js" / "dist"), help="the build to measure (default js/dist)")
    parser.add_argument("--settle", type=float, default=3, help="idle seconds at the end of a visit (default 3)")
    parser.add_argument("--profile", action="store_true", help="V8's profile of one stage of wasminstall")
    parser.add_argument("--cprofile", action="store_true", help="Python's profile of the install or the imports")
    parser.add_argument("--stage", choices=tuple(WAYS["wasminstall"]), default="install", help="the stage to profile")
    parser.add_argument("--visit", choices=VISITS, default="first", help="the visit to profile")
    options = parser.parse_args()
    options.only = options.only or list(WAYS)
    options.network = options.network or list(NETWORKS)
    return options


def stages_of(chosen: PackageSet, server: WebServer, wheels: Sequence[Wheel]) -> dict[str, dict[str, str]]:
    """The stages of every way, with the words of this set."""
    paths = [wheel.path for wheel in wheels]
    pages = [f"/simple/{wheel.project}/" for wheel in wheels]
    words = {
        "WANTED": str(list(chosen.requirements)),
        "IMPORTS": chosen.imports,
        "ORIGIN": server.origin,
        "URLS": json.dumps([*pages, *(f"{path}.metadata" for path in paths), *paths]),
        "WHEELS": json.dumps(paths),
    }

    def filled(code: str) -> str:
        for word, text in words.items():
            code = code.replace(word, text)
        return code

    return {way: {stage: filled(code) for stage, code in stages.items()} for way, stages in WAYS.items()}


def measure(
    server: WebServer, network: Network, stages: Mapping[str, Mapping[str, str]], options: argparse.Namespace
) -> dict[str, dict[str, list[Visit]]]:
    """The visits of every run, by way and visit."""
    ways = [way for way in stages if way in options.only]
    found: dict[str, dict[str, list[Visit]]] = {way: {visit: [] for visit in VISITS[: options.visits]} for way in ways}
    for run in range(options.runs):
        for way in ways[run % len(ways) :] + ways[: run % len(ways)]:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                for visit in VISITS[: options.visits]:
                    with chromium(Path(profile), server.spki) as tab:
                        measured = measure_visit(tab, server, network, stages[way], options.settle)
                    found[way][visit].append(measured)
                    _tell(f"{network.name}, run {run + 1}, {way}, {visit} visit", measured)
    return found


def measure_visit(tab: Tab, server: WebServer, network: Network, stages: Mapping[str, str], settle: float) -> Visit:
    """Every stage of one way, in a page that has just been opened."""
    server.behave(network)
    tab.open(f"{server.origin}/page/")
    visit: Visit = {"stages": {}, "counts": {}, "memory": {}, "load": os.getloadavg()[0]}
    for stage, code in stages.items():
        server.count()
        visit["stages"][stage] = tab.measured(code)
        visit["counts"][stage] = vars(server.count())
        if stage in ("install", "imports") and len(stages) > 1:
            visit["memory"][stage] = tab.memory()
    visit["ready"] = visit["stages"].get("installer", visit["stages"]["install"])["since"]
    if settle and len(stages) > 1:  # what is kept for the next visit may be kept in idle time
        tab.run(f"await new Promise((done) => setTimeout(done, {settle * 1000}));")
    return visit


def _tell(where: str, visit: Visit) -> None:
    times = ", ".join(f"{stage} {found['ms']:.0f} ms" for stage, found in visit["stages"].items())
    count = visit["counts"]["install"]
    print(f"{where}: {times}; {count['requests']} requests, {count['bytes'] / 1e6:.2f} MB", file=sys.stderr, flush=True)
    for refused in count["refused"]:
        print(f"  not served: {refused}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
