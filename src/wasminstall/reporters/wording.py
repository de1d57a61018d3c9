"""Progress in words, the same in every reporter."""

from __future__ import annotations

from ..progress import Event

__all__ = ["line_of", "sentence_of"]

_MINUTE = 60.0
_MANY_SECONDS = 90.0


def line_of(event: Event) -> str:
    """The text of the event, and how fast and how much longer, where that is known."""
    parts = [event.text]
    if event.rate and event.done != event.total:
        parts.append(_rate(event.rate))
        if event.remaining is not None:
            parts.append(_duration(event.remaining))
    return ", ".join(parts)


def sentence_of(event: Event) -> str:
    """The same with a capital, to stand for itself on a page."""
    line = line_of(event)
    return line[:1].upper() + line[1:]


def _rate(rate: float) -> str:
    return f"{rate / 1e6:.1f} MB/s" if rate >= 1e5 else f"{rate / 1e3:.1f} kB/s"


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s left" if seconds < _MANY_SECONDS else f"{round(seconds / _MINUTE)} min left"
