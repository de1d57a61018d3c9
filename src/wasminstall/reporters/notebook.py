"""Progress as one output of a notebook cell that changes in place: a bar, or text where HTML is not shown."""

from __future__ import annotations

import sys
from typing import Any

from ..progress import Event, Reporter
from .text import TextReporter
from .wording import line_of, sentence_of

__all__ = ["notebook_reporter"]


def notebook_reporter() -> Reporter:
    """A bar for the cell that runs; a line of text where no IPython runs."""
    ipython = sys.modules.get("IPython")  # what runs is imported
    if ipython is None or ipython.get_ipython() is None:
        return TextReporter()
    return _NotebookReporter()


class _NotebookReporter:
    """Belongs to one output, which appears with the first event."""

    def __init__(self) -> None:
        self._output: Any = None

    def __call__(self, event: Event) -> None:
        from IPython.display import display

        if self._output is None:
            self._output = display(_Bar(event), display_id=True)
        else:
            self._output.update(_Bar(event))


class _Bar:
    """An event as IPython shows it."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def __repr__(self) -> str:
        return line_of(self._event)

    def _repr_html_(self) -> str:
        from html import escape

        event = self._event
        bar = ""
        if event.phase not in ("failed", "cancelled"):
            value = "" if event.share is None else f' value="{event.share * 100:.0f}"'
            bar = f'<progress max="100"{value} aria-label="Installing packages"></progress> '
        return f'<div class="wasminstall-progress" data-phase="{event.phase}">{bar}{escape(sentence_of(event))}</div>'
