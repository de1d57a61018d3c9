"""The bytecode for the first visit: what js/src/stdlib/first.ts puts into the zips of sources.

js/build/first.mjs runs this, beside stdlib.py, inside the Pyodide that will read it.

`import wasminstall` compiles more than modules: `dataclass` writes the methods of each class as text and compiles that,
`re` compiles patterns. Together it was half of the import. What that makes stands in the bytecode of the package and is
found by the text it was made from: the classes are the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import io
import marshal
import re._compiler
import zipfile
from collections.abc import Collection, Mapping
from types import CodeType, SimpleNamespace
from typing import Any

from stdlib import LIBRARY, as_file, compiled_modules, with_members

# In place of the package's own code, which it runs: MADE is the marshalled code, methods and patterns.
START = """
def _import():
    import _sre, builtins, dataclasses, marshal, re._compiler

    package, methods, patterns = marshal.loads(MADE)
    compile_pattern = re._compiler.compile

    def execute(text, *namespaces):
        builtins.exec(methods.get(text, text), *namespaces)

    def compiled(pattern, flags=0):
        made = patterns.get((pattern, int(flags)))
        return _sre.compile(*made) if made else compile_pattern(pattern, flags)

    dataclasses.exec, re._compiler.compile = execute, compiled
    try:
        exec(package, globals())
    finally:
        del dataclasses.exec
        re._compiler.compile = compile_pattern

_import()
del _import
"""

Made = tuple[dict[str, CodeType], dict[tuple[str, int], tuple[Any, ...]]]


def first_visit(
    library: bytes,
    names: Collection[str],
    archive: bytes,
    release: str,
    made: Made,
    display_name: str,
    display: bytes,
) -> bytes:
    """Return what gives the library bytecode of the modules ``names``, and wasminstall's archive bytecode of all.

    ``made`` is what the import of the package compiles besides, ``display`` the code that js/src/display/execute.ts
    runs, and finds by that name.
    For each of the two one line, "wasminstall-end SHA256 OFFSET LENGTH", and so many bytes: the end of the zip, to be
    put in place of that of the zip with this sha256, from that offset on.
    """
    place = f"/lib/wasminstall-{release}.zip"
    package = compiled_modules(archive, place)
    name = "wasminstall/__init__.py"
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        source = opened.read(name)
    code = compile(source, f"{place}/{name}", "exec", dont_inherit=True)
    package[f"{name}c"] = as_file(with_made(code, made), source)
    shows = compile(display, "<wasminstall-display>", "exec", dont_inherit=True)
    package[f"{display_name}.pyc"] = as_file(shows, display)
    return _end(library, compiled_modules(library, LIBRARY, names)) + _end(archive, package)


def _end(archive: bytes, members: Mapping[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        offset = opened.start_dir
        comment = opened.comment
    # Stored: all of it is compressed as a whole.
    end = with_members(archive, members, zipfile.ZIP_STORED, comment)[offset:]
    return f"wasminstall-end {hashlib.sha256(archive).hexdigest()} {offset} {len(end)}\n".encode() + end


def made_by_import(name: str) -> Made:
    """Import a module; return code by its text and what `_sre.compile` takes by pattern and flags."""
    methods: dict[str, CodeType] = {}
    patterns: dict[tuple[str, int], tuple[Any, ...]] = {}
    real = re._compiler._sre
    compile_pattern = re._compiler.compile
    taken: list[tuple[Any, ...]] = []

    def execute(text: str, *namespaces: dict[str, Any]) -> None:
        methods[text] = compile(text, "<string>", "exec", dont_inherit=True)
        exec(methods[text], *namespaces)

    def take(pattern: str, flags: int, code: list[int], *rest: Any) -> Any:  # noqa: ANN401 - a pattern of either kind
        groups, index, names = rest
        taken.append((pattern, int(flags), [int(each) for each in code], groups, dict(index), names))
        return real.compile(pattern, flags, code, *rest)

    def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
        result = compile_pattern(pattern, flags)
        patterns[pattern, int(flags)] = taken.pop()
        return result

    dataclasses.exec = execute
    re._compiler._sre = SimpleNamespace(**{**vars(real), "compile": take})
    re._compiler.compile = compiled
    try:
        importlib.import_module(name)
    finally:
        del dataclasses.exec
        re._compiler._sre = real
        re._compiler.compile = compile_pattern
    return methods, patterns


def with_made(code: CodeType, made: Made) -> CodeType:
    """Return the code of a package that runs this one, with what it would compile at hand."""
    text = START.replace("MADE", repr(marshal.dumps((code, *made))))
    return compile(text, code.co_filename, "exec", dont_inherit=True)
