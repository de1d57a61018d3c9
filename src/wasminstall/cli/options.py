"""Options that several commands share, each defined once, and the values that commands get for them.

A decorator of this room adds options to a command, which gets all of them as one argument: ``sources``, ``wanted``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from ..errors import UnknownTarget
from ..targets import Target, named_target, pyodide_release, target_names

__all__ = [
    "Place",
    "Sources",
    "TargetName",
    "Wanted",
    "cache_options",
    "not_empty",
    "page_target_option",
    "sources_options",
    "target_option",
    "targets_option",
    "wanted_options",
]

Command = TypeVar("Command", bound=Callable[..., Any])

_CACHE_OPTIONS = (
    click.option("--offline", is_flag=True, help="Ask nobody; use what is kept."),
    click.option(
        "--cache/--no-cache", default=True, help="Whether what is fetched is kept, and used again (default: yes)."
    ),
)


@dataclass(frozen=True)
class Sources:
    """Where to look: ``distributions`` are as written, ``PLACE`` or ``TARGET=PLACE``."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    offline: bool = False
    cache: bool = True


@dataclass(frozen=True)
class Wanted:
    """What is asked for: requirements as written, and files of them. See ``wanted.read_wanted``."""

    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pre: bool = False


class TargetName(click.ParamType[Target]):
    """The name of a target, turned into the target; an unknown one is a usage error that names the close ones."""

    name = "target"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        """See ``click.ParamType``."""
        if isinstance(value, Target):
            return value
        try:
            return named_target(str(value).lower())
        except UnknownTarget as error:
            return self.fail(f"{error.message}: {error.hint}", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """See ``click.ParamType``."""
        return [CompletionItem(name) for name in target_names() if name.startswith(incomplete)]


class PageTarget(TargetName):
    """One that runs in pages."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        """See ``click.ParamType``."""
        target = super().convert(value, param, ctx)
        if not pyodide_release(target.name):
            self.fail(f"{target.name} is no runtime of browsers: choose a target with Pyodide", param, ctx)
        return target


class Place(click.ParamType[str]):
    """A path or a URL; ``TARGET=`` may stand before it where an option takes several."""

    name = "place"

    def __init__(self, *, exists: bool = False) -> None:
        self._exists = exists

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See ``click.ParamType``."""
        if self._exists and ("\n" in value or not ("://" in value or Path(value).exists())):
            self.fail(f"there is no file {value.partition(chr(10))[0]}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """See ``click.ParamType``."""
        return [CompletionItem(incomplete, type="file")]

    @staticmethod
    def below(folder: Path, value: str) -> str:
        """The same, a relative path taken as one in this folder."""
        target, separator, place = value.rpartition("=")
        if target not in ("", *target_names()):
            target, separator, place = "", "", value
        return value if "://" in place else f"{target}{separator}{folder / Path(place).expanduser()}"


def not_empty(ctx: click.Context, param: click.Parameter, value: Any) -> Any:  # noqa: ANN401 - click's
    """The value of an option. Raises ``BadParameter`` for an empty one that was given: a variable is not set."""
    given = ctx.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT
    if given and "" in ((value,) if isinstance(value, str) else value):
        raise click.BadParameter("it is empty", ctx, param)
    return value


def target_option(command: Command, kind: type[TargetName] = TargetName) -> Command:
    """``--target``: handed over as ``target``, a ``Target``."""
    return click.option(
        "-t",
        "--target",
        type=kind(),
        default="pyodide-314",
        show_default=True,
        metavar="NAME",
        help="The runtime it is for; `wasminstall targets` lists them.",
    )(command)


def page_target_option(command: Command) -> Command:
    """The same, for a runtime of pages only."""
    return target_option(command, PageTarget)


def targets_option(about: str, kind: click.ParamType[Any] | None = None) -> Callable[[Command], Command]:
    """``--target`` that may be repeated: handed over as ``targets``; ``about`` is how its help begins."""
    return click.option(
        "-t",
        "--target",
        "targets",
        type=kind or TargetName(),
        multiple=True,
        default=("pyodide-314",),
        show_default=True,
        metavar="NAME",
        help=f"{about}; may be repeated. `wasminstall targets` lists them.",
    )


def _distribution_option() -> Callable[[Any], Any]:
    return click.option(
        "--distribution",
        "distributions",
        type=Place(),
        multiple=True,
        metavar="[TARGET=]PLACE",
        help="The Pyodide distribution: a folder, a lock file or a URL, in place of the one on the CDN.",
    )


def cache_options(command: Command) -> Command:
    """Where files come from, for commands that ask no index: handed over as ``sources``."""
    return _gathered(command, "sources", Sources, (_distribution_option(), *_CACHE_OPTIONS))


def sources_options(command: Command) -> Command:
    """Where to look: handed over as ``sources``."""
    options = (
        click.option(
            "-i",
            "--index-url",
            default="",
            callback=not_empty,
            metavar="URL",
            help="The index to ask in place of PyPI.",
        ),
        click.option(
            "--extra-index-url",
            "extra_index_urls",
            multiple=True,
            callback=not_empty,
            metavar="URL",
            help="An index to ask for what the first one does not have; may be repeated.",
        ),
        _distribution_option(),
        *_CACHE_OPTIONS,
    )
    return _gathered(command, "sources", Sources, options)


def wanted_options(command: Command) -> Command:
    """What is asked for: handed over as ``wanted``."""
    options = (
        click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]..."),
        click.option(
            "-r",
            "--requirement",
            "files",
            type=Place(exists=True),
            multiple=True,
            metavar="FILE",
            help="A requirements file, a pyproject.toml or a script with a PEP 723 block; may be repeated.",
        ),
        click.option(
            "-c",
            "--constraint",
            "constraints",
            type=Place(exists=True),
            multiple=True,
            metavar="FILE",
            help="Limit versions to those in this file; may be repeated.",
        ),
        click.option(
            "--extra", "extras", multiple=True, metavar="NAME", help="An extra of the pyproject.toml; may be repeated."
        ),
        click.option(
            "--group",
            "groups",
            multiple=True,
            metavar="NAME",
            help="A dependency group of the pyproject.toml; may be repeated.",
        ),
        click.option("--pre", is_flag=True, help="Accept pre-releases."),
    )
    return _gathered(command, "wanted", Wanted, options)


def _gathered(
    command: Command, name: str, kind: type[Sources | Wanted], options: Sequence[Callable[[Any], Any]]
) -> Command:
    """The command with these options, which it gets as one value of this kind."""

    @functools.wraps(command)
    def run(*args: object, **given: object) -> object:
        value = kind(**{field.name: given.pop(field.name) for field in fields(kind) if field.name in given})  # type: ignore[arg-type]
        return command(*args, **given, **{name: value})

    decorated: Any = run
    for option in reversed(options):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
