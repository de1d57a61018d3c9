"""What each Pyodide gives to the side modules it loads: one row an ABI, read from a table made by running them all.

The table is ``runtimes.br``; ``tests/support/runtime_symbols.py`` makes it. So a wheel is checked without a Pyodide at
hand, and against every release with its ABI at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import brotli

__all__ = ["Runtime", "known_runtimes"]

_INVOKE = re.compile(r"invoke_\w+")
_FIRST = "2024_0"
"""Its loader makes an ``invoke_*`` function for every signature (exceptions go through JavaScript), and follows no run
path. Both changed with the next ABI."""


@dataclass(frozen=True)
class Runtime:
    """The programs with one ABI: ``builds`` are their versions, ``suffixes`` the endings of extension modules.

    ``symbols`` is what every one of them has; ``libraries`` are the shared libraries of the Pyodide distribution.
    """

    abi: str
    builds: tuple[str, ...]
    suffixes: tuple[str, ...]
    libraries: frozenset[str]
    symbols: frozenset[str] = field(repr=False)

    @property
    def follows_run_paths(self) -> bool:
        """Whether a library is found where the module that needs it says."""
        return self.abi != _FIRST

    def missing(self, wanted: frozenset[str]) -> frozenset[str]:
        """Those symbols that it does not have."""
        missing = wanted - self.symbols
        if self.abi == _FIRST:
            return frozenset(name for name in missing if not _INVOKE.fullmatch(name))
        return missing


@cache
def known_runtimes() -> Mapping[str, Runtime]:
    """Every runtime by ABI (``2026_0``), the oldest first. Takes some 30 ms, once."""
    packed = files(__package__).joinpath("runtimes.br").read_bytes()
    head, *lines = brotli.decompress(packed).decode().split("\n")
    rows = json.loads(head)
    symbols: list[list[str]] = [[] for _ in rows]
    holders: dict[str, list[list[str]]] = {}
    for line in lines:
        bits, _, symbol = line.partition(" ")
        if bits not in holders:
            holders[bits] = [symbols[row] for row in range(len(rows)) if int(bits, 16) >> row & 1]
        for those in holders[bits]:
            those.append(symbol)
    return {
        row["abi"]: Runtime(
            row["abi"],
            tuple(row["builds"]),
            tuple(row["suffixes"]),
            frozenset(row["libraries"]),
            frozenset(names),
        )
        for row, names in zip(rows, symbols, strict=True)
    }
