"""``[tool.wasminstall]`` of pyproject.toml: defaults for the options of commands, under their long names.

What stands in the table itself holds for every command that has such an option, ``[tool.wasminstall.check]`` for
``check`` alone. A list in the table itself is for the commands that take several. A relative path is relative to the
file.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from .options import Place

__all__ = ["Config", "defaults_of", "read_config"]


@dataclass(frozen=True)
class Config:
    """The table, and the ``file`` it is in."""

    file: Path
    table: Mapping[str, Any]


def read_config(folder: Path | None = None) -> Config | None:
    """The table of the pyproject.toml in this folder or the nearest one above; ``None`` where there is none.

    Raises ``click.UsageError`` for a file that cannot be read.
    """
    folder = folder or Path.cwd()
    file = next((place / "pyproject.toml" for place in (folder, *folder.parents) if _has_project(place)), None)
    if file is None:
        return None
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} is not valid TOML: {error}") from None
    found = document.get("tool", {}).get("wasminstall")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise click.UsageError(f"[tool.wasminstall] in {file} is not a table")
    return Config(file, found)


def _has_project(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()


def defaults_of(
    name: str, command: click.Command, config: Config | None, others: Mapping[str, Callable[[], click.Command]]
) -> dict[str, Any]:
    """The defaults for this command by parameter name; ``others`` are all commands by name.

    Raises ``click.UsageError`` for a table of a command that does not exist, for an option that no command has, and
    for a value that is none.
    """
    if config is None:
        return {}
    own = {key: value for key, value in config.table.items() if isinstance(value, dict)}
    shared = {key: value for key, value in config.table.items() if key not in own}
    _refuse_unknown("command", own, others, f"[tool.wasminstall] in {config.file}")
    taken = {key for key, option in _options_below(command) if _takes(option, shared.get(key))}
    foreign = shared.keys() - taken
    if foreign:  # somebody else's, or nobody's
        where = f"[tool.wasminstall] in {config.file}"
        known = [pair for other in others.values() for pair in _options_below(other())]
        _refuse_unknown("option", sorted(foreign), {key for key, _ in known}, where)
        for key in sorted(foreign - {key for key, option in known if _takes(option, shared.get(key))}):
            raise click.UsageError(f"{where}: {key} has one value, not {shared[key]!r}")
    return _defaults(command, shared, own.get(name, {}), f"tool.wasminstall.{name}", config.file)


def _defaults(
    command: click.Command, shared: Mapping[str, Any], own: Mapping[str, Any], table: str, file: Path
) -> dict[str, Any]:
    where, above = f"[{table}] in {file}", f"[tool.wasminstall] in {file}"
    if not isinstance(own, dict):
        raise click.UsageError(f"{where} is not a table")
    if isinstance(command, click.Group):
        _refuse_unknown("command", own, command.commands, where)
        return {
            name: _defaults(below, shared, own.get(name, {}), f"{table}.{name}", file)
            for name, below in command.commands.items()
        }
    options = _options(command)
    _refuse_unknown("option", own, options, where)
    given = {key: (value, where) for key, value in own.items()}
    for key, value in shared.items():
        if key in options and _takes(options[key], value):
            given.setdefault(key, (value, above))
    return {
        str(options[key].name): _value(options[key], key, value, place, file) for key, (value, place) in given.items()
    }


def _options(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by their long names."""
    return {
        option.removeprefix("--"): param
        for param in command.params
        if isinstance(param, click.Option)
        for option in param.opts
        if option.startswith("--")
    }


def _takes(option: click.Option, value: object) -> bool:
    """Whether a value for all commands is also for the one with this option: a list is for those that take several."""
    return option.multiple or not isinstance(value, list)


def _options_below(command: click.Command) -> Iterator[tuple[str, click.Option]]:
    """The options of a command, or of all that are below a group."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _options_below(below)
    else:
        yield from _options(command).items()


def _value(option: click.Option, key: str, value: object, where: str, file: Path) -> object:
    """The value in the form in which click wants it."""
    values = value if isinstance(value, list) else [value]
    if option.is_flag and not isinstance(value, bool):
        raise click.UsageError(f"{where}: {key} is true or false, not {value!r}")
    if not option.multiple and (isinstance(value, list) or (isinstance(value, bool) and not option.is_flag)):
        raise click.UsageError(f"{where}: {key} has one value, not {value!r}")
    if isinstance(option.type, (click.Path, Place)) and file.parent != Path.cwd():
        values = [Place.below(file.parent, str(each)) for each in values]
    return values if option.multiple else values[0]


def _refuse_unknown(kind: str, names: Iterable[str], known: Collection[str], where: str) -> None:
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"{where}: there is no {kind} {name!r}{hint}")
