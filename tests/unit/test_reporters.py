"""Reporters: what ``install(progress=...)`` means, and what each of them shows."""

from __future__ import annotations

import io
import itertools
import sys
import types
from typing import Any

import pytest

import wasminstall
from wasminstall.errors import InvalidInput
from wasminstall.progress import Event
from wasminstall.reporters import reporter_for
from wasminstall.reporters.notebook import notebook_reporter
from wasminstall.reporters.text import TextReporter
from wasminstall.reporters.wording import line_of, sentence_of

# --- which reporter -------------------------------------------------------------------------------------------------


def test_the_choices_outside_of_a_page() -> None:
    assert reporter_for(None) is None
    assert reporter_for("events") is None
    assert isinstance(reporter_for("text"), TextReporter)
    assert isinstance(reporter_for("notebook"), TextReporter)  # no IPython runs here
    assert reporter_for(print) is print
    assert reporter_for(type("JsNull", (), {})()) is None


@pytest.mark.parametrize("choice", [5, "txt", "", True, b"text", ["text"], ..., 1j], ids=repr)
def test_anything_else_is_refused(choice: object) -> None:
    with pytest.raises(InvalidInput, match=r"progress=.* is not known"):
        reporter_for(choice)


async def test_install_refuses_it_before_it_does_anything() -> None:
    with pytest.raises(InvalidInput, match="progress=5 is not known"):
        await wasminstall.install("anything", progress=5)  # type: ignore[call-overload]


def test_an_async_function_is_refused() -> None:
    async def show(event: Event) -> None: ...

    with pytest.raises(InvalidInput, match="async function"):
        reporter_for(show)


@pytest.mark.parametrize("choice", ["#bar", ".bar", "[data-bar]"])
def test_an_element_needs_a_page(choice: str) -> None:
    with pytest.raises(InvalidInput, match="main thread") as caught:
        reporter_for(choice)
    assert "function" in caught.value.hint


# --- how it is shown ------------------------------------------------------------------------------------------------

WORDS = [
    (Event("resolve", "looking at a"), "looking at a"),
    (Event("download", "downloading", done=1, total=2), "downloading"),
    (
        Event("download", "downloading", done=1, total=9, rate=2_340_000, remaining=3.4),
        "downloading, 2.3 MB/s, 3 s left",
    ),
    (Event("download", "downloading", done=1, total=9, rate=4_200, remaining=0.2), "downloading, 4.2 kB/s, 1 s left"),
    (
        Event("download", "downloading", done=1, total=9, rate=150_000, remaining=200),
        "downloading, 0.1 MB/s, 3 min left",
    ),
    (Event("download", "downloading", done=9, total=9, rate=150_000, remaining=0), "downloading"),
    (Event("download", "downloading", done=9, rate=150_000), "downloading, 0.1 MB/s"),
]


@pytest.mark.parametrize(("event", "line"), WORDS)
def test_words(event: Event, line: str) -> None:
    assert line_of(event) == line
    assert sentence_of(event) == line[0].upper() + line[1:]


STORY = [
    Event("resolve", "looking at pandas"),
    Event("resolve", "looking at numpy, pytz"),
    Event("download", "downloading 2 wheels"),
    Event("download", "downloading 2 wheels: 1.0 of 2.0 MB", done=10**6, total=2 * 10**6, rate=10**6, remaining=1),
    Event("place", "placing 2 packages"),
    Event("done", "Installed 2 in 1.0 s, 2.00 MB"),
]


def test_text_is_one_line_a_phase_where_nothing_can_be_written_over() -> None:
    stream = io.StringIO()
    reporter = TextReporter(stream)
    for event in STORY:
        reporter(event)
    assert stream.getvalue().splitlines() == [
        "looking at pandas",
        "downloading 2 wheels",
        "placing 2 packages",
        "Installed 2 in 1.0 s, 2.00 MB",
    ]


def test_text_goes_where_stdout_is_at_that_moment(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = reporter_for("text")
    assert reporter is not None
    reporter(STORY[-1])
    assert capsys.readouterr().out == "Installed 2 in 1.0 s, 2.00 MB\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_text_writes_over_its_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    reporter = TextReporter(stream)
    for event in STORY[:4]:
        reporter(event)
    assert stream.getvalue().count("\n") == 0
    assert stream.getvalue().rpartition("\r")[2] == "downloading 2 wheels: 1.0 of 2.0 MB, 1."
    for event in STORY[4:]:
        reporter(event)
    last = stream.getvalue().rpartition("\r")[2]
    assert last.rstrip(" \n") == "Installed 2 in 1.0 s, 2.00 MB"
    assert stream.getvalue().endswith("\n")
    written = stream.getvalue().removesuffix("\n").split("\r")
    assert all(len(part) >= len(before.rstrip()) or not before for before, part in itertools.pairwise(written))


def test_a_notebook_shows_one_output_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The part of IPython that is used, in small."""
    shown: list[tuple[str, Any]] = []

    class Handle:
        def update(self, value: object) -> None:
            shown.append(("update", value))

    def display(value: object, *, display_id: bool) -> Handle:
        assert display_id
        shown.append(("display", value))
        return Handle()

    ipython, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    vars(ipython).update(get_ipython=object, display=module)
    vars(module).update(display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    reporter = notebook_reporter()
    for event in [*STORY[:4], Event("failed", "failed: <b>")]:
        reporter(event)
    assert [how for how, _ in shown] == ["display", "update", "update", "update", "update"]
    bar = shown[3][1]
    assert repr(bar) == "downloading 2 wheels: 1.0 of 2.0 MB, 1.0 MB/s, 1 s left"
    assert '<progress max="100" value="50" aria-label="Installing packages">' in bar._repr_html_()
    assert "Downloading 2 wheels: 1.0 of 2.0 MB, 1.0 MB/s, 1 s left</div>" in bar._repr_html_()
    assert "value=" not in shown[0][1]._repr_html_()
    last = shown[4][1]._repr_html_()
    assert "<progress" not in last
    assert "Failed: &lt;b&gt;" in last
