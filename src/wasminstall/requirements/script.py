"""Inline script metadata (PEP 723): the requirements a single-file script carries in a comment."""

from __future__ import annotations

import re

from ..addresses import hide_credentials
from ..errors import InvalidInput
from .documents import located_requirement, parse_toml, string_list
from .project import read_requires_python
from .requested import Requested

__all__ = ["has_script_block", "read_script"]

# The reference expression of PEP 723.
_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
_BEGINNING = re.compile(r"(?m)^# /// script$")


def has_script_block(text: str) -> bool:
    """Whether a text begins a ``script`` block anywhere."""
    return bool(_BEGINNING.search(_unix(text)))


def read_script(text: str, address: str = "<script>") -> Requested:
    """The ``dependencies`` and ``requires-python`` of the script's one ``script`` block.

    Raises ``InvalidInput`` when there is none, more than one, or one that cannot be read.
    """
    text = _unix(text)
    blocks = [match for match in _BLOCK.finditer(text) if match["type"] == "script"]
    if not blocks:
        raise _no_block(text, address)
    lines = [text.count("\n", 0, block.start()) + 1 for block in blocks]
    if len(blocks) > 1:
        raise InvalidInput(
            f"{hide_credentials(address)}:{lines[1]}: a second script block; the first is at line {lines[0]}",
            hint="a script has one '# /// script' block (PEP 723): join the two",
        )
    content = "".join(
        line[2:] if line.startswith("# ") else line[1:] for line in blocks[0]["content"].splitlines(keepends=True)
    )
    document = parse_toml(content, address, first_line=lines[0] + 1)
    where = f"{hide_credentials(address)}:{lines[0]}"
    found = string_list(document.get("dependencies", []), "dependencies", where)
    return Requested(
        requirements=tuple(located_requirement(item, item, _place(text, item, where)) for item in found),
        requires_python=read_requires_python(document, where),
    )


def _place(text: str, literal: str, where: str) -> str:
    """``file:line`` of a string of the block, when it stands there as it is meant."""
    address, _, first = where.rpartition(":")
    lines = text.split("\n")
    for number in range(int(first), len(lines)):
        if f'"{literal}"' in lines[number] or f"'{literal}'" in lines[number]:
            return f"{address}:{number + 1}"
    return where


def _no_block(text: str, address: str) -> InvalidInput:
    begins = _BEGINNING.search(text)
    if begins:
        line = text.count("\n", 0, begins.start()) + 1
        return InvalidInput(
            f"{hide_credentials(address)}:{line}: the script block has no end",
            hint="every line of the block begins with '# ' or is '#', and '# ///' alone ends it (PEP 723)",
        )
    return InvalidInput(
        f"{hide_credentials(address)} says nothing of what it needs",
        hint='put a block into the script: "# /// script", "# dependencies = [...]", "# ///" (PEP 723)',
    )


def _unix(text: str) -> str:
    """Line ends as Python source is read with."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
