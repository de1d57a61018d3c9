"""Python's standard library -> the same zip with bytecode beside its sources.

js/build/stdlib.mjs runs this inside the Pyodide whose library it is, because bytecode is made by the CPython that will
read it. What js/src/stdlib/watch.ts makes of what was imported is the same, module by module.
"""

from __future__ import annotations

import hashlib
import io
import marshal
import sys
import zipfile
from collections.abc import Collection
from importlib.util import MAGIC_NUMBER, source_hash

# Valid by the hash of the source, and that is looked at only by interpreters that were told to.
UNCHECKED_HASH = b"\x01\x00\x00\x00"
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def with_bytecode(library: bytes, version: str) -> bytes:
    """Return the archive's bytes; its comment says for which Pyodide it is."""
    comment = f"wasminstall-stdlib {version} {MAGIC_NUMBER.hex()}"
    place = "/lib/python{}{}.zip".format(*sys.version_info[:2])
    return _added(library, place, None, zipfile.ZIP_DEFLATED, comment)


def first_visit(library: bytes, names: Collection[str], archive: bytes, release: str) -> bytes:
    """Return what gives the library bytecode of the modules ``names``, and wasminstall's archive bytecode of all.

    For each of the two one line, "wasminstall-end SHA256 OFFSET LENGTH", and so many bytes: the end of the zip, to be
    put in place of that of the zip with this sha256, from that offset on. js/src/stdlib/first.ts reads it.
    """
    library_place = "/lib/python{}{}.zip".format(*sys.version_info[:2])
    return _end(library, library_place, names) + _end(archive, f"/lib/wasminstall-{release}.zip", None)


def _end(source: bytes, place: str, names: Collection[str] | None) -> bytes:
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        offset = archive.start_dir
        comment = archive.comment.decode()
    # Stored: all of it is compressed as a whole.
    end = _added(source, place, names, zipfile.ZIP_STORED, comment)[offset:]
    return f"wasminstall-end {hashlib.sha256(source).hexdigest()} {offset} {len(end)}\n".encode() + end


def _added(source: bytes, place: str, names: Collection[str] | None, compression: int, comment: str) -> bytes:
    output = io.BytesIO(source)
    with zipfile.ZipFile(output, "a") as archive:
        for name in [name for name in archive.namelist() if name.endswith(".py") and (names is None or name in names)]:
            bytecode = compile_module(f"{place}/{name}", archive.read(name))
            if bytecode is not None:
                archive.writestr(zipfile.ZipInfo(name + "c", MEMBER_DATE), bytecode, compression, 9)
        archive.comment = comment.encode()
    return output.getvalue()


def compile_module(path: str, source: bytes) -> bytes | None:
    """Return the module as a `.pyc`, or ``None`` for what is not meant to be compiled: templates, bad examples."""
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return MAGIC_NUMBER + UNCHECKED_HASH + source_hash(source) + marshal.dumps(code)
