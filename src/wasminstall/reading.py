"""Files that the user names: by path, or by an address that is asked for each time."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from .errors import InvalidInput, NotInCache
from .indexes.direct import local_path
from .pages import NotKept, Pages

__all__ = ["read_file", "reader"]


def reader(pages: Pages) -> Callable[[str], Awaitable[bytes]]:
    """What gives the bytes behind a path or URL.

    Raises ``InvalidInput``, ``TransportError``, or ``NotInCache`` when offline.
    """

    async def read(address: str) -> bytes:
        path = local_path(address)
        if path:
            return read_file(path)
        try:
            return await pages.get(address, lambda answer: bytes(answer.body), assumed=0)
        except NotKept:
            raise NotInCache([*pages.missing]) from None

    return read


def read_file(path: str, what: str = "") -> bytes:
    """The bytes of a file; ``what`` says what it is. Raises ``InvalidInput``."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        hint = "check the path; a relative one starts at the working directory"
        if hasattr(sys.modules.get("js"), "location"):  # a page, or a worker of one
            hint += "; for a file of the web site give its whole address: new URL(..., location.href).href"
        raise InvalidInput(f"cannot read {what}{path}: {getattr(error, 'strerror', error)}", hint=hint) from None
