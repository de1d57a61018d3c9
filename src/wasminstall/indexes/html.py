"""A project page in HTML (PEP 503), read into the shape of PEP 691."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from ..addresses import absolute, without_credentials
from ..errors import IndexAnswerError

__all__ = ["read_html_page"]

_STATUS = {"pypi:project-status": "status", "pypi:project-status-reason": "reason"}
_DISTRIBUTIONS = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz", ".egg", ".exe")


def read_html_page(text: str, url: str, shown: str, name: str) -> dict[str, Any]:
    """A project page as the object PEP 691 would have: ``files`` with absolute URLs, ``project-status`` (PEP 792).

    Raises ``IndexAnswerError`` for an API version we do not speak (PEP 629) and for a page without distributions
    that does not look like an index: a log-in page answers with status 200 too.
    """
    page = _Page(url)
    try:
        page.feed(text)
        page.close()
    except AssertionError:  # the parser of the standard library before 3.14 meets some declarations with one
        raise IndexAnswerError(shown, "its HTML cannot be parsed") from None
    if page.version.partition(".")[0] != "1":
        raise IndexAnswerError(shown, f"it speaks version {page.version} of the Simple API, this installer version 1")
    titled = page.has_version or name in page.title.lower().replace("_", "-").replace(".", "-")
    if not titled and not any(file["filename"].endswith(_DISTRIBUTIONS) for file in page.files):
        raise IndexAnswerError(shown, f"no files and no mention of {name}")
    return {"files": page.files, "project-status": page.status}


class _Page(HTMLParser):
    """Collects anchors, the base URL, the API version and the project's status."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.files: list[dict[str, Any]] = []
        self.status: dict[str, str] = {}
        self.version = "1.0"
        self.has_version = False
        self.title = ""
        self._base = url
        self._collects_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link is a file; ``meta`` may hold the version, ``base`` the base."""
        values = dict(attrs)
        name = values.get("name") or ""
        self._collects_title = tag in ("title", "h1")
        if tag == "a" and values.get("href"):
            self.files.append(self._file(values))
        elif tag == "meta" and name == "pypi:repository-version":
            self.version = values.get("content") or "1.0"
            self.has_version = True
        elif tag == "meta" and name in _STATUS:
            self.status[_STATUS[name]] = values.get("content") or ""
        elif tag == "base" and values.get("href"):
            self._base = absolute(self._base, values["href"]) or self._base

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        """The title ends with its element."""
        self._collects_title = False

    def handle_data(self, data: str) -> None:
        """Text counts in titles only."""
        if self._collects_title:
            self.title += data

    def _file(self, values: dict[str, str | None]) -> dict[str, Any]:
        url = absolute(self._base, values["href"])
        file: dict[str, Any] = {"filename": unquote(without_credentials(url).rsplit("/", 1)[-1]), "url": url}
        if values.get("data-requires-python"):
            file["requires-python"] = values["data-requires-python"]
        if "data-yanked" in values:
            file["yanked"] = values["data-yanked"] or True
        for key in ("core-metadata", "dist-info-metadata"):
            value = values.get(f"data-{key}")
            if value is not None:
                file[key] = _announced(value)
        return file


def _announced(value: str) -> bool | dict[str, str]:
    """``data-core-metadata``: ``true``, ``false`` or ``sha256=...`` (PEP 714)."""
    algorithm, separator, digest = value.partition("=")
    return {algorithm: digest} if separator else value.lower() == "true"
