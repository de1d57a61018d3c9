"""The way out where the distribution's server does not give a wheel: what an index has in its place.

Nothing is taken from there by itself: who trusts one source is asked before another one speaks for it. So the same
wish is resolved once more, without touching anything, and the hint of the error says how to ask for the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ._default_index import DEFAULT_INDEX_URL
from .context import Context
from .errors import HTTPStatusError, NetworkError, ResolutionError, TransportError, WasmInstallError
from .indexes import Candidate
from .plan import Plan
from .resolution import Wish

__all__ = ["name_another_source"]

_LONGEST = 10.0
"""Seconds that looking for a way out may hold up the error."""


async def name_another_source(
    error: TransportError, context: Context, wish: Wish, planned: Callable[[Context, Wish], Awaitable[Plan]]
) -> None:
    """Rewrite the hint when this is about a wheel of the distribution; ``planned`` is what an install would do."""
    name = _project(error, context)
    if not name or (isinstance(error, NetworkError) and error.kind == "offline"):
        return
    try:
        async with asyncio.timeout(_LONGEST):
            error.hint = await _way_out(name, error, context, wish, planned)
    except ResolutionError:
        again = "" if isinstance(error, HTTPStatusError) and error.status < 500 else "try again later; "
        error.hint = f"{again}no index has another file of {name} that fits"
    except (WasmInstallError, TimeoutError):
        return  # the indexes cannot be asked either: the hint stays what it is


async def _way_out(
    name: str,
    error: TransportError,
    context: Context,
    wish: Wish,
    planned: Callable[[Context, Wish], Awaitable[Plan]],
) -> str:
    """What to type. Raises ``ResolutionError`` where nothing helps."""
    newest = _found(name, await planned(context, replace(wish, prefer="newest")))
    if newest is not None and newest.filename != error.filename:
        return f'{_offer(name, newest)}prefer="newest" takes it from there'
    elsewhere = _found(name, await planned(_without(name, context), wish))
    if elsewhere is None:
        return error.hint
    url = DEFAULT_INDEX_URL if elsewhere.source == "PyPI" else elsewhere.source
    return f'{_offer(name, elsewhere)}index_for={{"{name}": "{url}"}} takes it from there'


def _project(error: TransportError, context: Context) -> str:
    """The project of the distribution whose file did not come, or nothing."""
    known = () if context.distribution is None else context.distribution.candidates
    return next((candidate.name for candidate in known if candidate.filename == error.filename), "")


def _found(name: str, plan: Plan) -> Candidate | None:
    return next((action.candidate for action in plan.changes if action.name == name), None)


def _offer(name: str, candidate: Candidate) -> str:
    return f"{candidate.source} has {name} {candidate.version}, which fits as well: "


def _without(name: str, context: Context) -> Context:
    """The same world, but for this project in the distribution."""
    distribution = context.distribution
    if distribution is None:
        return context
    less = distribution.but_for(name)
    sources = tuple(less if source is distribution else source for source in context.sources)
    return replace(context, sources=sources, distribution=less, question=f"{context.question} without {name}")
