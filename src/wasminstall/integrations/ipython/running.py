"""A command of ``%pip`` carried out: each is one call of the public API, and gives what that gives."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import wasminstall

from ...context import default_index_urls
from ...errors import InvalidInput
from ...options import InstallOptions
from ...progress import Reporter
from ...requirements.inputs import input_kind
from .command import Command, help_text

__all__ = ["Descriptions", "Help", "Text", "install_options", "run_command"]


class Text(str):
    """Text that shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Help(Text):
    """Text in columns, whose lines are not to be broken."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from html import escape

        return f'<pre style="white-space: pre; overflow-x: auto; margin: 0; padding: 0">{escape(self)}</pre>'


class Descriptions(tuple[wasminstall.Description, ...]):
    """Several packages in detail."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n---\n".join(map(repr, self))

    def _repr_html_(self) -> str:
        return "".join(each._repr_html_() for each in self)


async def run_command(command: Command, reporter: Reporter | None = None) -> object:
    """Do it, and give what came of it. Raises ``WasmInstallError`` as the API does."""
    names = command.names
    match command.verb:
        case "install":
            options = install_options(command)
            options["progress"] = reporter
            if "dry-run" in command.flags:
                return await wasminstall.install(names, dry_run=True, **options)
            return await wasminstall.install(names, **options)
        case "download":
            options = install_options(command)
            options["progress"] = reporter
            options["download"] = command.last("dest") or "."
            return await wasminstall.install(names, **options)
        case "uninstall":
            return await wasminstall.uninstall(names)
        case "list":
            return wasminstall.list()
        case "freeze":
            return _frozen(command.target)
        case "show":
            found = [wasminstall.show(name) for name in names]
            return found[0] if len(found) == 1 else Descriptions(found)
        case "tree":
            return wasminstall.tree()
        case "check":
            return wasminstall.check()
        case "version":
            return Text(f"wasminstall {wasminstall.__version__}")
    return Help(help_text(*names))


def install_options(command: Command) -> InstallOptions:
    """The keyword arguments of ``install()`` that the options of a command stand for."""
    flags = command.flags
    options: dict[str, object] = {**_inputs(command), **_indexes(command)}
    if command.values.get("constraint"):
        options["constraints"] = "".join(f"-c {path}\n" for path in command.values["constraint"])
    options |= {name: True for name in ("pre", "upgrade", "offline") if name in flags}
    if "force-reinstall" in flags:
        options["reinstall"] = True
    if "require-hashes" in flags:
        options["require_hashes"] = True
    if "no-deps" in flags:
        options["deps"] = False
    if command.last("timeout"):
        options["timeout"] = _seconds(command.last("timeout"))
    if "no-cache-dir" in flags:
        options["cache"] = False
    return cast("InstallOptions", options)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput(f"pip: --timeout takes seconds, not {text!r}") from None


def _inputs(command: Command) -> dict[str, object]:
    """``file`` or ``lock``, and what is chosen of it. Lines of one text join several requirements files."""
    values = command.values
    groups = [group.rpartition(":") for group in values.get("group", ())]
    files = [*values.get("requirement", ()), *values.get("script", ())]
    projects = dict.fromkeys(path for path, _, _ in groups if path)
    if groups and not files:
        files = [*projects] or ["pyproject.toml"]
    options: dict[str, object] = {}
    if groups:
        options["groups"] = [name for _, _, name in groups]
    if values.get("extra"):
        options["extras"] = values["extra"]
    lines = ["--no-index"] if "no-index" in command.flags else []
    if len(files) == 1 and not lines:
        is_lock = input_kind("", files[0]) in ("pylock", "pyodide-lock")
        return {**options, "lock" if is_lock else "file": files[0]}
    lines += [f"-r {path}" for path in files]
    return {**options, "file": "\n".join([*lines, ""])} if lines else options


def _indexes(command: Command) -> dict[str, object]:
    """The index named, or the usual ones, and after them those that were added."""
    named, added = command.values.get("index-url", ())[-1:], command.values.get("extra-index-url", ())
    return {"index_urls": [*(named or default_index_urls()), *added]} if named or added else {}


def _frozen(target: str) -> Text:
    text = wasminstall.freeze()
    if not target:
        return Text(text)
    Path(target).write_text(f"{text}\n", "utf-8")
    return Text(f"Wrote {target}")
