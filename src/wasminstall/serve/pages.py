"""Index pages: read from PEP 691 JSON or PEP 503 HTML, pointed at this server, written as either.

A page is the PEP 691 document as plain data. Where it goes out to a client, file addresses begin with ``ORIGIN``,
which the answer replaces by the origin the client used: absolute addresses are what every client understands.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from .store import is_sha256

__all__ = [
    "HTML_TYPE",
    "JSON_TYPE",
    "ORIGIN",
    "KnownFile",
    "Page",
    "UnreadablePage",
    "as_html",
    "read_page",
    "rewritten",
]

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
ORIGIN = "{{origin}}"

Page = dict[str, Any]


class UnreadablePage(Exception):
    """The upstream answered with something that is not an index page."""


@dataclass(frozen=True)
class KnownFile:
    """A file that stood on a page of the upstream.

    ``key`` is its sha256, or ``url-`` and the sha256 of its URL when the upstream announces none (``sha256`` is empty
    then). ``metadata`` is ``None`` when the upstream announces no separate METADATA, else that file's sha256 or empty.
    """

    key: str
    filename: str
    url: str
    sha256: str
    metadata: str | None


def read_page(body: bytes, content_type: str, url: str, name: str) -> Page:
    """What the upstream answered at ``url``, as a PEP 691 document. Raises ``UnreadablePage``."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        try:
            page = json.loads(body)
        except ValueError as error:
            raise UnreadablePage(f"not JSON: {error}") from error
        if not isinstance(page, dict) or not isinstance(page.get("files"), list):
            raise UnreadablePage("JSON, but without the list of files that PEP 691 demands")
        if str(page.get("meta", {}).get("api-version", "1.0")).partition(".")[0] != "1":
            raise UnreadablePage(f"API version {page['meta']['api-version']} is not known to this proxy")
        return page
    if kind in {"text/html", HTML_TYPE}:
        return _page_from_html(body.decode("utf-8", "replace"), url, name)
    raise UnreadablePage(f"content type {kind or 'not given'}")


def rewritten(page: Page, base: str, files_prefix: str) -> tuple[Page, list[KnownFile]]:
    """The page with every file at ``{files_prefix}/{key}/{filename}``, and what is behind those addresses.

    ``base`` is the page's own address after redirects; relative addresses are meant from there.
    """
    files, known = [], []
    for file in page["files"]:
        entry = _known(file, base)
        if entry is None:
            continue
        known.append(entry)
        files.append(file | {"url": f"{ORIGIN}{files_prefix}/{entry.key}/{quote(entry.filename)}"})
    return page | {"files": files}, known


def as_html(page: Page) -> str:
    """The page in the form of PEP 503, for clients and people that ask for it."""
    name = escape(str(page.get("name", "")))
    links = "\n".join(_link(file) for file in page["files"])
    return (
        "<!DOCTYPE html>\n"
        f'<html><head><meta name="pypi:repository-version" content="1.0"><title>Links for {name}</title></head>\n'
        f"<body><h1>Links for {name}</h1>\n{links}\n</body></html>\n"
    )


def _known(file: object, base: str) -> KnownFile | None:
    """What to remember of one entry of a page; ``None`` for an entry that cannot be served."""
    if not isinstance(file, dict) or not isinstance(file.get("url"), str) or not isinstance(file.get("filename"), str):
        return None
    filename = file["filename"]
    url = urldefrag(urljoin(base, file["url"])).url
    if not filename or "/" in filename or "\\" in filename or urlsplit(url).scheme not in {"http", "https"}:
        return None
    announced = (file.get("hashes") or {}).get("sha256", "")
    sha256 = announced.lower() if isinstance(announced, str) and is_sha256(announced.lower()) else ""
    key = sha256 or "url-" + hashlib.sha256(url.encode()).hexdigest()
    return KnownFile(key, filename, url, sha256, _metadata(file))


def _metadata(file: dict[str, Any]) -> str | None:
    """The sha256 of the file's separate METADATA, empty if unknown, ``None`` if there is no such file (PEP 714)."""
    announced = file.get("core-metadata", file.get("dist-info-metadata", False))
    if isinstance(announced, dict):
        sha256 = announced.get("sha256", "")
        return sha256 if isinstance(sha256, str) and is_sha256(sha256) else ""
    return "" if announced else None


def _link(file: dict[str, Any]) -> str:
    """One file as an anchor."""
    hashes = file.get("hashes") or {}
    algorithm = "sha256" if "sha256" in hashes else next(iter(hashes), "")
    fragment = f"#{algorithm}={hashes[algorithm]}" if algorithm else ""
    attributes = {"href": file["url"] + fragment}
    if file.get("requires-python"):
        attributes["data-requires-python"] = file["requires-python"]
    if file.get("yanked"):
        attributes["data-yanked"] = file["yanked"] if isinstance(file["yanked"], str) else ""
    metadata = _metadata(file)
    if metadata is not None:
        value = f"sha256={metadata}" if metadata else "true"
        attributes |= {"data-core-metadata": value, "data-dist-info-metadata": value}
    written = " ".join(f'{key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<a {written}>{escape(file['filename'])}</a><br>"


def _page_from_html(text: str, url: str, name: str) -> Page:
    reader = _AnchorReader(url)
    reader.feed(text)
    reader.close()
    if not reader.files and "<html" not in text.lower() and "<!doctype" not in text.lower():
        raise UnreadablePage("text without a link")
    return {"meta": {"api-version": "1.0"}, "name": name, "files": reader.files}


class _AnchorReader(HTMLParser):
    """Collects the anchors of a PEP 503 page as PEP 691 file entries."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.files: list[dict[str, Any]] = []
        self._base = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Anchors, and the base address if the page sets one."""
        attributes = dict(attrs)
        href = attributes.get("href")
        if not href:
            return
        if tag == "base":
            self._base = urljoin(self._base, href)
        elif tag == "a":
            self.files.append(self._entry(href, attributes))

    def _entry(self, href: str, attributes: dict[str, str | None]) -> dict[str, Any]:
        url, fragment = urldefrag(urljoin(self._base, href))
        entry: dict[str, Any] = {
            "filename": unquote(urlsplit(url).path.rpartition("/")[2]),
            "url": url,
            "hashes": _pairs(fragment),
        }
        if attributes.get("data-requires-python"):
            entry["requires-python"] = attributes["data-requires-python"]
        if "data-yanked" in attributes:
            entry["yanked"] = attributes["data-yanked"] or True
        metadata = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
        if metadata and metadata != "false":
            entry["core-metadata"] = _pairs(metadata) or True
        return entry


def _pairs(text: str) -> dict[str, str]:
    """``sha256=abc`` as a mapping; anything else as an empty one."""
    algorithm, _, value = text.partition("=")
    return {algorithm: value} if value and algorithm.isalnum() else {}
