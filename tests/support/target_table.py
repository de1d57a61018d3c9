"""Makes the rows of the table of targets by asking every interpreter that is installed what it says of itself.

``python -m support.target_table`` (in ``tests``) writes them into ``src/wasminstall/targets/table.py``; a new Pyodide
is one more name in ``support.node.BUILDS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from support.distribution import ROOT
from support.node import BUILDS, run_in_node
from support.wasi import run_in_wasi

__all__ = ["ASK", "TABLE", "row_of", "rows_in", "written"]

TABLE = ROOT / "src" / "wasminstall" / "targets" / "table.py"

ASK = """
import platform, sys, sysconfig

facts = {
    "python": platform.python_version(),
    "system": sys.platform,
    "release": platform.release(),
    "abi": str(sysconfig.get_config_var("PYODIDE_ABI_VERSION") or ""),
    "pyodide": sys.modules["pyodide_js"].version if "pyodide_js" in sys.modules else "",
}
"""
"""Sets ``facts`` in whichever interpreter runs it."""

_ROWS = re.compile(r"(?ms)^_ASKED = \(\n(.*?)^\)\n")


def row_of(facts: dict[str, Any]) -> str:
    """The row that these facts make: a Pyodide is called after its release, WASI after its Python."""
    release = facts["pyodide"]
    if release:
        major, minor = release.split(".")[:2]
        name = f"pyodide-{major}" if major != "0" else f"pyodide-0.{minor}"
    else:
        name = f"{facts['system']}-{'.'.join(facts['python'].split('.')[:2])}"
    values = (name, facts["python"], facts["system"], facts["release"], facts["abi"], release)
    quoted = ", ".join(f'"{value}"' for value in _without_empty_end(values))
    return f"    Runtime({quoted}),\n"


def rows_in(table: str) -> list[str]:
    """The rows of the table as it is written."""
    found = _ROWS.search(table)
    assert found is not None
    return found[1].splitlines(keepends=True)


def written(table: str, rows: Iterable[str]) -> str:
    """The table with these rows."""
    return _ROWS.sub(lambda _: f"_ASKED = (\n{''.join(rows)})\n", table)


def _without_empty_end(values: tuple[str, ...]) -> tuple[str, ...]:
    while not values[-1]:
        values = values[:-1]
    return values


def main() -> None:
    """Ask all of them; of several builds of one target the last one counts."""
    asked = [run_in_node(build, f"import pyodide_js\n{ASK}\nresult = facts") for build in BUILDS]
    asked.append(run_in_wasi(f"{ASK}\nresult = facts"))
    rows = {row.split('"')[1]: row for row in map(row_of, asked)}
    TABLE.write_text(written(TABLE.read_text("utf-8"), rows.values()), "utf-8")
    print("".join(rows.values()), end="")


if __name__ == "__main__":
    main()
