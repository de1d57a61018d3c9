"""A folder that files can be mounted in, as in MEMFS: the contract of ``Mounter``, kept with the standard library."""

from __future__ import annotations

import os
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path

from wasminstall.hosts.folder import FolderHost
from wasminstall.transport import Body
from wasminstall.wheels.archive import Limits
from wasminstall.wheels.directory import Member
from wasminstall.wheels.mountable import COLUMNS, Columns, columns_of
from wasminstall.wheels.survey import Survey

__all__ = ["MountingHost"]


class FolderMounter:
    """Writes what js/src/wheelfs would mount; ``mounted`` are the relative paths, in order."""

    def __init__(self) -> None:
        self.mounted: list[str] = []

    def can_mount(self, path: str) -> bool:
        """See ``Mounter.can_mount``."""
        return bool(path)

    def survey(self, body: Body, limits: Limits) -> Survey | None:
        """See ``Mounter.survey``: this knows no wheel."""

    def mount(self, filename: str, body: Body, files: Sequence[tuple[str, Member]]) -> None:
        """See ``Mounter.mount``."""
        if files:
            paths = "\0".join(path for path, _ in files)
            self.mount_columns(filename, body, columns_of([member for _, member in files]), paths)

    def mount_columns(self, filename: str, body: Body, columns: Columns, paths: str) -> None:
        """See ``Mounter.mount_columns``."""
        names, targets, numbers = columns.names.split("\0"), paths.split("\0"), array("d", columns.table)
        assert len(numbers) == COLUMNS * len(names) == COLUMNS * len(targets), filename
        for index, (name, path) in enumerate(zip(names, targets, strict=True)):
            offset, packed, size, method, crc, mode, mtime = map(int, numbers[index * COLUMNS : (index + 1) * COLUMNS])
            header = body[offset : offset + 30]
            start = offset + 30 + int.from_bytes(header[26:28], "little")
            assert body[offset + 30 : start] == name.encode("latin-1"), name
            start += int.from_bytes(header[28:30], "little")
            data = body[start : start + packed]
            content = zlib.decompress(data, -15) if method == 8 else data
            assert (len(content), zlib.crc32(content)) == (size, crc), name
            self._write(Path(path), content, mode, mtime)

    def _write(self, path: Path, content: bytes, mode: int, mtime: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        os.utime(path, ns=(mtime * 10**6, mtime * 10**6))
        self.mounted.append(str(path).partition("/new/")[2])


class MountingHost(FolderHost):
    """A ``FolderHost`` whose files can be mounted."""

    def __init__(self, site: Path, prefix: Path | None = None) -> None:
        super().__init__(site, prefix)
        self.mounter: FolderMounter = FolderMounter()  # type: ignore[assignment]
