"""Texts that requirements are written in: their encoding, where they lie, TOML, and naming a place in one."""

from __future__ import annotations

import codecs
import posixpath
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from ..addresses import hide_credentials
from ..errors import InvalidInput, InvalidRequirement
from .parse import Requirement, parse_requirement

__all__ = ["decode_text", "join_address", "located_requirement", "parse_toml", "string_list", "table"]

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def decode_text(data: bytes, address: str) -> str:
    """The text of a file: by its byte order mark, by a coding comment in its first two lines (PEP 263), or UTF-8.

    Raises ``InvalidInput``.
    """
    encoding = "utf-8"
    for mark, its_encoding in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], its_encoding
            break
    else:
        for line in data.split(b"\n", 2)[:2]:
            if match := _CODING.match(line):
                encoding = match[1].decode("ascii", "replace")
                break
    try:
        return data.decode(encoding)
    except (LookupError, ValueError):
        raise InvalidInput(
            f"{hide_credentials(address)} is not text in {encoding}",
            hint="save the file as UTF-8, which needs no declaration",
        ) from None


def join_address(base: str, address: str) -> str:
    """``address``, a path or a URL, as written in the file at ``base``: relative ones start at that file's folder."""
    if base.startswith(("http:", "https:")):
        return urljoin(base, address)
    if _SCHEME.match(address) or base.startswith("<"):  # "<text>": a text that is no file
        return address
    return posixpath.join(posixpath.dirname(base), address)


def located_requirement(written: str, text: str, where: str, *, hashes: frozenset[str] = frozenset()) -> Requirement:
    """A requirement with its place in a file (``file:line``), which its errors then name too.

    ``written`` is what a person reads in the file, ``text`` what it means, environment variables replaced.
    Raises ``InvalidInput``.
    """
    address = where.rpartition(":")[0] or where
    visible = hide_credentials(written)
    try:
        parsed = parse_requirement(text)
        url = join_address(address, parsed.url) if parsed.url else ""
    except InvalidRequirement as error:
        hint = error.hint if text == visible else ""
        raise InvalidInput(f"{where}: cannot read the requirement {visible!r}: {error.reason}", hint=hint) from None
    except ValueError as error:  # a URL that urllib cannot take apart
        raise InvalidInput(f"{where}: cannot read the requirement {visible!r}: {error}") from None
    return replace(parsed, text=visible, url=url, hashes=hashes, where=where)


def parse_toml(text: str, address: str, *, first_line: int = 1) -> dict[str, Any]:
    """A TOML document; ``first_line`` is where it begins in the file. Raises ``InvalidInput`` with the line."""
    import tomllib  # 10 ms of import in a page, for inputs that most installs do not have

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        message = str(error).partition(" (at ")[0]
        match = re.search(r"at line (\d+)", str(error))
        line = int(match[1]) if match else text.count("\n") + 1
        raise InvalidInput(
            f"{hide_credentials(address)}:{line + first_line - 1} is not valid TOML: {message}"
        ) from None


def table(document: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """The table of this key, empty when there is none. Raises ``InvalidInput`` for another type."""
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise InvalidInput(f"{where}: {key} must be a table, not {type(value).__name__}")
    return value


def string_list(value: object, what: str, where: str) -> list[str]:
    """A list of strings. Raises ``InvalidInput`` for anything else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"{where}: {what} must be a list of strings")
    return value
