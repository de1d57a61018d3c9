"""Plain HTML tables, for the results a notebook shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["align_left", "escape", "html_table"]

_ALIGNED = ' style="text-align: left"'
_attributes = ""
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;"))


def align_left(wanted: bool) -> None:
    """Whether cells say themselves that text begins at the left: in notebooks, whose style sheet says otherwise."""
    global _attributes
    _attributes = _ALIGNED if wanted else ""


def escape(text: str) -> str:
    """What ``html.escape`` returns; that module brings a table of entities: 35 ms of import in a page."""
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    return text


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """A table with a caption, and notes below it. Every text is escaped."""
    columns = "".join(f"<th{_attributes}>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td{_attributes}>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        f"<table><caption{_attributes}>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table>{below}"
    )
