"""An index address with ``{package_name}`` in it, as micropip takes them.

Behind such an address may be the Simple API, or the JSON API of PyPI (``INDEX/pypi/{package_name}/json``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..addresses import without_credentials
from ..errors import HTTPStatusError, IndexAnswerError
from ..indexes import Candidate, Listing, RefusedFile
from ..indexes.html import read_html_page
from ..indexes.piplite import released_files
from ..indexes.simple import candidate_of
from ..pages import Pages
from ..targets import Target
from ..transport import Response

__all__ = ["PlaceholderIndex", "has_placeholder"]

_PLACEHOLDER = "{package_name}"
_ACCEPT = "application/vnd.pypi.simple.v1+json, */*;q=0.01"


def has_placeholder(url: str) -> bool:
    """Whether the project's name has a place in this address, instead of its end."""
    return _PLACEHOLDER in url


class PlaceholderIndex:
    """One index. ``url`` has the placeholder."""

    def __init__(self, pages: Pages, url: str, target: Target) -> None:
        self._pages = pages
        self._url = url
        self._target = target

    @property
    def source(self) -> str:
        """The name shown to people."""
        return without_credentials(self._url)

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``. One request; status 404 means that the index does not have the project."""
        try:
            return await self._pages.get(
                self._url.replace(_PLACEHOLDER, name),
                lambda answer: self._listing(answer, name),
                headers={"Accept": _ACCEPT},
            )
        except HTTPStatusError as error:
            if error.status == 404:
                return None
            raise

    def _listing(self, answer: Response, name: str) -> Listing:
        files = _files(answer, name)
        found = [candidate_of(name, self.source, file, self._target, answer.url) for file in files]
        candidates = tuple(item for item in found if isinstance(item, Candidate))
        return Listing(name, self.source, candidates, tuple(item for item in found if isinstance(item, RefusedFile)))


def _files(answer: Response, name: str) -> Iterable[Mapping[str, Any]]:
    """The files in the form of PEP 691, whatever the answer's form; raises ``IndexAnswerError``."""
    shown = without_credentials(answer.url)
    if "html" in answer.headers.get("content-type", ""):
        page = read_html_page(bytes(answer.body).decode("utf-8", "replace"), answer.url, shown, name)
        return list(page["files"])
    try:
        page = json.loads(bytes(answer.body))
        return list(page["files"] if "files" in page else released_files(page["releases"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IndexAnswerError(shown, "it is neither the Simple API nor the JSON API of PyPI") from None
