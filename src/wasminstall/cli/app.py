"""The command group: what all commands have in common, and which file has which command.

Commands are imported when they are called, so that ``--help`` of one does not wait for the others.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import click
from click.core import ParameterSource

from .. import __version__
from ..errors import WasmInstallError
from .config import defaults_of, read_config
from .screen import Screen

__all__ = ["cli", "run"]

COMMANDS: dict[str, str] = {
    "check": "check",
    "lock": "lock",
    "sync": "sync",
    "install": "install",
    "bundle": "bundle",
    "serve": "serve",
    "wheel": "wheel",
    "targets": "targets",
    "tags": "tags",
}
"""Name of a command and the module of this room that has it, under the same name with ``_`` for ``-``."""


class Commands(click.Group):
    """A group that imports a command when it is asked for, and gives it what all commands have.

    A command may return its exit status. What a user did wrong is one message and status 1, never a traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        command = _command(cmd_name)
        if "config" in ctx.meta:
            others = {name: partial(_command, name) for name in COMMANDS}
            ctx.default_map = {cmd_name: defaults_of(cmd_name, command, ctx.meta["config"], others)}
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the close name where there is no such command."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        """Run the command; its result is the exit status."""
        try:
            status = super().invoke(ctx)
        except BrokenPipeError:  # whoever reads has enough: click ends quietly
            raise
        except (WasmInstallError, OSError) as error:
            ctx.ensure_object(Screen).fail(error)
            ctx.exit(1)
        if isinstance(status, int) and status:
            ctx.exit(status)
        return status


def _command(name: str) -> click.Command:
    """A command of the table."""
    command = getattr(import_module(f"{__package__}.{COMMANDS[name]}"), name.replace("-", "_"))
    assert isinstance(command, click.Command)
    _add_output_options(command)
    return command


def _output_option(*names: str, act: Callable[[Screen, Any], object], **about: Any) -> click.Option:  # noqa: ANN401 - click's
    """An option that tells the screen something, wherever on the command line it stands."""

    def tell(ctx: click.Context, param: click.Parameter, value: object) -> None:
        name = str(param.name)
        if not value or (ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP and name in told(ctx)):
            return  # what was typed before the command counts for more than a configuration
        told(ctx).add(name)
        act(ctx.ensure_object(Screen), value)

    def told(ctx: click.Context) -> set[str]:
        names: set[str] = ctx.meta.setdefault(f"{__name__}.told", set())
        return names

    return click.Option(names, expose_value=False, callback=tell, **about)


def _output_options() -> list[click.Option]:
    return [
        _output_option(
            "--color",
            act=Screen.color,
            type=click.Choice(["auto", "always", "never"]),
            help="Colours in the output: auto is on a terminal.",
        ),
        _output_option(
            "-q",
            "--quiet",
            act=lambda screen, value: setattr(screen, "quiet", value),
            is_flag=True,
            help="Only the answer: no progress, no notes.",
        ),
        _output_option(
            "-v",
            "--verbose",
            act=lambda screen, value: setattr(screen, "verbose", value),
            is_flag=True,
            help="Also what is usually left out.",
        ),
    ]


def _add_output_options(command: click.Command) -> None:
    """So that ``-q`` and its like may stand behind the command too; once, and for what is below a group."""
    # Raw docstrings hold a backslash and a b, where click looks for the character that keeps lines as they are.
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _add_output_options(below)
    if not any("--quiet" in param.opts for param in command.params):
        command.params.extend(_output_options())


def _configured(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Have ``[tool.wasminstall]`` of the pyproject.toml here or above at hand for the commands."""
    if wanted and not ctx.resilient_parsing:
        ctx.meta["config"] = read_config()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config/--no-config",
    default=True,
    is_eager=True,
    expose_value=False,
    callback=_configured,
    help="Whether [tool.wasminstall] of pyproject.toml is read (default: yes).",
)
@click.version_option(__version__, prog_name="wasminstall")
@click.pass_context
def cli(ctx: click.Context) -> None:
    r"""Check, lock, bundle and build Python packages for pages and for WASI.

    \b
    Will it work in a browser?     wasminstall check pandas -r requirements.txt
    The same files every time:     wasminstall lock -r requirements.in -o pylock.toml
    A site for any static host:    wasminstall bundle app/ -o dist/
    While its pages are written:   wasminstall serve app/
    For Python on WASI:            wasminstall install --target wasi --into site/ rich
    Which runtimes are there?      wasminstall targets
    """
    ctx.ensure_object(Screen)


cli.params[1:1] = _output_options()
cli.help = (cli.help or "").replace("\\b\n", "\b\n")


def run() -> int:
    """Run the command line of this process; what it returns is the exit status."""
    try:
        status = cli.main(standalone_mode=False, prog_name="wasminstall")
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        print("given up", file=sys.stderr)
        return 130
    except OSError as error:
        Screen().fail(error)
        status = 1
    return _written(status if isinstance(status, int) else 0)


def _written(status: int) -> int:
    """The status, 1 where the output cannot be written; then nobody tries again at the end of the process."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not status and not isinstance(error, BrokenPipeError):
            Screen().fail(error)
        return 1
    return status
