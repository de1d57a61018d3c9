"""Where the time of one stage of wasminstall goes: V8's sampling profiler, and Python's cProfile."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.chromium import Tab, chromium
from bench.web_server import Network, WebServer

__all__ = ["profile_visit", "self_times"]

TOP = 25

PYTHON_PROFILE_BEGINS = "import cProfile; __profile = cProfile.Profile(); __profile.enable()"
PYTHON_PROFILE_ENDS = """
__profile.disable()
import io, pstats
__text = io.StringIO()
__stats = pstats.Stats(__profile, stream=__text)
__stats.sort_stats("tottime").print_stats(35)
__stats.sort_stats("cumulative").print_stats(60)
__text.getvalue()
"""


def profile_visit(
    server: WebServer, network: Network, stages: Mapping[str, str], options: argparse.Namespace, folder: Path
) -> None:
    """Go through the stages up to the chosen one, profile that, print its top and keep the profile in ``folder``.

    For the second visit a whole first one goes before, in the same profile of the browser.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server.behave(network)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        if options.visit == "second":
            with chromium(Path(profile), server.spki) as tab:
                tab.open(f"{server.origin}/page/")
                for code in stages.values():
                    tab.measured(code)
                tab.run(f"await new Promise((done) => setTimeout(done, {options.settle * 1000}));")
        with chromium(Path(profile), server.spki) as tab:
            tab.open(f"{server.origin}/page/")
            for stage, code in stages.items():
                if stage == options.stage:
                    _profile_stage(tab, stage, code, options, folder)
                    return
                tab.measured(code)


def _profile_stage(tab: Tab, stage: str, code: str, options: argparse.Namespace, folder: Path) -> None:
    if options.profile:
        tab.command("Profiler.enable")
        tab.command("Profiler.setSamplingInterval", interval=500)
        tab.command("Profiler.start")
    if options.cprofile:
        tab.run(f"pyodide.runPython({json.dumps(PYTHON_PROFILE_BEGINS)})")
    found = tab.measured(code)
    if options.cprofile:
        print(tab.run(f"return pyodide.runPython({json.dumps(PYTHON_PROFILE_ENDS)})"))
    print(f"{stage}: {found['ms']:.0f} ms, longest block {found['block']:.0f} ms")
    for phase, began in sorted(found["first"].items(), key=lambda item: item[1]):
        print(f"  {phase}: first heard of after {began:.0f} ms, last after {found['last'][phase]:.0f} ms")
    if options.profile:
        profile = tab.command("Profiler.stop")["profile"]
        place = folder / f"{stage}-{options.visit}.cpuprofile"
        place.write_text(json.dumps(profile))
        print(f"{'self ms':>9}  function   (open {place.name} in DevTools for the rest)")
        for name, milliseconds in self_times(profile).most_common(TOP):
            print(f"{milliseconds:>9.1f}  {name}")


def self_times(profile: Mapping[str, Any]) -> Counter[str]:
    """Milliseconds in each function itself, by name and place."""
    names = {node["id"]: _name(node["callFrame"]) for node in profile["nodes"]}
    times: Counter[str] = Counter()
    for node, microseconds in _samples(profile):
        times[names[node]] += microseconds / 1000  # type: ignore[assignment]
    return times


def _samples(profile: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Each sample and how long it stood: until the next one."""
    deltas = [*profile["timeDeltas"][1:], 0]
    return zip(profile["samples"], deltas, strict=True)


def _name(frame: Mapping[str, Any]) -> str:
    file = str(frame["url"]).rsplit("/", 1)[-1]
    return (
        f"{frame['functionName'] or '(anonymous)'} {file}:{frame['lineNumber'] + 1}" if file else frame["functionName"]
    )
