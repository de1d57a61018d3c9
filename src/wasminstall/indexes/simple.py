"""A package index with the Simple API: PEP 503 (HTML), PEP 691 (JSON), and what grew on them.

Honoured: PEP 592 (yanked), PEP 629 (API version), PEP 658 and 714 (METADATA beside the wheel), PEP 700 (size),
requires-python, relative URLs, ``#sha256=`` fragments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..addresses import absolute, without_credentials
from ..breathing import breathe
from ..errors import HTTPStatusError, IndexAnswerError
from ..pages import NotKept, Pages
from ..requirements import python_accepts
from ..targets import Target
from ..transport import Response
from .condensed import CONDENSED, PageForm, refused_of
from .filenames import best_rank, sdist_version, wheel_name
from .model import Candidate, Listing, RefusedFile

__all__ = ["ACCEPT", "SimpleIndex", "candidate_of", "hashes_of_fragment", "project_page"]

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_HASHES = ("sha256", "sha384", "sha512")
_AT_ONCE = 256
"""So many files of a page are judged between two breaths."""


class SimpleIndex:
    """One index. ``url`` is the root of its Simple API; ``source`` the name shown to people."""

    def __init__(self, pages: Pages, url: str, target: Target, source: str = "") -> None:
        self._pages = pages
        self._url = url.rstrip("/") + "/"
        self._target = target
        self._form = PageForm(target)
        self._source = source or without_credentials(self._url)

    @property
    def source(self) -> str:
        """The name shown to people."""
        return self._source

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``. One page; status 404 means that the index does not have the project.

        Offline a page that is not in the cache counts as none; ``Pages`` remembers which those were.
        """
        try:
            answer, page = await self._pages.get(
                f"{self._url}{name}/",
                lambda answer: (answer, project_page(answer, name)),
                headers={"Accept": ACCEPT},
                form=self._form,
            )
        except NotKept:
            return None
        except HTTPStatusError as error:
            if error.status == 404:
                return None
            raise
        return await _listing(name, self._source, answer, page, self._target)


def project_page(answer: Response, name: str) -> dict[str, Any]:
    """The project page as the object of PEP 691, whatever its form; raises ``IndexAnswerError``."""
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    shown = without_credentials(answer.url)
    if content_type.endswith("json"):
        return _json_page(answer, shown)
    if content_type.endswith("html"):
        from .html import read_html_page  # the HTML parser is 30 ms of imports that most pages never need

        return read_html_page(bytes(answer.body).decode("utf-8", "replace"), answer.url, shown, name)
    raise IndexAnswerError(shown, f"its content type is {content_type or 'missing'!r}")


def _json_page(answer: Response, shown: str) -> dict[str, Any]:
    try:
        page: dict[str, Any] = json.loads(bytes(answer.body))
        version = str(page["meta"]["api-version"])
        files = page["files"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise IndexAnswerError(shown, "the JSON is not that of PEP 691") from None
    if version.partition(".")[0] != "1":
        raise IndexAnswerError(shown, f"it speaks version {version} of the Simple API, this installer version 1")
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise IndexAnswerError(shown, "'files' is not a list of objects")
    return page


async def _listing(name: str, source: str, answer: Response, page: Mapping[str, Any], target: Target) -> Listing:
    status, reason = _status(page.get("project-status"))
    candidates: list[Candidate] = []
    refused = _left_out(page, answer, name)
    for number, file in enumerate(page["files"]):
        if number % _AT_ONCE == 0:
            await breathe()
        found = candidate_of(name, source, file, target, answer.url)
        if isinstance(found, Candidate):
            candidates.append(found)
        elif found is not None:
            refused.append(found)
    if status == "quarantined":
        candidates = []  # an index should not offer any; what it offers all the same is not to be trusted
    return Listing(name, source, tuple(candidates), tuple(refused), status, reason)


def _left_out(page: Mapping[str, Any], answer: Response, name: str) -> list[RefusedFile]:
    if answer.headers.get("content-type") != CONDENSED:
        return []
    try:
        return [file for file in refused_of(page) if file.reason != "sdist" or sdist_version(file.filename, name)]
    except (TypeError, LookupError, AttributeError):
        raise IndexAnswerError(without_credentials(answer.url), "the list of its files cannot be read") from None


def _status(marker: object) -> tuple[str, str]:
    """PEP 792: the status of the project and the reason given, either may be empty."""
    if not isinstance(marker, Mapping):
        return "", ""
    return _text(marker.get("status")), _text(marker.get("reason"))


def candidate_of(
    name: str, source: str, file: Mapping[str, Any], target: Target, page_url: str
) -> Candidate | RefusedFile | None:
    """What one file of a PEP 691 page is to this target; ``None`` for what is no distribution of the project."""
    filename = _text(file.get("filename"))
    if not filename.endswith(".whl"):
        version = sdist_version(filename, name)
        return RefusedFile(filename, version, "sdist") if version else None
    rank = best_rank(filename, target)
    if rank is None:
        parts = filename.split("-")
        # Thousands of these on a page: taking the name apart by its dashes is enough to explain the refusal.
        return RefusedFile(filename, parts[1], "tags", parts[-1][:-4]) if len(parts) >= 5 else None
    parsed = wheel_name(filename)
    if parsed is None or parsed.name != name:
        return RefusedFile(filename, filename.split("-")[1], "invalid", "its name does not follow the wheel format")
    requires_python = _text(file.get("requires-python"))
    if requires_python and not python_accepts(requires_python, target.python_version):
        return RefusedFile(filename, str(parsed.version), "python", requires_python)
    url, _, fragment = absolute(page_url, file.get("url")).partition("#")
    if not url:
        return RefusedFile(filename, str(parsed.version), "invalid", "the index gives no address for it")
    return Candidate(
        name=name,
        version=parsed.version,
        filename=filename,
        url=url,
        source=source,
        hashes={**hashes_of_fragment(fragment), **_known_hashes(file.get("hashes"))},
        size=_size(file.get("size")),
        rank=rank,
        build=parsed.build,
        requires_python=requires_python,
        yanked=_yanked(file.get("yanked")),
        metadata_hashes=_metadata_hashes(file),
    )


def hashes_of_fragment(fragment: str) -> dict[str, str]:
    """The hashes in a URL's fragment, as in ``#sha256=...`` (PEP 503)."""
    if not fragment:
        return {}
    pairs = (part.partition("=") for part in fragment.split("&"))
    return {key: value.lower() for key, _, value in pairs if key in _HASHES and value}


def _known_hashes(hashes: object) -> dict[str, str]:
    if not isinstance(hashes, dict):  # JSON has no other mapping, and asking for Mapping is slow
        return {}
    return {str(key): _text(value).lower() for key, value in hashes.items() if key in _HASHES}


def _text(value: object) -> str:
    """A string as it is; what should be one and is not satisfies nothing that it is compared with."""
    return value if isinstance(value, str) else "unreadable" if value else ""


def _size(size: object) -> int:
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0


def _yanked(yanked: object) -> str | None:
    """PEP 592: false, true, or the reason as text; an empty reason still means yanked."""
    if yanked is None or yanked is False:
        return None
    return yanked if isinstance(yanked, str) else ""


def _metadata_hashes(file: Mapping[str, Any]) -> Mapping[str, str] | None:
    """PEP 714: ``core-metadata`` wins over its old alias; ``false`` means that there is none."""
    announced = file.get("core-metadata", file.get("dist-info-metadata"))
    if announced is None or announced is False:
        return None
    return _known_hashes(announced)
