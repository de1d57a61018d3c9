"""What to do when nobody can be reached: what is kept may be enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from .context import Access
from .errors import NetworkError, NotInCache
from .pages import Pages

__all__ = ["with_or_without_network"]

_Result = TypeVar("_Result")
_NO_NETWORK = frozenset({"unreachable", "offline"})


async def with_or_without_network(
    attempt: Callable[[Access, str], Awaitable[_Result]], access: Access, opened: list[Pages]
) -> _Result:
    """Make the attempt; where not one server answers it, once more from the cache alone.

    ``attempt`` is given the access, and a note for the person; it adds the pages it opened to ``opened``.
    Raises what it raises; the error of the network says what the cache lacked.
    """
    if access.offline or not access.cache:
        return await attempt(access, "")
    try:
        return await attempt(access, "")
    except NetworkError as error:
        if error.kind not in _NO_NETWORK or any(pages.client.has_answered for pages in opened):
            raise
        trouble = error
    try:
        return await attempt(replace(access, offline=True), f"no network ({trouble.message}): taken from the cache")
    except NotInCache as lack:
        if await opened[-1].cache.keys("wheel"):
            trouble.also_tried({"the cache": lack.message})
        raise trouble from None
