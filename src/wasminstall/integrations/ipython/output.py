"""What ``%pip`` shows below a cell: one output that is a bar while it works, and then says what came of it."""

from __future__ import annotations

import re

from ...errors import WasmInstallError
from ...progress import Event, Reporter
from ...report import Report
from ...reporters.notebook import NotebookOutput

__all__ = ["CellErrors", "ErrorView", "Output", "Summary"]

_WORDS = {
    "index_urls=[...]": "--extra-index-url URL",
    "groups=[...]": "--group",
    "constraints=...": "-c FILE",
    "lock=...": "-r FILE",
    "file=...": "-r FILE",
    "pre=True": "--pre",
    "offline=True": "--offline",
    "upgrade=True": "--upgrade",
    "reinstall=True": "--force-reinstall",
    "timeout=": "--timeout",
    "wasminstall.list()": "%pip list",
}
"""Arguments of the API as hints name them, and what is typed after ``%pip`` instead."""
_PATTERNS = {
    r'\b(?:file|lock)="([^"]*)"': r"-r \1",
    r"give several requirements as a list: .*": "write a space between requirements",
}
"""The same where they have values."""
_FEW = 12
"""Names that a summary lists."""


class Output:
    """One output of a cell, that appears with the first thing it has to show; nothing but errors when ``quiet``."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self._verbose = verbose
        self._output = NotebookOutput()

    def __call__(self, event: Event) -> None:
        """Show how far it is; what came of it is shown by whoever asked."""
        if not self.quiet and event.phase not in ("done", "failed"):
            self._output(event)

    def result(self, value: object, notes: tuple[str, ...] = ()) -> None:
        """Show a result: of an install, in short, unless more was asked for."""
        if self.quiet:
            return
        if isinstance(value, Report) and not self._verbose:
            value = Summary(value)
        self._output.show(value)
        for note in notes:
            print(note)

    def clear(self) -> None:
        """Leave nothing: of work that nobody asked for in this cell."""
        self._output.clear()

    def installed(self, report: Report) -> None:
        """Show the result of an install that nobody typed: where it did something, or a bar is to go."""
        if report.added or self._output.is_shown:
            self.result(report)

    def error(self, error: WasmInstallError) -> None:
        """Show an error in place of the bar, with its hint as options of ``%pip``; what only prints has tracebacks."""
        for written, option in _WORDS.items():
            error.hint = error.hint.replace(written, option)
        for pattern, option in _PATTERNS.items():
            error.hint = re.sub(pattern, option, error.hint)
        _show_error(self._output, error)


class CellErrors:
    """Errors that end a cell, shown in place of the bar of the install that failed; what only prints has the text."""

    def __init__(self) -> None:
        self._failed: NotebookOutput | None = None

    def begin(self, *_: object) -> None:
        """Another cell: nothing of it has failed."""
        self._failed = None

    def reporter(self) -> Reporter:
        """For an install that a cell calls itself, and whose error it may catch."""
        output = NotebookOutput()

        def report(event: Event) -> None:
            output(event)
            if event.phase == "failed":
                self._failed = output

        return report

    def traceback(self, error: WasmInstallError) -> list[str]:
        """What IPython prints of an error: no way that led to it; less where it stands above."""
        if "shown" not in error.__dict__:
            _show_error(self._failed or NotebookOutput(), error)
        return [f"{type(error).__name__}: {'see above' if 'shown' in error.__dict__ else error}"]


def _show_error(output: NotebookOutput, error: WasmInstallError) -> None:
    if output.can_change:
        output.show(ErrorView(error))
        error.__dict__["shown"] = True


class Summary:
    """A report in two lines, and its warnings."""

    def __init__(self, report: Report) -> None:
        self._head = repr(report).partition("\n")[0]
        self._names = [f"{each.name} {each.version}" for each in report.added]
        self._warnings = report.warnings

    def __repr__(self) -> str:
        names = f": {self._listed()}" if self._names else ""
        return "\n".join([self._head + names, *(f"warning: {text}" for text in self._warnings)])

    def _repr_html_(self) -> str:
        from html import escape

        names = f"<br><small>{escape(self._listed())}</small>" if self._names else ""
        warnings = "".join(f"<p>warning: {escape(text)}</p>" for text in self._warnings)
        head = f'<div class="wasminstall-progress" data-phase="done" role="status">{escape(self._head)}{names}</div>'
        return head + warnings

    def _listed(self) -> str:
        more = len(self._names) - _FEW
        return ", ".join(self._names[:_FEW]) + (f" and {more} more" if more > 0 else "")


class ErrorView:
    """An error as a person reads it: its kind, what happened, and what to try."""

    def __init__(self, error: WasmInstallError) -> None:
        self._error = error

    def __repr__(self) -> str:
        return f"{type(self._error).__name__}: {self._error}"

    def _repr_html_(self) -> str:
        from html import escape

        error = self._error
        hint = f"<div><strong>Hint:</strong> {escape(error.hint)}</div>" if error.hint else ""
        return (
            '<div class="wasminstall-error" role="alert" style="border-left: 4px solid #d32f2f; padding: 0 0 0 1em">'
            f"<strong>{escape(type(error).__name__)}</strong>"
            '<div style="white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.3em 0">'
            f"{escape(error.message)}</div>{hint}</div>"
        )
