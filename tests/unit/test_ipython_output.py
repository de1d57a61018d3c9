"""What a cell shows of installs and errors, where there is no HTML: in a shell that only prints."""

from __future__ import annotations

import pytest

from wasminstall.errors import InvalidInput
from wasminstall.integrations.ipython.output import CellErrors, ErrorView, Output
from wasminstall.progress import Event


def test_an_error_is_its_text() -> None:
    error = InvalidInput("there is no <file>", hint='file="x" reads it')
    assert CellErrors().traceback(error) == ['InvalidInput: there is no <file>\nhint: file="x" reads it']


def test_an_error_as_html() -> None:
    html = ErrorView(InvalidInput("there is no <file>", hint="try <another>"))._repr_html_()
    assert "there is no &lt;file&gt;" in html
    assert "<strong>Hint:</strong> try &lt;another&gt;" in html


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ('file="a.txt" reads it', "-r a.txt reads it"),
        ("give several requirements as a list: ['a', 'b']", "write a space between requirements"),
        ("pre=True accepts it", "--pre accepts it"),
    ],
)
def test_a_hint_names_options(hint: str, shown: str) -> None:
    error = InvalidInput("no", hint=hint)
    Output().error(error)
    assert error.hint == shown


def test_what_came_of_it_is_said_by_whoever_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """But that it was cancelled, which nobody else says."""
    output = Output()
    for phase in ("done", "failed", "cancelled"):
        output(Event(phase, phase))
    assert capsys.readouterr().out == "cancelled\n"


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Output(quiet=True)(Event("resolve", "looking at six"))
    assert capsys.readouterr().out == ""


def test_the_bar_of_a_cell_without_html(capsys: pytest.CaptureFixture[str]) -> None:
    errors = CellErrors()
    errors.reporter()(Event("failed", "failed: no"))
    errors.begin()
    assert capsys.readouterr().out == "failed: no\n"
