"""A wheel as the archive that the bootstrap loads: sources without what only their readers look at.

js/build/repack.mjs runs this inside the oldest Pyodide: what its CPython writes, all of them read.
"""

from __future__ import annotations

import ast
import io
import zipfile

# The page never imports these: they are for the desktop, or for kernels, which load the wheel.
NOT_FOR_PAGES = (
    "wasminstall/serve/",
    "wasminstall/__main__.py",
    "wasminstall/cli/",
    "wasminstall/transport/desktop.py",
    "wasminstall/integrations/import_names.py",
    "wasminstall/integrations/ipython/",
    "wasminstall/integrations/jupyterlite/",
)
# `packaging` imports these, and calls them on Linux only: empty they are enough.
LINUX_ONLY = tuple(f"wasminstall/_vendor/packaging/{name}.py" for name in ("_elffile", "_manylinux", "_musllinux"))
# Their docstrings are what help() shows to a user.
DOCUMENTED = ("wasminstall/__init__.py", "wasminstall/api.py", "wasminstall/errors.py")
# `packaging` may be had under either licence: one text is enough.
NOT_NEEDED = ("py.typed", "LICENSE", "LICENSE.APACHE", "RECORD", "_page.js")
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def repack(wheel: bytes, version: str) -> bytes:
    """Return the archive's bytes: the same for the same wheel, always."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel)) as source, zipfile.ZipFile(output, "w") as target:
        for name in sorted(filter(is_wanted, source.namelist())):
            data = source.read(name)
            if name.endswith(".dist-info/METADATA"):
                data = data.partition(b"\n\n")[0] + b"\n"  # the long description is for PyPI
            elif name in LINUX_ONLY:
                data = b""
            elif name.endswith(".py"):
                data = slim(data, documented=name in DOCUMENTED)
            # Stored, and repack.mjs gzips the whole: 20 % smaller than deflated members, the same import time.
            target.writestr(zipfile.ZipInfo(name, MEMBER_DATE), data)
        target.comment = f"wasminstall {version}".encode()
    return output.getvalue()


def is_wanted(name: str) -> bool:
    """Whether the page needs this member of the wheel."""
    base = name.rpartition("/")[2]
    needed = base not in NOT_NEEDED or name.endswith(".dist-info/licenses/LICENSE")
    return needed and not name.startswith(NOT_FOR_PAGES)


def slim(source: bytes, *, documented: bool) -> bytes:
    """Return the module without comments, what only type checkers read and, unless ``documented``, docstrings.

    Without ``documented`` it has no ``__all__`` either, unless it reads that itself: nobody imports a star from it.
    Of a class the first line of its docstring stays, of a private one a dot: without any, ``dataclass`` computes a
    signature at import.
    Annotations in classes are fields and stay.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            first = 1 if ast.get_docstring(node, clean=False) is not None else 0
            node.body = [*node.body[:first], *filter(ever_runs, node.body[first:])] or [ast.Pass()]
        if not documented:
            strip(node)
    if not documented and source.count(b"__all__") == 1:
        tree.body = [node for node in tree.body if not is_all(node)] or [ast.Pass()]
    return ast.unparse(tree).encode()


def ever_runs(node: ast.stmt) -> bool:
    """Whether a statement does something in a page: an overload does not, nor what documents a variable."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return not any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return False
    return not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not node.orelse)


def is_all(node: ast.stmt) -> bool:
    """Whether a statement says which names a module is for."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets)


def strip(node: ast.AST) -> None:
    """Take from one node what ``slim`` leaves out."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        node.returns = None
        remove_docstring(node)
    elif isinstance(node, ast.arg):
        node.annotation = None
    elif isinstance(node, ast.Module):
        remove_docstring(node)
    elif isinstance(node, ast.ClassDef) and (text := ast.get_docstring(node)):
        first_line = "." if node.name.startswith("_") else text.partition("\n")[0]
        node.body[0] = ast.Expr(ast.Constant(first_line))


def remove_docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Drop the first statement when it is a docstring; a body may not be empty."""
    if ast.get_docstring(node, clean=False) is not None:
        node.body[:1] = [] if node.body[1:] else [ast.Pass()]
