"""``wasminstall wheel``: check a compiled wheel before it is published, and make it smaller."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from ..errors import InvalidInput, InvalidWheel
from ..progress import Event, Reporter
from .screen import Screen
from .wasm.check import check_wheel
from .wasm.optimiser import find_optimiser
from .wasm.prove import Outcome, Prover, find_prover
from .wasm.show import show_proof, show_report, show_shrunk
from .wasm.shrink import Shrunk, shrink_wheel
from .writing import write_whole

__all__ = ["wheel"]

_wheels = click.argument(
    "files", nargs=-1, required=True, metavar="WHEEL...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group
def wheel() -> None:
    r"""Check wheels that have WebAssembly inside, and make them smaller.

    \b
    wasminstall wheel check dist/*.whl
    wasminstall wheel shrink dist/*.whl
    """


@wheel.command
@_wheels
@click.option("--json", "as_data", is_flag=True, help="The answer as JSON.")
@click.pass_obj
def check(screen: Screen, files: Sequence[Path], as_data: bool) -> int:
    r"""Say whether wheels hold what their names promise.

    Every module is looked at: whether it is a WebAssembly side module, for the ABI of the wheel's tag, with an ending
    that Python looks for, and whether that Pyodide or the wheel itself has all that it imports and needs. Then the
    tags, METADATA and RECORD, whether PyPI would take it, and what stripping would save. Nothing is fetched or run;
    the ABIs are those of all Pyodide releases since 0.27. The exit status is 1 when a wheel does not work or is not
    for PyPI.

    \b
    wasminstall wheel check dist/*.whl
    wasminstall wheel check -v thing-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl
    wasminstall wheel check --json dist/*.whl | jq '.[].findings'
    """
    reports = [check_wheel(file.name, file.read_bytes()) for file in files]
    if as_data:
        click.echo(json.dumps([report.as_json() for report in reports], indent=2))
    else:
        for number, report in enumerate(reports):
            if number:
                screen.out.print()
            show_report(report, screen)
    return 0 if all(report.for_pypi for report in reports) else 1


@wheel.command
@_wheels
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write there; without it each wheel is replaced.",
)
@click.option("--keep-names", is_flag=True, help="Keep the names of functions, for readable tracebacks in a browser.")
@click.option(
    "--prove/--no-prove",
    default=None,
    help="Whether the result has to import in Pyodide: as said, or where Node and Pyodide are found.",
)
@click.option(
    "--pyodide",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The Pyodide to prove it with; without it the one in node_modules.",
)
@click.pass_obj
def shrink(
    screen: Screen,
    files: Sequence[Path],
    output: Path | None,
    keep_names: bool,
    prove: bool | None,
    pyodide: Path | None,
) -> None:
    r"""Strip what only debuggers read, and compress anew.

    Debug sections and names of functions go, wasm-opt of Binaryen makes the code smaller where it is on the path,
    and RECORD is written anew. The same wheel always gives the same bytes. Where Node and a Pyodide of the wheel's
    ABI are there (`npm install pyodide`), every module is imported from the result; when one fails that did not fail
    before, nothing is written.

    \b
    wasminstall wheel shrink dist/*.whl
    wasminstall wheel shrink --keep-names --output smaller/ dist/*.whl
    wasminstall wheel shrink --prove --pyodide node_modules/pyodide dist/*.whl
    """
    optimiser = find_optimiser()
    if not optimiser:
        screen.note("wasm-opt is not on the path: modules are stripped, not optimised")
    provers = {file: _prover(file.name, prove, pyodide) for file in files}
    results: dict[Path, bytes] = {}
    for file in files:
        before = file.read_bytes()
        with screen.progress(file.name.partition("-")[0]) as reporter:
            tell = _teller(reporter)
            shrunk = shrink_wheel(file.name, before, keep_names=keep_names, optimiser=optimiser, step=tell)
            smaller = len(shrunk.data) < len(before)
            tell("importing it")
            outcomes = _proof(provers[file], file.name, before, shrunk) if smaller else {}
        if prove:
            _refuse_unproved(outcomes, file.name)
        for note in shrunk.notes:
            screen.note(note)
        if smaller:
            show_shrunk(file.name, len(before), shrunk, screen)
            _show_proof(provers[file], outcomes, file.name, shrunk, screen)
        else:
            screen.out.print(f"[green]✓[/] [bold]{file.name}[/]  is as small as it gets")
        if smaller or output is not None:
            results[file if output is None else output / file.name] = shrunk.data if smaller else before
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    for target, data in results.items():
        write_whole(target, data)


def _teller(reporter: Reporter | None) -> Callable[[str], None]:
    def tell(what: str) -> None:
        if reporter is not None:
            reporter(Event("place", what))

    return tell


def _prover(filename: str, wanted: bool | None, pyodide: Path | None) -> Prover | str:
    """What proves this wheel, or why nothing does. Raises ``InvalidInput`` when it has to be proved and cannot be."""
    if wanted is False:
        return ""
    found = find_prover(filename, pyodide)
    if wanted and isinstance(found, str):
        hint = "install Node and `npm install pyodide`, or name a folder with --pyodide"
        raise InvalidInput(f"{filename} cannot be proved: {found}", hint=hint)
    return found


def _proof(prover: Prover | str, filename: str, before: bytes, shrunk: Shrunk) -> dict[str, Outcome]:
    """What became of each module. Raises ``InvalidWheel`` for one that failed, and did not before."""
    if isinstance(prover, str) or not shrunk.modules:
        return {}
    outcomes = prover.prove(filename, shrunk.data)
    failed = {path: outcome.why for path, outcome in outcomes.items() if outcome.state == "failed"}
    if failed:
        earlier = prover.prove(filename, before)
        for path, why in failed.items():
            if earlier[path].state != "failed":
                raise InvalidWheel(filename, f"made smaller, {path} does not import any more, so it stays: {why}")
    return outcomes


def _refuse_unproved(outcomes: Mapping[str, Outcome], filename: str) -> None:
    """Raises ``InvalidInput`` where none of its modules could be loaded at all, neither before nor after."""
    reasons = [outcome.why for outcome in outcomes.values() if outcome.state == "failed"]
    if reasons and len(reasons) == len(outcomes):
        hint = "have in the folder of Pyodide what it depends on, or leave --prove out"
        message = f"{filename} cannot be proved: none of its modules imports, before or after: {reasons[0]}"
        raise InvalidInput(message, hint=hint)


def _show_proof(
    prover: Prover | str, outcomes: dict[str, Outcome], filename: str, shrunk: Shrunk, screen: Screen
) -> None:
    if isinstance(prover, Prover):
        show_proof(outcomes, prover.version, screen)
    elif prover and shrunk.modules:
        screen.note(f"not proved that {filename} still imports: {prover}")
