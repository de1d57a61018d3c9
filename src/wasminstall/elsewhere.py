"""The way out where the distribution's server does not give a wheel: what an index has in its place.

Nothing is taken from there by itself: who trusts one source is asked before another one speaks for it. So the same
wish is resolved once more, without touching anything, and the hint of the error says how to ask for the result. Where
more than one wheel is missing it is the folder that is not complete: that is said, for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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

_NOT_COMPLETE = (
    "this folder lacks packages of the Pyodide distribution: leave out data-pyodide (pyodide, packageBaseUrl) to take "
    "them from its CDN, or have them beside Pyodide with `wasminstall serve` or `wasminstall bundle`"
)


async def name_another_source(
    error: TransportError, context: Context, wish: Wish, planned: Callable[[Context, Wish], Awaitable[Plan]]
) -> None:
    """Rewrite the hint when this is about a wheel of the distribution; ``planned`` is what an install would do."""
    name = _project(error, context)
    if not name or (isinstance(error, NetworkError) and error.kind == "offline"):
        return
    try:
        async with asyncio.timeout(_LONGEST):
            missing = await _missing(context, await planned(context, wish)) if _is_missing(error) else []
            if len(missing) > 1:
                _tell_of_all(error, missing)
            else:
                error.hint = await _way_out(name, error, context, wish, planned)
    except ResolutionError:
        again = "" if isinstance(error, HTTPStatusError) and error.status < 500 else "try again later; "
        nothing = f"{again}no index has another file of {name} that fits"
        error.hint = f"{_NOT_COMPLETE}; {nothing}" if _is_missing(error) else nothing
    except (WasmInstallError, TimeoutError):
        return  # the indexes cannot be asked either: the hint stays what it is


def _is_missing(answer: object) -> bool:
    return isinstance(answer, HTTPStatusError) and answer.status == 404


async def _missing(context: Context, plan: Plan) -> list[HTTPStatusError]:
    """The answers for those wheels of the distribution that its server does not have, by name."""
    wheels = [action.candidate for action in plan.changes if action.candidate.origin == "distribution"]
    asked = (context.client.get(wheel.url, part=(0, 1)) for wheel in sorted(wheels, key=lambda wheel: wheel.name))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return [answer for answer in answers if isinstance(answer, HTTPStatusError) and _is_missing(answer)]


def _tell_of_all(error: TransportError, missing: Sequence[HTTPStatusError]) -> None:
    """Whichever failed first, it is the same error."""
    first = missing[0]
    error.url, error.filename = first.url, first.url.rpartition("/")[2]
    error.message = f"{first.message}; likewise {len(missing) - 1} more of the Pyodide distribution"
    error.args = (error.message,)
    error.hint = _NOT_COMPLETE


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
