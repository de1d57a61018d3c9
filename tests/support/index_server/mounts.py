"""Static files: a folder, or a function of the path, served below a prefix."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

from support.index_server.answers import Answer, content_type_of

__all__ = ["Source", "mounted_answer"]

Source = Path | Callable[[str], bytes | Awaitable[bytes | None] | None]


async def mounted_answer(source: Source, rest: str) -> Answer:
    """The file, a 404 where there is none, a 502 with the text of what went wrong in a test's own function."""
    try:
        body = await _read(source, rest)
    except Exception as error:  # noqa: BLE001 - the client shall see it
        return Answer(502, f"{type(error).__name__}: {error}\n".encode())
    if body is None:
        return Answer(404, b"not found\n")
    is_folder = not rest or rest.endswith("/")
    return Answer(body=body, content_type=content_type_of("index.html" if is_folder else rest), stamp=0)


async def _read(source: Source, rest: str) -> bytes | None:
    if isinstance(source, Path):
        return await asyncio.to_thread(_read_file, source, rest)
    result = source(rest) if inspect.iscoroutinefunction(source) else await asyncio.to_thread(source, rest)
    return await result if inspect.isawaitable(result) else result


def _read_file(folder: Path, rest: str) -> bytes | None:
    if ".." in rest.split("/"):
        return None
    file = folder / rest
    file = file / "index.html" if file.is_dir() else file
    return file.read_bytes() if file.is_file() else None
