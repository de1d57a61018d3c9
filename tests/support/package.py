"""The npm package as users have it: packed, unpacked into a project of their own, and the tools of this repository."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

from support.distribution import ROOT

__all__ = ["packed_files", "project_with_package", "run_tool"]


def project_with_package(folder: Path, tools: Iterable[str] = ()) -> Path:
    """Make ``folder`` a project that has the package, and from this repository the packages ``tools``."""
    modules = folder / "node_modules"
    modules.mkdir(parents=True)
    with tarfile.open(_pack(folder)) as archive:
        archive.extractall(modules, filter="data")
    (modules / "package").rename(modules / "wasminstall")
    for name in tools:
        (modules / name).parent.mkdir(exist_ok=True)
        (modules / name).symlink_to(ROOT / "node_modules" / name)
    (folder / "package.json").write_text('{ "private": true, "type": "module" }\n', "utf-8")
    return folder


def packed_files(project: Path) -> set[str]:
    """What the package holds, by its path in it."""
    package = project / "node_modules/wasminstall"
    return {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}


def run_tool(project: Path, script: str, *arguments: str) -> str:
    """Run a JavaScript of the project, such as ``node_modules/vite/bin/vite.js``; fails with what it said."""
    done = subprocess.run(
        ["node", script, *arguments], cwd=project, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pack(folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return folder / done.stdout.split()[-1]
