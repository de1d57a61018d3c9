"""Python inside any installed Pyodide build, in Node: for checks that need the runtime but no browser."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from support.distribution import ROOT

__all__ = ["BUILDS", "run_in_node"]

BUILDS = {
    "pyodide-0.27": "pyodide-0.27",
    "pyodide-0.28": "pyodide-0.28",
    "pyodide-0.29": "pyodide-0.29",
    "pyodide": "pyodide-314",
    "pyodide-314": "pyodide-314",
    "pyodide-315": "pyodide-315",
}
"""npm alias of each build, and the name of the target it is."""

_RUNNER = Path(__file__).with_name("run_python.mjs")


def run_in_node(
    build: str,
    code: str,
    *,
    packages: str = "",
    cache_folder: Path | None = None,
    from_wheel: bool = False,
    **values: object,
) -> Any:
    """Run ``code`` (top-level ``await`` allowed) with wasminstall attached, and return its variable ``result``.

    With ``from_wheel`` it is not attached: the wheel is unpacked, as a kernel does that knows nothing of the bootstrap.
    ``packages`` is the base URL of the distribution's wheels (``packageBaseUrl``); ``cache_folder`` is that of
    wasminstall's cache, an empty one unless told; ``values`` are JSON values that become variables.
    Raises ``AssertionError`` with Python's traceback.
    """
    head = f"import json\nglobals().update(json.loads({json.dumps(values)!r}))\n"
    source = f"{head}{textwrap.dedent(code)}\njson.dumps(result)"
    command = ["node", str(_RUNNER), build, str(_compiled_library(build)), packages, *(["wheel"] if from_wheel else [])]
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "WASMINSTALL_CACHE": str(cache_folder or empty)}
        done = subprocess.run(
            command, input=source, capture_output=True, text=True, timeout=300, check=False, env=environment
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@functools.cache
def _compiled_library(build: str) -> Path:
    """The standard library of a build with bytecode, made once for all processes: they start in half the time."""
    modules, maker = ROOT / "node_modules" / build, ROOT / "js" / "build" / "stdlib.mjs"
    parts = (modules / "python_stdlib.zip", modules / "package.json", maker, maker.with_suffix(".py"))
    name = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    library = ROOT / "build" / "stdlib" / f"{name}.zip"
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        made = library.with_suffix(f".{os.getpid()}")  # another process may make the same
        subprocess.run(["node", maker, modules, made], check=True, stdout=subprocess.DEVNULL, timeout=300)
        made.replace(library)
    return library
