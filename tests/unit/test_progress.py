"""Progress: what the events say, and when they come, by a clock of our own."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wasminstall.errors import InvalidInput
from wasminstall.progress import Event, Progress


class Hours:
    """A clock that goes when it is told to, and rings."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._bells: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._cancelled: set[int] = set()

    def __call__(self) -> float:
        return self.now

    def later(self, seconds: float, call: Callable[[], None]) -> Bell:
        number = next(self._numbers)
        heapq.heappush(self._bells, (self.now + seconds, number, call))
        return Bell(self._cancelled, number)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self._bells and self._bells[0][0] <= end:
            at, number, call = heapq.heappop(self._bells)
            self.now = max(self.now, at)
            if number not in self._cancelled:
                call()
        self.now = end


class Bell:
    def __init__(self, cancelled: set[int], number: int) -> None:
        self._cancelled, self._number = cancelled, number

    def cancel(self) -> None:
        self._cancelled.add(self._number)


class Watched:
    """A progress with its clock, and what its reporter was told and when."""

    def __init__(self) -> None:
        self.clock = Hours()
        self.events: list[Event] = []
        self.times: list[float] = []
        self.progress = Progress(self._hear, clock=self.clock, later=self.clock.later)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(self.clock.now)


# --- what the events say --------------------------------------------------------------------------------------------


def test_bytes_and_counts_of_a_download() -> None:
    seen = Watched()
    seen.progress.expect({"a": 1_000_000, "b": 0, "c": 2_000_000})
    first = seen.events[-1]
    assert (first.phase, first.text, first.total, first.count) == ("download", "downloading 3 wheels", 0, 3)
    seen.clock.wait(1)
    seen.progress.reused("c", 2_000_000)
    event = seen.events[-1]
    assert (event.done, event.total, event.from_cache) == (2_000_000, 0, 2_000_000)
    assert (event.finished, event.count) == (1, 3)
    assert event.share is None  # the size of b is not known
    seen.clock.wait(1)
    seen.progress.received("b", 500_000, 1_000_000)
    event = seen.events[-1]
    assert (event.done, event.total, event.project) == (2_500_000, 4_000_000, "b")
    assert event.text == "downloading 3 wheels: 2.5 of 4.0 MB"
    assert event.share == 0.625
    seen.clock.wait(1)
    seen.progress.received("b", 1_000_000, 1_000_000)
    seen.clock.wait(1)
    seen.progress.received("a", 1_000_000, 1_000_000)
    event = seen.events[-1]
    assert (event.done, event.total, event.finished, event.share) == (4_000_000, 4_000_000, 3, 1)
    assert event.remaining == 0


def test_all_out_of_the_cache() -> None:
    seen = Watched()
    seen.progress.expect({"a": 1_000_000})
    seen.progress.reused("a", 1_000_000)
    seen.progress.placing(1)
    downloaded, placing = seen.events[-2:]
    assert downloaded.text == "1 wheel from the cache: 1.0 MB"
    assert (downloaded.rate, downloaded.remaining, downloaded.from_cache) == (0, None, downloaded.done)
    assert (placing.phase, placing.text, placing.count) == ("place", "placing 1 package", 1)


def test_placing_counts_packages() -> None:
    seen = Watched()
    seen.progress.placing(2)
    assert seen.events[-1].share is None
    for number, name in enumerate(["a", "b"], 1):
        seen.clock.wait(0.2)
        seen.progress.placed(name, number, 2)
    told = [(event.project, event.finished, event.count, event.share) for event in seen.events[1:]]
    assert told == [("a", 1, 2, 0.5), ("b", 2, 2, 1)]


def test_a_body_that_is_longer_than_announced_has_no_known_end() -> None:
    """It was compressed on the way: what is announced are other bytes than those that come."""
    seen = Watched()
    seen.progress.received("a", 100, 1000)
    seen.clock.wait(1)
    seen.progress.received("a", 1500, 1000)
    assert (seen.events[-1].done, seen.events[-1].total, seen.events[-1].finished) == (1500, 0, 0)
    seen.clock.wait(1)
    seen.progress.finished("a", 2000)
    assert (seen.events[-1].done, seen.events[-1].total, seen.events[-1].finished) == (2000, 2000, 1)


def test_wheels_that_came_in_vain_stay_counted() -> None:
    """A bar that goes back would be a lie about work that was done."""
    seen = Watched()
    seen.progress.received("old", 300, 1000)
    seen.clock.wait(1)
    seen.progress.expect({"new": 500})
    event = seen.events[-1]
    assert (event.done, event.total, event.count) == (300, 800, 1)


def test_another_version_of_a_project_is_another_wheel() -> None:
    seen = Watched()
    seen.progress.received("lib", 1000, 1000)
    seen.progress.expect({"lib": 400})
    seen.clock.wait(1)
    seen.progress.received("lib", 100, 400)
    event = seen.events[-1]
    assert (event.done, event.total, event.finished) == (1100, 1400, 0)


def test_a_wheel_that_was_here_before_the_plan_counts() -> None:
    seen = Watched()
    seen.progress.received("lib", 1000, 1000)
    seen.progress.finished("lib", 1000)
    seen.clock.wait(1)
    seen.progress.expect({"lib": 0, "other": 500})
    event = seen.events[-1]
    assert (event.done, event.total, event.finished, event.count) == (1000, 1500, 1, 2)


def test_a_second_attempt_does_not_go_back() -> None:
    seen = Watched()
    for arrived in (400, 800, 100, 700, 1000):
        seen.progress.received("lib", arrived, 1000)
        seen.clock.wait(1)
    assert [event.done for event in seen.events] == [400, 800, 800, 800, 1000]


def test_many_names_fit_into_a_line() -> None:
    seen = Watched()
    seen.progress.looking_at(["a", "b"])
    seen.clock.wait(1)
    seen.progress.looking_at([f"p{number}" for number in range(40)])
    assert [event.text for event in seen.events] == ["looking at a, b", "looking at p0, p1, p2, p3 and 36 others"]


def test_share_of_the_phases_without_bytes() -> None:
    seen = Watched()
    seen.progress.looking_at(["a"])
    seen.progress.placing(4)
    seen.clock.wait(1)
    seen.progress.placed("a", 3, 4)
    seen.progress.ended("Installed 4")
    assert [event.share for event in seen.events] == [None, None, 0.75, 1.0]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("expect"), st.dictionaries(st.sampled_from("abc"), st.integers(0, 50))),
        st.tuples(
            st.just("received"), st.tuples(st.sampled_from("abcd"), st.integers(0, 60), st.sampled_from([0, 20, 50]))
        ),
        st.tuples(st.just("finished"), st.tuples(st.sampled_from("abcd"), st.integers(0, 60))),
        st.tuples(st.just("reused"), st.tuples(st.sampled_from("abcd"), st.integers(0, 60))),
        st.tuples(st.just("wait"), st.floats(0, 0.3)),
    ),
    max_size=40,
)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(STEPS)
def test_whatever_is_told_the_events_make_sense(steps: list[tuple[str, Any]]) -> None:
    """Also if servers lie, attempts are repeated, and plans change."""
    seen = Watched()
    for name, value in steps:
        if name == "wait":
            seen.clock.wait(value)
        elif name == "expect":
            seen.progress.expect(value)
        else:
            getattr(seen.progress, name)(*value)
    seen.clock.wait(1)
    for before, event in itertools.pairwise(seen.events):
        assert event.done >= before.done
    for event in seen.events:
        assert event.total == 0 or event.done <= event.total
        assert 0 <= event.from_cache <= event.done
        assert 0 <= event.finished <= event.count
        assert event.share is None or 0 <= event.share <= 1
        assert event.rate >= 0
        assert event.remaining is None or event.remaining >= 0


# --- rate and estimate ----------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=200)
@given(rate=st.integers(10_000, 20_000_000), gaps=st.lists(st.floats(0.01, 0.5), min_size=20, max_size=60))
def test_the_rate_of_a_steady_download(rate: int, gaps: list[float]) -> None:
    """However its bytes are cut into pieces."""
    seen = Watched()
    total = round(rate * (sum(gaps) + 10))
    seen.progress.expect({"cached": 10**9, "lib": total})
    seen.progress.reused("cached", 10**9)
    arrived = 0.0
    for gap in gaps:
        seen.clock.wait(gap)
        arrived += rate * gap
        seen.progress.received("lib", round(arrived), total)
    seen.clock.wait(0.2)
    last = seen.events[-1]
    if sum(gaps[1:]) > 0.5:
        assert last.rate == pytest.approx(rate, rel=0.25)
        assert last.remaining == pytest.approx((last.total - last.done) / last.rate)


def test_the_rate_follows_a_change_within_seconds() -> None:
    seen = Watched()
    arrived = 0
    for rate in [1_000_000] * 50 + [100_000] * 40:
        seen.clock.wait(0.1)
        arrived += rate // 10
        seen.progress.received("lib", arrived, 10_000_000)
    assert seen.events[45].rate == pytest.approx(1_000_000, rel=0.05)
    assert seen.events[-1].rate == pytest.approx(100_000, rel=0.05)


def test_too_little_is_known_in_the_beginning() -> None:
    seen = Watched()
    seen.progress.received("lib", 100_000, 1_000_000)
    seen.clock.wait(0.15)
    seen.progress.received("lib", 200_000, 1_000_000)
    assert [(event.rate, event.remaining) for event in seen.events] == [(0, None), (0, None)]


# --- how often ------------------------------------------------------------------------------------------------------


def test_a_burst_is_thinned_and_ends_with_its_last_state() -> None:
    seen = Watched()
    for number in range(1, 1001):
        seen.progress.received("lib", number, 2000)
        seen.clock.wait(0.001)
    assert 9 <= len(seen.events) <= 11
    seen.clock.wait(0.2)  # nothing else comes
    assert seen.events[-1].done == 1000
    assert len(seen.events) <= 12


def test_a_new_phase_comes_at_once_after_what_was_held() -> None:
    seen = Watched()
    seen.progress.looking_at(["a"])
    seen.progress.looking_at(["b"])
    seen.progress.expect({"a": 10})
    seen.progress.received("a", 10, 10)
    seen.progress.placing(1)
    seen.progress.ended("Installed 1")
    told = [(event.phase, event.text) for event in seen.events]
    assert told == [
        ("resolve", "looking at a"),
        ("resolve", "looking at b"),
        ("download", "downloading 1 wheel: 0.0 MB"),
        ("download", "downloading 1 wheel: 0.0 MB"),
        ("place", "placing 1 package"),
        ("done", "Installed 1"),
    ]
    assert seen.times == [1000.0] * 6


PHASES = st.lists(
    st.tuples(st.sampled_from(["resolve", "download", "place"]), st.floats(0, 0.25)), min_size=1, max_size=60
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(PHASES)
def test_throttling_keeps_the_last_state_of_every_phase(offered: list[tuple[Any, float]]) -> None:
    seen = Watched()
    for number, (phase, gap) in enumerate(offered):
        seen.progress.tell(Event(phase, str(number)))
        seen.clock.wait(gap)
    seen.clock.wait(1)
    for phase in ("resolve", "download", "place"):
        mine = [(event.text, at) for event, at in zip(seen.events, seen.times, strict=True) if event.phase == phase]
        texts = [str(number) for number, (name, _) in enumerate(offered) if name == phase]
        assert [text for text, _ in mine[-1:]] == texts[-1:]
        assert [int(text) for text, _ in mine] == sorted(int(text) for text, _ in mine)
        # The first of another phase sends on what is held, earlier than its turn: two phases are new after this one.
        early = [1 for (_, one), (_, other) in itertools.pairwise(mine) if other - one < 0.099]
        assert len(early) <= 2


def test_nothing_comes_after_the_end() -> None:
    seen = Watched()
    seen.progress.received("a", 1, 10)
    seen.progress.received("a", 2, 10)
    seen.progress.ended("Installed 1")
    seen.progress.received("a", 3, 10)
    seen.clock.wait(1)
    assert [(event.phase, event.done) for event in seen.events] == [("download", 1), ("download", 2), ("done", 0)]


# --- the end of the stream ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (InvalidInput("no such thing\nat all", hint="try"), ("failed", "failed: no such thing")),
        (ValueError(), ("failed", "failed: ValueError")),
        (OSError("https://me:secret@host/"), ("failed", "failed: https://host/")),
        (asyncio.CancelledError(), ("cancelled", "cancelled")),
        (KeyboardInterrupt(), ("cancelled", "cancelled")),
    ],
    ids=repr,
)
async def test_a_stream_that_breaks_says_so(error: BaseException, last: tuple[str, str]) -> None:
    seen = Watched()

    async def work() -> None:
        async with seen.progress as progress:
            progress.received("a", 1, 10)
            progress.received("a", 2, 10)
            raise error

    with pytest.raises(type(error)):
        await work()
    assert [event.done for event in seen.events] == [1, 2, 0]
    assert (seen.events[-1].phase, seen.events[-1].text) == last


async def test_the_event_loop_is_the_timer() -> None:
    seen: list[int] = []
    progress = Progress(lambda event: seen.append(event.done))
    progress.received("a", 1, 10)
    progress.received("a", 2, 10)
    await asyncio.sleep(0.2)
    assert seen == [1, 2]


async def test_what_is_held_comes_at_the_end_of_the_block() -> None:
    seen: list[int] = []
    async with Progress(lambda event: seen.append(event.done)) as progress:
        progress.received("a", 1, 10)
        progress.received("a", 2, 10)
    assert seen == [1, 2]


def test_a_reporter_that_raises_is_not_called_again() -> None:
    calls = []

    def broken(event: Event) -> None:
        calls.append(event)
        raise OSError("no room on the screen")

    progress = Progress(broken)
    progress.received("a", 1, 10)
    progress.placing(1)
    progress.ended("Installed 1")
    assert len(calls) == 1
    assert progress.warnings == ("progress was not shown to the end: OSError: no room on the screen",)
