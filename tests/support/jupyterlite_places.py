"""One built JupyterLite site at several addresses: with other headers, another Pyodide, in another browser engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.engines import Engine
from support.index_server import IndexServer
from support.jupyterlite_site import CONNECT, EXECUTE, KERNEL_PLUGIN, Cell, pyodide_files

__all__ = ["ISOLATED", "EngineKernel", "mount_pyodide", "mount_site"]

ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
"""Headers that make a page cross-origin isolated."""
_CONFIG = "jupyter-lite.json"
_LOCK = "pyodide-lock.json"


def mount_site(
    server: IndexServer,
    site: Path,
    prefix: str,
    *,
    pyodide_url: str = "",
    config: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Serve the folder of a built site below ``prefix``; its URL.

    ``pyodide_url`` and ``config`` (``jupyter-config-data``) are set as if the site had been built with them.
    """

    def file(path: str) -> bytes | None:
        local = site / path
        local = local / "index.html" if local.is_dir() else local
        if not local.is_file():
            return None
        data = local.read_bytes()
        return _configured(data, pyodide_url, config or {}) if path == _CONFIG else data

    server.mount(prefix, file, headers)
    return server.origin + prefix


def _configured(data: bytes, pyodide_url: str, config: Mapping[str, Any]) -> bytes:
    settings = json.loads(data)
    settings["jupyter-config-data"].update(config)
    if pyodide_url:
        settings["jupyter-config-data"]["litePluginSettings"][KERNEL_PLUGIN]["pyodideUrl"] = pyodide_url
    return json.dumps(settings).encode()


def mount_pyodide(server: IndexServer, build: str, *, without: str = "") -> str:
    """Serve a Pyodide (npm alias) that a kernel can start with, as a CDN does; its ``pyodideUrl``.

    ``without`` is a package that its distribution is not to have.
    """
    prefix = f"/kernel-{build}/"
    files = pyodide_files(build, f"{server.origin}/{build}/")
    lock = json.loads(files[_LOCK])
    lock["packages"].pop(without, None)
    server.mount(prefix, {**files, _LOCK: json.dumps(lock).encode()}.get)
    return f"{server.origin}{prefix}pyodide.mjs"


class EngineKernel:
    """The Python kernel of a site's REPL, in any engine."""

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine = engine
        engine.open(f"{site}repl/index.html?kernel=python")
        engine.run(CONNECT)

    def run(self, code: str) -> Cell:
        """Execute a cell."""
        return Cell(**self._engine.run(f"const code = {json.dumps(code)};{EXECUTE}"))
