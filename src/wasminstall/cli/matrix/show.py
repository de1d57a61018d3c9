"""The matrix for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from ..screen import Screen
from .files import Files
from .model import GOOD, Column, Kind, Problem, Verdict

__all__ = ["as_json", "show", "show_aside"]

_BAD: dict[Kind, str] = {
    "missing": "no wheel",
    "hash": "other hash",
    "version": "no such version",
    "python": "other Python",
    "unknown": "no such project",
    "conflict": "conflict",
    "unusable": "cannot be used",
    "unasked": "not known",
}


def show(columns: Sequence[Column], screen: Screen) -> None:
    """The table, then what is in the way, each once for all targets that it concerns."""
    names = _rows(columns, everything=screen.verbose)
    screen.show(_table(columns, names, screen.out), soft_wrap=False)
    groups = _together(columns)
    repeated = _said_twice(problems[0] for problems, _ in groups)
    for problems, targets in groups:
        screen.out.print()
        works = [column.target.name for column in columns if _kind(column, problems[0].name) in GOOD]
        where = "all targets" if len(targets) == len(columns) > 1 else ", ".join(targets)
        for line in _problem_lines(problems, where, works, repeated):
            _print(line, screen.out)
    if repeated:
        screen.out.print("\nFor several of these:" if len(groups) > 1 else "")
    for text in repeated:
        _print(f"  [cyan]try:[/] {escape(text)}", screen.out)
    notes = list(_notes(columns))
    if notes and screen.err.is_terminal and not screen.quiet:
        screen.err.print()
    for text in notes:
        screen.note(text)


def show_aside(column: Column, screen: Screen) -> None:
    """The same for one target on the standard error, where the standard output is for something else."""
    aside = copy(screen)
    aside.out = aside.err
    show((column,), aside)


def as_json(columns: Sequence[Column], unknown_imports: Sequence[str] = ()) -> dict[str, Any]:
    """The same for machines."""
    return {
        "works": all(column.works for column in columns),
        "unknown_imports": list(unknown_imports),
        "targets": [
            {
                "target": column.target.name,
                "works": column.works,
                "projects": [_verdict_facts(verdict) for _, verdict in sorted(column.verdicts.items())],
                "problems": [_problem_facts(problem) for problem in column.problems],
                "notes": list(column.notes),
            }
            for column in columns
        ],
    }


def _print(line: str, console: Console) -> None:
    """Where lines are wrapped, what is indented stays so."""
    text = line.lstrip(" ")
    if console.is_terminal and text != line:
        console.print(Padding(text, (0, 0, 0, len(line) - len(text)), expand=False), soft_wrap=False)
    else:
        console.print(line)


def _verdict_facts(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.name,
        "requested": verdict.requested,
        "verdict": verdict.kind,
        "version": verdict.version or None,
        "detail": verdict.detail or None,
        "filename": verdict.filename or None,
        "source": verdict.source or None,
        "size": verdict.size or None,
    }


def _problem_facts(problem: Problem) -> dict[str, Any]:
    files = problem.files
    exists = None
    if files is not None:
        exists = {
            "wheels_for": list(files.platforms),
            "sdist": files.sdist or None,
            "pure": files.pure,
            "languages": list(files.languages),
        }
    return {
        "name": problem.name,
        "kind": problem.kind,
        "requirement": problem.requirement or None,
        "required_by": list(problem.required_by),
        "message": problem.message,
        "exists": exists,
        "elsewhere": list(problem.elsewhere),
        "advice": list(problem.advice),
    }


def _rows(columns: Sequence[Column], *, everything: bool) -> list[str]:
    """What was asked for, then those of the rest that a person should know about; all of it when ``everything``."""
    all_names = dict.fromkeys(name for column in columns for name in column.verdicts)
    requested = [name for name in all_names if any(_is_requested(column, name) for column in columns)]
    noteworthy = [
        name
        for name in sorted(all_names)
        if name not in requested
        and (everything or any(_kind(column, name) not in ("", "works", "distribution") for column in columns))
    ]
    return [*requested, *noteworthy]


def _is_requested(column: Column, name: str) -> bool:
    return name in column.verdicts and column.verdicts[name].requested


def _kind(column: Column, name: str) -> str:
    return column.verdicts[name].kind if name in column.verdicts else ""


def _table(columns: Sequence[Column], names: Sequence[str], console: Console) -> Table:
    """Targets are columns, unless there are more of them than projects."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    marks = "✓~✗" if console.encoding.lower().startswith("utf") else "+~x"
    if len(columns) > max(3, len(names)):
        table.add_column("target", no_wrap=True)
        for name in names:
            table.add_column(escape(name))
        for column in columns:
            table.add_row(f"[bold]{column.target.name}[/]", *(_cell(column, name, marks) for name in names))
        return table
    table.add_column("project", no_wrap=True)
    for column in columns:
        table.add_column(column.target.name)
    for name in names:
        requested = any(_is_requested(column, name) for column in columns)
        label = f"[bold]{escape(name)}[/]" if requested else f"  {escape(name)}"
        table.add_row(label, *(_cell(column, name, marks) for column in columns))
    return table


def _cell(column: Column, name: str, marks: str) -> str:
    verdict = column.verdicts.get(name)
    good, old, bad = list(marks)
    if verdict is None:
        return ""
    version, detail = escape(verdict.version), escape(verdict.detail)
    match verdict.kind:
        case "works":
            return f"[green]{good} {version}[/]"
        case "distribution":
            return f"[green]{good} {version}[/] [dim]Pyodide[/]"
        case "older":
            return f"[yellow]{old} {version}[/] [dim]older[/]"
        case "skipped":
            return "[dim]not needed[/]"
        case "missing" | "hash" | "python" | "version" | "unknown" if detail and verdict.requested:
            return f"[red]{bad} needs {_first_of(detail)}[/]"
        case "conflict" if detail:
            return f"[red]{bad} conflict with {detail}[/]"
        case kind:
            return f"[red]{bad} {_BAD[kind]}[/]"


def _first_of(names: str) -> str:
    first, *others = names.split(", ")
    return f"{first} + {len(others)}" if others else first


def _together(columns: Sequence[Column]) -> list[tuple[list[Problem], list[str]]]:
    """The problems, those of one project with the same way out together, and the names of their targets."""
    found: dict[tuple[object, ...], tuple[list[Problem], list[str]]] = {}
    for column in columns:
        for problem in column.problems:
            said = "" if problem.files or problem.kind == "unknown" else problem.message
            problems, targets = found.setdefault((problem.name, problem.kind, problem.advice, said), ([], []))
            problems.append(problem)
            if column.target.name not in targets:
                targets.append(column.target.name)
    return list(found.values())


def _said_twice(problems: Iterable[Problem]) -> list[str]:
    """The advice that more than one of them has."""
    counts = Counter(text for problem in problems for text in problem.advice)
    return [text for text, count in counts.items() if count > 1]


def _problem_lines(
    problems: Sequence[Problem], where: str, works: Sequence[str], repeated: Sequence[str]
) -> Iterator[str]:
    """All about one project; ``works`` are the targets where it can be had."""
    problem = problems[0]
    title = f"[bold red]{escape(problem.name)}[/]"
    if problem.files is None:
        first, *rest = problem.message.splitlines()
        yield f"{title} on {where}: {escape(first)}" if where != problem.name else f"{title}: {escape(first)}"
        yield from (escape(line) for line in rest)
    else:
        yield f"{title} has no wheel for {where}"
        yield from dict.fromkeys(f"  {escape(_demand(each))}" for each in problems)
        yield f"  there is: {escape(_existing(problem.files))}"
    if works:
        yield f"  [cyan]try:[/] use {_either(works)}, where it works"
    elif problem.elsewhere:
        yield f"  [cyan]try:[/] use {_either(problem.elsewhere)}, which there are wheels for"
    for text in (text for text in problem.advice if text not in repeated):
        yield f"  [cyan]try:[/] {escape(text)}"


def _demand(problem: Problem) -> str:
    """Who asks for it."""
    if not problem.required_by:
        return f"you ask for {problem.requirement}"
    return f"{problem.requirement} is asked for by {' <- '.join(problem.required_by)}"


def _either(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _existing(files: Files) -> str:
    wheels = f"wheels for {', '.join(files.platforms)}" if files.platforms else ""
    sdist = ""
    if files.sdist:
        nature = {True: ", all Python", False: ", with compiled code", None: ""}[files.pure]
        languages = f" ({', '.join(files.languages)})" if files.languages else ""
        sdist = f"a source distribution{nature}{languages}"
    return " and ".join(filter(None, (wheels, sdist))) or "nothing"


def _notes(columns: Sequence[Column]) -> Iterator[str]:
    """Notes and why a version is not the newest, each once."""
    said: dict[str, list[str]] = {}
    for column in columns:
        for text in column.notes:
            said.setdefault(text, []).append(column.target.name)
        for verdict in column.verdicts.values():
            if verdict.kind == "older":
                text = f"{verdict.name} {verdict.version} is not the newest: {verdict.detail}"
                said.setdefault(text, []).append(column.target.name)
    for text, targets in said.items():
        yield text if len(targets) == len(columns) else f"{text} ({', '.join(targets)})"
