"""Draw when each file came, as first_output.py has measured it: docs/images/waterfall.svg.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/waterfall.py [--network "40 ms, 50 Mbit/s"]

The first visits of our page and of PyScript's, of each the run in the middle, on one time scale.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from bench.first_output import RESULTS
from support.distribution import ROOT

OUTPUT = ROOT / "docs" / "images" / "waterfall.svg"
PAGES = ("wasminstall", "PyScript")
WIDTH, LEFT, RIGHT, ROW = 900, 210, 24, 17
TEXT = "#7b808a"
"""Readable on white and on black."""
COLOURS: Mapping[str, tuple[str, str]] = {
    "runtime": ("#7c6fd6", "Pyodide"),
    "installer": ("#1d9a8a", "the page's script and the installer"),
    "wheel": ("#d98324", "wheels"),
}
WORK = "#a9adb5"

Visit = Mapping[str, Any]


def main() -> int:
    """Draw."""
    parser = argparse.ArgumentParser(description="Draw the first visits as a waterfall.")
    parser.add_argument("--network", default="40 ms, 50 Mbit/s", help='as in the results (default "40 ms, 50 Mbit/s")')
    options = parser.parse_args()
    ways = json.loads(RESULTS.read_text("utf-8"))[options.network]
    visits = {page: middle(ways[page]["first"]) for page in PAGES}
    OUTPUT.write_text(drawing(visits), encoding="utf-8")
    print(OUTPUT.relative_to(ROOT))
    return 0


def middle(runs: Sequence[Visit]) -> Visit:
    """The run whose time is the median."""
    return sorted(runs, key=lambda run: run["ms"])[len(runs) // 2]


def drawing(visits: Mapping[str, Visit]) -> str:
    """The whole SVG."""
    longest = max(float(visit["ms"]) for visit in visits.values())
    scale = (WIDTH - LEFT - RIGHT) / longest
    parts: list[str] = []
    y = 26.0
    for page, visit in visits.items():
        parts.extend(chart(page, visit, scale, y))
        y += ROW * (len(files_of(visit)) + len(work_of(visit))) + 50
    parts.extend(legend(y))
    height = y + 16
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img">'
    title = "<title>When each file comes, from navigation to the first output: wasminstall and PyScript</title>"
    style = f"<style>text{{font:12px system-ui,sans-serif;fill:{TEXT}}}.head{{font-weight:600;font-size:14px}}</style>"
    return "\n".join([head, title, style, *parts, "</svg>"]) + "\n"


def chart(page: str, visit: Visit, scale: float, y: float) -> Iterator[str]:
    """One page: its files, what Python does, and the moment of the output."""
    files, work, end = files_of(visit), work_of(visit), float(visit["ms"])
    yield f'<text class="head" x="0" y="{y:.0f}">{page}: {end / 1000:.1f} s to the first output</text>'
    top, bottom = y + 10, y + 10 + ROW * (len(files) + len(work))
    for second in range(int((WIDTH - LEFT - RIGHT) / scale / 1000) + 1):
        x = LEFT + second * 1000 * scale
        yield f'<path d="M{x:.1f} {top:.0f}V{bottom:.0f}" stroke="{TEXT}" stroke-opacity=".25"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 14:.0f}" text-anchor="middle">{second} s</text>'
    for row, (name, kind, began, ended) in enumerate(files):
        yield from bar(name, COLOURS[kind][0], began, ended, scale, top + ROW * row)
    for row, (name, began, ended) in enumerate(work, start=len(files)):
        yield from bar(name, WORK, began, ended, scale, top + ROW * row)
    x = LEFT + end * scale
    yield f'<path d="M{x:.1f} {top:.0f}V{bottom:.0f}" stroke="#c0392b" stroke-width="2"/>'


def bar(name: str, colour: str, began: float, ended: float, scale: float, y: float) -> Iterator[str]:
    """A line of text and a bar."""
    x, width = LEFT + began * scale, max((ended - began) * scale, 2)
    yield f'<text x="{LEFT - 8}" y="{y + 12:.0f}" text-anchor="end">{escape(name)}</text>'
    yield f'<rect x="{x:.1f}" y="{y + 3:.0f}" width="{width:.1f}" height="{ROW - 6}" rx="2" fill="{colour}"/>'


def legend(y: float) -> Iterator[str]:
    """What the colours are."""
    x = 0.0
    rows = [*COLOURS.values(), (WORK, "Python at work"), ("#c0392b", "first output")]
    for colour, meaning in rows:
        yield f'<rect x="{x:.0f}" y="{y - 10:.0f}" width="11" height="11" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 16:.0f}" y="{y:.0f}">{meaning}</text>'
        x += 40 + 6.6 * len(meaning)


def files_of(visit: Visit) -> list[tuple[str, str, float, float]]:
    """Name, kind, and from when to when; the page itself is left out."""
    found = []
    for path, began, ended in visit["files"][1:]:
        name = path.rpartition("/")[2]
        kind = "wheel" if name.endswith(".whl") else "runtime" if path.startswith("/pyodide/") else "installer"
        kind = "installer" if name.startswith(("micropip", "packaging")) else kind
        # Without tags, and without the hash that PyScript's files have in their names.
        short = "-".join(name.split("-")[:2]) if name.endswith(".whl") else re.sub(r"-[\w-]{8}\.js$", ".js", name)
        found.append((short, kind, float(began), float(ended)))
    return found


def work_of(visit: Visit) -> list[tuple[str, float, float]]:
    """The steps that the page has marked."""
    marks = {mark["name"]: float(mark["startTime"]) for mark in visit["marks"]}
    if not {"runtime", "install", "done"} <= marks.keys():
        return []
    steps = [("start Python", "runtime", "install"), ("install", "install", "done")]
    found = [(name, marks[began], marks[ended]) for name, began, ended in steps]
    return [*found, ("import pandas", marks["done"], float(visit["ms"]))]


if __name__ == "__main__":
    raise SystemExit(main())
