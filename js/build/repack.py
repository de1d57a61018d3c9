"""A wheel as the archive that the bootstrap loads.

js/build/repack.mjs runs this inside each Pyodide, because bytecode is made by the CPython that will read it.
"""

from __future__ import annotations

import ast
import io
import marshal
import sys
import zipfile
from importlib.util import MAGIC_NUMBER

# The page never imports these: they are for the desktop.
DESKTOP_ONLY = ("wasminstall/serve/", "wasminstall/cli/")
# Their docstrings are what help() shows to a user.
DOCUMENTED = ("wasminstall/__init__.py", "wasminstall/api.py", "wasminstall/errors.py")
# `packaging` may be had under either licence: one text is enough.
NOT_NEEDED = ("py.typed", "LICENSE", "LICENSE.APACHE", "RECORD", "_page.js")
UNCHECKED_HASH = b"\x01\x00\x00\x00" + bytes(8)
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def repack(wheel: bytes, version: str, bytecode: bool) -> bytes:
    """Return the archive's bytes: the same for the same wheel, always."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel)) as source, zipfile.ZipFile(output, "w") as target:
        for name in sorted(filter(is_wanted, source.namelist())):
            data = source.read(name)
            if name.endswith(".dist-info/METADATA"):
                data = data.partition(b"\n\n")[0] + b"\n"  # the long description is for PyPI
            elif name.endswith(".py") and bytecode:
                data = compile_module(name, data, version)
                name += "c"
            # Stored, and repack.mjs gzips the whole: 20 % smaller than deflated members, the same import time.
            target.writestr(zipfile.ZipInfo(name, MEMBER_DATE), data)
        kind = f"{sys.implementation.cache_tag} {MAGIC_NUMBER.hex()}" if bytecode else "source"
        target.comment = f"wasminstall {version} {kind}".encode()
    return output.getvalue()


def is_wanted(name: str) -> bool:
    """Whether the page needs this member of the wheel."""
    base = name.rpartition("/")[2]
    needed = base not in NOT_NEEDED or name.endswith(".dist-info/licenses/LICENSE")
    return needed and not name.startswith(DESKTOP_ONLY)


def compile_module(name: str, source: bytes, version: str) -> bytes:
    """Return the module as a `.pyc` that no source is compared with."""
    tree = ast.parse(source)
    if name not in DOCUMENTED:
        slim(tree)
    # dont_inherit: the annotations future of this file is not the module's.
    code = compile(tree, f"/lib/wasminstall-{version}.zip/{name}", "exec", dont_inherit=True)
    return MAGIC_NUMBER + UNCHECKED_HASH + marshal.dumps(code)


def slim(tree: ast.Module) -> None:
    """Remove what only readers of the source look at: docstrings and the annotations of functions (gzip: -25 %).

    Unlike ``-OO`` this keeps assertions, and the first line of the docstring of a class: without any, ``dataclass``
    computes a signature at import. Annotations in classes are fields and stay.
    """
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
            remove_docstring(node)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.Module):
            remove_docstring(node)
        elif isinstance(node, ast.ClassDef) and (text := ast.get_docstring(node)):
            node.body[0] = ast.copy_location(ast.Expr(ast.Constant(text.partition("\n")[0])), node.body[0])
    ast.fix_missing_locations(tree)


def remove_docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Drop the first statement when it is a docstring; a body may not be empty."""
    if ast.get_docstring(node, clean=False) is not None:
        first = node.body.pop(0)
        if not node.body:
            node.body.append(ast.copy_location(ast.Pass(), first))
