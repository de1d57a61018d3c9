"""What to do when nobody can be reached: what is kept may be enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from .context import Access
from .errors import NetworkError, NotInCache
from .pages import Pages
from .progress import Event, Reporter

__all__ = ["with_or_without_network"]

_Result = TypeVar("_Result")
_NO_NETWORK = frozenset({"unreachable", "offline"})
_Attempt = Callable[[Access, str, Reporter | None], Awaitable[_Result]]


async def with_or_without_network(
    attempt: _Attempt[_Result], access: Access, opened: list[Pages], reporter: Reporter | None
) -> _Result:
    """Make the attempt; where not one server answers it, once more from the cache alone.

    ``attempt`` is given the access, a note for the person and the reporter, which hears of one end, however many
    attempts there were; it adds the pages it opened to ``opened``.
    Raises what it raises; the error of the network says what the cache lacked.
    """
    failed: list[Event] = []

    def report(event: Event) -> None:
        if event.phase == "failed":
            failed.append(event)
        elif reporter is not None:
            reporter(event)

    told = None if reporter is None else report
    try:
        try:
            return await attempt(access, "", told)
        except NetworkError as error:
            tries_again = access.cache and not access.offline and error.kind in _NO_NETWORK
            if not tries_again or any(pages.client.has_answered for pages in opened):
                raise
            trouble = error
        note = f"no network ({trouble.message}): taken from the cache"
        try:
            result = await attempt(replace(access, offline=True), note, told)
        except NotInCache as lack:
            del failed[1:]
            if await opened[-1].cache.keys("wheel"):
                trouble.also_tried({"the cache": lack.message})
            raise trouble from None
        failed.clear()
        return result
    finally:
        with suppress(Exception):  # as everywhere: nothing fails because somebody watches it
            if failed and reporter is not None:
                reporter(failed[-1])
