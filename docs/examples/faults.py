"""Writes the table of the page "When the network fails": ``python docs/examples/faults.py``.

The expectations are those that the tests hold Chromium and Node to; a test compares the page with them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [path for path in (str(ROOT / "tests"),) if path not in sys.path]

from support.fault_matrix import table  # noqa: E402

__all__ = ["PAGE", "with_table"]

PAGE = ROOT / "docs" / "faults.md"
_BETWEEN = re.compile(r"(<!-- fault matrix -->\n).*?(<!-- end -->)", re.DOTALL)


def with_table(page: str) -> str:
    """The page with the table of today."""
    return _BETWEEN.sub(lambda found: f"{found[1]}\n{table()}\n{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
