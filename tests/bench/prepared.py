"""First visits: a snapshot that was made ahead, and a normal start of the same packages, on lines of several widths.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/prepared.py [--runs 1] [--set "numpy, pandas"]

The snapshot is made by Node from a lock, as a build would. Both pages come from one HTTP/2 server behind 40 ms, each in
a fresh profile; what counts is the time from navigation to the result. A table for docs/prepared-snapshots.md is
printed, before it the sizes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.chromium import chromium
from bench.instant import PAGE, Work, site
from bench.instant import WORKS as INSTANT
from bench.web_server import File, Network, WebServer, web_server
from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.prepared import make_prepared

SYMPY = Work(("sympy",), ("sympy",), "import sympy\nx = sympy.Symbol('x')\nstr(sympy.diff(sympy.sin(x) * x, x))")
WORKS = {**INSTANT, "sympy": SYMPY}
NETWORKS = [Network(f"{rate} Mbit/s", delay=40, rate=rate * 1e6 / 8) for rate in (10, 50, 200)]
SCRIPT = """
  const { boot } = await import("/wasminstall/wasminstall.mjs");
  const options = { pyodide: "/pyodide/", index: "/simple/", packages: PACKAGES, preload: PRELOAD };
  const python = await boot({ ...options, ...GIVEN });
  const value = await python.run(CODE);
  const { instant } = python.start;
"""
WAYS = {"normal": {}, "prepared": {"snapshot": "/prepared.snapshot.gz"}}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="First visits, with and without a snapshot made ahead.")
    parser.add_argument("--runs", type=int, default=1, help="fresh profiles for each page and line (default 1)")
    parser.add_argument("--set", action="append", choices=WORKS, help="these packages alone; may be repeated")
    options = parser.parse_args()
    for name in options.set or ("sympy", "matplotlib, pandas", "numpy, pandas", "pydantic"):
        with tempfile.TemporaryDirectory() as folder, web_server() as server:
            snapshot = make(WORKS[name], Path(folder), name)
            times = measure(server, WORKS[name], snapshot, options.runs)
        cells = [f"{normal / 1000:.1f} / {prepared / 1000:.1f}" for normal, prepared in times]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return 0


def make(work: Work, folder: Path, name: str) -> Path:
    """Have Node make it; the path of the compressed file."""
    with IndexServer() as index:
        base = mount_distribution(index, "pyodide")
        told = make_prepared(folder, base, work.packages, work.preload, "--brotli")
    sizes = [line.strip().split("  ")[0] for line in told.splitlines() if " MB  " in line]
    print(f"{name}: {', '.join(sizes)} (unpacked, gzip, brotli)", file=sys.stderr, flush=True)
    return next(folder.glob("*.gz"))


def pages(work: Work, snapshot: Path) -> Iterator[File]:
    """The two pages and the snapshot."""
    yield File("/prepared.snapshot.gz", snapshot)
    for way, given in WAYS.items():
        words = {"PACKAGES": work.packages, "PRELOAD": work.preload, "GIVEN": given, "CODE": work.code}
        script = SCRIPT
        for word, value in words.items():
            script = script.replace(word, json.dumps(value))
        yield File(f"/{way}/", PAGE.replace("SCRIPT", script).encode(), "text/html", "no-cache")


def measure(server: WebServer, work: Work, snapshot: Path, runs: int) -> Sequence[tuple[float, float]]:
    """Milliseconds of a normal and of a prepared start on each line, medians."""
    server.publish([*site(work, server.origin), *pages(work, snapshot)])
    found = []
    for network in NETWORKS:
        server.behave(network)
        times = {way: [first_visit(server, way) for _ in range(runs)] for way in WAYS}
        found.append((statistics.median(times["normal"]), statistics.median(times["prepared"])))
        print(f"{network.name}: {times}", file=sys.stderr, flush=True)
    return found


def first_visit(server: WebServer, way: str) -> float:
    """One, in a fresh profile."""
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with folder as profile, chromium(Path(profile), server.spki) as tab:
        tab.go(f"{server.origin}/{way}/")
        shown = tab.run("return await shown;")
    assert shown["instant"] == (way == "prepared"), shown
    return float(shown["ms"])


if __name__ == "__main__":
    raise SystemExit(main())
