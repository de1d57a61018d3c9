"""How long it takes to place wheels that are here: sympy, networkx and pygments, beside ``pyodide.unpackArchive``.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/placing.py [--runs 5]

In Chromium, on the main thread, each way in a page of its own. ``unpackArchive`` is what micropip and ``loadPackage``
do; it gets the bytes as an ArrayBuffer. For wasminstall it is the time from the moment when it has them as well, which
is when SubtleCrypto is asked for their hash, to the end of ``install()``: verifying, checking, placing, telling Python.
A small wheel goes before, so that neither pays for its first time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.chromium import Tab, chromium
from bench.index_set import SETS, Wheel, index_files, pinned_wheels, runtime_files
from bench.install_set import WAYS
from bench.web_server import FAST, WebServer, web_server
from support.distribution import ROOT

RESULTS = ROOT / "build" / "bench" / "placing.json"
WARM_UP = "mdurl"

UNPACK = """
const buffer = await (await fetch(PATH)).arrayBuffer();
const site = pyodide.runPython("import sysconfig; sysconfig.get_path('purelib')");
return await bench.measured(async () => pyodide.unpackArchive(buffer, "wheel", { extractDir: site }));
"""
INSTALL = """
const { digest } = Object.getPrototypeOf(crypto.subtle);
let here;
crypto.subtle.digest = (algorithm, data) => {
  if (data.byteLength === SIZE) here = performance.now();
  return digest.call(crypto.subtle, algorithm, data);
};
const code = "await wasminstall.install('PROJECT', deps=False, index_urls='ORIGIN/simple/')";
const { since, block } = await bench.measured(() => bench.python(code));
return { ms: since - here, block };
"""

Times = dict[str, dict[str, float]]


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description="Place three wheels, beside unpackArchive.")
    parser.add_argument("--runs", type=int, default=5, help="fresh pages for each way (default 5)")
    parser.add_argument("--dist", default=str(ROOT / "js" / "dist"), help="the build to measure (default js/dist)")
    options = parser.parse_args()
    wheels = sorted(pinned_wheels(SETS["placing"]), key=lambda wheel: wheel.project != WARM_UP)
    runs: dict[str, list[Times]] = {"unpackArchive": [], "wasminstall": []}
    with web_server() as server:
        index = index_files(wheels, server.origin, whole_pages=False)
        server.publish([*index, *runtime_files(Path(options.dist))])
        server.behave(FAST)
        for run in range(options.runs):
            for way in sorted(runs, reverse=bool(run % 2)):
                runs[way].append(measure(server, way, wheels))
    tell(runs)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(runs, indent=1) + "\n")
    return 0


def measure(server: WebServer, way: str, wheels: Sequence[Wheel]) -> Times:
    """``ms`` and longest ``block`` by project, in a browser of its own."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        chromium(Path(profile), server.spki) as tab,
    ):
        tab.open(f"{server.origin}/page/")
        start = WAYS["micropip" if way == "unpackArchive" else way]
        tab.run(start["runtime"])
        if way == "wasminstall":
            tab.run(start["installer"])
        times = {wheel.project: _one(tab, server, way, wheel) for wheel in wheels}
    del times[WARM_UP]
    return times


def _one(tab: Tab, server: WebServer, way: str, wheel: Wheel) -> dict[str, float]:
    if way == "unpackArchive":
        found = tab.run(UNPACK.replace("PATH", json.dumps(wheel.path)))
        return {"ms": found["ms"], "block": found["block"]}
    code = INSTALL.replace("PROJECT", wheel.project).replace("ORIGIN", server.origin)
    # The block is that of the whole install: an upper bound.
    return dict(tab.run(code.replace("SIZE", str(len(wheel.content)))))


def tell(runs: Mapping[str, Sequence[Times]]) -> None:
    """Print the table."""
    print("| placing, ms | unpackArchive | wasminstall | ratio | of the fastest | block: unpackArchive | wasminstall |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    projects = list(runs["wasminstall"][0])
    for label, chosen in (*((project, [project]) for project in projects), ("all three", projects)):
        theirs = [sum(times[project]["ms"] for project in chosen) for times in runs["unpackArchive"]]
        ours = [sum(times[project]["ms"] for project in chosen) for times in runs["wasminstall"]]
        blocks = (
            statistics.median(max(times[project]["block"] for project in chosen) for times in runs[way])
            for way in ("unpackArchive", "wasminstall")
        )
        # On a busy machine the fastest runs are the ones that were left alone.
        ratios = (statistics.median(ours) / statistics.median(theirs), min(ours) / min(theirs))
        cells = (
            _spread(theirs),
            _spread(ours),
            *(f"{ratio:.2f}" for ratio in ratios),
            *(f"{block:.0f}" for block in blocks),
        )
        print(f"| {label} | {' | '.join(cells)} |")


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} ({min(times):.0f} to {max(times):.0f})"


if __name__ == "__main__":
    raise SystemExit(main())
