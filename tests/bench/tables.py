"""The results of the install benchmark as Markdown: medians, spread, ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["markdown"]

Visit = Mapping[str, Any]
Visits = Mapping[str, Mapping[str, Sequence[Visit]]]
"""By way, by visit, one for each run."""

Measure = Callable[[Visit], float]

LIMITS = {"limit": "same bytes", "wheels": "wheels alone"}
"""The bare parallel fetches, and what stands above their columns."""


def markdown(caption: str, results: Mapping[str, Visits]) -> str:
    """A table for each network and visit."""
    parts = [f"### Installing a real set ({caption})"]
    for network, ways in results.items():
        for visit in dict.fromkeys(visit for visits in ways.values() for visit in visits):
            found = {way: visits[visit] for way, visits in ways.items()}
            runs = len(next(iter(found.values())))
            parts.append(f"#### {network}, {visit} visit (median of {runs}, fastest and slowest in brackets)")
            parts.append("\n".join(_rows(found)))
    return "\n\n".join(parts)


def _rows(found: Mapping[str, Sequence[Visit]]) -> Iterator[str]:
    limits = "".join(f" {title} | wasminstall to it | micropip to it |" for title in LIMITS.values())
    yield f"| | wasminstall | micropip | ratio |{limits}"
    yield "| --- " * (4 + 3 * len(LIMITS)) + "|"
    for label, measure, form in MEASURES:
        cells = _cells(found, measure, form)
        if any(cells):
            yield f"| {label} | {' | '.join(cells)} |"


def _cells(found: Mapping[str, Sequence[Visit]], measure: Measure, form: str) -> list[str]:
    values = {way: _values(visits, measure) for way, visits in found.items()}
    middle = {way: statistics.median(numbers) for way, numbers in values.items() if numbers}
    rivals = [_spread(values.get(way, []), form) for way in ("wasminstall", "micropip")]
    cells = [*rivals, _ratio(middle, "wasminstall", "micropip")]
    for limit in LIMITS:
        ratios = [_ratio(middle, way, limit) for way in ("wasminstall", "micropip")]
        cells += [_spread(values.get(limit, []), form), *ratios]
    return cells


def _values(visits: Sequence[Visit], measure: Measure) -> list[float]:
    """What was measured, where the way has such a thing."""
    found = []
    for visit in visits:
        try:
            found.append(measure(visit))
        except KeyError:
            return []
    return found


def _spread(values: Sequence[float], form: str) -> str:
    if not values:
        return ""
    middle, low, high = (format(number, form) for number in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _ratio(middle: Mapping[str, float], one: str, other: str) -> str:
    """Empty where there is nothing to compare, or nothing to compare with."""
    return f"{middle[one] / middle[other]:.2f}" if middle.get(other) and one in middle else ""


def _stage(stage: str, kind: str = "ms") -> Measure:
    return lambda visit: float(visit["stages"][stage][kind])


def _until_imported(visit: Visit) -> float:
    """From navigation: what the benchmark itself did between the stages is not in it."""
    stages = visit["stages"]
    return float(visit["stages"]["installer"]["since"] + stages["install"]["ms"] + stages["imports"]["ms"])


def _memory(kind: str, stage: str) -> Measure:
    return lambda visit: float(visit["memory"][stage][kind])


MEASURES: Sequence[tuple[str, Measure, str]] = (
    ("start Python, ms", _stage("runtime"), ".0f"),
    ("load and import the installer, ms", _stage("installer"), ".0f"),
    ("install, ms", _stage("install"), ".0f"),
    ("install, CPU ms of the main thread", _stage("install", "cpu"), ".0f"),
    ("requests of the install", lambda visit: visit["counts"]["install"]["requests"], ".0f"),
    ("MB of the install", lambda visit: visit["counts"]["install"]["bytes"] / 1e6, ".2f"),
    ("longest block while installing, ms", _stage("install", "block"), ".0f"),
    ("imports, ms", _stage("imports"), ".0f"),
    ("imports, CPU ms of the main thread", _stage("imports", "cpu"), ".0f"),
    ("from navigation to imports done, ms", _until_imported, ".0f"),
    ("process after install, MB", _memory("process", "install"), ".0f"),
    ("JS heap after imports, MB", _memory("js", "imports"), ".1f"),
    ("buffers after imports, MB", _memory("buffers", "imports"), ".1f"),
    ("Python's heap after imports, MB", _memory("wasm", "imports"), ".1f"),
    ("process after imports, MB", _memory("process", "imports"), ".0f"),
)
"""Label, what it reads from a visit, and how a number of it is written."""
