"""Ways to show progress: events for the page, a line of text, a bar in a notebook, a bar in an element of the page.

Each is a callable that takes an ``Event``. They are imported when they are asked for, so that nobody else pays.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..progress import Reporter

__all__ = ["reporter_for", "show_in_notebook"]

_cell_reporter: Callable[[], Reporter] | None = None

_HINT = (
    "it is 'events', 'text', 'notebook', a function that takes an event, an element of the page or its selector "
    "('#id'), or None for silence"
)


def show_in_notebook(reporter: Callable[[], Reporter] | None) -> None:
    """What makes the reporter that ``"notebook"`` means, and besides ``"events"``, the default; ``None``: as before."""
    global _cell_reporter
    _cell_reporter = reporter


def reporter_for(choice: object) -> Reporter | None:
    """What ``install(progress=...)`` means; ``None`` is silence.

    ``"events"``: ``wasminstall:progress`` on the page, nothing outside Pyodide. ``"text"``, ``"notebook"``: see those
    modules. A DOM element, or a selector that begins with ``#``, ``.`` or ``[``: a bar inside of it. A function, of
    Python or JavaScript, is called with every event.
    Raises ``InvalidInput`` for anything else.
    """
    if choice is None or type(choice).__name__ == "JsNull":  # null, where JavaScript gives the options
        return None
    if isinstance(choice, str):
        return _named(choice)
    if getattr(choice, "nodeType", None) == 1:
        from .element import element_reporter

        return element_reporter(choice)
    if callable(choice):
        return _function(choice)
    raise _unknown(choice)


def _named(choice: str) -> Reporter | None:
    if choice == "events":
        if sys.platform != "emscripten":
            return None
        from .events import announce

        return _both(announce, _cell_reporter()) if _cell_reporter else announce
    if choice == "text":
        from .text import TextReporter

        return TextReporter()
    if choice == "notebook":
        if _cell_reporter:
            return _cell_reporter()
        from .notebook import notebook_reporter

        return notebook_reporter()
    if choice.startswith(("#", ".", "[")):
        from .element import element_reporter

        return element_reporter(choice)
    raise _unknown(choice)


def _both(one: Reporter, other: Reporter) -> Reporter:
    return lambda event: (one(event), other(event))


def _function(choice: Reporter) -> Reporter:
    from inspect import iscoroutinefunction

    if iscoroutinefunction(choice):
        raise InvalidInput("progress is an async function, and nobody would await it", hint="give a plain function")
    if getattr(choice, "typeof", "") == "function":
        from .events import detail_of

        return lambda event: choice(detail_of(event))
    return choice


def _unknown(choice: object) -> InvalidInput:
    return InvalidInput(f"progress={choice!r} is not known", hint=_HINT)
