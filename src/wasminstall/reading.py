"""Files that the user names: by path, or by an address that is asked for each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from .errors import InvalidInput, NotInCache
from .indexes.direct import local_path
from .pages import NotKept, Pages

__all__ = ["reader"]


def reader(pages: Pages) -> Callable[[str], Awaitable[bytes]]:
    """What gives the bytes behind a path or URL.

    Raises ``InvalidInput``, ``TransportError``, or ``NotInCache`` when offline.
    """

    async def read(address: str) -> bytes:
        path = local_path(address)
        if path:
            return _file(path)
        try:
            return await pages.get(address, lambda answer: bytes(answer.body), assumed=0)
        except NotKept:
            raise NotInCache([*pages.missing]) from None

    return read


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput(f"cannot read {path}: {reason}", hint="check the path") from None
