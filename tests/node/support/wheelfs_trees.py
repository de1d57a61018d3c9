"""A sample wheel in several kinds of archives, mounted or written, and what a tree of files looks like.

Runs inside Pyodide. ``wheelfs`` is a JavaScript module with ``mount``, ``isLazy`` and ``canMount``.
"""

# What os says is what is compared.
# ruff: noqa: PTH101, PTH103, PTH116, PTH120, PTH123

from __future__ import annotations

import contextlib
import importlib
import io
import os
import random
import sys
import time
import zipfile
from array import array
from collections.abc import Callable, Iterator

import wheelfs  # type: ignore[import-not-found]
from pyodide.ffi import to_js

ARCHIVE = "sample-1.0-py3-none-any.whl"
DATE = (2024, 2, 29, 12, 30, 58)
NOISE = random.Random(5).randbytes(700_000)
INNER = io.BytesIO()
with zipfile.ZipFile(INNER, "w", zipfile.ZIP_DEFLATED) as inner_zip:
    inner_zip.writestr(zipfile.ZipInfo("inside.txt", DATE), "inside\n" * 100, zipfile.ZIP_DEFLATED)

FILES = {
    "package/__init__.py": b"from importlib import resources\nANSWER = 42\n\ndef fail():\n    raise ValueError('x')\n",
    "package/module.py": b"# a comment\n" * 900 + b"VALUE = [n * n for n in range(9)]\n",
    "package/empty.py": b"",
    "package/data/text.txt": "größer als ASCII\n".encode() * 30,
    "package/data/noise.bin": NOISE,
    "package/data/zeros.bin": bytes(3_000_000),
    "package/data/window.bin": NOISE[: 256 * 1024],
    "package/data/inner.zip": INNER.getvalue(),
    "package/data/naïve ★.txt": b"a UTF-8 name",
    "package/data/one.bin": b"1",
    "other/deep/er/still/file.txt": b"down here",
}
STORED = {"package/data/noise.bin", "package/data/one.bin", "package/data/inner.zip"}


class Unseekable(io.BytesIO):
    """A stream to which zipfile writes data descriptors."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation


def make_zip(kind: str) -> bytes:
    """The files in an archive of one of ``KINDS``."""
    stream = Unseekable() if kind == "descriptors" else io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in FILES.items():
            info = zipfile.ZipInfo(name, DATE)
            is_stored = kind == "stored" or (name in STORED and kind != "deflated")
            info.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if name.endswith(".bin") else 0o100644) << 16
            if kind == "extra":
                info.extra = b"\xfe\xca\x05\x00hello"
            with archive.open(info, "w", force_zip64=kind == "zip64") as file:
                file.write(content)
    return stream.getvalue()


KINDS = ("mixed", "stored", "deflated", "zip64", "descriptors", "extra")
ZIPS = {kind: make_zip(kind) for kind in KINDS}


def table_of(data: bytes) -> tuple[list[str], array[float]]:
    """Names in the archive and numbers, for ``wheelfs.mount``."""
    names: list[str] = []
    rows = array("d")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            is_utf8 = info.flag_bits & 0x800
            names.append(info.orig_filename.encode("utf-8" if is_utf8 else "cp437").decode("latin-1"))
            rows.extend((info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC))
            rows.extend((info.external_attr >> 16, seconds(info) * 1000))
    return names, rows


def seconds(info: zipfile.ZipInfo) -> float:
    return time.mktime((*info.date_time, 0, 0, 0))


def mount(
    root: str, data: bytes, *, change: Callable[[array[float]], None] | None = None, names: str | None = None
) -> str:
    """Mount an archive; ``change(rows)`` spoils the table."""
    found, rows = table_of(data)
    if change:
        change(rows)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        paths = [f"{root}/{name}" for name in archive.namelist()]
    text = "\0".join(found) if names is None else names
    return str(wheelfs.mount(to_js(data), text, "\0".join(paths), to_js(rows), ARCHIVE))


def write(root: str, data: bytes) -> None:
    """The same tree, written."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            path = f"{root}/{info.filename}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(archive.read(info))
            os.chmod(path, info.external_attr >> 16)
            os.utime(path, (seconds(info), seconds(info)))


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def tree(root: str) -> list[tuple[object, ...]]:
    """Paths, kinds and contents; and whatever else stat says that a program could rely on."""
    found: list[tuple[object, ...]] = []
    for folder, _, files in sorted(os.walk(root)):
        found.append((folder.removeprefix(root), oct(os.stat(folder).st_mode)))
        for name in sorted(files):
            path = f"{folder}/{name}"
            status = os.stat(path)
            found.append((path.removeprefix(root), oct(status.st_mode), status.st_size, hash(content(path))))
    return found


@contextlib.contextmanager
def on_path(root: str) -> Iterator[None]:
    """``root`` on sys.path, and what was imported from there gone afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, root)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(root)
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in ("package", "zipped_module"):
                del sys.modules[name]


def lazy_files(root: str) -> set[str]:
    paths = [f"{folder}/{name}" for folder, _, files in os.walk(root) for name in files]
    return {path.removeprefix(f"{root}/") for path in paths if wheelfs.isLazy(path)}
