"""Which reader an input needs: by its file name, else by what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from ..addresses import hide_credentials
from ..errors import InvalidInput
from .documents import decode_text
from .requested import Read, Requested

__all__ = ["InputKind", "input_kind", "is_text", "load", "read_input"]

InputKind = Literal["requirements", "project", "script", "pylock", "pyodide-lock"]
"""A requirements file, pyproject.toml, a script with a PEP 723 block, pylock.toml, or pyodide-lock.json."""

_BY_NAME: tuple[tuple[str, InputKind], ...] = (
    (r"pyproject\.toml", "project"),
    (r"pylock(\.[^.]+)?\.toml", "pylock"),
    (r"pyodide-lock.*\.json", "pyodide-lock"),
    (r".*\.pyw?", "script"),
    (r".*\.(txt|in)", "requirements"),
)
_BY_CONTENT: tuple[tuple[str, InputKind], ...] = (
    (r"(?m)^# /// script[ \t]*\r?$", "script"),
    (r"\s*\{", "pyodide-lock"),
    (r"(?m)^[ \t]*(lock-version[ \t]*=|\[\[[ \t]*packages[ \t]*\]\])", "pylock"),
    (r"(?m)^[ \t]*\[[ \t]*(project|dependency-groups|build-system)[ \t]*[].]", "project"),
)


def is_text(source: str) -> bool:
    """Whether this is the content of a file and not its path or URL: addresses have one line."""
    return "\n" in source or "\r" in source


async def load(source: str, read: Read) -> tuple[str, str]:
    """The text behind a path, a URL or the text itself, and the address to show and to resolve relative names with."""
    if is_text(source):
        return source, "<text>"
    return decode_text(await read(source), source), source


def input_kind(text: str, address: str) -> InputKind:
    """The kind of file this is; without any sign, a requirements file."""
    try:
        name = urlsplit(address).path.rsplit("/", 1)[-1]
    except ValueError:
        name = ""
    for pattern, kind in _BY_NAME:
        if re.fullmatch(pattern, name):
            return kind
    for pattern, kind in _BY_CONTENT:
        if re.match(pattern, text) if kind == "pyodide-lock" else re.search(pattern, text):
            return kind
    return "requirements"


async def read_input(
    source: str, read: Read, *, extras: Iterable[str] = (), groups: Iterable[str] = (), constraint: bool = False
) -> Requested:
    """Read a requirements file, a pyproject.toml or a script, given as path, URL or text.

    ``extras`` and ``groups`` choose what of a pyproject.toml is wanted; with ``constraint`` what is found limits
    versions and asks for nothing.
    Raises ``InvalidInput`` for what cannot be read, for a lock, and for extras or groups of what has none; and
    whatever ``read`` raises.
    """
    text, address = await load(source, read)
    kind = input_kind(text, address)
    extras, groups = tuple(extras), tuple(groups)
    if kind in ("pylock", "pyodide-lock"):
        raise InvalidInput(
            f"{hide_credentials(address)} is a lock, not a list of requirements", hint="pass it as lock=..."
        )
    if kind == "project":
        from .project import read_project

        found = read_project(text, address, extras=extras, groups=groups)
    elif extras or groups:
        raise InvalidInput(
            f"{hide_credentials(address)} is no pyproject.toml, which alone has extras and groups to choose from"
        )
    elif kind == "script":
        from .script import read_script

        found = read_script(text, address)
    else:
        from .files import read_requirements_text

        return await read_requirements_text(text, address, read, constraint=constraint)
    return Requested(constraints=found.requirements) if constraint else found
