"""A folder as a value, to compare before and after."""

from __future__ import annotations

import stat
from pathlib import Path

__all__ = ["tree"]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of everything below ``folder`` by relative path; links by what they point to."""
    return {path.relative_to(folder).as_posix(): _value(path) for path in sorted(folder.rglob("*"))}


def _value(path: Path) -> tuple[int, bytes]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return mode, str(path.readlink()).encode()
    return mode, path.read_bytes() if stat.S_ISREG(mode) else b""
