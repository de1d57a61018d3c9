"""What the index says: PEP 503 HTML and PEP 691 JSON pages, with every lie a test may want to tell."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal
from urllib.parse import quote

__all__ = [
    "HTML",
    "JSON",
    "MetadataMode",
    "PageStyle",
    "Project",
    "ServedFile",
    "chosen_type",
    "normalised",
    "project_of",
    "project_page",
    "root_page",
]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"

MetadataMode = Literal["hash", "true", "unadvertised", "missing", "false", "wrong_hash", "off"]
"""PEP 658, as the index does it: ``hash`` and ``true`` are advertised and served; ``unadvertised`` is served without a
word; ``missing`` is advertised and 404; ``false`` says ``false`` and is 404; ``wrong_hash`` is served under a hash
that is not its own; ``off`` is neither."""

_NOT_SERVED: frozenset[MetadataMode] = frozenset({"missing", "false", "off"})


@dataclass(frozen=True, kw_only=True)
class ServedFile:
    """One file of a project and what the index claims about it; ``None`` means the truth."""

    project: str
    filename: str
    data: bytes = field(repr=False)
    yanked: str | bool | None = None
    requires_python: str | None = None
    size: int | None = None
    hashes: Mapping[str, str] | None = None
    core_metadata: MetadataMode | None = None
    metadata: bytes | None = field(default=None, repr=False)
    upload_time: str = "2026-01-01T00:00:00.000000Z"
    stamp: int = 0

    @property
    def path(self) -> str:
        """Where the server has the file, decoded."""
        return f"/files/{self.project}/{self.filename}"

    def claimed_hashes(self) -> Mapping[str, str]:
        """The hashes the pages show."""
        return {"sha256": hashlib.sha256(self.data).hexdigest()} if self.hashes is None else self.hashes

    def served_metadata(self, default: MetadataMode) -> bytes | None:
        """What the address with ``.metadata`` gives, or ``None`` for a 404."""
        return None if (self.core_metadata or default) in _NOT_SERVED else self.metadata

    def claimed_metadata(self, default: MetadataMode) -> dict[str, str] | bool | None:
        """What the pages say about METADATA: hashes, a bool, or ``None`` for nothing."""
        mode = self.core_metadata or default
        if mode == "false":
            return False
        if self.metadata is None or mode in {"unadvertised", "off"}:
            return None
        if mode == "true":
            return True
        told = b"something else" if mode == "wrong_hash" else self.metadata
        return {"sha256": hashlib.sha256(told).hexdigest()}


@dataclass
class Project:
    """A project page: its files in the order they were added, and its PEP 792 status."""

    name: str
    files: list[ServedFile] = field(default_factory=list)
    status: str | None = None


@dataclass(frozen=True, kw_only=True)
class PageStyle:
    """How pages are written: the part of a server's behaviour that concerns them."""

    base: str
    api_version: str
    metadata: MetadataMode
    metadata_keys: Sequence[str]

    def address(self, file: ServedFile) -> str:
        """The file's URL as the page has it."""
        return self.base + quote(file.path)


def normalised(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project_of(filename: str) -> str:
    """The project a file name belongs to: what stands before the first dash of a wheel, the last of an sdist."""
    name = filename.split("-")[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return normalised(name or filename)


def metadata_of(data: bytes) -> bytes | None:
    """METADATA out of a wheel's bytes, or ``None`` if they are not such a wheel."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
            return archive.read(names[0]) if names else None
    except zipfile.BadZipFile:
        return None


def chosen_type(accept: str, *, json_on: bool, html_on: bool) -> str:
    """The content type an ``Accept`` header gets. An index without JSON ignores the wish, as old ones do."""
    if not (json_on and html_on):
        return JSON if json_on else "text/html"
    wishes: list[tuple[float, str]] = []
    for part in accept.lower().split(","):
        kind, _, parameters = part.strip().partition(";")
        quality = re.search(r"q=([\d.]+)", parameters)
        wishes.append((float(quality[1]) if quality else 1.0, kind.strip()))
    for _quality, kind in sorted(wishes, key=lambda wish: -wish[0]):
        if kind in {JSON, "application/vnd.pypi.simple.latest+json"}:
            return JSON
        if kind in {HTML, "application/vnd.pypi.simple.latest+html"}:
            return HTML
        if kind in {"text/html", "*/*"}:
            return "text/html"
    return "text/html"


def project_page(project: Project, style: PageStyle, content_type: str) -> bytes:
    """The page of one project."""
    if content_type == JSON:
        return json.dumps(_json_page(project, style)).encode()
    lines = [_html_file(file, style) for file in project.files]
    status = [f'<meta name="pypi:project-status" content="{escape(project.status)}">'] if project.status else []
    return _html_document(f"Links for {project.name}", [*_version_line(style), *status], lines)


def root_page(names: Iterable[str], style: PageStyle, content_type: str) -> bytes:
    """The list of all projects."""
    if content_type == JSON:
        page = {"meta": {"api-version": style.api_version}, "projects": [{"name": name} for name in names]}
        return json.dumps(page).encode()
    lines = [f'<a href="{quote(name)}/">{escape(name)}</a><br>' for name in names]
    return _html_document("Simple index", _version_line(style), lines)


def _json_page(project: Project, style: PageStyle) -> dict[str, Any]:
    page: dict[str, Any] = {"meta": {"api-version": style.api_version}, "name": project.name}
    if project.status:
        page["project-status"] = {"status": project.status}
    if style.api_version != "1.0":
        page["versions"] = sorted({_version_of(file.filename) for file in project.files})
    page["files"] = [_json_file(file, style) for file in project.files]
    return page


def _json_file(file: ServedFile, style: PageStyle) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": file.filename,
        "url": style.address(file),
        "hashes": dict(file.claimed_hashes()),
        "requires-python": file.requires_python,
        "yanked": False if file.yanked is None else file.yanked,
    }
    if style.api_version != "1.0":
        entry["size"] = len(file.data) if file.size is None else file.size
        entry["upload-time"] = file.upload_time
    claim = file.claimed_metadata(style.metadata)
    return entry | ({} if claim is None else dict.fromkeys(style.metadata_keys, claim))


def _html_file(file: ServedFile, style: PageStyle) -> str:
    fragment = next((f"#{name}={value}" for name, value in file.claimed_hashes().items()), "")
    attributes = {"href": style.address(file) + fragment}
    if file.requires_python is not None:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not None and file.yanked is not False:
        attributes["data-yanked"] = "" if file.yanked is True else file.yanked
    claim = file.claimed_metadata(style.metadata)
    if claim is not None:
        text = f"sha256={claim['sha256']}" if isinstance(claim, dict) else str(claim).lower()
        attributes |= {f"data-{key}": text for key in style.metadata_keys}
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{escape(file.filename)}</a><br>"


def _version_line(style: PageStyle) -> list[str]:
    return [f'<meta name="pypi:repository-version" content="{escape(style.api_version)}">']


def _html_document(title: str, head: Sequence[str], body: Sequence[str]) -> bytes:
    head_text, body_text = "\n".join(head), "\n".join(body)
    return (
        f"<!DOCTYPE html>\n<html>\n<head>\n{head_text}\n<title>{escape(title)}</title>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{body_text}\n</body>\n</html>\n"
    ).encode()


def _version_of(filename: str) -> str:
    if filename.endswith(".whl"):
        return [*filename.split("-"), ""][1]
    return re.sub(r"\.(tar\.\w+|zip)$", "", filename.rpartition("-")[2])
