"""Where a command writes: its answer to the standard output, everything else to the standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ..errors import WasmInstallError
from ..progress import Event, Reporter
from ..reporters.wording import line_of

__all__ = ["Screen", "said"]

_WORDS = {
    "name the index that has it with index_urls=[...]": "name the index that has it with --extra-index-url",
    "options are arguments here: ": "these are options of the command: ",
    "index_urls=[...]": "--extra-index-url",
    "groups=[...]": "--group",
    "constraints=...": "-c FILE",
    "pass it as lock=...": "it is installed by `wasminstall sync`, not resolved",
    "requirements files are passed as file=...": "`wasminstall lock -r FILE -o pylock.toml` makes one of requirements",
    "file=...": "-r FILE",
    "pre=True": "--pre",
    "; wasminstall.cache.info() shows what there is": "",
    "; from a page, a server on another origin must send CORS headers": "",
}
"""Arguments of the API as messages name them, and what is typed on a command line instead."""

_NAMED_FILE = re.compile(r"\bfile=\"([^\"]+)\"")
_NAMED_LOCK = re.compile(r"\block=\"([^\"]+)\" reads it")
_LIST = re.compile(r"give several requirements as a list: .*")
_OTHER_SOURCE = re.compile(
    r"\S+ has .*, which fits as well: (index_for|prefer)=.* takes it from there|this folder lacks packages of the .*"
)

_FILLED_UP = re.compile(r" +((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)
_WIDE = 200


class Screen:
    """The two consoles of a command, and how much it tells: ``quiet`` and ``verbose`` are set by its options."""

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False
        self.color("auto")

    def color(self, when: str) -> None:
        """``auto`` (on a terminal), ``always`` or ``never``."""
        force = {"always": True, "never": False}.get(when)
        self.out = _console(force, stderr=False)
        self.err = _console(force, stderr=True)

    def show(self, content: RenderableType, *, soft_wrap: bool) -> None:
        """Print tables, without the blanks that fill up their lines."""
        with self.out.capture() as printed:
            self.out.print(content, soft_wrap=soft_wrap)
        self.out.file.write(_FILLED_UP.sub(r"\1", printed.get()))

    def note(self, text: str) -> None:
        """One line besides the answer."""
        if not self.quiet:
            self.err.print(f"[yellow]note:[/] {escape(text)}")

    def told(self, text: str) -> None:
        """One line about what was done, in rich's markup."""
        if not self.quiet:
            self.err.print(text)

    def fail(self, error: Exception) -> None:
        """What went wrong, and the way out."""
        message, hint = said(error)
        self.err.print(f"[bold red]error:[/] {escape(message)}")
        if hint:
            self.err.print(f"[bold cyan]hint:[/] {escape(hint)}")

    @contextmanager
    def progress(self, doing: str = "") -> Iterator[Reporter | None]:
        """A bar on the standard error, for as long as it takes; nothing when quiet or not on a terminal.

        ``doing`` stands before what each event says.
        """
        if self.quiet or not self.err.file.isatty():
            yield None
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24))
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task(doing, total=None)
            start = f"{doing}: " if doing else ""

            def report(event: Event) -> None:
                share = event.share
                total = None if share is None else 1.0
                bar.update(task, description=start + line_of(event), completed=share or 0.0, total=total)

            yield report


def said(error: Exception) -> tuple[str, str]:
    """An error's message and its hint (or nothing), in words of the command line."""
    hint = ""
    if isinstance(error, WasmInstallError):
        message, hint = error.message, error.hint
    elif isinstance(error, OSError) and error.strerror:
        message = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    else:
        message = str(error)
    return _as_typed(message), _as_typed(hint)


def _as_typed(text: str) -> str:
    for written, option in _WORDS.items():
        text = text.replace(written, option)
    text = _LIST.sub("each requirement is an argument of its own, and in a file a line of its own", text)
    text = _OTHER_SOURCE.sub("name a place that has the packages of this Pyodide: --distribution FOLDER or URL", text)
    text = _NAMED_LOCK.sub(r"`wasminstall sync \1` installs it", text)
    return _NAMED_FILE.sub(lambda named: f"-r {named[1].replace('...', 'FILE')}", text)


def _console(force: bool | None, *, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    # A file or a pipe has no width that anything would have to fit into.
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDE
    no_color = True if force is False else None
    return Console(file=stream, force_terminal=force, no_color=no_color, width=width, highlight=False, soft_wrap=True)
