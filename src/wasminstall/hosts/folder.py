"""Any directory as a host: a site-packages, a ``--target`` folder, the tree of a WASI program."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..wheels.layout import Scheme
from .port import Placed

__all__ = ["FolderHost"]


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
        """Let this interpreter look again, in case the folder is on its path."""
        importlib.invalidate_caches()

    def unsettle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:  # noqa: ARG002 - the port's
        """Let this interpreter look again."""
        importlib.invalidate_caches()
