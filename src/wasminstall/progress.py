"""What an install is doing, as typed events; reporters subscribe, nothing here prints.

One ``Progress`` belongs to one ``install()`` call. A reporter is any callable that takes an ``Event``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "Phase", "Progress", "Reporter"]

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

    def received(self, project: str, arrived: int) -> None:
        """``arrived`` bytes of this project's wheel are here; tells the sum over all projects."""
        self._arrived[project] = arrived
        self._expected[project] = max(self._expected.get(project, 0), arrived)
        done, total = sum(self._arrived.values()), sum(self._expected.values())
        text = f"downloading {len(self._expected)} wheels: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        self.tell(Event("download", text, project, done, total))
