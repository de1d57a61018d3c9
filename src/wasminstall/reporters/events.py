"""Progress as ``wasminstall:progress`` events on the global object, for the page around Python."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import to_js

from ..progress import Event

__all__ = ["announce", "detail_of"]


def announce(event: Event) -> None:
    """Tell the page, where the global object can take events; Node's cannot."""
    if hasattr(js, "dispatchEvent") and hasattr(js, "CustomEvent"):
        init = to_js({"detail": detail_of(event)}, dict_converter=js.Object.fromEntries)
        js.dispatchEvent(js.CustomEvent.new("wasminstall:progress", init))


def detail_of(event: Event) -> Any:
    """The event as JavaScript has it: ``ProgressDetail`` of js/src/events.ts."""
    detail = {
        "phase": event.phase,
        "text": event.text,
        "project": event.project,
        "done": event.done,
        "total": event.total,
        "fromCache": event.from_cache,
        "finished": event.finished,
        "count": event.count,
        "rate": event.rate,
        "remaining": event.remaining,
        "share": event.share,
    }
    return to_js(detail, dict_converter=js.Object.fromEntries)
