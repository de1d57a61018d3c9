"""What an install is doing, as typed events; reporters subscribe, nothing here prints.

One ``Progress`` belongs to one ``install()`` call. A reporter is any callable that takes an ``Event``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "Phase", "Progress", "Reporter", "counted"]

Phase = Literal["resolve", "download", "place", "done"]


@dataclass(frozen=True)
class Event:
    """One step.

    ``phase`` is the part of the work; ``project`` what it is about (empty for the whole);
    ``done`` and ``total`` are bytes while downloading, counts otherwise (``total`` 0 when it is not known);
    ``text`` is one short line for a person.
    """

    phase: Phase
    text: str
    project: str = ""
    done: int = 0
    total: int = 0


Reporter = Callable[[Event], object]


class Progress:
    """Hands events to one reporter, and the bytes of parallel downloads added up."""

    def __init__(self, reporter: Reporter | None = None) -> None:
        self._reporter = reporter
        self._expected: dict[str, int] = {}
        self._arrived: dict[str, int] = {}

    def tell(self, event: Event) -> None:
        """Pass the event on."""
        if self._reporter is not None:
            self._reporter(event)

    def expect(self, sizes: dict[str, int]) -> None:
        """Announce the downloads to come: size in bytes by project."""
        self._expected = dict(sizes)

    def received(self, project: str, arrived: int, announced: int) -> None:
        """``arrived`` bytes of this project's wheel are here, of as many as the server ``announced`` (0: unknown)."""
        self._arrived[project] = arrived
        self._expected[project] = max(self._expected.get(project, 0), announced, arrived)
        done, total = sum(self._arrived.values()), sum(self._expected.values())
        text = f"downloading {counted(len(self._expected), 'wheel')}: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        self.tell(Event("download", text, project, done, total))


def counted(number: int, noun: str) -> str:
    """``1 wheel``, ``2 wheels``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
