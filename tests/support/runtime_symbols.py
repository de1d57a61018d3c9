"""Makes the table of what each Pyodide gives to side modules, from a run of every installed build in Node.

``python -m support.runtime_symbols`` (in ``tests``) writes it to where ``wasminstall wheel check`` reads it; a new
build is one more name in ``support.node.BUILDS``. Builds with one ABI count as one: what all of them have is there.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import brotli

from support.distribution import ROOT
from support.node import BUILDS

__all__ = ["TABLE", "ask_build", "format_table"]

TABLE = ROOT / "src" / "wasminstall" / "cli" / "wasm" / "runtimes.br"
_PROGRAM = Path(__file__).with_suffix(".mjs")


def ask_build(build: str) -> dict[str, Any]:
    """What a build says: ``version``, ``abi``, ``suffixes``, ``symbols``, ``libraries``."""
    done = subprocess.run(["node", str(_PROGRAM), build], capture_output=True, text=True, timeout=120, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def format_table(answers: Iterable[Mapping[str, Any]]) -> bytes:
    """The table: a line of JSON with a row for each ABI, then each symbol after the rows that have it, as bits."""
    by_abi: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for answer in answers:
        by_abi[answer["abi"]].append(answer)
    rows = [
        {
            "abi": abi,
            "builds": sorted(answer["version"] for answer in same),
            "suffixes": same[0]["suffixes"],
            "libraries": sorted(set.union(*(set(answer["libraries"]) for answer in same))),
        }
        for abi, same in sorted(by_abi.items())
    ]
    bits: dict[str, int] = defaultdict(int)
    for row, (_, same) in enumerate(sorted(by_abi.items())):
        for symbol in set.intersection(*(set(answer["symbols"]) for answer in same)):
            bits[symbol] |= 1 << row
    lines = [json.dumps(rows), *(f"{bits[symbol]:x} {symbol}" for symbol in sorted(bits))]
    return bytes(brotli.compress("\n".join(lines).encode(), quality=11, lgwin=24))


if __name__ == "__main__":
    TABLE.write_bytes(format_table(map(ask_build, BUILDS)))
