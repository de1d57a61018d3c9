"""What is worth trying again, how often, and after which pause (RFC 9110, 10.2.3 and 15.5)."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

from ..errors import HTTPStatusError, NetworkError, TransportError

__all__ = ["attempts_for", "pause_before", "retry_after"]

_LONGEST_PAUSE = 10.0
_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})
_HOPELESS = frozenset({"offline", "redirect", "oversized", "address"})


def attempts_for(error: TransportError, attempts: int) -> int:
    """How often a request that ends like this is sent at the most, where ``attempts`` are allowed.

    Silence has cost the whole time-out already: it gets one more chance and not two.
    """
    if isinstance(error, HTTPStatusError):
        return attempts if error.status in _WORTH_RETRYING else 1
    if isinstance(error, NetworkError) and error.kind in _HOPELESS:
        return 1
    return min(attempts, 2) if isinstance(error, NetworkError) and error.kind == "silence" else attempts


def pause_before(attempt: int, first: float, wished: float) -> float:
    """Seconds to wait before ``attempt`` (the second is 2): doubling from ``first``, at least as ``wished``.

    At random, so that many clients do not come back at once.
    """
    backed_off: float = first * 2 ** (attempt - 1) * random.uniform(0.5, 1)
    return max(min(backed_off, _LONGEST_PAUSE), wished)


def retry_after(value: str, date: str = "") -> float:
    """Seconds the server asks to wait, within bounds: a number, or an HTTP date compared with its own ``date``.

    What cannot be read, and what has passed, is no wish.
    """
    if value.isascii() and value.isdecimal():
        return min(float(value[:9]), _LONGEST_PAUSE)
    until = _moment(value)
    if until is None:
        return 0.0
    now = _moment(date) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_PAUSE)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # an import that hardly any install needs

    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        return moment if math.isfinite(moment.timestamp()) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
