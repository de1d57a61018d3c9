"""What a distribution file's name says, and whether the target can use it.

An index page has thousands of names: the ones that cannot matter are sorted out by their last tag before any parsing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .._vendor.packaging.tags import parse_tag
from .._vendor.packaging.utils import canonicalize_name
from .._vendor.packaging.version import Version
from ..targets import Target

__all__ = ["WheelName", "best_rank", "sdist_version", "wheel_name"]

_NAME = re.compile(r"[\w.]+")
_BUILD = re.compile(r"(\d{1,18})(.*)")
_SDIST_ENDINGS = (".tar.gz", ".zip")


class WheelName(NamedTuple):
    """A wheel file name taken apart; ``tag`` is the (possibly compressed) tag set as written."""

    name: str
    version: Version
    build: tuple[int, str]
    tag: str


def wheel_name(filename: str) -> WheelName | None:
    """Parse a wheel's file name (binary distribution format); ``None`` when it is no valid one.

    Says what packaging's parser says, which is four times slower: a page can have thousands of candidates.
    """
    parts = filename.removesuffix(".whl").split("-")
    if not filename.endswith(".whl") or len(parts) not in (5, 6):
        return None
    name = _project(parts[0])
    build = _BUILD.fullmatch(parts[2]) if len(parts) == 6 else None
    if not name or (len(parts) == 6 and not build):
        return None
    try:
        version = Version(parts[1])
    except ValueError:
        return None
    number = (int(build[1]), build[2]) if build else (0, "")
    return WheelName(name, version, number, "-".join(parts[-3:]))


@lru_cache(maxsize=1024)
def _project(written: str) -> str:
    """The project that a wheel is named after, normalised; empty for what is no such name."""
    return str(canonicalize_name(written)) if "__" not in written and _NAME.fullmatch(written) else ""


def sdist_version(filename: str, project: str) -> str | None:
    """The version of a source distribution of this project (normalised) as written, ``None`` for any other file."""
    ending = next((ending for ending in _SDIST_ENDINGS if filename.endswith(ending)), None)
    name, _, version = filename.removesuffix(ending).rpartition("-") if ending else ("", "", "")
    return version if version and canonicalize_name(name) == project else None


def best_rank(filename: str, target: Target) -> int | None:
    """Position of the file's best tag in the target's order, ``None`` when no tag fits or the name is no wheel's."""
    parts = filename.rsplit("-", 3)
    if len(parts) != 4 or not filename.endswith(".whl"):
        return None
    tag = f"{parts[1]}-{parts[2]}-{parts[3][:-4]}"
    known = target.known_sets
    if tag not in known:
        known[tag] = _rank(tag, target)
    return known[tag]


def _rank(tag: str, target: Target) -> int | None:
    """The best of a compressed set such as ``py2.py3-none-any`` (PEP 425)."""
    try:
        found = [target.ranks[str(single)] for single in parse_tag(tag) if str(single) in target.ranks]
    except ValueError:
        return None
    return min(found, default=None)
