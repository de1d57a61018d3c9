"""The store on a desktop: a folder, the same as that of wasminstall in Node (js/src/store/folder.ts).

A record is a file ``v1/KIND/NAME``, written as ``v1/incoming/...`` and renamed; its modification time is its last use.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..transport.port import Body
from .port import Kept, NoRoom, Stored, StoreTrouble
from .record import is_key, seal, unseal

__all__ = ["FolderStore", "default_folder"]

_LAYOUT = "v1"
_INCOMING = "incoming"
_ABANDONED_AFTER = 24 * 3600
_BUDGET = 2**30
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

T = TypeVar("T")


def default_folder() -> Path:
    """``WASMINSTALL_CACHE``, else a folder where the user's caches are."""
    named = os.environ.get("WASMINSTALL_CACHE")
    if named:
        return Path(named).absolute()
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The specification says that a relative one is to be ignored.
    return (caches if caches.is_absolute() else Path.home() / ".cache") / "wasminstall" / "store"


class FolderStore:
    """A folder; it is made when the first entry comes."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises ``StoreTrouble`` when the user has no home and no folder was named."""
        try:
            self._folder = folder or default_folder()
        except RuntimeError as error:
            raise StoreTrouble(str(error)) from None
        self._root = self._folder / _LAYOUT

    async def where(self) -> str:
        """See ``Store.where``."""
        return str(self._folder)

    async def get_many(self, keys: Sequence[str]) -> list[Stored | None]:
        """See ``Store.get_many``."""
        return list(await asyncio.gather(*(_aside(partial(self._get, key)) for key in keys)))

    async def put(self, key: str, body: Body, meta: str, sha256: str = "") -> None:
        """See ``Store.put``."""
        await _aside(lambda: self._put(key, seal(key, body, meta, sha256)))

    async def delete(self, keys: Sequence[str]) -> None:
        """See ``Store.delete``."""
        await _aside(partial(self._delete, keys))

    async def entries(self) -> Sequence[Kept]:
        """See ``Store.entries``."""
        return await _aside(lambda: [*self._entries()])

    async def touch(self, keys: Sequence[str]) -> None:
        """See ``Store.touch``."""
        for key in keys:
            with suppress(OSError):
                os.utime(self._file(key))

    async def clear(self) -> None:
        """See ``Store.clear``."""
        await _aside(self._clear)

    async def budget(self) -> int:
        """See ``Store.budget``."""
        return _BUDGET

    def _get(self, key: str) -> Stored | None:
        file = self._file(key)
        try:
            stored = unseal(key, file.read_bytes())
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        if stored is None:
            with suppress(OSError):  # a folder that cannot be written to still answers
                file.unlink()
        return stored

    def _put(self, key: str, record: bytes) -> None:
        try:
            self._write(key, record)
        except FileNotFoundError:  # somebody removed the folders in between
            self._write(key, record)

    def _write(self, key: str, record: bytes) -> None:
        incoming = self._root / _INCOMING / secrets.token_hex(16)
        file = self._file(key)
        for folder in (incoming.parent, file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            incoming.write_bytes(record)
            incoming.replace(file)
        except OSError:
            with suppress(OSError):
                incoming.unlink()
            raise

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._file(key).unlink(missing_ok=True)

    def _entries(self) -> Iterator[Kept]:
        for kind in _scan(self._root):
            if kind.name == _INCOMING:
                self._sweep(kind)
                continue
            for file in _scan(Path(kind.path)) if kind.is_dir() else ():
                key = f"{kind.name}/{file.name}"
                with suppress(FileNotFoundError):  # another process removed it just now
                    if is_key(key) and file.is_file():
                        yield Kept(key, file.stat().st_size, file.stat().st_mtime)

    def _sweep(self, incoming: os.DirEntry[str]) -> None:
        """Remove what a process that was stopped left behind."""
        before = time.time() - _ABANDONED_AFTER
        for file in _scan(Path(incoming.path)):
            with suppress(OSError):
                if file.stat().st_mtime < before:
                    Path(file.path).unlink()

    def _clear(self) -> None:
        """The folders stay, for others who write just now; so does what is not ours."""
        self._delete([kept.key for kept in self._entries()])

    def _file(self, key: str) -> Path:
        if not is_key(key):
            raise ValueError(f"not a key of the cache: {key!r}")
        return self._root / key


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing when there is no such folder."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


async def _aside(work: Callable[[], T]) -> T:
    """Do it in a thread: hashing and disks take their time. ``OSError`` becomes ``StoreTrouble``."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        kind = NoRoom if error.errno in _FULL else StoreTrouble
        raise kind(f"{error.strerror or error}: {error.filename}" if error.filename else str(error)) from error
