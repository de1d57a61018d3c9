"""The command line of the demo: ``python demo/serve.py``, after ``node demo/build.mjs``.

It needs nothing but Python to say what is missing; ``notebook_server.py`` does the work.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
BUILT = {
    ROOT / "demo/dist/notebook.js": "node demo/build.mjs",
    ROOT / "js/dist/wasminstall.mjs": "npm run build",
    ROOT / "node_modules/pyodide/pyodide-lock.json": "npm ci",
}
"""What must be there before the page can work, and the command that makes it."""


def main() -> int:
    """Serve until interrupted."""
    options = read_options()
    missing = [command for file, command in BUILT.items() if not file.exists()]
    if missing:
        print("First build what the page is made of:", *missing, sep="\n  ", file=sys.stderr)
        return 1
    try:
        from notebook_server import run
    except ImportError as error:
        print(f"This Python lacks {error.name}: `make demo` sets up one that has everything.", file=sys.stderr)
        return 1
    return run(options)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Serve the wasminstall notebook on this machine.")
    parser.add_argument(
        "--port", type=int, default=8000, help="port to begin with; the next free one is used (default 8000)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--index",
        choices=["auto", "direct", "proxy"],
        default="auto",
        help="which index the page begins with; auto: the proxy if the default index cannot be read from a page",
    )
    parser.add_argument("--cache", type=Path, help="where fetched files stay (default ~/.cache/wasminstall)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
