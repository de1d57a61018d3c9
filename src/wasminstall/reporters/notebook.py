"""Progress as one output of a notebook cell that changes in place: a bar, or text where HTML is not shown."""

from __future__ import annotations

import sys
from typing import Any

from ..progress import Event, Reporter
from ..tables import escape
from .text import ENDS, TextReporter
from .wording import line_of, sentence_of

__all__ = ["NotebookOutput", "notebook_reporter"]


def notebook_reporter() -> Reporter:
    """A bar for the cell that runs; a line of text where no IPython runs, or one that only prints."""
    return NotebookOutput() if _can_change_outputs() else TextReporter()


def _can_change_outputs() -> bool:
    """Whether what is displayed can be displayed anew; the publisher of a plain shell prints, and no more."""
    ipython = sys.modules.get("IPython")  # what runs is imported
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None:
        return False
    publisher = type(getattr(shell, "display_pub", None))
    return (publisher.__module__, publisher.__name__) != ("IPython.core.displaypub", "DisplayPublisher")


class NotebookOutput:
    """One output, which appears with the first event, or with the first thing to show.

    Where outputs cannot change (``can_change``), events are lines of text.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self.can_change = _can_change_outputs()
        self._text = None if self.can_change else TextReporter()

    @property
    def is_shown(self) -> bool:
        """Whether there is something that can still change."""
        return self._handle is not None

    def __call__(self, event: Event) -> None:
        """Show the event."""
        if self._text is None:
            self.show(_Bar(event))
        else:
            self._text(event)

    def show(self, value: object) -> None:
        """Show this, in place of what was there."""
        from IPython.display import display

        if self._handle is not None:
            self._handle.update(value)
        elif self._text is None:
            self._handle = display(value, display_id=True)
        else:
            display(value)

    def clear(self) -> None:
        """Take away what was shown, and whatever else the cell that runs has shown until now."""
        if self._handle is not None:
            from IPython.display import clear_output

            clear_output()
            self._handle = None


class _Bar:
    """An event as IPython shows it."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def __repr__(self) -> str:
        return line_of(self._event)

    def _repr_html_(self) -> str:
        event = self._event
        bar = ""
        if event.phase not in ENDS:
            value = "" if event.share is None else f' value="{event.share * 100:.0f}"'
            bar = f'<progress max="100"{value} aria-label="Installing packages"></progress> '
        role = ' role="status"' if event.phase in ENDS else ""
        text = f"{bar}{escape(sentence_of(event))}"
        return f'<div class="wasminstall-progress" data-phase="{event.phase}"{role}>{text}</div>'
