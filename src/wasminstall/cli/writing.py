"""Writing a file whole or not at all: under another name in the same folder first, then put in place."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import InvalidInput

__all__ = ["write_whole"]


def write_whole(file: Path, data: bytes) -> None:
    """Put a file there, or replace it; one that has these bytes already is left alone. Raises ``InvalidInput``."""
    try:
        if not file.is_file() or file.read_bytes() != data:
            _replace(file, data)
    except OSError as error:
        raise InvalidInput(f"cannot write {file}: {error.strerror or error}", hint="name another place") from None


def _replace(file: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        # What tempfile makes is for its owner alone; a file is for whom the umask or the one before it says.
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~mask)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
