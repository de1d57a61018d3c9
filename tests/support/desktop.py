"""The desktop command as a user types it, with an index and a Pyodide distribution of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli

__all__ = ["PLATFORMS", "Desktop"]

PLATFORMS = {
    "pyodide-0.29": ("3.13.2", "emscripten_4_0_9", "2025_0"),
    "pyodide-314": ("3.14.2", "emscripten_5_0_3", "2026_0"),
}


class Desktop:
    """One user's machine: a home for the cache, a folder to work in, an index."""

    def __init__(self, index: IndexServer, folder: Path) -> None:
        self.index = index
        self.folder = folder
        self._home = folder / "home"

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """``wasminstall WORDS``; raises what the command does not catch."""
        runner = CliRunner(env={"WASMINSTALL_CACHE": str(self._home), "COLUMNS": "200", **(env or {})})
        return runner.invoke(cli, words, catch_exceptions=False, prog_name="wasminstall")

    def ask(self, *words: str, target: str = "pyodide-314") -> Result:
        """The same for one target, with this machine's index and the distribution of ``distribution()``."""
        places = ["--distribution", str(self.folder / target)] if target.startswith("pyodide") else []
        return self.run(*words, "--target", target, "--index-url", self.index.url, *places)

    def publish(self, name: str, version: str, **about: Any) -> None:
        """Make a wheel and put it on the index."""
        filename, data = make_wheel(name, version, **about)
        self.index.add(filename, data, requires_python=about.get("requires_python"))

    def distribution(
        self, target: str = "pyodide-314", packages: Sequence[tuple[str, str]] = (), **about: Sequence[str]
    ) -> Path:
        """Write the distribution of a target, with these packages (name and version) and their wheels.

        ``imports`` are modules of the last one.
        """
        folder = self.folder / target
        folder.mkdir()
        python, platform, abi = PLATFORMS[target]
        entries: dict[str, Any] = {}
        for name, version in packages:
            filename, data = make_wheel(name, version)
            (folder / filename).write_bytes(data)
            entries[name] = {
                "name": name,
                "version": version,
                "file_name": filename,
                "sha256": hashlib.sha256(data).hexdigest(),
                "depends": [],
                "imports": [name, *about.get("imports", ())],
                "install_dir": "site",
                "package_type": "package",
            }
        info = {"python": python, "platform": platform, "abi_version": abi, "arch": "wasm32"}
        (folder / "pyodide-lock.json").write_text(json.dumps({"info": info, "packages": entries}))
        return folder
