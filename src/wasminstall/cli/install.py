"""``wasminstall install``: packages for another runtime, placed in a folder that it imports from."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from rich.markup import escape

from ..errors import InvalidInput, ResolutionError
from ..installing import install_into
from ..report import Report
from ..resolution import Wish
from ..targets import Target
from .matrix import Column, column, show
from .options import Sources, Wanted, sources_options, target_option, wanted_options
from .screen import Screen
from .wanted import read_wanted, require_python
from .world import open_world

__all__ = ["install"]


@click.command
@wanted_options
@target_option
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="The folder to place them in; what is there already is kept where it fits.",
)
@sources_options
@click.pass_obj
def install(screen: Screen, wanted: Wanted, target: Target, into: Path, sources: Sources) -> int:
    r"""Install packages for a runtime that is not running.

    That is CPython on WASI or WASIX, or a Pyodide. Only wheels that the target can load are taken, with all they
    need: on WASI pure ones, on WASIX also compiled ones, of the index that you name. Either everything is
    placed or nothing is, and then you are told which package is in the way and why. Have the runtime import from
    the folder, with PYTHONPATH for example.

    \b
    wasminstall install --target wasi --into site/ rich httpx
    wasminstall install --target wasi-3.12 --into site/ -r requirements.txt
    wasminstall install --target wasix --into site/ --index-url URL numpy
    """
    report = asyncio.run(_installed(screen, wanted, target, into, sources))
    if isinstance(report, Column):
        show((report,), screen)
        screen.fail(InvalidInput(f"nothing was placed in {into}"))
        return 1
    for warning in report.warnings:
        screen.note(warning)
    _show(report, target, into, screen)
    return 0


def _show(report: Report, target: Target, into: Path, screen: Screen) -> None:
    if not report.added:
        screen.out.print(f"Everything was there already: {', '.join(report.kept) or 'nothing is needed'}")
        return
    for added in sorted(report.added, key=lambda item: item.name):
        replaced = f", in place of {added.replaced}" if added.replaced else ""
        name = f"[bold]{added.name}[/] {added.version}{replaced}"
        screen.out.print(f"[green]+[/] {name}  [dim]{escape(added.filename)}[/]")
    screen.out.print(f"{len(report.added)} placed in {escape(str(into))} for {target.name}")


async def _installed(screen: Screen, wanted: Wanted, target: Target, into: Path, sources: Sources) -> Report | Column:
    """What was placed, or the verdicts on all that was asked for when not all of it can be had."""
    async with open_world(sources) as world:
        requested = await read_wanted(wanted, world.read)
        require_python(requested, target)
        context = await world.context(target, requested, into=into)
        wish = Wish(
            requirements=requested.requirements,
            constraints=requested.constraints,
            pre=requested.pre,
            hashes=requested.allowed_hashes(target.environment),
            require_hashes=requested.require_hashes,
            notes=requested.notes,
        )
        with screen.progress() as reporter:
            try:
                report = await install_into(context, wish, reporter=reporter)
            except ResolutionError:
                verdicts = await column(await world.context(target, requested), requested, reporter)
                if verdicts.works:  # in an empty folder: what is in this one is in the way
                    raise
                return verdicts
    assert isinstance(report, Report)
    return report
