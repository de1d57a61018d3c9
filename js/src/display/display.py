"""Runs code the way a notebook runs a cell, inside Pyodide, and says what there is to show.

The page calls ``run(source, filename, namespace, emit)``. ``emit(kind, text)`` is called in order, also later, when a
task that the code started goes on: ``stdout`` and ``stderr`` with text as it is written, ``display`` and ``error``
with JSON, which model.ts describes.

This file is text to the bundler; inside Pyodide it is a module without a file.
"""

from __future__ import annotations

import base64
import builtins
import contextvars
import importlib
import io
import json
import os
import re
import struct
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from pyodide.code import eval_code_async

Emit = Callable[[str, str], object]

OWN_NAME = "<wasminstall-display>"
MACHINERY = (OWN_NAME, "/_pyodide/", "/pyodide/_", "/pyodide/webloop", "/asyncio/")
LIBRARY_FOLDER = re.compile(r"^.*/(site-packages|[^/]+\.zip|python3\.\d+)/")
CONTEXT_LINES = 2
RICH = {
    "text/html": "_repr_html_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
}
SHARPNESS = 2  # pixels of a figure for each pixel of the page, for sharp screens

_emit: contextvars.ContextVar[Emit | None] = contextvars.ContextVar("emit", default=None)
_sources: dict[str, list[str]] = {}


async def run(source: str, filename: str, namespace: dict[str, Any], emit: Emit) -> bool:
    """Run the code and show what it gives; whether it ran through. ``filename`` names it in tracebacks."""
    _emit.set(emit)
    _sources[filename] = textwrap.dedent(source).splitlines() or [""]  # the lines as Pyodide compiles them
    try:
        value = await eval_code_async(source, globals=namespace, filename=filename)
        shown = _show_figures(emit)
        if value is not None and id(value) not in shown:
            namespace["_"] = value
            _show(value, emit)
    except BaseException as error:  # noqa: BLE001 - whatever the code raises is shown
        _show_figures(emit)
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return True
        emit("error", json.dumps(describe(error)))
        return False
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    return True


def display(*values: object) -> None:
    """Show values where the code shows what it prints, as the value of a last expression would be."""
    emit = _emit.get()
    for value in values:
        if emit is None:
            print(value)
        else:
            _show(value, emit)


def prepare() -> None:
    """What must be so before the first code runs."""
    sys.stdout = Stream("stdout", sys.stdout)
    sys.stderr = Stream("stderr", sys.stderr)
    builtins.display = display  # type: ignore[attr-defined]
    sys.modules[Backend.name] = Backend()
    _choose_backend()


# Streams


class Stream(io.TextIOBase):
    """A text stream whose writes appear where the code that made them shows its output, also those of its tasks."""

    encoding = "utf-8"

    def __init__(self, kind: str, otherwise: Any) -> None:  # noqa: ANN401 - a text stream of any class
        self._kind = kind
        self._otherwise = otherwise

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other stream has
        """What a plain text stream has not, such as ``buffer``."""
        return getattr(self._otherwise, name)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Hand the text to the code it comes from."""
        emit = _emit.get()
        if emit is None:
            return int(self._otherwise.write(text))
        if text:
            emit(self._kind, text)
        return len(text)

    def flush(self) -> None:
        """What was written past this stream, to its ``buffer``, may still wait."""
        self._otherwise.flush()


# Values


def _show(value: object, emit: Emit) -> None:
    """The richest representation the value has, and its text."""
    for media_type, method in RICH.items():
        rich = _call(value, method)
        if isinstance(rich, bytes):
            _send(emit, {media_type: base64.b64encode(rich).decode(), "text/plain": _text(value)}, _png_size(rich))
            return
        if isinstance(rich, str):
            _send(emit, {media_type: rich, "text/plain": _text(value)})
            return
    _send(emit, {"text/plain": repr(value)})


def _send(emit: Emit, data: dict[str, str], size: tuple[int, int] | None = None) -> None:
    output: dict[str, object] = {"kind": "display", "data": data}
    if size:
        output["width"], output["height"] = size
    emit("display", json.dumps(output))


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


def _text(value: object) -> str:
    """``repr``, which must not fail a value that has a richer representation."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - see above
        return object.__repr__(value)


def _png_size(image: bytes) -> tuple[int, int] | None:
    if not image.startswith(b"\x89PNG"):
        return None
    width, height = struct.unpack(">II", image[16:24])
    return width, height


# Figures


class Backend(ModuleType):
    """matplotlib's backend: draws without a screen, and ``plt.show()`` shows what was drawn so far.

    A module that matplotlib imports by its name; matplotlib itself is imported only then.
    """

    name = "wasminstall_figures"

    def __init__(self) -> None:
        super().__init__(self.name)
        self.show = show

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a class of matplotlib's
        """The canvas, when matplotlib asks for it."""
        if name != "FigureCanvas":
            raise AttributeError(name)
        self.FigureCanvas = importlib.import_module("matplotlib.backends.backend_agg").FigureCanvasAgg
        return self.FigureCanvas


def _choose_backend() -> None:
    """Have matplotlib draw with it unless another one was chosen; when it is imported it has asked already."""
    backend = os.environ.setdefault("MPLBACKEND", f"module://{Backend.name}")
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib and dict.get(matplotlib.rcParams, "backend") == dict.get(matplotlib.rcParamsDefault, "backend"):
        matplotlib.rcParams["backend"] = backend


def show(*_args: object, **_options: object) -> None:
    """``matplotlib.pyplot.show``."""
    emit = _emit.get()
    if emit is not None:
        _show_figures(emit)


def _show_figures(emit: Emit) -> set[int]:
    """Show matplotlib's open figures and close them; their ids. Does not import matplotlib."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return set()
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    for figure in figures:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=figure.dpi * SHARPNESS, bbox_inches="tight")
        image = buffer.getvalue()
        width, height = _png_size(image) or (0, 0)
        data = {"image/png": base64.b64encode(image).decode(), "text/plain": _figure_text(figure)}
        _send(emit, data, (width // SHARPNESS, height // SHARPNESS))
    pyplot.close("all")
    return {id(figure) for figure in figures}


def _figure_text(figure: Any) -> str:  # noqa: ANN401 - matplotlib has no types here
    """For those who cannot see it: what its titles and axes say."""
    suptitle = figure._suptitle.get_text() if figure._suptitle else ""
    said = [suptitle]
    for axes in figure.get_axes():
        x, y = axes.get_xlabel(), axes.get_ylabel()
        said += [axes.get_title(), f"{y} over {x}" if x and y else x or y]
    return ", ".join(["Figure", *(" ".join(text.split()) for text in said if text.strip())])


# Errors


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as data: the ``ErrorOutput`` of model.ts."""
    errors = sys.modules.get("wasminstall.errors")
    plain = errors is not None and isinstance(error, errors.WasmInstallError)
    chain = _chain(error)
    return {
        "kind": "error",
        "type": type(error).__name__,
        "message": getattr(error, "message", "") if plain else _message(error),
        "traceback": _printed(chain),
        "hint": _hint(error),
        "chain": [_link(one, relation) for one, relation in chain],
        "plain": plain,
    }


def _hint(error: BaseException) -> str:
    """One thing to try, where there is one."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _install_hint(error.name.partition(".")[0])
    return str(getattr(error, "hint", "") or "") or _worker_hint(error)


def _install_hint(module: str) -> str:
    """How to have a module: Pyodide knows the projects of its distribution by their modules."""
    known = getattr(sys.modules.get("_pyodide._importhook"), "REPODATA_PACKAGES_IMPORT_TO_PACKAGE_NAME", {})
    if module in known:
        return f'await wasminstall.install("{known[module]}")'
    if module in sys.stdlib_module_names:
        return "Pyodide comes without this part of Python"
    return f'await wasminstall.install("{module}") if the project is called like the module'


def _worker_hint(error: BaseException) -> str:
    """What only a page has, and a worker was asked for."""
    if not hasattr(importlib.import_module("js"), "WorkerGlobalScope"):
        return ""
    if isinstance(error, ImportError | AttributeError) and re.search(r"\b(document|window)\b", str(error)):
        return "a worker has no document: run this in the page, without data-worker or worker: true"
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, OSError) and frames and "input(" in _line_of(frames[-1]):
        return "a worker has no dialogs: run this in the page, without data-worker or worker: true"
    return ""


def _line_of(frame: traceback.FrameSummary) -> str:
    lines = _sources.get(frame.filename, [])
    return lines[frame.lineno - 1] if frame.lineno and frame.lineno <= len(lines) else frame.line or ""


def _message(error: BaseException) -> str:
    """The text of the last line of a traceback, without the name of the class."""
    if isinstance(error, SyntaxError):
        return str(error.msg)
    if isinstance(error, ModuleNotFoundError):
        return str(error).partition("\n")[0]  # Pyodide adds how its own installer is called
    if isinstance(error, BaseExceptionGroup):
        return "\n".join([str(error), *(f"  {type(one).__name__}: {one}" for one in error.exceptions)])
    summary = traceback.TracebackException.from_exception(error, lookup_lines=False)
    return "".join(summary.format_exception_only()).strip().partition(": ")[2]


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


def _printed(chain: list[tuple[BaseException, str]]) -> str:
    """As Python prints it, oldest first, each without the frames of what runs the code."""
    parts: list[str] = []
    for error, relation in reversed(chain):
        summary = traceback.TracebackException.from_exception(error)
        summary.stack = traceback.StackSummary.from_list(_trimmed(summary.stack))
        parts.append("".join(summary.format(chain=False)))
        if relation:
            parts.append(f"({relation} in what follows)\n")
    return "\n".join(parts)


def _link(error: BaseException, relation: str) -> dict[str, Any]:
    summary = traceback.TracebackException.from_exception(error, lookup_lines=False)
    frames = [_frame(frame) for frame in _trimmed(summary.stack)]
    if isinstance(error, SyntaxError) and error.filename in _sources:
        frames.append(_syntax_frame(error))
    return {"relation": relation, "type": type(error).__name__, "message": _message(error), "frames": frames}


def _trimmed(stack: Iterable[traceback.FrameSummary]) -> Iterator[traceback.FrameSummary]:
    """The frames a person wants: from the first of the code on, without those that run it."""
    frames = list(stack)
    starts = [position for position, frame in enumerate(frames) if frame.filename in _sources]
    for frame in frames[starts[0] if starts else 0 :]:
        if not any(part in frame.filename for part in MACHINERY):
            yield frame


def _frame(frame: traceback.FrameSummary) -> dict[str, Any]:
    if frame.filename not in _sources:
        filename = LIBRARY_FOLDER.sub("", frame.filename)
        text = {"filename": filename, "line": frame.lineno or 0, "function": frame.name, "text": frame.line or ""}
        return {"kind": "library", **text}
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


def _excerpt(filename: str, line: int, function: str, start: int, end: int) -> dict[str, Any]:
    """The line of the code and its neighbours; ``start`` to ``end`` is the part of the line that failed."""
    lines = _sources[filename]
    line = min(line, len(lines))  # an unexpected end is one line behind the last
    first, last = max(1, line - CONTEXT_LINES), min(len(lines), line + CONTEXT_LINES)
    while first < line and not lines[first - 1].strip():
        first += 1
    while last > line and not lines[last - 1].strip():
        last -= 1
    return {
        "kind": "code",
        "filename": filename,
        "line": line,
        "function": "" if function == "<module>" else function,
        "lines": [[number, lines[number - 1]] for number in range(first, last + 1)],
        "mark": [start, end],
    }


def _characters(filename: str, line: int, column: int) -> int:
    """Frames count columns in UTF-8 bytes; people count characters."""
    return len(_sources[filename][line - 1].encode()[:column].decode("utf-8", "replace"))
