"""A folder of modules that a test imports, and an archive of their bytecode."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wasminstall.bytecode.container import Packing
from wasminstall.cache import Meta

__all__ = ["DIST_INFO", "NOON", "SHA", "Site", "module_site", "packed"]

NOON = 1_767_323_046
"""When the members of made wheels were changed."""
SHA = "ab" * 32
DIST_INFO = "wi_w-1.0.dist-info"


def packed(contents: dict[str, tuple[int, bytes]]) -> tuple[bytes, Meta]:
    packing = Packing()
    for name, (mtime, content) in contents.items():
        packing.add(name, mtime, content)
    body, meta = packing.finish()
    return bytes(body), meta


class Site:
    """A folder on ``sys.path`` with modules nobody else has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str, mtime: int = NOON) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (mtime, mtime))
        return str(path)

    def own(self, sha256: str) -> None:
        """Let everything come from the wheel of this digest."""
        origin = {"filename": "", "url": "", "size": 0, "hashes": {"sha256": sha256}}
        self.write(f"{DIST_INFO}/wasminstall.json", json.dumps(origin))

    def load(self, name: str) -> Any:
        for known in [each for each in sys.modules if each.partition(".")[0] == name.partition(".")[0]]:
            del sys.modules[known]
        importlib.invalidate_caches()
        return importlib.import_module(name)


@contextmanager
def module_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty one, first on ``sys.path``; what was imported from it is forgotten in the end."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "site").mkdir()
    before = set(sys.modules)
    yield Site(tmp_path / "site")
    for name in set(sys.modules) - before:
        del sys.modules[name]
