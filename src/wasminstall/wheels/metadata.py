"""Core metadata: the headers of a METADATA or WHEEL file that an installer asks about.

A scanner for the header block only: ``email.parser`` costs a quarter of a second to import in a page. It ends the
block and joins continuation lines where ``email.parser`` does, as that is what every other installer reads with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Metadata", "parse_headers", "parse_metadata"]

_HEADER = re.compile(r"([!-9;-~]+):[ \t]*(.*)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")


@dataclass(frozen=True)
class Metadata:
    """What one wheel says of itself (core metadata specification).

    ``name`` and ``version`` are as written; ``requires_dist`` are PEP 508 strings as written, folded ones on one line;
    ``fields`` holds every header by lower-case name, in order of appearance.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str = ""
    provides_extra: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False, repr=False)


def parse_metadata(text: str) -> Metadata:
    """Read the headers of a METADATA or PKG-INFO file; the description after the first empty line is left out.

    Raises ``ValueError`` when there is no ``Name`` or ``Version``, as with a page of HTML.
    """
    fields = parse_headers(text)

    def values(key: str) -> tuple[str, ...]:
        return tuple(" ".join(value.split()) for value in fields.get(key, ()))

    name, version = "".join(values("name")[:1]), "".join(values("version")[:1])
    if not name or not version:
        raise ValueError("no Name and Version headers")
    return Metadata(
        name=name,
        version=version,
        requires_dist=values("requires-dist"),
        requires_python="".join(values("requires-python")[:1]),
        provides_extra=values("provides-extra"),
        fields=fields,
    )


def parse_headers(text: str) -> dict[str, tuple[str, ...]]:
    """Every header of the block by lower-case name; continuation lines (RFC 822) are joined with a newline.

    The block ends at the first empty line, or at a line that is no header. A line of blanks is a continuation:
    setuptools folds the empty lines of a licence so, and dependencies may follow.
    """
    text = text.removeprefix("\ufeff")
    end = _BLANK_LINE.search(text)
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in _LINE_END.split(text[: end.start()] if end else text):
        if line[:1] in (" ", "\t"):
            if values:
                values[-1] += "\n" + line.strip()
            continue
        header = _HEADER.fullmatch(line)
        if not header:
            break
        values = fields.setdefault(header[1].lower(), [])
        values.append(header[2].strip())
    return {key: tuple(items) for key, items in fields.items()}
