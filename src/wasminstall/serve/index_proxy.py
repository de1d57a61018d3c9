"""A package index on the page's own origin, answered from an upstream Simple API and a cache on disk.

- ``/index/simple/{name}/``: the upstream's page, JSON unless HTML is asked for, its files at addresses of ours.
  Pages are fresh for a while, then revalidated; a request with ``Cache-Control: no-cache`` revalidates at once.
- ``/index/files/{key}/{filename}``: a file that stood on such a page, and no other: this is not an open proxy.
  Files are checked before the first byte goes out, and kept by their sha256 for ever. A range of a file that is not
  here yet is passed through, so that reading the tail of a wheel does not fetch all of it.
- ``/index/files/{key}/{filename}.metadata``: its METADATA, where the upstream has it (PEP 658).

What fails upstream is 502 or 504 here, with a sentence; a project that does not exist stays 404.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import httpx
from aiohttp import web

from .._default_index import DEFAULT_INDEX_URL
from .ledger import Ledger, SeenPage
from .pages import HTML_TYPE, JSON_TYPE, ORIGIN, KnownFile, UnreadablePage, as_html, read_page, rewritten
from .static import file_answer, safe_headers
from .store import ContentStore, WrongContent
from .upstream import PageAnswer, Upstream

__all__ = ["IndexProxy"]

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
_PASSED_ON = ("Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")
FOR_EVER = "public, max-age=31536000, immutable"


class IndexProxy:
    """The index at ``upstream`` (any Simple API), answered at ``{prefix}/simple/`` and kept below ``cache``.

    ``fresh_for`` is how long a page is good without asking again, in seconds.
    """

    def __init__(
        self,
        cache: Path,
        store: ContentStore,
        *,
        upstream: Upstream | str = DEFAULT_INDEX_URL,
        prefix: str = "/index",
        fresh_for: float = 600.0,
    ) -> None:
        self._upstream = Upstream(upstream) if isinstance(upstream, str) else upstream
        self._store = store
        self._ledger = Ledger(cache / "index.sqlite")
        self._prefix = "/" + prefix.strip("/")
        self._fresh_for = fresh_for
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def routes(self) -> Sequence[web.RouteDef]:
        """Pages (with and without the last slash) and files."""
        return [
            web.get(self._prefix + "/simple/{name}/", self._answer_page),
            web.get(self._prefix + "/simple/{name}", self._answer_page),
            web.get(self._prefix + "/files/{key}/{filename}", self._answer_file),
        ]

    async def close(self) -> None:
        """Close the connections to the upstream."""
        await self._upstream.close()

    # Pages

    async def _answer_page(self, request: web.Request) -> web.Response:
        name, host = request.match_info["name"], request.host
        if not _NAME.fullmatch(name):
            raise web.HTTPNotFound(text=f"{name!r} is not the name of a project\n")
        if not _HOST.fullmatch(host):
            raise web.HTTPBadRequest(text="the Host header is not a host\n")
        body = await self._page(re.sub(r"[-_.]+", "-", name).lower(), _wants_fresh(request))
        kind = JSON_TYPE
        if _wants_html(request):
            kind, body = "text/html", as_html(json.loads(body)).encode()
        return _document(request, body.replace(ORIGIN.encode(), f"{request.scheme}://{host}".encode()), kind)

    async def _page(self, name: str, revalidate: bool) -> bytes:
        """The page of this project as it goes out, but for the origin."""
        url = f"{self._upstream.base_url}{name}/"
        async with self._fetching[url]:
            seen = self._ledger.page(url)
            if seen and not revalidate and time.time() - seen.fetched < self._fresh_for:
                return seen.body
            etag, last_modified = (seen.etag, seen.last_modified) if seen else ("", "")
            answer = await self._upstream.page(url, etag=etag, last_modified=last_modified)
            if answer.body is None and seen:
                self._ledger.still_current(url, time.time())
                return seen.body
            try:
                return await asyncio.to_thread(self._take_in, url, name, answer)
            except UnreadablePage as error:
                raise web.HTTPBadGateway(text=f"{url} is not a package index page: {error}\n") from error

    def _take_in(self, url: str, name: str, answer: PageAnswer) -> bytes:
        """Read the upstream's page, point it at this server, and remember what it named."""
        upstream_page = read_page(answer.body or b"", answer.content_type, answer.url, name)
        page, files = rewritten(upstream_page, answer.url, f"{self._prefix}/files")
        body = json.dumps(page, separators=(",", ":")).encode()
        self._ledger.keep(SeenPage(url, time.time(), answer.etag, answer.last_modified, body), files)
        return body

    # Files

    async def _answer_file(self, request: web.Request) -> web.StreamResponse:
        url, sha256 = self._behind(request.match_info["key"], request.match_info["filename"])
        if sha256 and self._store.path(sha256) is None and _wants_all(request):
            await self._fetch(url, sha256)
        kept = self._store.path(sha256) if sha256 else None
        if kept is None:
            return await self._pass_through(request, url)
        return file_answer(kept, name=request.match_info["filename"], cache_control=FOR_EVER)

    def _behind(self, key: str, filename: str) -> tuple[str, str]:
        """URL and sha256 (empty if unknown) of what an address of ours stands for."""
        file = self._ledger.file(key, filename)
        if file is not None:
            return file.url, file.sha256
        owner: KnownFile | None = None
        if filename.endswith(".metadata"):
            owner = self._ledger.file(key, filename.removesuffix(".metadata"))
        if owner is None or owner.metadata is None:
            raise web.HTTPNotFound(text=f"no page of the index that was asked here names {filename} with this hash\n")
        return f"{owner.url}.metadata", owner.metadata

    async def _fetch(self, url: str, sha256: str) -> None:
        """Bring the file into the store, once for all who ask meanwhile."""
        async with self._fetching[sha256]:
            if self._store.path(sha256) is not None:
                return
            try:
                async with self._upstream.get(url, {"Accept-Encoding": "identity"}) as response:
                    await self._store.put(response.aiter_bytes(), sha256)
            except WrongContent as error:
                raise web.HTTPBadGateway(text=f"{url} is not the file the index announced: {error}\n") from error

    async def _pass_through(self, request: web.Request, url: str) -> web.StreamResponse:
        """Hand the upstream's answer on as it comes: heads, ranges of files not kept, files without a sha256."""
        headers = {"Accept-Encoding": "identity"}
        if "Range" in request.headers:
            headers["Range"] = request.headers["Range"]
        async with self._upstream.get(url, headers, method=request.method) as upstream:
            answer = web.StreamResponse(
                status=upstream.status_code, headers=_passed_on(upstream) | safe_headers(request.path)
            )
            await answer.prepare(request)
            if request.method != "HEAD":
                async for chunk in upstream.aiter_raw():
                    await answer.write(chunk)
            await answer.write_eof()
        return answer


def _document(request: web.Request, body: bytes, kind: str) -> web.Response:
    """A page that the browser keeps but asks about every time."""
    answer = web.Response(body=body, content_type=kind, charset="utf-8" if kind == "text/html" else None)
    answer.headers.update({"Cache-Control": "no-cache", "Vary": "Accept", "X-Content-Type-Options": "nosniff"})
    etag = hashlib.sha256(body).hexdigest()[:32]
    answer.etag = etag
    if any(tag.value in {etag, "*"} for tag in request.if_none_match or ()):
        answer.set_status(304)
        answer.body = None
    return answer


def _passed_on(upstream: httpx.Response) -> dict[str, str]:
    """The headers of an upstream answer that concern its body."""
    return {name: upstream.headers[name] for name in _PASSED_ON if name in upstream.headers}


def _wants_html(request: web.Request) -> bool:
    """Whether HTML is asked for and JSON is not; weights are not compared."""
    accept = request.headers.get("Accept", "")
    return JSON_TYPE not in accept and (HTML_TYPE in accept or "text/html" in accept)


def _wants_fresh(request: web.Request) -> bool:
    return "no-cache" in request.headers.get("Cache-Control", "")


def _wants_all(request: web.Request) -> bool:
    return request.method == "GET" and "Range" not in request.headers
