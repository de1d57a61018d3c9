"""The bytecode of packages for a first visit: what src/wasminstall/bytecode/released.py reads.

js/build/compiled.mjs runs this inside the Pyodide that will read it.
"""

from __future__ import annotations

import marshal
import struct
import sys
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

SITE = "/lib/python{}.{}/site-packages/".format(*sys.version_info[:2])


class Modules:
    """The modules of wheels that were imported, each told once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def compile_new(self) -> bytes:
        """Return the bytecode of those that were imported since the last time.

        The length of the index (4 bytes, little-endian), the index, and the marshalled code, end to end. The index is
        marshalled too: the magic number, and by path below site-packages the hash of the source, start and end.
        """
        index: dict[str, tuple[bytes, int, int]] = {}
        codes = bytearray()
        for path in sorted(_imported() - self._told):
            source = Path(path).read_bytes()
            code = marshal.dumps(compile(source, path, "exec", dont_inherit=True))
            index[path.removeprefix(SITE)] = source_hash(source), len(codes), len(codes) + len(code)
            codes += code
            self._told.add(path)
        head = marshal.dumps((MAGIC_NUMBER, index))
        return struct.pack("<I", len(head)) + head + codes


def _imported() -> set[str]:
    origins = [getattr(module.__spec__, "origin", "") for module in sys.modules.values() if hasattr(module, "__spec__")]
    return {path for path in origins if isinstance(path, str) and path.startswith(SITE) and path.endswith(".py")}
