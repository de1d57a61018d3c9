"""A piplite index: one ``all.json`` with every project of a JupyterLite site, each in the form of PyPI's JSON API.

Addresses of wheels are relative to it. A project may have many versions, and a version many wheels.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..addresses import without_credentials
from ..errors import IndexAnswerError
from ..pages import NotKept, Pages
from ..targets import Target
from ..transport import Response
from .model import Candidate, Listing, RefusedFile
from .simple import candidate_of

__all__ = ["PipliteIndex", "is_piplite", "released_files"]

_Page = tuple[str, Mapping[str, list[dict[str, Any]]]]


def is_piplite(url: str) -> bool:
    """Whether this is the address of such a file, which a Simple API never has."""
    try:
        return urlsplit(url).path.endswith("/all.json")
    except ValueError:  # the client will say so
        return False


class PipliteIndex:
    """One index. ``url`` is that of its ``all.json``; ``source`` the name shown to people."""

    def __init__(self, pages: Pages, url: str, target: Target, source: str = "") -> None:
        self._pages = pages
        self._url = url
        self._target = target
        self._source = source or without_credentials(url)
        # Asked once for all projects, and once more when what is kept is not to be trusted.
        self._asked: dict[bool, asyncio.Future[_Page]] = {}

    @property
    def source(self) -> str:
        """The name shown to people."""
        return self._source

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``. Offline a page that is not in the cache counts as one that has nothing."""
        again = self._pages.distrust
        if again not in self._asked:
            self._asked[again] = asyncio.ensure_future(self._pages.get(self._url, _read))
        try:
            url, files = await asyncio.shield(self._asked[again])
        except NotKept:
            return None
        if name not in files:
            return None
        found = [candidate_of(name, self._source, file, self._target, url) for file in files[name]]
        candidates = tuple(item for item in found if isinstance(item, Candidate))
        refused = tuple(item for item in found if isinstance(item, RefusedFile))
        return Listing(name, self._source, candidates, refused)


def _read(answer: Response) -> _Page:
    """The address it came from, and files by project."""
    try:
        projects = json.loads(bytes(answer.body))
        return answer.url, {name: released_files(project["releases"]) for name, project in projects.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        shown = without_credentials(answer.url)
        raise IndexAnswerError(shown, "the JSON is not that of a piplite index") from None


def released_files(releases: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The JSON API's files in the form of PEP 691: ``digests`` are its ``hashes``, names have underscores."""
    return [
        {
            "filename": file["filename"],
            "url": file.get("url"),
            "hashes": file.get("digests"),
            "size": file.get("size"),
            "requires-python": file.get("requires_python"),
            "yanked": file.get("yanked") and (file.get("yanked_reason") or True),
        }
        for files in releases.values()
        for file in files
    ]
