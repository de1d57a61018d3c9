"""Real wheels mounted by ``Mounter``, each file held against what ``zipfile`` says of it. Runs inside Pyodide."""

from __future__ import annotations

import importlib
import os
import stat
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pyodide_js
from pyodide.ffi import to_js

from wasminstall.hosts.mounting import Mounter
from wasminstall.javascript import JavaScriptBytes
from wasminstall.wheels.directory import Member
from wasminstall.wheels.record import digest
from wasminstall.wheels.wheel import WheelArchive

__all__ = ["check_wheels", "import_from", "mount_wheel"]


def check_wheels(folder: str) -> dict[str, dict[str, Any]]:
    """For each wheel of a folder: files, those that differ, those whose hash is not RECORD's, milliseconds to mount."""
    found = {}
    for path in sorted(Path(folder).iterdir()):
        site = f"/sites/{path.stem}"
        wheel, milliseconds = mount_wheel(path, site)
        lazy_before = sum(pyodide_js._wasminstall.wheelFs.isLazy(f"{site}/{name}") for name in wheel.members)
        with zipfile.ZipFile(path) as archive:
            infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            differing = [
                name for name in infos if not _is_same(f"{site}/{name}", wheel.members[name], archive.read(name))
            ]
        found[path.name] = {
            "files": len(infos),
            "on_disk": sum(len(files) for _, _, files in os.walk(site)),
            "filled": sum(info.file_size > 0 for info in infos.values()),
            "lazy_before": lazy_before,
            "differing": differing,
            "wrong_hash": [name for name in wheel.record if not _has_its_hash(f"{site}/{name}", wheel, name)],
            "milliseconds": milliseconds,
        }
    return found


def mount_wheel(path: Path, site: str) -> tuple[WheelArchive, float]:
    """The wheel, mounted into ``site``, and how long that took."""
    wheel = WheelArchive(path.name, JavaScriptBytes(to_js(path.read_bytes())))
    mounter = Mounter()
    assert mounter.can_mount(site)
    files = [(f"{site}/{name}", member) for name, member in wheel.members.items()]
    begun = time.perf_counter()
    mounter.mount(path.name, wheel.body, files)
    return wheel, round(1000 * (time.perf_counter() - begun), 1)


def import_from(site: str, name: str) -> Any:
    """A module of this folder."""
    sys.path.insert(0, site)
    importlib.invalidate_caches()
    return importlib.import_module(name)


def _is_same(path: str, member: Member, content: bytes) -> bool:
    status = Path(path).stat()
    said = status.st_mode, status.st_size, status.st_mtime
    expected = stat.S_IFREG | member.mode, len(content), member.mtime / 1000
    return said == expected and Path(path).read_bytes() == content


def _has_its_hash(path: str, wheel: WheelArchive, name: str) -> bool:
    entry = wheel.record[name]
    return not entry.algorithm or digest(Path(path).read_bytes(), entry.algorithm) == entry.digest
