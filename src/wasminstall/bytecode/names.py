"""For which Python bytecode is, where it lies, and whether the user wants any."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from importlib.util import MAGIC_NUMBER, cache_from_source

__all__ = ["bytecode_key", "bytecode_paths", "is_wanted"]

_SOURCE = re.compile(r"([^/\0]+)\.py(?=\0|\Z)")


def is_wanted() -> bool:
    """Whether ``__pycache__`` folders may be used: neither switched off nor somewhere else.

    ``sys.dont_write_bytecode`` says nothing, as Pyodide itself sets it.
    """
    return sys.pycache_prefix is None and not os.environ.get("PYTHONDONTWRITEBYTECODE") and bool(_suffix())


def bytecode_key(sha256: str) -> str:
    """The key of the bytecode of the wheel with this digest, for this interpreter."""
    return f"{sha256}{_suffix().removesuffix('.pyc').replace('.', '-', 1)}-{MAGIC_NUMBER.hex()}"


def bytecode_paths(sources: str) -> str:
    """Where the bytecode of ``.py`` files is (PEP 3147), as ``cache_from_source`` says it one by one.

    Both are separated by NUL. Raises ``ValueError`` for what is no ``.py`` file.
    """
    paths, count = _SOURCE.subn(rf"__pycache__/\1{_suffix()}", sources)
    if count != sources.count("\0") + 1:
        raise ValueError("not all of them are Python sources")
    return paths


@cache
def _suffix() -> str:
    """``.cpython-314.pyc``, with ``.opt-1`` before its end under ``-O``; empty for a Python without bytecode files."""
    try:
        return cache_from_source("x.py").replace(os.sep, "/").rpartition("/x")[2]
    except NotImplementedError:
        return ""
