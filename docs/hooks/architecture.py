"""MkDocs hook: draws the architecture page from the package itself, so that the picture cannot grow old.

Rooms are the modules and packages of ``src/wasminstall``; what a room is for is the first paragraph of its docstring,
what it uses are its imports. Only the order of the stages is written down here. The build fails when a room has no
docstring or a stage names a room that does not exist.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import NamedTuple

from mkdocs.exceptions import PluginError

__all__ = ["on_page_markdown"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "wasminstall"
BOOTSTRAP = ROOT / "js" / "src"
GENERATED = {"__init__", "_vendor", "_default_index"}


class Stage(NamedTuple):
    """One step of an install: what happens, in which rooms, and what it hands on to the next."""

    title: str
    rooms: tuple[str, ...]
    hands_on: str


STAGES = (
    Stage("What the user wrote", ("api", "context"), "text"),
    Stage("Requirements", ("requirements",), "requirements, markers evaluated for the target"),
    Stage("Candidates", ("catalogue", "indexes", "pages"), "candidates that the target can load"),
    Stage("Resolution", ("resolution", "remembered"), "one candidate a project"),
    Stage("Plan", ("plan",), "what to add, replace, keep"),
    Stage("Wheels", ("download", "transport", "cache", "wheels"), "verified archives"),
    Stage("Environment", ("environment", "hosts", "layouts", "bytecode"), "files in place, or all as before"),
    Stage("Report", ("report", "distributions"), ""),
)


@dataclass(frozen=True)
class Room:
    """A module or a package: what it is for (Markdown), and the other rooms it imports."""

    name: str
    purpose: str
    uses: tuple[str, ...]
    is_package: bool


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace ``<!-- architecture: picture -->``, ``... rooms`` and ``... bootstrap``."""
    if "<!-- architecture:" not in markdown:
        return markdown
    rooms = {room.name: room for room in read_rooms()}
    missing = [name for stage in STAGES for name in stage.rooms if name not in rooms]
    if missing:
        raise PluginError(f"docs/hooks/architecture.py names rooms that do not exist: {', '.join(missing)}")
    parts = {"picture": picture(rooms), "rooms": table(rooms), "bootstrap": bootstrap_table()}
    return re.sub(r"(?:\[.*\) )?<!-- architecture: (\w+) -->", lambda found: parts[found[1]], markdown)


# --- reading the package ---------------------------------------------------------------------------------------------


def read_rooms() -> Iterator[Room]:
    """Every room, in alphabetical order."""
    names = {path.stem: path for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    for name, path in sorted(names.items()):
        if name not in GENERATED:
            files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
            purpose = first_paragraph(path / "__init__.py" if path.is_dir() else path)
            uses = {used for file in files for used in imported_rooms(file)} & names.keys() - GENERATED - {name}
            yield Room(name, purpose, tuple(sorted(uses)), path.is_dir())


def first_paragraph(file: Path) -> str:
    """What a module says it is for. Raises ``PluginError`` when it says nothing."""
    text = ast.get_docstring(ast.parse(file.read_text("utf-8")))
    if not text:
        raise PluginError(f"{file.relative_to(ROOT)} has no docstring: every room says what it is for")
    return one_line(text)


def one_line(text: str) -> str:
    """The first paragraph of a docstring as one line of Markdown."""
    return " ".join(text.strip().split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


def imported_rooms(file: Path) -> Iterator[str]:
    """The names below ``wasminstall`` that a module imports, wherever in the module it does."""
    inside = ("wasminstall", *file.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else ()
            path = (*base, *(node.module.split(".") if node.module else ()))
            if path[:1] == ("wasminstall",):
                yield from [path[1]] if len(path) > 1 else [name.name for name in node.names]


# --- drawing ---------------------------------------------------------------------------------------------------------

WIDTH, LEFT, BOX_WIDTH, BOX_HEIGHT, GAP, TOP = 720, 1, 440, 62, 44, 1


def picture(rooms: dict[str, Room]) -> str:
    """The stages from top to bottom, and at the right which stage imports which."""
    beside = list(box_beside([name for name in rooms if all(name not in stage.rooms for stage in STAGES)]))
    height = top_of(len(STAGES)) + 34 + 20 * (len(beside) - 2)
    drawn = [*stage_boxes(), *import_arcs(stage_imports(rooms)), *beside]
    return (
        f'<div class="architecture"><svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="flow-title">'
        '<title id="flow-title">Data flows through the rooms from top to bottom</title>'
        '<defs><marker id="flow-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>'
        f"{''.join(drawn)}</svg></div>"
    )


def stage_boxes() -> Iterator[str]:
    """A box a stage, and an arrow to the next one with what it hands on."""
    for position, stage in enumerate(STAGES):
        y = top_of(position)
        names = "  ".join(stage.rooms)
        yield f'<rect class="stage" x="{LEFT}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        yield f'<text class="title" x="{LEFT + 18}" y="{y + 26}">{escape(stage.title)}</text>'
        yield f'<text class="rooms" x="{LEFT + 18}" y="{y + 47}" xml:space="preserve">{escape(names)}</text>'
        if stage.hands_on:
            start = y + BOX_HEIGHT
            yield f'<path class="flow" d="M{LEFT + 30} {start + 4}V{start + GAP - 5}" marker-end="url(#flow-tip)"/>'
            yield f'<text class="data" x="{LEFT + 48}" y="{start + GAP / 2 + 5}">{escape(stage.hands_on)}</text>'


def box_beside(names: Sequence[str]) -> Iterator[str]:
    """The rooms that are no stage, in a box below: what all use, and what is no part of an install."""
    lines = textwrap.wrap("  ".join(names), width=50, break_long_words=False)
    y, height = top_of(len(STAGES)) - 16, 42 + 20 * len(lines)
    yield f'<rect class="beside" x="{LEFT}" y="{y}" width="{BOX_WIDTH}" height="{height}" rx="6"/>'
    yield f'<text class="title" x="{LEFT + 18}" y="{y + 26}">Beside the flow</text>'
    for number, line in enumerate(lines):
        place = f'x="{LEFT + 18}" y="{y + 48 + 20 * number}"'
        yield f'<text class="rooms" {place} xml:space="preserve">{escape(line)}</text>'


def stage_imports(rooms: dict[str, Room]) -> dict[tuple[int, int], list[str]]:
    """(importing stage, imported stage) -> who imports whom. The verbs use every stage, which needs no lines."""
    stage_of = {name: position for position, stage in enumerate(STAGES) for name in stage.rooms}
    found: dict[tuple[int, int], list[str]] = {}
    for name, position in stage_of.items():
        for used in rooms[name].uses if position > 0 else ():
            target = stage_of.get(used, position)
            if target not in (position, 0):
                found.setdefault((position, target), []).append(f"{name} uses {used}")
    return found


def import_arcs(imports: dict[tuple[int, int], list[str]]) -> Iterator[str]:
    """Arcs at the right of the boxes, the longest outermost, each end at a place of its own."""
    ends = sorted(((stage, *pair) for pair in imports for stage in pair), key=lambda end: end_order(*end))
    places: dict[tuple[int, int, int], float] = {}
    for stage in {end[0] for end in ends}:
        here = [end for end in ends if end[0] == stage]
        for number, end in enumerate(here, start=1):
            places[end] = top_of(stage) + BOX_HEIGHT * number / (len(here) + 1)
    right = LEFT + BOX_WIDTH
    for (importing, imported), who in sorted(imports.items()):
        from_y, to_y = places[importing, importing, imported], places[imported, importing, imported]
        reach = right + 34 + 38 * abs(importing - imported)
        bow = f"M{right + 2} {from_y:.1f}C{reach} {from_y:.1f} {reach} {to_y:.1f} {right + 5} {to_y:.1f}"
        yield (
            f'<path class="uses" d="{bow}" marker-end="url(#flow-tip)"><title>{escape(", ".join(who))}</title></path>'
        )


def end_order(stage: int, importing: int, imported: int) -> tuple[int, int, int]:
    """Where on its box an arc ends: those that come from above first, short arcs nearest to where they go."""
    other = imported if stage == importing else importing
    return (stage, 0 if other < stage else 1, other if other < stage else -other)


def top_of(position: int) -> int:
    """The y of a stage's box."""
    return TOP + position * (BOX_HEIGHT + GAP)


# --- tables ----------------------------------------------------------------------------------------------------------


def table(rooms: dict[str, Room]) -> str:
    """Every room: what it is for, and what it uses. In the order of the stages, then the rest."""
    staged = [name for stage in STAGES for name in stage.rooms]
    rest = [name for name in rooms if name not in staged]
    rows = [(shown(rooms[name]), rooms[name].purpose, code(rooms[name].uses)) for name in (*staged, *rest)]
    return markdown_table(("Room", "What it is for", "Uses"), rows)


def bootstrap_table() -> str:
    """The TypeScript files of the bootstrap, from the comment each one begins with."""
    rows = []
    for file in sorted(BOOTSTRAP.glob("*.ts")):
        found = re.match(r"/\*\*(.*?)\*/", file.read_text("utf-8"), re.DOTALL)
        if found is None:
            raise PluginError(f"{file.relative_to(ROOT)} does not begin with a comment that says what it is for")
        text = re.sub(r"^\s*\* ?", "", found[1], flags=re.MULTILINE)
        rows.append((f"`{file.name}`", one_line(text)))
    return markdown_table(("File", "What it is for"), rows)


def shown(room: Room) -> str:
    """A package is shown as a folder."""
    return f"`{room.name}/`" if room.is_package else f"`{room.name}.py`"


def code(names: Sequence[str]) -> str:
    """Names as inline code."""
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
