"""Any directory as a host: a site-packages, a ``--target`` folder, the tree of a WASI program."""

from __future__ import annotations

import importlib
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..wheels.layout import Scheme
from .port import Placed

__all__ = ["FolderHost"]

_TEMPORARY = re.compile(r"\.wasminstall-[0-9a-f]{12}")
_LONG = 3600


class FolderHost:
    """Modules go to ``site``; scripts, data and headers below ``prefix``, which is ``site`` itself unless given.

    So ``FolderHost(folder)`` makes the tree of ``pip install --target``, and
    ``FolderHost(venv / "lib/python3.14/site-packages", venv)`` that of a virtual environment.
    """

    mounter = None

    def __init__(self, site: Path, prefix: Path | None = None) -> None:
        site = Path(site).absolute()
        prefix = Path(prefix).absolute() if prefix is not None else site
        self.paths: Mapping[Scheme, Path] = {
            "purelib": site,
            "platlib": site,
            "data": prefix,
            "scripts": prefix / "bin",
            "headers": prefix / "include",
            "library": prefix / "lib",
        }

    async def settle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:  # noqa: ARG002 - the port's
        """Let this interpreter look again, in case the folder is on its path; sweep what a killed process left."""
        for root in set(self.paths.values()):
            _sweep(root)
        importlib.invalidate_caches()

    def unsettle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:  # noqa: ARG002 - the port's
        """Let this interpreter look again."""
        importlib.invalidate_caches()


def _sweep(root: Path) -> None:
    """Remove temporary folders of a ``Transaction`` that nobody has written to for long.

    One with a folder ``old`` stays: what the environment lacks may be in it.
    """
    with suppress(OSError):
        for folder in root.glob(".wasminstall-*"):
            if (
                _TEMPORARY.fullmatch(folder.name)
                and {path.name for path in folder.iterdir()} <= {"new"}
                and time.time() - folder.stat().st_mtime > _LONG
            ):
                shutil.rmtree(folder, ignore_errors=True)
