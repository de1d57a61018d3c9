"""What a distribution file's name says, and whether the target can use it.

An index page has thousands of names: the ones that cannot matter are sorted out by their last tag before any parsing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .._vendor.packaging.tags import parse_tag
from .._vendor.packaging.utils import parse_sdist_filename, parse_wheel_filename
from .._vendor.packaging.version import Version
from ..targets import Target

__all__ = ["WheelName", "best_rank", "sdist_version", "wheel_name"]

_PARTS = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-(?P<build>\d[^-]*))?-(?P<tag>[^-]+-[^-]+-[^-]+)\.whl")


@dataclass(frozen=True)
class WheelName:
    """A wheel file name taken apart; ``tag`` is the (possibly compressed) tag set as written."""

    name: str
    version: Version
    build: tuple[int, str]
    tag: str


def wheel_name(filename: str) -> WheelName | None:
    """Parse a wheel's file name (binary distribution format); ``None`` when it is no valid one."""
    try:
        name, version, build, _ = parse_wheel_filename(filename)
    except ValueError:  # packaging's own errors are of this kind, and int() has one for 5000 digits
        return None
    return WheelName(str(name), version, build or (0, ""), "-".join(filename[:-4].split("-")[-3:]))


def sdist_version(filename: str) -> str | None:
    """The version of a source distribution, ``None`` for any other file."""
    try:
        return str(parse_sdist_filename(filename)[1])
    except ValueError:
        return None


def best_rank(filename: str, target: Target) -> int | None:
    """Position of the file's best tag in the target's order, ``None`` when no tag fits or the name is no wheel's."""
    match = _PARTS.fullmatch(filename)
    return _tag_rank(match["tag"], target.tags) if match else None


@lru_cache(maxsize=8192)
def _tag_rank(tag: str, tags: tuple[str, ...]) -> int | None:
    ranks = _ranks(tags)
    try:
        found = [ranks[str(single)] for single in parse_tag(tag) if str(single) in ranks]
    except ValueError:
        return None
    return min(found, default=None)


@lru_cache(maxsize=16)
def _ranks(tags: tuple[str, ...]) -> dict[str, int]:
    return {tag: rank for rank, tag in enumerate(tags)}
