"""RECORD: the list of a distribution's files with their hashes and sizes, read and written.

The format is that of PEP 376 as refined by the "recording installed distributions" specification: CSV rows of path,
``algorithm=urlsafe-base64-without-padding``, size in bytes.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "STRONG_ALGORITHMS",
    "RecordEntry",
    "digest",
    "entry_for",
    "format_record",
    "format_rows",
    "parse_record",
    "row_tail",
]

STRONG_ALGORITHMS = ("sha256", "sha384", "sha512")
"""The hash algorithms accepted; md5, sha1 and sha224 are forbidden by the wheel specification."""

# What nearly every row looks like; such a RECORD is read three times as fast as by the csv module, and says the same.
_ROW = r'([^",\r\n]+),(?:(sha256|sha384|sha512)=([A-Za-z0-9_-]+)=*)?,([0-9]{0,19})(?:\r?\n|$)'
_PLAIN_ROW = re.compile(_ROW)
_PLAIN = re.compile(f"(?:{_ROW})*+")

_SPECIAL = re.compile(r'[,"\r\n]')


class RecordEntry(NamedTuple):
    """One row. ``path`` is relative to the folder that holds ``.dist-info``, or absolute, with ``/``.

    ``algorithm`` and ``digest`` (urlsafe base64 without padding) are empty, ``size`` (bytes) is ``None`` where the row
    leaves them out, as it must for RECORD itself.
    """

    path: str
    algorithm: str = ""
    digest: str = ""
    size: int | None = None


def parse_record(text: str) -> tuple[RecordEntry, ...]:
    """Read a whole RECORD file. Raises ``ValueError`` naming the row that cannot be read."""
    if _PLAIN.fullmatch(text):
        return tuple(
            [
                RecordEntry(path, algorithm, digest, int(size) if size else None)
                for path, algorithm, digest, size in _PLAIN_ROW.findall(text)
            ]
        )
    return _parse_csv(text)


def _parse_csv(text: str) -> tuple[RecordEntry, ...]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise ValueError(f"RECORD is not CSV: {error}") from None
    return tuple(_entry(row) for row in rows)


def format_record(entries: Iterable[RecordEntry]) -> str:
    """Write RECORD; ``parse_record`` gives the same entries back."""
    return "".join([f"{_quoted(entry.path)}{row_tail(entry)}\n" for entry in entries])


def row_tail(entry: RecordEntry) -> str:
    """What follows the path in the row of this entry."""
    return f",{_quoted(_hash(entry))},{_size(entry)}"


def format_rows(paths: Sequence[str], tails: Iterable[str]) -> str:
    """The same as ``format_record`` for paths and what ``row_tail`` made of their rows: thousands in no time."""
    plain = paths if not _SPECIAL.search("\0".join(paths)) else [_quoted(path) for path in paths]
    return "".join([f"{path}{tail}\n" for path, tail in zip(plain, tails, strict=True)])


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """The hash of ``data`` as RECORD writes it. ``algorithm`` is one of ``STRONG_ALGORITHMS``."""
    raw = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def entry_for(path: str, data: bytes) -> RecordEntry:
    """The row of a file with this content, with sha256."""
    return RecordEntry(path, "sha256", digest(data), len(data))


def _entry(row: list[str]) -> RecordEntry:
    path, hash_, size = (*row, "", "")[:3]
    algorithm, separator, value = hash_.partition("=")
    if len(row) > 3 or not path or (hash_ and not (algorithm and separator and value)):
        raise ValueError(f"RECORD has the row {','.join(row)!r}, not path, algorithm=hash, size")
    if size and not (size.isascii() and size.isdigit() and len(size) < 20):
        raise ValueError(f"RECORD gives {path!r} the size {size!r}")
    return RecordEntry(path, algorithm.lower(), value.rstrip("="), int(size) if size else None)


def _quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"' if _SPECIAL.search(field) else field


def _hash(entry: RecordEntry) -> str:
    return f"{entry.algorithm}={entry.digest}" if entry.algorithm else ""


def _size(entry: RecordEntry) -> str:
    return "" if entry.size is None else str(entry.size)
