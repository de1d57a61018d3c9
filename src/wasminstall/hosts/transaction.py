"""A change to directories that happens at once or not at all. It knows files and folders, and nothing of wheels.

New files are *staged* into a temporary folder inside the root they are for, so that *commit* is renames only. What
is removed or replaced is renamed into the same temporary folder, from where *roll back* brings it home.
"""

# A wheel has thousands of paths: strings and os.path cost a fifth of what pathlib does.

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["Admit", "Transaction", "is_below", "with_separator"]

# Most Pyodide runtimes know no umask; mounted files have this mode too.
_MODE = 0o644 if sys.platform == "emscripten" else 0o666

Admit = Callable[[str, str], bool]
"""Asked about (existing file, its staged successor): replace it? May raise to refuse the whole change."""


class Transaction:
    """Stage, commit, perhaps roll back, then close: ``close`` always, or temporary folders stay.

    Every path is an absolute string below one of ``roots``. Roots that do not exist are made when first needed. All
    methods raise ``OSError`` naming the final path, not the temporary one.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        # The deepest root first: a root inside another may be a mount of its own, and renames do not cross mounts.
        self._roots = sorted({str(root) for root in roots}, key=len, reverse=True)
        self._temporary: dict[str, str] = {}
        self._folders: set[str] = set()
        self._made: list[str] = []
        self._renames: list[tuple[str, str]] = []
        self._emptied: set[str] = set()

    def stage(self, path: str, data: bytes, *, executable: bool = False, mtime: int | None = None) -> None:
        """Write the content that ``path`` will have after the commit. Staging it again replaces it.

        ``mtime`` is when it was changed last, in milliseconds since 1970; now, unless told.
        """
        try:
            staged = self.staged(path)
            self._make_folder(os.path.dirname(staged))
            with open(staged, "wb", opener=_created) as file:
                file.write(data)
            if executable:
                os.chmod(staged, os.stat(staged).st_mode | 0o111)
            if mtime is not None:
                os.utime(staged, ns=(mtime * 1_000_000, mtime * 1_000_000))
        except OSError as error:
            raise _about(error, path) from error

    def staged(self, path: str) -> str:
        """Where the content staged for ``path`` is until the commit."""
        root = self._root_of(path)
        return os.path.join(self._temporary_in(root), "new", path[len(with_separator(root)) :])

    def staging_folder(self, root: str, paths: str) -> str | None:
        """Where everything staged for these paths below one of the roots is until the commit, with a separator.

        ``paths`` are relative, separated by NUL. ``None`` when some of them are inside another root, which has a place
        of its own.
        """
        for other in self._roots:
            if other != root and is_below(other, root):
                inside = with_separator(other)[len(with_separator(root)) :]
                if f"\0{inside}" in f"\0{paths}":
                    return None
        return os.path.join(self._temporary_in(root), "new", "")

    def commit(self, removals: Iterable[str], admit: Admit) -> None:
        """Take the removals out and put everything staged in: renames only, one for each folder that is new.

        Removals that are not there, and folders among them, are passed over. Raises ``OSError`` when a file and a
        folder are in each other's way; then, as after any exception, the caller rolls back.
        """
        for path in removals:
            if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
                self._discard(path)
                self._emptied.add(os.path.dirname(path))
        for root, temporary in tuple(self._temporary.items()):
            staged = os.path.join(temporary, "new")
            if os.path.isdir(staged):
                self._merge(staged, root, admit)

    def roll_back(self) -> list[str]:
        """Undo every rename, last first. Returns the files that could not be brought home (normally none)."""
        lost: list[str] = []
        for source, target in reversed(self._renames):
            try:
                os.rename(target, source)
            except OSError:
                lost.append(source)
        self._renames.clear()
        self._emptied.clear()
        self._temporary = {} if lost else self._temporary
        return lost

    def close(self, keep: Iterable[Path] = ()) -> None:
        """Remove the temporary folders, and the folders that removals left empty, except the ``keep`` ones.

        Never raises: what was asked for has happened, or has been taken back.
        """
        for temporary in self._temporary.values():
            shutil.rmtree(temporary, ignore_errors=True)
        kept = [str(root) for root in keep]
        for folder in sorted(self._emptied, key=len, reverse=True):
            _prune(folder, kept)
        for root in reversed(self._made):
            _remove_if_empty(root)

    def _merge(self, source: str, target: str, admit: Admit) -> None:
        with os.scandir(source) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            final = os.path.join(target, entry.name)
            if not os.path.lexists(final):
                self._rename(entry.path, final)
            elif entry.is_dir():
                if not os.path.isdir(final):
                    raise NotADirectoryError(errno.ENOTDIR, "a file is in the way of a folder", final)
                self._merge(entry.path, final, admit)
            elif os.path.isdir(final):
                raise IsADirectoryError(errno.EISDIR, "a folder is in the way of a file", final)
            elif admit(final, entry.path):
                self._discard(final)
                self._rename(entry.path, final)

    def _discard(self, path: str) -> None:
        trash = os.path.join(self._temporary_in(self._root_of(path)), "old")
        self._make_folder(trash)
        self._rename(path, os.path.join(trash, str(len(self._renames))))

    def _rename(self, source: str, target: str) -> None:
        os.rename(source, target)
        self._renames.append((source, target))

    def _root_of(self, path: str) -> str:
        for root in self._roots:
            if is_below(path, root):
                return root
        raise PermissionError(errno.EPERM, "outside of the environment", path)

    def _temporary_in(self, root: str) -> str:
        if root not in self._temporary:
            self._make_root(root)
            temporary = os.path.join(root, f".wasminstall-{os.urandom(6).hex()}")
            os.mkdir(temporary)
            self._temporary[root] = temporary
        return self._temporary[root]

    def _make_root(self, root: str) -> None:
        missing = []
        while not os.path.isdir(root):
            missing.append(root)
            root = os.path.dirname(root)
        for folder in reversed(missing):
            os.mkdir(folder)
            self._made.append(folder)

    def _make_folder(self, folder: str) -> None:
        if folder not in self._folders:
            os.makedirs(folder, exist_ok=True)
            self._folders.add(folder)


def is_below(path: str, root: str) -> bool:
    """Whether ``path`` is inside the folder ``root`` (both absolute and without ``..``)."""
    return path.startswith(with_separator(root))


def with_separator(root: str) -> str:
    """A folder's path with ``/`` at the end."""
    return root if root.endswith(os.sep) else root + os.sep


def _created(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)


def _about(error: OSError, path: str) -> OSError:
    """The same error, about ``path``."""
    return type(error)(error.errno, error.strerror, path)


def _prune(folder: str, keep: Iterable[str]) -> None:
    """Remove a folder, and then its parents, as long as they are empty and inside one of ``keep``."""
    while folder not in keep and any(is_below(folder, root) for root in keep) and _remove_if_empty(folder):
        folder = os.path.dirname(folder)


def _remove_if_empty(folder: str) -> bool:
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
