"""Core metadata: the headers of a METADATA file that an installer asks about.

A scanner for the header block only: ``email.parser`` costs a quarter of a second to import in a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Metadata", "parse_metadata"]


@dataclass(frozen=True)
class Metadata:
    """What one wheel says of itself (core metadata specification).

    ``name`` and ``version`` are as written; ``requires_dist`` are PEP 508 strings as written; ``fields`` holds every
    header by lower-case name, in order of appearance.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str = ""
    provides_extra: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False, repr=False)


def parse_metadata(text: str) -> Metadata:
    """Read the headers of a METADATA or PKG-INFO file; the description after the first empty line is left out.

    Continuation lines (RFC 822 folding) are joined with a newline. Raises ``ValueError`` when there is no
    ``Name`` or ``Version``, as with a page of HTML.
    """
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            break
        if line[0] in " \t":
            if values:
                values[-1] += "\n" + line.strip()
            continue
        key, separator, value = line.partition(":")
        if not separator:
            break
        values = fields.setdefault(key.strip().lower(), [])
        values.append(value.strip())
    frozen = {key: tuple(items) for key, items in fields.items()}
    if not frozen.get("name") or not frozen.get("version"):
        raise ValueError("no Name and Version headers")
    return Metadata(
        name=frozen["name"][0],
        version=frozen["version"][0],
        requires_dist=frozen.get("requires-dist", ()),
        requires_python=frozen.get("requires-python", ("",))[0],
        provides_extra=frozen.get("provides-extra", ()),
        fields=frozen,
    )
