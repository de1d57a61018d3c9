"""``wasminstall sync``: make a folder exactly what a lock names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
from rich.markup import escape

from ..context import Access, Context
from ..environment import Environment
from ..errors import LockError, WasmInstallError
from ..hosts.folder import FolderHost
from ..installing import install_into
from ..locks.reading import read_lock
from ..plan import Action, Plan
from ..report import Report
from ..requirements.requested import Read
from ..resolution import Wish
from ..targets import Target, named_target, target_names
from .options import Place, Sources, cache_options, target_option
from .screen import Screen
from .world import open_world

__all__ = ["sync"]

_SIGNS = {"add": "[green]+[/]", "replace": "[yellow]~[/]", "remove": "[red]-[/]"}


@click.command
@click.argument("lock", type=Place(exists=True))
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="The folder that the target imports from; it is made where there is none.",
)
@target_option
@click.option("--extra", "extras", multiple=True, metavar="NAME", help="An extra the lock was made with.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="A dependency group, not the default ones.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@cache_options
@click.pass_obj
def sync(
    screen: Screen,
    lock: str,
    into: Path,
    target: Target,
    extras: Sequence[str],
    groups: Sequence[str],
    dry_run: bool,
    sources: Sources,
) -> None:
    r"""Make a folder exactly what LOCK names.

    LOCK is the path or the address of a pylock.toml or a pyodide-lock.json. What is missing is placed, what is
    there as another file is replaced, and every other package is removed. No index is asked, and every file must
    have the hash that the lock names. Either all of it is done, or nothing.

    \b
    wasminstall sync pylock.toml --into site/
    wasminstall sync pylock.toml --target wasi --into site/ --dry-run
    wasminstall sync pylock.toml --into site/ --distribution FOLDER
    """
    answer = asyncio.run(_synchronised(screen, lock, into, target, extras, groups, dry_run, sources))
    plan = answer if isinstance(answer, Plan) else answer.plan
    for warning in answer.warnings:
        screen.note(warning)
    changed = [*plan.changes, *plan.removals]
    for action in sorted(changed, key=lambda action: action.name):
        screen.out.print(_line(action))
    screen.out.print(_summary(plan, into, dry_run=dry_run))


async def _synchronised(
    screen: Screen,
    lock: str,
    into: Path,
    target: Target,
    extras: Sequence[str],
    groups: Sequence[str],
    dry_run: bool,
    sources: Sources,
) -> Report | Plan:
    async with open_world(sources) as world:
        context = Context(
            target=target,
            environment=Environment(FolderHost(into)),
            pages=world.pages,
            sources=(),
            access=Access(cache=sources.cache, offline=sources.offline),
        )
        if sources.distributions:
            await world.distribution(target)  # its files are taken from there
        try:
            locked = await read_lock(lock, world.read, target, extras=extras, groups=groups or None)
        except LockError as error:
            if made_for := await _targets_of(lock, world.read, extras, groups):
                error.hint = f"name the target that it was made for: --target {' or '.join(made_for)}"
            raise
        with screen.progress(f"Into {into}") as reporter:
            return await install_into(context, Wish(()), lock=locked, stays=(), dry_run=dry_run, reporter=reporter)


async def _targets_of(lock: str, read: Read, extras: Sequence[str], groups: Sequence[str]) -> list[str]:
    """The names of the targets that a lock can be installed on."""
    found = []
    for name in dict.fromkeys(named_target(name).name for name in target_names()):
        with suppress(WasmInstallError):
            await read_lock(lock, read, named_target(name), extras=extras, groups=groups or None)
            found.append(name)
    return found


def _line(action: Action) -> str:
    before = f", in place of {escape(action.replaces)}" if action.kind == "replace" else ""
    file = f"  [dim]{escape(action.candidate.filename)}[/]" if action.kind != "remove" else ""
    return f"{_SIGNS[action.kind]} [bold]{action.name}[/] {escape(action.version)}{before}{file}"


def _summary(plan: Plan, into: Path, *, dry_run: bool) -> str:
    placed, removed = len(plan.changes), len(plan.removals)
    if not placed and not removed:
        return f"{escape(str(into))} is what the lock names"
    would = "would be " if dry_run else ""
    return f"{placed} {would}placed in {escape(str(into))}, {removed} {would}removed"
