"""``wasminstall check``: will this work on these targets, and if not, what is in the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from click.shell_completion import CompletionItem
from rich.markup import escape

from ..context import Context
from ..errors import WasmInstallError
from ..progress import Reporter
from ..requirements import Requirement, read_requirements
from ..requirements.requested import Requested
from ..requirements.script import has_script_block, read_script
from ..targets import Target, named_target, target_names
from .distribution import NotInFolder
from .matrix import Column, as_json, column, show, unasked
from .matrix.imports import Imports, imported_modules, projects_of
from .options import Sources, TargetName, Wanted, sources_options, targets_option, wanted_options
from .screen import Screen
from .wanted import read_wanted
from .world import World, open_world

__all__ = ["check"]


class _TargetOrAll(TargetName):
    """A target, or all of them."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Target | None:  # type: ignore[override]
        return None if value in ("all", None) else super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """See ``click.ParamType``."""
        everything = [CompletionItem("all")] if "all".startswith(incomplete) else []
        return super().shell_complete(ctx, param, incomplete) + everything


@click.command
@wanted_options
@targets_option("The runtime to check for, or `all`", _TargetOrAll())
@click.option(
    "--python-script",
    "scripts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="What a script needs: its PEP 723 block, or else what it imports; may be repeated.",
)
@click.option(
    "--pyproject",
    type=click.Path(exists=True, path_type=Path),
    metavar="FOLDER",
    help="What the project in this folder needs (--extra and --group choose).",
)
@sources_options
@click.option("--json", "as_data", is_flag=True, help="The answer as JSON.")
@click.pass_obj
def check(
    screen: Screen,
    wanted: Wanted,
    targets: Sequence[Target | None],
    scripts: Sequence[Path],
    pyproject: Path | None,
    sources: Sources,
    as_data: bool,
) -> int:
    r"""Say whether packages work on a target, and if not, why.

    Everything is resolved as a page would do it, dependencies included, and nothing is installed. A project works
    from the index, works from the Pyodide distribution, works in an older version only, or does not work; then you
    are told which wheel is missing, who asks for it and what can be done. The exit status is 1 when something does
    not work.

    \b
    wasminstall check pandas "httpx>=0.28"
    wasminstall check -r requirements.txt --target all
    wasminstall check --python-script app.py --target pyodide-314 --json
    """
    if pyproject is not None:
        file = pyproject / "pyproject.toml" if pyproject.is_dir() else pyproject
        wanted = replace(wanted, files=(*wanted.files, str(file)))
    columns, unknown = asyncio.run(_checked(screen, wanted, _chosen(targets), scripts, sources))
    works = not unknown and all(column.works for column in columns)
    if as_data:
        click.echo(json.dumps({**as_json(columns, unknown), "works": works}, indent=2))
        return 0 if works else 1
    if works and not any(column.verdicts for column in columns):
        screen.out.print("No project is asked for: there is nothing to check")
        return 0
    show(columns, screen)
    for module in unknown:
        screen.out.print(f"\n[bold red]{escape(module)}[/]: which project has this module is not known")
        screen.out.print("  [cyan]try:[/] name the project beside the script")
    return 0 if works else 1


def _chosen(targets: Sequence[Target | None]) -> list[Target]:
    """The targets, each once; ``None`` stands for all."""
    if None in targets:
        targets = [named_target(name) for name in target_names()]
    return list({target.name: target for target in targets if target is not None}.values())


async def _checked(
    screen: Screen, wanted: Wanted, targets: Sequence[Target], scripts: Sequence[Path], sources: Sources
) -> tuple[list[Column], tuple[str, ...]]:
    async with open_world(sources) as world:
        requested = Requested()
        if wanted.requirements or wanted.files or not scripts:
            requested = await read_wanted(wanted, world.read)
        modules: dict[str, None] = {}
        for script in scripts:
            code = (await world.read(str(script))).decode("utf-8", "replace")
            if has_script_block(code):
                requested += read_script(code, str(script))
            else:
                modules.update(dict.fromkeys(imported_modules(code, script)))
        imports = await _projects(modules, requested, targets, world)
        requested += Requested(read_requirements(imports.projects))
        columns = []
        for target in targets:
            with screen.progress(target.name) as reporter:
                try:
                    columns.append(await _column(await world.context(target, requested), requested, reporter))
                except WasmInstallError as error:
                    if len(targets) == 1:
                        raise
                    columns.append(unasked(target, requested, error))
        return columns, imports.unknown


async def _column(context: Context, requested: Requested, reporter: Reporter | None) -> Column:
    """The verdicts; without an answer for what needs a wheel that the folder of the distribution lacks."""
    try:
        return await column(context, requested, reporter)
    except NotInFolder:
        if len(requested.requirements) == 1:
            raise
    answered: list[Requirement] = []
    lost: list[Column] = []
    for item in requested.requirements:
        single = replace(requested, requirements=(item,))
        try:
            await column(context, single, reporter)
            answered.append(item)
        except NotInFolder as error:
            without = unasked(context.target, single, error)
            lost.append(replace(without, problems=tuple(replace(each, name=item.name) for each in without.problems)))
    found = await column(context, replace(requested, requirements=tuple(answered)), reporter)
    verdicts = {name: verdict for each in (found, *lost) for name, verdict in each.verdicts.items()}
    problems = [problem for each in (found, *lost) for problem in each.problems]
    return replace(found, verdicts=verdicts, problems=tuple(problems))


async def _projects(modules: dict[str, None], requested: Requested, targets: Sequence[Target], world: World) -> Imports:
    """The projects of these modules."""
    if not modules:
        return Imports((), ())
    packed: dict[str, str] = {}
    for target in targets:
        distribution = await world.distribution(target)
        entries = distribution.lock["packages"].values() if distribution is not None else ()
        for entry in entries:
            if not entry["name"].endswith("-tests"):
                packed.update({module: str(entry["name"]) for module in entry.get("imports") or ()})
    return projects_of(modules, [item.name for item in requested.requirements], packed)
