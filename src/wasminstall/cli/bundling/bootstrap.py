"""What a build of wasminstall has for browsers: inside the wheel, and in a repository where `make build` leaves it."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import InvalidInput

__all__ = ["COMPILED", "FIRST_VISIT", "NO_FIRST_VISIT", "bootstrap_files", "bootstrap_folder", "build_file"]

FIRST_VISIT = "wasminstall.stdlib.gz"
COMPILED = {name: f"wasminstall.{name}.gz" for name in ("numpy", "pandas", "matplotlib")}
"""By project."""
NO_FIRST_VISIT = bytes.fromhex("1f8b08000000000002ff03000000000000000000")
"""An empty file, with gzip: pages with the Pyodide of the release ask for them, and a missing one would be an error."""
_IN_WHEEL = Path(__file__).with_name("_built")
_REPOSITORY = Path(__file__).parents[4]
_SOURCE_MAP = re.compile(rb"\n//# sourceMappingURL=\S+\s*\Z")
_SUFFIXES = (".js", ".mjs", ".gz")


def bootstrap_folder() -> Path:
    """The folder that pages have at ``/wasminstall/``. Raises ``InvalidInput`` where none was installed or built."""
    folder = _IN_WHEEL if _IN_WHEEL.is_dir() else _REPOSITORY / "js" / "dist"
    if not (folder / "wasminstall.js").is_file() or not (folder / "wasminstall.zip.gz").is_file():
        raise InvalidInput(
            "this wasminstall has no files for browsers",
            hint="install its wheel, or run `make build` in its repository",
        )
    return folder


def bootstrap_files() -> dict[str, bytes]:
    """What is in it by name, without source maps. Raises as ``bootstrap_folder()`` does."""
    paths = sorted(path for path in bootstrap_folder().glob("wasminstall*") if path.suffix in _SUFFIXES)
    return {path.name: _SOURCE_MAP.sub(b"", path.read_bytes()) for path in paths}


def build_file(name: str) -> Path:
    """One of the programs that the release is built with, such as ``stdlib.py``."""
    kept = _IN_WHEEL / name
    return kept if kept.is_file() else _REPOSITORY / "js" / "build" / name
