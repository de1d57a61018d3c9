"""CPython on WASI, run by wasmtime: for checks that need that interpreter.

The module is compiled once, which takes some twenty seconds, and kept in the cache folder of the tests.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mirror import cache_folder, write_atomically
from support.distribution import ROOT

__all__ = ["PYTHON_WASM", "run_in_wasi"]

PYTHON_WASM = ROOT / "node_modules" / "@antonz" / "python-wasi" / "dist" / "python.wasm"


def run_in_wasi(code: str, site: Path | None = None) -> Any:
    """Run ``code`` and return its variable ``result``; ``site`` is a folder on its path, as ``/site``.

    Raises ``AssertionError`` with Python's traceback.
    """
    program = f"{code}\nimport json\nprint(json.dumps(result))"
    command = [sys.executable, __file__, str(_compiled()), "" if site is None else str(site), program]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _compiled() -> Path:
    """The module as this machine's wasmtime keeps it."""
    import wasmtime

    data = PYTHON_WASM.read_bytes()
    key = hashlib.sha256(data + version("wasmtime").encode()).hexdigest()[:16]
    kept = cache_folder() / f"python-wasi-{key}.cwasm"
    if not kept.is_file():
        write_atomically(kept, bytes(wasmtime.Module(wasmtime.Engine(), data).serialize()))
    return kept


def _run(module: str, site: str, program: str) -> None:
    """In a process of its own: the interpreter writes to the standard output of the process."""
    import wasmtime

    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    config = wasmtime.WasiConfig()
    config.argv = ["python", "-c", program]
    config.inherit_stdout()
    config.inherit_stderr()
    if site:
        config.preopen_dir(site, "/site")
        config.env = [("PYTHONPATH", "/site")]
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    instance = linker.instantiate(store, wasmtime.Module.deserialize_file(engine, module))
    start = instance.exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    try:
        start(store)
    except wasmtime.ExitTrap as trap:
        sys.exit(trap.code)


if __name__ == "__main__":
    _run(*sys.argv[1:])
