"""Python's standard library -> the same zip with bytecode beside its sources.

js/build/stdlib.mjs runs this inside the Pyodide whose library it is, because bytecode is made by the CPython that will
read it. What js/src/stdlib/watch.ts makes of what was imported is the same, module by module.
"""

from __future__ import annotations

import io
import marshal
import sys
import zipfile
from collections.abc import Collection, Mapping
from importlib.util import MAGIC_NUMBER, source_hash
from types import CodeType

LIBRARY = "/lib/python{}{}.zip".format(*sys.version_info[:2])
# Valid by the hash of the source, and that is looked at only by interpreters that were told to.
UNCHECKED_HASH = b"\x01\x00\x00\x00"
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def with_bytecode(library: bytes, version: str) -> bytes:
    """Return the archive's bytes; its comment says for which Pyodide it is."""
    comment = f"wasminstall-stdlib {version} {MAGIC_NUMBER.hex()}".encode()
    return with_members(library, compiled_modules(library, LIBRARY), zipfile.ZIP_DEFLATED, comment)


def compiled_modules(archive: bytes, place: str, names: Collection[str] | None = None) -> dict[str, bytes]:
    """Return the `.pyc` files of all modules of a zip that will lie there, or of those with these names."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for name in opened.namelist():
            if name.endswith(".py") and (names is None or name in names):
                bytecode = compile_module(f"{place}/{name}", opened.read(name))
                if bytecode is not None:
                    found[f"{name}c"] = bytecode
    return found


def compile_module(path: str, source: bytes) -> bytes | None:
    """Return the module as a `.pyc`, or ``None`` for what is not meant to be compiled: templates, bad examples."""
    try:
        return as_file(compile(source, path, "exec", dont_inherit=True), source)
    except SyntaxError:
        return None


def as_file(code: CodeType, source: bytes) -> bytes:
    """Return what is in the `.pyc` of this code."""
    return MAGIC_NUMBER + UNCHECKED_HASH + source_hash(source) + marshal.dumps(code)


def with_members(archive: bytes, members: Mapping[str, bytes], compression: int, comment: bytes) -> bytes:
    """Return the zip with these members added, by name."""
    output = io.BytesIO(archive)
    with zipfile.ZipFile(output, "a") as opened:
        for name, data in members.items():
            opened.writestr(zipfile.ZipInfo(name, MEMBER_DATE), data, compression, 9)
        opened.comment = comment
    return output.getvalue()
