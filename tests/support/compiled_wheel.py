"""Compiled wheels of our own: a C file without a single header, built by ziglang, that loads in every Pyodide.

The C declares by hand the three functions and the two structures of the C API that it uses; their layout on a 32-bit
machine is the same from Python 3.12 to 3.15, so one ``.so`` of some 600 bytes serves all. The recipe needs neither
emscripten nor Python's headers.

``make_compiled_wheel`` gives a wheel whose package has ``twice(number)``, implemented in ``PKG/_native.so``. With
``library=True`` the doubling is done by ``PKG.libs/lib{package}.so``, which ``_native.so`` names as needed with a
run path of ``$ORIGIN/../PKG.libs``, as ``auditwheel`` leaves it. (Pyodide 0.27 does not follow run paths.)
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mirror import cache_folder, write_atomically
from support.wheel_factory import make_wheel

__all__ = ["PYODIDE_TAGS", "build_library", "build_module", "make_compiled_wheel"]

PYODIDE_TAGS = {
    "0.27": "cp312-cp312-pyodide_2024_0_wasm32",
    "0.28": "cp313-cp313-pyodide_2025_0_wasm32",
    "0.29": "cp313-cp313-pyemscripten_2025_0_wasm32",
    "314": "cp314-cp314-pyemscripten_2026_0_wasm32",
    "315": "cp315-cp315-pyemscripten_2026_5_wasm32",
}
"""The tag of a compiled wheel for each Pyodide."""

MODULE = """
typedef struct Object Object;
typedef struct { const char *name; Object *(*call)(Object *, Object *); int flags; const char *doc; } Method;
typedef struct {
    long refcount; void *type, *init; long index; void *copy;
    const char *name, *doc; long size; Method *methods; void *slots, *traverse, *clear, *free;
} Module;

extern Object *PyModuleDef_Init(Module *);
extern long PyLong_AsLong(Object *);
extern Object *PyLong_FromLong(long);

#ifdef LIBRARY
extern long LIBRARY(long);
#else
#define LIBRARY(number) (2 * (number))
#endif

static Object *twice(Object *self, Object *number) { return PyLong_FromLong(LIBRARY(PyLong_AsLong(number))); }
static Method methods[] = {{"twice", twice, /* METH_O */ 8, "Two times a number."}, {0}};
static Module module = {.refcount = 1, .name = "_native", .methods = methods};
Object *PyInit__native(void) { return PyModuleDef_Init(&module); }
"""
LIBRARY = "long LIBRARY(long number) { return 2 * number; }\n"

_COMPILE = ("cc", "-target", "wasm32-emscripten", "-mcpu=mvp", "-O2", "-fPIC", "-c")
_LINK = (
    "wasm-ld", "-shared", "--experimental-pic", "--import-memory", "--import-table",
    "--unresolved-symbols=import-dynamic", "--strip-all",
)  # fmt: skip


@dataclass(frozen=True)
class SideModule:
    """What a shared object is made from."""

    file_name: str
    source: str
    export: str
    define: str = ""
    needs: SideModule | None = None
    run_path: str = ""

    @property
    def key(self) -> str:
        """A hash of all that the bytes depend on."""
        return hashlib.sha256(repr((self, _COMPILE, _LINK)).encode()).hexdigest()


def build_module() -> bytes:
    """The extension module ``_native``, without a library."""
    return _built(SideModule("_native.so", MODULE, "PyInit__native"))


def build_library(package: str) -> tuple[bytes, bytes]:
    """The extension module ``_native`` and the library ``lib{package}.so`` that it needs."""
    symbol = f"{package}_twice"
    library = SideModule(f"lib{package}.so", LIBRARY, symbol, symbol)
    module = SideModule("_native.so", MODULE, "PyInit__native", symbol, library, f"$ORIGIN/../{package}.libs")
    return _built(module), _built(library)


def make_compiled_wheel(
    name: str = "compiled-thing",
    version: str = "1.0",
    *,
    tag: str = PYODIDE_TAGS["314"],
    requires: Sequence[str] = (),
    requires_python: str = "",
    library: bool = False,
) -> tuple[str, bytes]:
    """File name and bytes of a compiled wheel; ``from compiled_thing import twice`` is its use."""
    package = name.lower().replace("-", "_").replace(".", "_")
    files: dict[str, str | bytes] = {
        f"{package}/__init__.py": f"from ._native import twice\n\n__version__ = {version!r}\n"
    }
    if library:
        files[f"{package}/_native.so"], files[f"{package}.libs/lib{package}.so"] = build_library(package)
    else:
        files[f"{package}/_native.so"] = build_module()
    return make_wheel(name, version, tag=tag, requires=requires, requires_python=requires_python, files=files)


def _built(module: SideModule) -> bytes:
    """From the cache, or compiled now."""
    kept = cache_folder("wasminstall-tests") / "compiled" / f"{module.key}.so"
    if not kept.exists():
        write_atomically(kept, _compiled(module))
    return kept.read_bytes()


def _compiled(module: SideModule) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "it.c").write_text(module.source)
        defines = [f"-DLIBRARY={module.define}"] if module.define else []
        _zig(folder, *_COMPILE, *defines, "it.c", "-o", "it.o")
        linked = [f"--export={module.export}", "-o", module.file_name, "it.o"]
        if module.needs:
            (folder / module.needs.file_name).write_bytes(_built(module.needs))
            linked.append(module.needs.file_name)
        if module.run_path:
            linked += ["-rpath", module.run_path]
        _zig(folder, *_LINK, *linked)
        return (folder / module.file_name).read_bytes()


def _zig(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ziglang", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"zig {arguments[0]} failed:\n{done.stderr}")
