"""A page with Pyodide and wasminstall in it, driven from a test: Python in, JSON values out."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from support.index_server import IndexServer

__all__ = ["CHROMIUM_FLAGS", "Page"]

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # Nothing but this machine can be reached: a test that needs the internet fails.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]


class Page:
    """A pytest-pyodide page; its default index is ``server``."""

    def __init__(self, selenium: Any, server: IndexServer) -> None:
        self.server = server
        self._selenium = selenium
        self.driver = selenium.driver
        selenium.set_script_timeout(120)
        bundle = f"{server.origin}/wasminstall/wasminstall.mjs"
        selenium.run_js(f"const {{ attach }} = await import({bundle!r}); await attach(pyodide);")
        self.run(f"import wasminstall\nwasminstall.set_default_index({server.url!r})\nresult = None")

    def run(self, code: str) -> Any:
        """Run Python with top-level ``await``; the JSON value of its variable ``result``. Raises what it raises."""
        source = textwrap.dedent(code) + "\nimport json\njson.dumps(result)"
        return json.loads(self._selenium.run_js(f"return await pyodide.runPythonAsync({json.dumps(source)});"))

    def error_of(self, statement: str) -> dict[str, str]:
        """Type, text and hint of the wasminstall error that a statement raises; fails when it raises none."""
        found = self.run(
            "try:\n"
            f"    {statement}\n"
            "except wasminstall.WasmInstallError as error:\n"
            "    result = {'type': type(error).__name__, 'text': str(error), 'hint': error.hint}\n"
            "else:\n"
            "    result = None\n"
        )
        assert found is not None, f"no error from: {statement}"
        return dict(found)
