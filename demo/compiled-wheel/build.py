"""Builds the wheel with nothing but Zig's compiler: ``pip install ziglang``, then ``python build.py [FOLDER]``.

It stands in for ``pyodide build`` where there is no Emscripten: ``zig cc`` compiles ``_native.c`` to WebAssembly,
``wasm-ld`` links a side module, and a wheel is a zip file with three more text files. The debug sections stay in, so
that ``wasminstall wheel shrink`` has something to do.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TAG = "cp312-abi3-pyemscripten_2026_0_wasm32"
WHEEL = f"Wheel-Version: 1.0\nGenerator: build.py\nRoot-Is-Purelib: false\nTag: {TAG}\n"
COMPILE = ("cc", "-target", "wasm32-emscripten", "-mcpu=mvp", "-O2", "-g", "-fPIC", "-c")
LINK = ("wasm-ld", "-shared", "--experimental-pic", "--import-memory", "--import-table")
SYMBOLS = ("--unresolved-symbols=import-dynamic", "--export=PyInit__native")


def main(folder: Path) -> None:
    """Write the wheel into this folder."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    files = {
        "edit_distance/__init__.py": (HERE / "edit_distance/__init__.py").read_bytes(),
        "edit_distance/_native.abi3.so": compiled(),
        f"{stem}.dist-info/METADATA": metadata(project),
        f"{stem}.dist-info/WHEEL": WHEEL.encode(),
    }
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join([*(row(name, data) for name, data in files.items()), f"{record},,\n"]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{stem}-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    print(wheel)


def compiled() -> bytes:
    """The side module: a WebAssembly file with a ``dylink.0`` section, which the page's Python can load."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        source = HERE / "edit_distance/_native.c"
        zig(*COMPILE, "-I", str(HERE / "without-headers"), str(source), "-o", str(work / "native.o"))
        zig(*LINK, *SYMBOLS, "-o", str(work / "native.so"), str(work / "native.o"))
        return (work / "native.so").read_bytes()


def zig(*arguments: str) -> None:
    """Run one of Zig's tools."""
    if subprocess.run([sys.executable, "-m", "ziglang", *arguments], check=False).returncode:
        raise SystemExit(f"zig {arguments[0]} failed; it comes with: pip install ziglang")


def metadata(project: dict[str, Any]) -> bytes:
    """METADATA, as a build backend would write it."""
    head = {
        "Metadata-Version": "2.4",
        "Name": project["name"],
        "Version": project["version"],
        "Summary": project["description"],
        "License-Expression": project["license"],
        "Requires-Python": project["requires-python"],
        "Description-Content-Type": "text/markdown",
    }
    lines = [f"{key}: {value}\n" for key, value in head.items()]
    return ("".join(lines) + "\n").encode() + (HERE / str(project["readme"])).read_bytes()


def row(name: str, data: bytes) -> str:
    """A line of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "dist")
