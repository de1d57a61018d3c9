"""What was found in wheels, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.markup import escape

from ..screen import Screen
from .prove import Outcome
from .report import CompiledModule, Finding, WheelReport
from .shrink import Shrunk

__all__ = ["show_proof", "show_report", "show_shrunk", "size_of"]

_STYLES = {"error": "bold red", "refused": "red", "warning": "yellow", "note": "cyan"}
_WORDS = {"error": "error", "refused": "not for PyPI", "warning": "warning", "note": "note"}
_MANY = 4
_ROUND = 0.01


def size_of(size: int) -> str:
    """A size for people, in decimal units: ``1.2 MB``."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e3:.1f} kB" if size < 1e6 else f"{size / 1e6:.2f} MB"


def show_report(report: WheelReport, screen: Screen) -> None:
    """All about one wheel."""
    out = screen.out
    mark = "[green]✓[/]" if report.for_pypi else "[yellow]![/]" if report.works else "[red]✗[/]"
    out.print(f"{mark} [bold]{escape(report.filename)}[/]  {size_of(report.size)}")
    if report.loads_on:
        _line(screen, "loads on", ", ".join(report.loads_on))
    if report.compiled:
        _show_modules(report.compiled, screen)
    if report.works:
        _line(screen, "for PyPI", "yes" if report.for_pypi else "no, but it works")
    for alike in _alike(report.findings, apart=screen.verbose):
        _show_finding(alike, screen)
    if report.saving is not None:
        less, unpacked = size_of(report.saving.packed), size_of(report.saving.unpacked)
        _line(screen, "can shrink", f"by {less}: `wasminstall wheel shrink` takes {unpacked} for debuggers out")


def _show_modules(modules: Sequence[CompiledModule], screen: Screen) -> None:
    shown = modules if screen.verbose or len(modules) <= _MANY else ()
    if not shown:
        total = sum(module.size for module in modules)
        _line(screen, "compiled", f"{len(modules)} modules, {size_of(total)} (-v lists them)")
    for number, module in enumerate(shown):
        facts = [size_of(module.size), f"{module.imports} imports"]
        facts += [f"needs {', '.join(module.needs)}"] if module.needs else []
        _line(screen, "" if number else "compiled", f"{module.path}  {', '.join(facts)}")
        if screen.verbose:
            _show_details(module, screen)


def _show_details(module: CompiledModule, screen: Screen) -> None:
    _line(screen, "", f"  its imports are there in: {', '.join(module.fits) or 'none known'}")
    for name, version in module.producers.items():
        _line(screen, "", f"  built with {name} {version}".rstrip())
    for name, size in module.removable.items():
        _line(screen, "", f"  section {name}: {size_of(size)}")


def _alike(findings: Sequence[Finding], *, apart: bool) -> list[list[Finding]]:
    """Those that say the same of several members together, unless they are wanted ``apart``."""
    if apart:
        return [[finding] for finding in findings]
    groups: dict[Finding, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(replace(finding, where=""), []).append(finding)
    return list(groups.values())


def _show_finding(alike: Sequence[Finding], screen: Screen) -> None:
    """One finding, with the members that it is about."""
    finding = alike[0]
    screen.out.print(f"  [{_STYLES[finding.level]}]{_WORDS[finding.level]}:[/] {escape(finding.text)}")
    if finding.where and finding.where not in finding.text:
        more = f" and {len(alike) - 1} more (-v lists them)" if len(alike) > 1 else ""
        screen.out.print(f"    in {escape(finding.where)}{more}")
    if finding.hint:
        screen.out.print(f"    [cyan]try:[/] {escape(finding.hint)}")


def show_shrunk(filename: str, before: int, shrunk: Shrunk, screen: Screen) -> None:
    """What became smaller."""
    after = len(shrunk.data)
    share = (after - before) / before
    less = f"{share:+.0%}" if abs(share) >= _ROUND else f"{share:+.1%}"
    screen.out.print(f"[green]✓[/] [bold]{escape(filename)}[/]  {size_of(before)} → {size_of(after)} ({less})")
    changed = {path: sizes for path, sizes in shrunk.modules.items() if sizes[0] != sizes[1]}
    if len(changed) <= _MANY or screen.verbose:
        for path, (old, new) in changed.items():
            _line(screen, "module", f"{path}  {size_of(old)} → {size_of(new)}")
    else:
        old, new = (sum(sizes[side] for sizes in changed.values()) for side in (0, 1))
        _line(screen, "modules", f"{len(changed)}, {size_of(old)} → {size_of(new)} (-v lists them)")


def show_proof(outcomes: Mapping[str, Outcome], version: str, screen: Screen) -> None:
    """What became of each module in Pyodide."""
    proved = [outcome for outcome in outcomes.values() if outcome.state != "failed" and not outcome.why]
    if outcomes:
        _line(screen, "proved", f"{len(proved)} of {len(outcomes)} modules import in Pyodide {version}")
    for path, outcome in outcomes.items():
        if outcome.state == "loaded" and outcome.why:
            _line(screen, "loads", f"{path} in Pyodide {version}; {outcome.why}")
    failed: dict[str, list[str]] = {}
    for path, outcome in outcomes.items():
        if outcome.state == "failed":
            failed.setdefault(outcome.why, []).append(path)
    for why, paths in failed.items():
        which = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
        screen.note(f"not proved, as before: {which} in Pyodide {version}: {why}")


def _line(screen: Screen, label: str, text: str) -> None:
    screen.out.print(f"  [dim]{label:<11}[/]{escape(text)}")
