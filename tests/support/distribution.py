"""A whole Pyodide distribution on the test index: core files of the npm package, wheels from the mirror."""

from __future__ import annotations

import json
from pathlib import Path

from mirror import DistributionMirror
from support.index_server import IndexServer

__all__ = ["ROOT", "mount_distribution"]

ROOT = Path(__file__).resolve().parents[2]


def mount_distribution(server: IndexServer, build: str, prefix: str = "/pyodide/") -> str:
    """Serve the distribution of an installed Pyodide build (npm alias); returns the URL of its folder."""
    core = ROOT / "node_modules" / build
    lock = json.loads((core / "pyodide-lock.json").read_text())
    version = json.loads((core / "package.json").read_text())["version"]
    hashes = {entry["file_name"]: entry["sha256"] for entry in lock["packages"].values()}

    async def file(path: str) -> bytes | None:
        if path in hashes:
            async with DistributionMirror(version) as mirror:
                return await mirror.wheel(path, hashes[path])
        local = core / path
        return local.read_bytes() if "/" not in path and local.is_file() else None

    server.mount(prefix, file)
    return server.origin + prefix
