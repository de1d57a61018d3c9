"""Plain HTML tables, for the results a notebook shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["align_left", "html_table"]

_ALIGNED = ' style="text-align: left"'
_attributes = ""


def align_left(wanted: bool) -> None:
    """Whether cells say themselves that text begins at the left: in notebooks, whose style sheet says otherwise."""
    global _attributes
    _attributes = _ALIGNED if wanted else ""


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """A table with a caption, and notes below it. Every text is escaped."""
    from html import escape  # brings a table of entities: 35 ms of import in a page, for a result few pages show

    columns = "".join(f"<th{_attributes}>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td{_attributes}>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        f"<table><caption{_attributes}>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table>{below}"
    )
