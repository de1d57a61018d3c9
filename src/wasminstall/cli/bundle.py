"""``wasminstall bundle``: a folder of pages as a site for any static host."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from ..targets import Target
from .bundling.building import NotBundled, Order, build
from .bundling.report import shown
from .matrix import show_aside
from .options import Place, Sources, Wanted, page_target_option, sources_options, wanted_options
from .screen import Screen

__all__ = ["bundle"]


@click.command
@click.argument("app", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="APP")
@wanted_options
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where the site is written: a new folder, or an empty one.",
)
@page_target_option
@click.option(
    "--lock",
    type=Place(exists=True),
    metavar="FILE",
    help="The lock that names the packages; nothing is resolved then.",
)
@click.option(
    "--pyodide",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A Pyodide to take the runtime from; npm fetches it otherwise.",
)
@click.option("--bytecode", is_flag=True, help="Compile all Python ahead: larger, and quicker to start. Needs Node.")
@click.option("--trim", is_flag=True, help="Leave out tests, type stubs and sources of compiled parts; tells what.")
@sources_options
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_obj
def bundle(
    screen: Screen,
    app: Path,
    wanted: Wanted,
    output: Path,
    target: Target,
    lock: str | None,
    pyodide: Path | None,
    bytecode: bool,
    trim: bool,
    sources: Sources,
    as_json: bool,
) -> None:
    r"""Make a site of the folder APP, with all that its pages need.

    Python and the packages are in it. Any static host can serve the result, and it works offline after the first
    visit. The pages say what they need: `data-packages`, `data-requirements`, `data-lock`, PEP 723 blocks. Name
    more as REQUIREMENT or with -r for what the code installs by itself.

    \b
    wasminstall bundle app -o dist
    wasminstall bundle app -o dist --lock pylock.toml --bytecode
    wasminstall bundle app -o dist --pyodide node_modules/pyodide --trim
    """
    order = Order(app, output, target, wanted, sources, lock or "", pyodide, bytecode, trim)
    try:
        made = asyncio.run(build(order, screen.progress))
    except NotBundled as error:
        show_aside(error.column, screen)
        raise
    for note in made.notes:
        screen.note(note)
    if as_json:
        click.echo(json.dumps(made.as_json(), indent=2))
    elif not screen.quiet:
        screen.show(shown(made, every=screen.verbose), soft_wrap=True)
