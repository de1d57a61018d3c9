"""``wasminstall lock``: write down exactly which files are to be installed, for one target or several."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
from rich.markup import escape

from .._vendor.packaging.utils import canonicalize_name
from ..addresses import without_credentials
from ..context import Context, default_index_urls
from ..errors import InvalidInput, ResolutionError, WasmInstallError
from ..locks.entries import LockEntry
from ..requirements import parse_requirement
from ..requirements.requested import Requested
from ..resolution import Prefer
from ..targets import Target
from .locking import (
    FORMATS,
    Earlier,
    Format,
    changes_between,
    format_of,
    join_targets,
    make_entries,
    read_earlier,
    write_lock,
)
from .matrix import column, show_aside
from .options import Sources, Wanted, sources_options, targets_option, wanted_options
from .screen import Screen
from .wanted import read_wanted, require_python
from .world import open_world
from .writing import write_whole

__all__ = ["lock"]


@click.command
@wanted_options
@targets_option("The runtime it is for")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it; what is there already is changed as little as possible. Without it, it is printed.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="pylock is PEP 751. By default the output's name decides: .toml, .json or .txt.",
)
@click.option(
    "--prefer",
    type=click.Choice(get_args(Prefer)),
    default="distribution",
    show_default=True,
    help="Which version comes first: that of the Pyodide distribution, or the newest.",
)
@click.option("-U", "--upgrade", is_flag=True, help="Do not keep to the versions in the output.")
@click.option(
    "-P",
    "--upgrade-package",
    "upgraded",
    multiple=True,
    metavar="NAME",
    help="Do not keep to this project's version in the output; may be repeated.",
)
@sources_options
@click.pass_obj
def lock(
    screen: Screen,
    wanted: Wanted,
    targets: Sequence[Target],
    output: Path | None,
    form: Format | None,
    prefer: Prefer,
    upgrade: bool,
    upgraded: Sequence[str],
    sources: Sources,
) -> None:
    r"""Write down exactly which files are to be installed.

    A lock has the address, the hash and the size of each. Everything is resolved as a page would do it. The same
    question has the same answer, byte for byte, until an index has something else; and where the output is there
    already, its versions and files stay as long as they do what is asked for. A page installs a lock in one round
    trip, with `wasminstall.install(lock="pylock.toml")`.

    \b
    wasminstall lock pandas "httpx>=0.28" -o pylock.toml
    wasminstall lock -r requirements.in -o pylock.toml --upgrade-package pandas
    wasminstall lock -r pyproject.toml --target pyodide-314 --target wasi -o pylock.toml
    """
    targets = list({target.name: target for target in targets}.values())
    form = format_of(form, output, targets)
    inputs = {Path(file).resolve() for file in (*wanted.files, *wanted.constraints)}
    if output is not None and output.resolve() in inputs:
        raise click.UsageError(f"{output} is what is to be locked: name another file with -o")
    folder = Path.cwd() if output is None else output.absolute().parent
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {folder}: make it, or name another file with -o")
    earlier = Earlier() if output is None else read_earlier(output, form)
    names = _names(upgraded)
    for name in sorted(names - earlier.versions.keys()):
        screen.note(f"{name} is not in the lock so far: there is nothing to upgrade it from")
    kept = earlier.without(earlier.versions if upgrade else names)
    locking = _Locking(screen, form, prefer, folder, asks_again=bool(upgrade or upgraded))
    entries, text = asyncio.run(locking.make(wanted, targets, sources, kept))
    if output is None:
        click.echo(text, nl=False)
        return
    is_new = not output.exists()
    write_whole(output, text.encode())
    for change in () if is_new else changes_between(earlier, entries):
        screen.told(change)
    count = len({entry.name for entry in entries})
    where = f"{escape(str(output))} for {', '.join(target.name for target in targets)}"
    screen.told(f"{count} package{'' if count == 1 else 's'} locked in {where}")


@dataclass(frozen=True)
class _Locking:
    """How locks are made; ``asks_again``: what is kept of an index is not enough."""

    screen: Screen
    form: Format
    prefer: Prefer
    folder: Path
    asks_again: bool

    async def make(
        self, wanted: Wanted, targets: Sequence[Target], sources: Sources, earlier: Earlier
    ) -> tuple[list[LockEntry], str]:
        """The entries of the lock, and its text."""
        answers: dict[Target, list[LockEntry]] = {}
        async with open_world(sources) as world:
            requested = await read_wanted(wanted, world.read)
            for target in targets:
                context = await world.context(target, requested)
                context.pages.ask_again = self.asks_again
                distribution = await world.distribution(target) if self.form == "pyodide-lock" else None
                imports = None if distribution is None else _imports(distribution.lock)
                try:
                    answers[target] = await self._answer(context, requested, earlier, imports)
                except WasmInstallError as error:
                    if isinstance(error, ResolutionError):
                        await self._explain(await world.context(target, requested), requested)
                    if len(targets) > 1:
                        error.message = f"for {target.name}: {error.message}"
                    raise
        entries = join_targets(answers)
        info = context.distribution.info if context.distribution else {}
        urls = tuple(context.access.index_urls or ())
        named = [] if urls == default_index_urls() else [without_credentials(url) for url in urls]
        return entries, write_lock(self.form, entries, targets, info=info, index_urls=named)

    async def _explain(self, context: Context, requested: Requested) -> None:
        """Raise ``InvalidInput`` after showing what is in the way, where that is what was asked for.

        It goes to the standard error: the standard output is the lock.
        """
        with self.screen.progress() as reporter:
            verdicts = await column(context, requested, reporter)
        if not verdicts.works:  # else the earlier lock is in the way
            show_aside(verdicts, self.screen)
            raise InvalidInput("nothing was locked")

    async def _answer(
        self, context: Context, requested: Requested, earlier: Earlier, imports: Mapping[str, Sequence[str]] | None
    ) -> list[LockEntry]:
        require_python(requested, context.target)
        with self.screen.progress(f"Locking for {context.target.name}") as reporter:
            entries, notes = await make_entries(
                context,
                requested,
                earlier,
                prefer=self.prefer,
                folder=self.folder,
                imports=imports,
                reporter=reporter,
            )
        for note in notes:
            self.screen.note(note)
        return entries


def _imports(lock: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """The modules in each file of a Pyodide distribution."""
    return {str(entry["file_name"]): entry.get("imports") or () for entry in lock["packages"].values()}


def _names(written: Sequence[str]) -> set[str]:
    """The projects that are named, normalised."""
    found = {text: parse_requirement(text).name for text in written}
    for text, name in found.items():
        if canonicalize_name(text) != name:
            raise click.UsageError(f"--upgrade-package takes the name of a project, not {text!r}")
    return set(found.values())
