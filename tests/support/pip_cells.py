"""Cells with ``%pip`` that are run in two sites, with JupyterLite's own and with ours, and what each of them left.

Every ``PipCell`` is one that people stumbled over, with the thread in which they say so. ``run_cells`` runs them all in
a kernel; ``table_rows`` puts two such runs side by side, as ``docs/notebooks.md`` shows them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from support.index_server import IndexServer
from support.jupyterlite_site import Cell, Kernel
from support.wheel_factory import make_wheel

__all__ = ["CELLS", "PipCell", "publish", "run_cells", "site_wheels", "table_rows"]

KERNEL = "https://github.com/jupyterlite/pyodide-kernel/issues/"
SITE = "https://github.com/jupyterlite/jupyterlite/issues/"
INDEX = "URL"
NOTHING = "*nothing*"
RESTART = "*(the kernel is restarted)*"
_TABLE = re.compile(r"<table[^>]*>\s*<caption[^>]*>(.*?)</caption>.*?</table>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_ERROR = re.compile(r"<class '(?:\w+\.)*(\w+)'>: (.*)")
_MEASURED = re.compile(r" in [\d.]+ s(, [\d.]+ \w+)?")
_MARKUP = re.compile(r"[\\`*_\[\]>|]")
_LONGEST = 80


@dataclass(frozen=True)
class PipCell:
    """``code`` as typed, ``expected`` of ours; ``before`` is run first, and ``after_restart`` in a new kernel."""

    code: str
    expected: tuple[str, ...]
    thread: str = ""
    before: str = ""
    after_restart: bool = False


CELLS: Mapping[str, PipCell] = {
    "success is told": PipCell("%pip install tides==1.0", ("Installed 1: tides 1.0",), f"{KERNEL}36"),
    "-U": PipCell('%pip install -U tides\nprint(version("tides"))', ("Installed 1: tides 2.0", "2.0")),
    "--index-url": PipCell(
        f"%pip install --index-url {INDEX} far\nimport far\nprint(far.__version__)",
        ("Installed 1: far 1.0", "1.0"),
        f"{KERNEL}166",
    ),
    "-c": PipCell(
        '%pip install -c limits.txt moons\nprint(version("moons"))',
        ("Installed 1: moons 1.0", "1.0"),
        before='_ = open("limits.txt", "w").write("moons<2")',
    ),
    "list": PipCell("%pip list", ("a table: ", " installed")),
    "an old version and its import": PipCell(
        "%pip install pytz==0.1\nimport pytz\nprint(pytz.__version__)",
        ("Installed 1: pytz 0.1", "0.1"),
        f"{SITE}904",
    ),
    "another version is there": PipCell(
        '%pip install harbour\nprint(version("tides"))',
        ("Installed 2: harbour 1.0, tides 2.0", "2.0"),
        f"{KERNEL}136",
        before="%pip install -q --force-reinstall tides==1.0",
    ),
    "a comment": PipCell("%pip install gulls  # for the course", ("Installed 1: gulls 1.0",), f"{KERNEL}198"),
    "a line that goes on": PipCell("%pip install \\\n    ropes \\\n    sails", ("Installed 2: ropes 1.0, sails 1.0",)),
    "inside a text": PipCell(
        'text = """First of all:\n%pip install sails\n"""\nprint(text)',
        ("First of all: %pip install sails",),
        "https://github.com/jupyterlite/jupyterlite/pull/832",
    ),
    "uninstall": PipCell("%pip uninstall pytz", ("Removed pytz==0.1",)),
    "after a restart": PipCell(
        "import ropes\nprint(ropes.__version__)",
        ("Installed 1: ropes 1.0", "1.0"),
        f"{KERNEL}48",
        before="%pip install -q ropes",
        after_restart=True,
    ),
}
"""In the order in which they are run; what one installs the next one finds."""


def site_wheels() -> dict[str, bytes]:
    """The wheels of the site, by name; the distribution has another pytz."""
    found = [make_wheel("tides", version) for version in ("1.0", "2.0")]
    found += [make_wheel("moons", version) for version in ("1.0", "2.0")]
    found += [make_wheel(name, "1.0") for name in ("gulls", "ropes", "sails")]
    found += [make_wheel("harbour", "1.0", requires=["tides>=2"]), make_wheel("pytz", "0.1")]
    return dict(found)


def publish(server: IndexServer) -> None:
    """What is on an index, and not in the site."""
    server.add(*make_wheel("far", "1.0"))


def run_cells(kernel: Kernel, server: IndexServer) -> dict[str, str]:
    """What each cell left, in words; the kernel is restarted where a cell wants it."""
    kernel.run("from importlib.metadata import version")
    found = {}
    for name, cell in CELLS.items():
        if cell.before:
            kernel.run(cell.before)
        if cell.after_restart:
            kernel.restart()
        found[name] = _told(kernel.run(cell.code.replace(INDEX, server.url)))
    return found


def table_rows(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    """Rows of Markdown: the cell, what JupyterLite's own left, and what ours left."""
    for name, cell in CELLS.items():
        lines = [f"`{line}`" for line in cell.code.splitlines()]
        code = "<br>".join([RESTART, *lines] if cell.after_restart else lines)
        thread = f" ([{cell.thread.rpartition('/')[2]}]({cell.thread}))" if cell.thread else ""
        yield f"| {code}{thread} | {_quoted(theirs[name])} | {_quoted(ours[name])} |"


def _told(cell: Cell) -> str:
    """What a reader sees below the cell, without what was measured; of an error what it says first."""
    shown = [html.unescape(_TAG.sub(" ", _TABLE.sub(r"a table: \1", each).replace("<br>", ": "))) for each in cell.html]
    found = _ERROR.match(cell.error)
    error = [f"{found[1]}: {found[2]}"] if found and "see above" not in cell.error else []
    parts = [" ".join(part.split()).replace(" :", ":") for part in (*shown, cell.text, *error)]
    return "\n".join(_MEASURED.sub("", part) for part in parts if part)


def _quoted(told: str) -> str:
    """As text of a table, which goes on in the next line where code would not."""
    short = [line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…" for line in told.splitlines()]
    return "<br>".join(_MARKUP.sub(r"\\\g<0>", line) for line in short) or NOTHING
