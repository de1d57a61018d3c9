"""Python's standard library -> the same zip with bytecode beside every source.

js/build/stdlib.mjs runs this inside the Pyodide whose library it is, because bytecode is made by the CPython that will
read it. What js/src/stdlib/watch.ts makes of what was imported is the same, module by module.
"""

from __future__ import annotations

import io
import marshal
import sys
import zipfile
from importlib.util import MAGIC_NUMBER, source_hash

# Valid by the hash of the source, and that is looked at only by interpreters that were told to.
UNCHECKED_HASH = b"\x01\x00\x00\x00"
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def with_bytecode(library: bytes, version: str) -> bytes:
    """Return the archive's bytes; its comment says for which Pyodide it is."""
    output = io.BytesIO(library)
    with zipfile.ZipFile(output, "a") as archive:
        for name in [name for name in archive.namelist() if name.endswith(".py")]:
            bytecode = compile_module(name, archive.read(name))
            if bytecode is not None:
                archive.writestr(zipfile.ZipInfo(name + "c", MEMBER_DATE), bytecode, zipfile.ZIP_DEFLATED, 9)
        archive.comment = f"wasminstall-stdlib {version} {MAGIC_NUMBER.hex()}".encode()
    return output.getvalue()


def compile_module(name: str, source: bytes) -> bytes | None:
    """Return the module as a `.pyc`, or ``None`` for what is not meant to be compiled: templates, bad examples."""
    path = "/lib/python{}{}.zip/{}".format(*sys.version_info[:2], name)
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return MAGIC_NUMBER + UNCHECKED_HASH + source_hash(source) + marshal.dumps(code)
