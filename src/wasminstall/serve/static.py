"""Folders served as they are: the right MIME type, ETag and 304, ranges, and nothing outside of the folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from aiohttp import web

__all__ = ["Folder", "file_answer", "inside", "safe_headers"]

MIME_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".metadata": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".toml": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".whl": "application/zip",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
"""By suffix; our own table, because the machine's may say otherwise, and a page dies of a wrong one."""

REVALIDATE = "no-cache"
"""Kept by the browser, but asked about every time: a rebuilt file is seen at the next reload."""


class Folder:
    """The files below ``root``, at the addresses below ``prefix``; a folder's address answers with its index.html.

    ``change`` makes of the bytes of a page those that are sent.
    """

    def __init__(self, prefix: str, root: Path, *, change: Callable[[bytes], bytes] | None = None) -> None:
        self._prefix = "/" + prefix.strip("/")
        self._root = root
        self._change = change

    def routes(self) -> Sequence[web.RouteDef]:
        """One route for the whole tree."""
        return [web.get(self._prefix.rstrip("/") + "/{path:.*}", self._answer)]

    async def close(self) -> None:
        """Nothing to close."""

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = request.match_info["path"]
        path = inside(self._root, asked)
        if path is not None and path.is_dir():
            if asked and not asked.endswith("/"):
                raise web.HTTPMovedPermanently(request.url.with_path(f"{request.path}/").relative())
            path /= "index.html"
        if path is None or not path.is_file():
            raise web.HTTPNotFound(text=f"there is no {request.path} on this server\n")
        if self._change and path.suffix in (".html", ".htm"):
            headers = safe_headers(path.name) | {"Cache-Control": REVALIDATE}
            return web.Response(body=self._change(path.read_bytes()), headers=headers)
        return file_answer(path)


def inside(root: Path, relative: str) -> Path | None:
    """The file of this relative address, or ``None`` when it would lie outside of ``root`` (links followed)."""
    try:
        base = root.resolve()
        path = (base / relative).resolve()
    except (OSError, ValueError):
        return None
    return path if path.is_relative_to(base) else None


def file_answer(path: Path, *, name: str = "", cache_control: str = REVALIDATE) -> web.FileResponse:
    """The file, with the MIME type of ``name`` (its own name if not given). aiohttp sees to ETag, 304 and ranges."""
    return web.FileResponse(path, headers=safe_headers(name or path.name) | {"Cache-Control": cache_control})


def safe_headers(name: str) -> dict[str, str]:
    """The type that a file of this name has, whatever anybody else says, and no guessing by the browser."""
    kind = MIME_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    return {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
