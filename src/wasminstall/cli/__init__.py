"""The desktop command, ``wasminstall``: one file a command, and nothing that a page needs."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line of this process; what it returns is the exit status."""
    try:
        from .app import run
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("wasminstall"):
            raise
        print(f'This Python lacks {error.name}: pip install "wasminstall[cli]" brings what it needs.', file=sys.stderr)
        return 1
    return run()
