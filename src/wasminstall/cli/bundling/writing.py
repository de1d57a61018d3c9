"""A bundle on disk: with compressed copies for hosts that send those, and whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import brotli

from ...cache import Cache
from ...errors import InvalidInput
from .site import File

__all__ = ["Sizes", "compress", "require_empty", "write"]

QUALITY = 11
_PACKED = {".br", ".gif", ".gz", ".jpeg", ".jpg", ".mp3", ".mp4", ".png", ".webm", ".webp", ".whl", ".woff2", ".zip"}
"""What is compressed by itself."""
_WORTH_IT = 0.95
"""A copy that is not smaller than this part of the file is of no use."""


@dataclass(frozen=True)
class Sizes:
    """The bytes of a file as it is, and of its copies; ``None`` where there is no copy."""

    raw: int
    gzip: bytes | None = None
    brotli: bytes | None = None

    @property
    def sent(self) -> int:
        """What a host with brotli sends."""
        return self.raw if self.brotli is None else len(self.brotli)


async def compress(files: Iterable[File], cache: Cache, told: Callable[[str], object]) -> Mapping[str, Sizes]:
    """Sizes by address. What takes long is kept for the next bundle; ``told`` hears the name of each file."""
    found = {}
    for file in files:
        told(file.name)
        found[file.address] = await _compressed(file, cache)
    return found


def require_empty(folder: Path) -> None:
    """Raise ``InvalidInput`` unless a bundle can be put there."""
    if folder.is_dir() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty", hint="remove it, or name another folder with -o")


def write(folder: Path, files: Iterable[File], sizes: Mapping[str, Sizes]) -> None:
    """Write all of it beside the folder, then put it in place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        for file in files:
            path = made / file.address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
            for suffix, data in ((".gz", sizes[file.address].gzip), (".br", sizes[file.address].brotli)):
                if data is not None:
                    path.with_name(path.name + suffix).write_bytes(data)
        made.chmod(0o755)  # a temporary folder is for its owner only
        require_empty(folder)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


async def _compressed(file: File, cache: Cache) -> Sizes:
    size = len(file.data)
    if PurePosixPath(file.address).suffix.lower() in _PACKED or not size:
        return Sizes(size)
    key = f"{hashlib.sha256(file.data).hexdigest()}-{QUALITY}"
    kept = await cache.get("brotli", key)
    if kept is not None:
        small = bytes(kept.body)
    else:
        small = await asyncio.to_thread(brotli.compress, file.data, quality=QUALITY)
        await cache.put("brotli", key, small)
    zipped = gzip.compress(file.data, 9, mtime=0)
    return Sizes(size, _if_smaller(zipped, size), _if_smaller(small, size))


def _if_smaller(copy: bytes, size: int) -> bytes | None:
    return copy if len(copy) < size * _WORTH_IT else None
