"""Runs a notebook cell inside Pyodide and says what there is to show.

The page calls ``run_cell(source, label, emit)``. ``emit(kind, data)`` is called while the cell runs, in order:

- ``stdout``, ``stderr``: text, as it is written;
- ``html``, ``svg``, ``text``: one representation of the value of the last expression;
- ``picture``: JSON ``{"data": base64, "type", "width", "height"}``;
- ``error``: JSON, see ``errors`` below; the last thing a cell says.

This file is text to the bundler; inside Pyodide it is a module without a file.
"""

from __future__ import annotations

import base64
import builtins
import contextvars
import io
import json
import os
import re
import struct
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyodide.code import eval_code_async

Emit = Callable[[str, str], object]

MACHINERY = ("<notebook>", "/_pyodide/", "/pyodide/_", "/pyodide/webloop", "/asyncio/")
LIBRARY_FOLDER = re.compile(r"^.*/(site-packages|[^/]+\.zip|python3\.\d+)/")
CONTEXT_LINES = 2

_emit: contextvars.ContextVar[Emit | None] = contextvars.ContextVar("emit", default=None)
_cells: dict[str, list[str]] = {}


class CellStream(io.TextIOBase):
    """A text stream whose writes appear below the cell that made them, also when a task of the cell writes later."""

    encoding = "utf-8"

    def __init__(self, kind: str, otherwise: Any) -> None:  # noqa: ANN401 - a text stream of any class
        self._kind = kind
        self._otherwise = otherwise

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Hand the text to the cell this code belongs to."""
        emit = _emit.get()
        if emit is None:
            return int(self._otherwise.write(text))
        if text:
            emit(self._kind, text)
        return len(text)

    def flush(self) -> None:
        """Nothing waits here."""
        if _emit.get() is None:
            self._otherwise.flush()


async def run_cell(source: str, label: str, namespace: dict[str, Any], emit: Emit) -> bool:
    """Run the cell and show what it gives; whether it ran through. ``label`` names it in tracebacks."""
    _emit.set(emit)
    _remember(label, source)
    try:
        value = await eval_code_async(source, globals=namespace, filename=label)
        shown = _figures(emit)
        if value is not None and id(value) not in shown:
            namespace["_"] = value
            _show(value, emit)
    except BaseException as error:  # noqa: BLE001 - whatever a cell raises is shown below it
        _figures(emit)
        emit("error", json.dumps(describe(error)))
        return False
    return True


def display(*values: object) -> None:
    """Show values below the cell, as the value of a last expression would be."""
    emit = _emit.get()
    for value in values:
        if emit is None:
            print(value)
        else:
            _show(value, emit)


def prepare() -> None:
    """What must be so before the first cell runs."""
    os.environ["MPLBACKEND"] = "agg"
    sys.stdout = CellStream("stdout", sys.stdout)
    sys.stderr = CellStream("stderr", sys.stderr)
    builtins.display = display  # type: ignore[attr-defined]


# Values


def _show(value: object, emit: Emit) -> None:
    """The richest representation the value has."""
    for method, send in (("_repr_html_", _html), ("_repr_svg_", _svg), ("_repr_png_", _png)):
        rich = _call(value, method)
        if rich is not None:
            send(rich, emit)
            return
    emit("text", repr(value))


def _call(value: object, method: str) -> Any:  # noqa: ANN401 - text or bytes, or nothing
    """What this method of the value returns; nothing if it has none, fails, or the value is a class."""
    function = None if isinstance(value, type) else getattr(value, method, None)
    if not callable(function):
        return None
    try:
        rich = function()
    except Exception:  # noqa: BLE001 - a broken representation must not hide the value
        return None
    return rich[0] if isinstance(rich, tuple) else rich


def _html(rich: str, emit: Emit) -> None:
    emit("html", rich)


def _svg(rich: str, emit: Emit) -> None:
    emit("svg", rich)


def _png(rich: bytes | str, emit: Emit, scale: int = 1) -> None:
    data = base64.b64decode(rich) if isinstance(rich, str) else rich
    width, height = struct.unpack(">II", data[16:24])
    picture = {
        "data": base64.b64encode(data).decode(),
        "type": "image/png",
        "width": width // scale,
        "height": height // scale,
    }
    emit("picture", json.dumps(picture))


def _figures(emit: Emit) -> set[int]:
    """Show matplotlib's open figures and close them; their ids. Does not import matplotlib."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return set()
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    for figure in figures:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=figure.dpi * 2, bbox_inches="tight")
        _png(buffer.getvalue(), emit, scale=2)
    pyplot.close("all")
    return {id(figure) for figure in figures}


# Errors


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as data: ``ours`` for one of wasminstall's own, then itself and what led to it."""
    errors = sys.modules.get("wasminstall.errors")
    ours = errors is not None and isinstance(error, errors.WasmInstallError)
    return {
        "ours": ours,
        "type": type(error).__name__,
        "message": getattr(error, "message", "") if ours else str(error),
        "hint": _hint(error),
        "chain": [_link(one, relation) for one, relation in _chain(error)],
    }


def _hint(error: BaseException) -> str:
    """One thing to try, where there is one."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f'await wasminstall.install("{error.name.partition(".")[0]}") if the project is called like the module'
    return str(getattr(error, "hint", ""))


def _chain(error: BaseException) -> list[tuple[BaseException, str]]:
    """The exception and then those that led to it, each with what connects it to the one before."""
    links: list[tuple[BaseException, str]] = [(error, "")]
    while True:
        last = links[-1][0]
        if last.__cause__ is not None:
            before, relation = last.__cause__, "caused by"
        elif last.__context__ is not None and not last.__suppress_context__:
            before, relation = last.__context__, "raised while handling"
        else:
            return links
        if any(before is known for known, _ in links):
            return links
        links.append((before, relation))


def _link(error: BaseException, relation: str) -> dict[str, Any]:
    summary = traceback.TracebackException.from_exception(error, lookup_lines=False)
    frames = list(_trimmed(summary.stack))
    if isinstance(error, SyntaxError) and error.filename in _cells:
        frames.append(_syntax_frame(error))
        message = str(error.msg)
    elif isinstance(error, BaseExceptionGroup):
        message = "\n".join([str(error), *(f"  {type(one).__name__}: {one}" for one in error.exceptions)])
    else:
        message = "".join(summary.format_exception_only()).strip().partition(": ")[2]
    return {"relation": relation, "type": type(error).__name__, "message": message, "frames": frames}


def _trimmed(stack: Iterable[traceback.FrameSummary]) -> Iterator[dict[str, Any]]:
    """The frames a person wants: from the first of a cell on, without those that run cells."""
    frames = list(stack)
    starts = [position for position, frame in enumerate(frames) if frame.filename in _cells]
    for frame in frames[starts[0] if starts else 0 :]:
        if not any(part in frame.filename for part in MACHINERY):
            yield _cell_frame(frame) if frame.filename in _cells else _library_frame(frame)


def _cell_frame(frame: traceback.FrameSummary) -> dict[str, Any]:
    line = frame.lineno or 1
    start, end = 0, 0
    if frame.end_lineno == line and frame.colno is not None and frame.end_colno is not None:
        start, end = (_characters(frame.filename, line, column) for column in (frame.colno, frame.end_colno))
    return _excerpt(frame.filename, line, frame.name, start, end)


def _syntax_frame(error: SyntaxError) -> dict[str, Any]:
    line = error.lineno or 1
    start = (error.offset or 1) - 1
    end = (error.end_offset or 0) - 1 if error.end_lineno == line else start + 1
    return _excerpt(error.filename or "", line, "", start, max(end, start + 1))


def _excerpt(label: str, line: int, function: str, start: int, end: int) -> dict[str, Any]:
    """The line of the cell and its neighbours; ``start`` to ``end`` is the part of the line that failed."""
    lines = _cells[label]
    first, last = max(1, line - CONTEXT_LINES), min(len(lines), line + CONTEXT_LINES)
    while first < line and not lines[first - 1].strip():
        first += 1
    while last > line and not lines[last - 1].strip():
        last -= 1
    return {
        "cell": label,
        "line": line,
        "function": "" if function == "<module>" else function,
        "lines": [[number, lines[number - 1]] for number in range(first, last + 1)],
        "mark": [start, end],
    }


def _library_frame(frame: traceback.FrameSummary) -> dict[str, Any]:
    file = LIBRARY_FOLDER.sub("", frame.filename)
    return {"file": file, "line": frame.lineno, "function": frame.name, "text": frame.line or ""}


def _remember(label: str, source: str) -> None:
    """Keep the lines as Pyodide compiles them, under the name their frames carry."""
    _cells[label] = textwrap.dedent(source).splitlines() or [""]


def _characters(label: str, line: int, column: int) -> int:
    """Frames count columns in UTF-8 bytes; people count characters."""
    return len(_cells[label][line - 1].encode()[:column].decode("utf-8", "replace"))
