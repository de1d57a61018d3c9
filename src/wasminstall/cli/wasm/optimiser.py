"""Binaryen's ``wasm-opt``, where it is on the path: makes code smaller than leaving sections out can."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from .module import NotWasm, read_module

__all__ = ["OptimiserFailed", "find_optimiser", "optimised"]

# What Emscripten's own compiler uses without being asked; wasm-opt may emit these, and nothing newer.
_FEATURES = (
    "mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory", "exception-handling",
    "reference-types", "multivalue", "simd", "extended-const",
)  # fmt: skip
_LONGEST = 900.0


class OptimiserFailed(Exception):
    """``wasm-opt`` did not make a module of this one; the text says what it said."""


def find_optimiser() -> str:
    """The path of ``wasm-opt``, or an empty string."""
    return shutil.which("wasm-opt") or ""


def optimised(program: str, data: bytes, *, keep_names: bool) -> bytes:
    """The module as ``program`` makes it with ``-Os``, its names kept on request. Raises ``OptimiserFailed``."""
    with tempfile.TemporaryDirectory(prefix="wasminstall-") as name:
        before, after = Path(name, "before.wasm"), Path(name, "after.wasm")
        before.write_bytes(data)
        features = [f"--enable-{feature}" for feature in _FEATURES]
        names = ["--debuginfo"] if keep_names else []
        command = [program, "-Os", *features, *names, str(before), "-o", str(after)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OptimiserFailed(str(error)) from None
        if done.returncode or not after.exists():
            said = done.stderr.strip().splitlines()
            raise OptimiserFailed(said[-1] if said else f"it ended with status {done.returncode}")
        result = after.read_bytes()
    return _same_outside(data, result)


def _same_outside(before: bytes, after: bytes) -> bytes:
    """The new module, if it still offers and asks for the same. Raises ``OptimiserFailed`` otherwise."""
    try:
        old, new = read_module(before), read_module(after)
    except NotWasm as error:
        raise OptimiserFailed(str(error)) from None
    if new.exports != old.exports or new.needed != old.needed or not new.wanted <= old.wanted or not new.has_dylink:
        raise OptimiserFailed("what it made exports or imports something else")
    return after
