"""Thousands of paths as one string: what is done to all of them is done at once.

A string operation on a hundred kilobytes costs less than a loop over the ten paths of a small wheel.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from .hosts.transaction import is_below, with_separator

__all__ = ["absolute_paths", "first_twice", "relative_path", "relative_paths"]


def absolute_paths(folder: str, paths: str) -> str:
    """Paths in a folder; both the relative and the absolute ones are separated by NUL."""
    start = with_separator(folder)
    return start + paths.replace("\0", f"\0{start}")


def relative_paths(paths: str, site: str) -> list[str]:
    """Absolute paths, separated by NUL, as RECORD has them."""
    start, marked = f"\0{with_separator(site)}", f"\0{paths}"
    if marked.count(start) == marked.count("\0"):
        return marked.replace(start, "\0")[1:].split("\0")
    return [relative_path(path, site) for path in paths.split("\0")]


def relative_path(path: str, site: str) -> str:
    """A path as RECORD has it: relative to the folder that holds ``.dist-info``, with ``/``."""
    return path[len(site) + 1 :] if is_below(path, site) else os.path.relpath(path, site).replace(os.sep, "/")


def first_twice(groups: Iterable[Iterable[str]]) -> str | None:
    """A path that is there twice; no group alone has one twice."""
    together = [path for group in groups for path in group]
    if len(set(together)) == len(together):
        return None
    return next(path for path, times in Counter(together).items() if times > 1)
