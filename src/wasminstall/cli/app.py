"""The command group: what all commands have in common, and which file has which command.

Commands are imported when they are called, so that ``--help`` of one does not wait for the others.
"""

from __future__ import annotations

import asyncio
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..errors import WasmInstallError
from .screen import Screen

__all__ = ["cli", "run"]

COMMANDS: dict[str, str] = {}
"""Name of a command and the module of this room that has it, under the same name with ``_`` for ``-``."""


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(f"{__package__}.{module}"), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


def _configured(ctx: click.Context, _param: click.Parameter, given: bool) -> bool:
    """Take the defaults of the options from ``[tool.wasminstall]`` of the pyproject.toml here or above."""
    if given:
        found = _settings(Path.cwd())
        common = {key.replace("-", "_"): value for key, value in found.items() if not isinstance(value, dict)}
        ctx.default_map = {
            name: common | {key.replace("-", "_"): value for key, value in found.get(name, {}).items()}
            for name in COMMANDS
        }
    return given


def _settings(folder: Path) -> dict[str, Any]:
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            try:
                document = tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise click.UsageError(f"{file} is not valid TOML: {error}") from None
            found = document.get("tool", {}).get("wasminstall", {})
            if not isinstance(found, dict):
                raise click.UsageError(f"[tool.wasminstall] in {file} is not a table")
            return found
    return {}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours in the output.")
@click.option("-q", "--quiet", is_flag=True, help="Only the answer: no progress, no notes.")
@click.option("-v", "--verbose", is_flag=True, help="Also what is usually left out.")
@click.option(
    "--config/--no-config",
    default=True,
    is_eager=True,
    expose_value=False,
    callback=_configured,
    help="Whether [tool.wasminstall] of pyproject.toml is read (it is).",
)
@click.version_option(__version__, prog_name="wasminstall")
@click.pass_context
def cli(ctx: click.Context, color: str, quiet: bool, verbose: bool) -> None:
    """Check, lock, bundle and build Python packages for pages and for WASI."""
    ctx.obj = Screen(color=color, quiet=quiet, verbose=verbose)


def run() -> int:
    """Run the command line; a user's mistake is one message and status 1 or 2, never a traceback."""
    try:
        status = cli.main(standalone_mode=False, prog_name="wasminstall")
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        print("given up", file=sys.stderr)
        return 130
    except (WasmInstallError, OSError) as error:
        Screen().fail(error)
        return 1
    return status if isinstance(status, int) else 0
