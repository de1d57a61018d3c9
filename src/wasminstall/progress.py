"""What an install is doing, as one stream of typed events; reporters subscribe, nothing here prints.

One ``Progress`` belongs to one ``install()`` call. A reporter is any callable that takes an ``Event``. Events come at
most ten times a second for each phase; a new phase, the last byte and the end are always told.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from .addresses import hide_credentials

__all__ = ["Event", "Phase", "Progress", "Reporter", "counted"]

Phase = Literal["resolve", "download", "place", "done", "failed", "cancelled"]
"""The part of the work. Every stream ends with one of the last three."""

_LAST: frozenset[Phase] = frozenset(("done", "failed", "cancelled"))

_PAUSE = 0.1
"""Seconds between two events of one phase."""

_MEMORY = 3.0
"""Seconds over which the rate is smoothed."""

_TOO_SHORT = 0.25
"""Seconds after which a rate says something."""

_FEW = 4
"""Names that fit into a line."""


@dataclass(frozen=True)
class Event:
    """One step.

    ``phase`` is the part of the work; ``text`` one short line for a person; ``project`` what it is about (empty for
    the whole). ``done`` and ``total`` are the bytes of all wheels while downloading, ``total`` 0 when it is not known;
    ``from_cache`` is the part of ``done`` that no server had to send. ``finished`` and ``count`` are how many of how
    many: wheels while downloading, packages while placing, ``count`` 0 when it is not known. ``rate`` is in bytes per
    second over the last seconds (0 when not known), ``remaining`` an estimate in seconds (None when there is none);
    both are about the network alone.
    """

    phase: Phase
    text: str
    project: str = ""
    done: int = 0
    total: int = 0
    from_cache: int = 0
    finished: int = 0
    count: int = 0
    rate: float = 0.0
    remaining: float | None = None

    @property
    def share(self) -> float | None:
        """How much of the phase is done, 0 to 1; ``None`` for work whose end is not known."""
        if self.phase == "done":
            return 1.0
        if self.phase == "download":
            return self.done / self.total if self.total else None
        return self.finished / self.count if self.phase == "place" and self.finished else None


Reporter = Callable[[Event], object]

_Made = Callable[[], Event]


class Timer(Protocol):
    """A call to come, that can be called off."""

    def cancel(self) -> object: ...


Later = Callable[[float, Callable[[], None]], Timer | None]
"""Call a function after so many seconds; ``None`` where nothing can be called later."""


class Progress:
    """Adds up what parallel work tells and hands events to one reporter.

    In ``async with`` the stream ends with ``failed`` or ``cancelled`` when an exception passes. A reporter that raises
    is not called again: an install does not fail because somebody watches it. ``warnings`` says so.
    """

    def __init__(
        self,
        reporter: Reporter | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        later: Later | None = None,
    ) -> None:
        """``clock`` tells seconds; ``later`` calls back when some have passed, by default through the event loop."""
        self.warnings: tuple[str, ...] = ()
        self._reporter = reporter
        self._clock = clock
        self._throttle = _Throttle(self._report, clock, later or _call_later)
        self._wheels: dict[str, _Wheel] = {}
        self._in_vain = 0
        self._meter = _Meter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is None or error is None:
            self._throttle.flush()
        elif issubclass(kind, Exception):
            message = getattr(error, "message", "") or str(error) or kind.__name__
            first = message.partition("\n")[0].rstrip(":")
            self.tell(Event("failed", f"failed: {hide_credentials(first)}"))
        else:
            self.tell(Event("cancelled", "cancelled"))

    def looking_at(self, names: Sequence[str]) -> None:
        """The resolver waits for what the sources know about these projects."""
        shown, more = names[:_FEW], len(names) - _FEW
        text = ", ".join(shown) + (f" and {counted(more, 'other')}" if more > 0 else "")
        self.tell(Event("resolve", f"looking at {text}"))

    def expect(self, sizes: Mapping[str, int]) -> None:
        """These wheels are needed and no others: size in bytes by project, 0 when it is not known."""
        for project in self._wheels.keys() - sizes.keys():
            self._in_vain += self._wheels.pop(project).arrived
        for project, size in sizes.items():
            wheel = self._wheels.setdefault(project, _Wheel())
            if size and (wheel.arrived > size or (wheel.whole and wheel.arrived != size)):  # it was another version
                self._begin_anew(wheel)
            if size or not wheel.complete:
                wheel.expected = size
        if sizes:
            self._tell_download("")

    def received(self, project: str, arrived: int, announced: int) -> None:
        """``arrived`` bytes of this project's wheel came from a server that ``announced`` so many (0: unknown)."""
        wheel = self._wheels.setdefault(project, _Wheel())
        if wheel.whole and (arrived < wheel.arrived or (wheel.complete and arrived > wheel.arrived)):
            self._begin_anew(wheel)  # another version, or the same once more
        more = max(0, arrived - wheel.arrived)  # a second attempt begins at 0 and counts when it is past the first
        wheel.arrived += more
        wheel.announced = announced
        self._meter.add(self._clock(), more)
        self._tell_download(project)

    def finished(self, project: str, size: int) -> None:
        """The wheel of this project is here and has ``size`` bytes, whatever was announced."""
        wheel = self._wheels.setdefault(project, _Wheel())
        if wheel.arrived > size:
            self._begin_anew(wheel)
        wheel.arrived = wheel.expected = size
        wheel.complete = True
        self._tell_download(project)

    def reused(self, project: str, size: int) -> None:
        """The wheel of this project was in the cache, or on the disk, and has ``size`` bytes."""
        wheel = self._wheels.setdefault(project, _Wheel())
        self._begin_anew(wheel)
        wheel.cached = size
        self.finished(project, size)

    def placing(self, count: int) -> None:
        """All wheels are here; so many packages are about to be placed."""
        if count:
            self.tell(Event("place", f"placing {counted(count, 'package')}", count=count))

    def placed(self, project: str, finished: int, count: int) -> None:
        """``project`` is in place as number ``finished`` of ``count``."""
        self.tell(Event("place", f"placing {counted(count, 'package')}", project, finished=finished, count=count))

    def ended(self, text: str) -> None:
        """All is done; ``text`` says what came of it."""
        self.tell(Event("done", text))

    def tell(self, event: Event) -> None:
        """Pass the event on, now or as soon as it is its turn. After the last one nothing is passed on."""
        if self._reporter is not None:
            self._throttle.offer(event.phase, lambda: event)

    def _begin_anew(self, wheel: _Wheel) -> None:
        """What came so far stays counted: ``done`` is what came, and never goes back."""
        self._in_vain += wheel.arrived
        wheel.arrived = wheel.cached = wheel.expected = wheel.announced = 0
        wheel.complete = False

    def _tell_download(self, project: str) -> None:
        if self._reporter is not None:
            self._throttle.offer("download", lambda: self._download(project))

    def _download(self, project: str) -> Event:
        wheels = self._wheels.values()
        done = self._in_vain + sum(wheel.arrived for wheel in wheels)
        known = all(wheel.size or wheel.complete for wheel in wheels)
        total = self._in_vain + sum(wheel.size for wheel in wheels) if known else 0
        rate = self._meter.rate(self._clock())
        from_cache = sum(wheel.cached for wheel in wheels)
        return Event(
            "download",
            _download_text(len(wheels), done, total, from_cache),
            project,
            done,
            total,
            from_cache=from_cache,
            finished=sum(wheel.whole for wheel in wheels),
            count=len(wheels),
            rate=rate,
            remaining=(total - done) / rate if total and rate else None,
        )

    def _report(self, event: Event) -> None:
        if self._reporter is None:
            return
        try:
            self._reporter(event)
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises
            self._reporter = None
            self.warnings += (f"progress was not shown to the end: {type(error).__name__}: {error}",)


@dataclass
class _Wheel:
    """Bytes of one wheel: here, from the cache, and in all, as the plan ``expected`` and the server ``announced``."""

    arrived: int = 0
    cached: int = 0
    expected: int = 0
    announced: int = 0
    complete: bool = False

    @property
    def size(self) -> int:
        """0 when it is not known. More than announced comes when that was the size of a compressed body."""
        size = self.expected or self.announced
        return size if size >= self.arrived else 0

    @property
    def whole(self) -> bool:
        return self.complete or 0 < self.size == self.arrived


class _Meter:
    """Bytes per second, over the last seconds."""

    def __init__(self) -> None:
        self.total = 0
        self._marks: deque[tuple[float, int]] = deque()

    def add(self, now: float, size: int) -> None:
        self.total += size
        # One mark each pause is enough; the newest one that is older than the window stays, to measure from.
        if not self._marks or now - self._marks[-1][0] >= _PAUSE:
            self._marks.append((now, self.total))
        while len(self._marks) > 1 and self._marks[1][0] <= now - _MEMORY:
            self._marks.popleft()

    def rate(self, now: float) -> float:
        """0 as long as too little is known."""
        if not self._marks or now - self._marks[0][0] < _TOO_SHORT:
            return 0.0
        since, before = self._marks[0]
        return (self.total - before) / (now - since)


class _Throttle:
    """Lets an event through when its phase is new or was silent for a while; else holds the newest one until then.

    Only of those that get through is more needed than the phase: they are made when it is their turn.
    """

    def __init__(self, pass_on: Callable[[Event], None], clock: Callable[[], float], later: Later) -> None:
        self._pass_on = pass_on
        self._clock = clock
        self._later = later
        self._passed: dict[Phase, float] = {}
        self._held: dict[Phase, tuple[_Made, Timer | None]] = {}

    def offer(self, phase: Phase, event: _Made) -> None:
        if not _LAST.isdisjoint(self._passed):
            return
        if phase not in self._passed:
            self.flush()  # before something new begins
            self._pass(phase, event)
            return
        wait = self._passed[phase] + _PAUSE - self._clock()
        _, timer = self._held.pop(phase, (event, None))
        if wait <= 0:
            _cancel(timer)
            self._pass(phase, event)
        else:
            self._held[phase] = event, timer or self._later(wait, lambda: self._release(phase))

    def flush(self) -> None:
        """Pass on what is held."""
        for phase in tuple(self._held):
            _cancel(self._held[phase][1])
            self._release(phase)

    def _release(self, phase: Phase) -> None:
        event, _ = self._held.pop(phase)
        self._pass(phase, event)

    def _pass(self, phase: Phase, event: _Made) -> None:
        self._passed[phase] = self._clock()
        self._pass_on(event())


def _cancel(timer: Timer | None) -> None:
    if timer is not None:
        timer.cancel()


def _call_later(seconds: float, call: Callable[[], None]) -> Timer | None:
    with suppress(RuntimeError):  # no loop runs: the held event goes with the next one
        return asyncio.get_running_loop().call_later(seconds, call)
    return None


def _download_text(wheels: int, done: int, total: int, from_cache: int) -> str:
    size = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if 0 < done < total else f"{max(done, total) / 1e6:.1f} MB"
    if done and done == from_cache:
        return f"{counted(wheels, 'wheel')} from the cache: {size}"
    return f"downloading {counted(wheels, 'wheel')}" + (f": {size}" if done or total else "")


def counted(number: int, noun: str) -> str:
    """``1 wheel``, ``2 wheels``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
