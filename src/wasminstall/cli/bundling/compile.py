"""Runs inside a Pyodide under Node, beside js/build/stdlib.py: bytecode by the CPython that will read it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from importlib.util import cache_from_source

Compile = Callable[[str, bytes], bytes | None]


def bytecode_of(wheel: bytes, compile_module: Compile) -> bytes:
    """A zip of what belongs beside the sources of this wheel: the ``__pycache__`` folders."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel)) as source, zipfile.ZipFile(output, "w") as target:
        for name in source.namelist():
            if name.endswith(".py") and ".data/" not in name:
                # As Python finds it when it imports; it puts the true path in.
                bytecode = compile_module(name, source.read(name))
                if bytecode is not None:
                    target.writestr(cache_from_source(name), bytecode)
    return output.getvalue()
