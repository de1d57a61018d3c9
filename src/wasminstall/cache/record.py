"""An entry as it lies on disk, the same for Python and for Node (js/src/store/record.ts).

Its lines::

    sha256 of the next line, in hexadecimal
    sha256 of the bytes, a space, key, a space, and the entry's JSON
    the bytes

So what is cut off, damaged or belongs to another key is noticed.
"""

from __future__ import annotations

import hashlib
import re

from ..transport.port import Body
from .port import Stored

__all__ = ["is_key", "seal", "unseal"]

_KEY = re.compile(r"[a-z]+/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def is_key(text: str) -> bool:
    """Whether this is a ``kind/name`` that is safe as the path of a file."""
    return _KEY.fullmatch(text) is not None


def seal(key: str, body: Body, meta: str, sha256: str = "") -> bytes:
    """The record of an entry; ``sha256`` is that of the body, where it is known.

    Raises ``ValueError`` for what is no key, or JSON of more than one line.
    """
    if not is_key(key):
        raise ValueError(f"not a key of the cache: {key!r}")
    if "\n" in meta:
        raise ValueError("an entry's JSON must be one line")
    data = bytes(body)
    line = f"{sha256 or _digest(data)} {key} {meta}".encode()
    return b"%s\n%s\n%s" % (_digest(line).encode(), line, data)


def unseal(key: str, record: bytes) -> Stored | None:
    """The entry in a record; ``None`` when it is not exactly what was sealed under this key."""
    first, _, rest = record.partition(b"\n")
    line, newline, data = rest.partition(b"\n")
    if not newline or first != _digest(line).encode():
        return None
    digest, owner, meta = line.decode().split(" ", 2)
    return Stored(data, meta) if owner == key and digest == _digest(data) else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
