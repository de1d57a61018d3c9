"""Progress as a bar with a line of text, inside an element of the page.

The bar is a ``<progress>``: assistive technology knows what it is, it needs no style sheet, and no
Content-Security-Policy minds it. For style sheets its parts have classes, and ``part`` names for shadow trees.
"""

from __future__ import annotations

import sys
from typing import Any

from ..errors import InvalidInput
from ..progress import Event, Reporter
from .wording import sentence_of

__all__ = ["element_reporter"]

_CLASS = "wasminstall-progress"
_ENDS = ("done", "failed", "cancelled")


def element_reporter(place: Any) -> Reporter:
    """A reporter that shows a bar in ``place``, an element or the selector of one; what else is in it stays.

    Raises ``InvalidInput`` where there is no page to show it, or no such element in the page.
    """
    if isinstance(place, str):
        place = _found(place)
    return _ElementReporter(place)


def _found(selector: str) -> Any:
    document = _document()
    if document is None:
        raise InvalidInput(
            f"progress={selector!r} is an element of a page, and here is no page: elements belong to its main thread",
            hint="in a worker use a function, or post the wasminstall:progress events to the page",
        )
    from pyodide.ffi import JsException

    try:
        found = document.querySelector(selector)
    except JsException:
        raise InvalidInput(f"progress={selector!r} is no CSS selector", hint="the simplest one is '#id'") from None
    if not found:
        raise InvalidInput(f"the page has no element {selector!r}", hint="add it to the page before the install")
    return found


def _document() -> Any:
    if sys.platform != "emscripten":
        return None
    import js

    return getattr(js, "document", None)


class _ElementReporter:
    """Lives as long as the install; the bar stays, for the next install to use again."""

    def __init__(self, place: Any) -> None:
        self._place = place

    def __call__(self, event: Event) -> None:
        """Show the event."""
        box = self._place.querySelector(f":scope > .{_CLASS}") or _made(self._place)
        bar, label = box.firstElementChild, box.lastElementChild
        sentence = sentence_of(event)
        box.dataset.phase = event.phase
        # While it works only the bar speaks; what came of it is read out.
        label.setAttribute("aria-live", "polite" if event.phase in _ENDS else "off")
        label.textContent = sentence
        bar.setAttribute("aria-valuetext", sentence)
        bar.hidden = event.phase in ("failed", "cancelled")
        if event.share is None:
            bar.removeAttribute("value")
        else:
            bar.value = event.share


def _made(place: Any) -> Any:
    document = place.ownerDocument
    box = _child(document, "div", "progress", _CLASS)
    bar = _child(document, "progress", "bar", f"{_CLASS}-bar")
    bar.max = 1
    bar.setAttribute("aria-label", "Installing packages")
    box.append(bar, " ", _child(document, "span", "label", f"{_CLASS}-label"))
    place.append(box)
    return box


def _child(document: Any, tag: str, part: str, name: str) -> Any:
    made = document.createElement(tag)
    made.className = name
    made.setAttribute("part", part)
    return made
