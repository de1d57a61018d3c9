"""One HTTP answer as a value, and the arithmetic of content types, validators, ranges and gzip on it."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import Literal

__all__ = ["Answer", "Delivery", "conditional", "content_type_of", "gzipped", "ranged", "redirect_to", "validated"]

Delivery = Literal["whole", "slow_drip", "stall", "reset", "truncated"]

_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".metadata": "text/plain; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".zip": "application/zip",
}
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Answer:
    """What is sent back, and how: ``delivery`` says where on the way the body breaks."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = "whole"
    cors: bool = True
    page: bool = False
    stamp: int | None = None

    def with_headers(self, **headers: str) -> Answer:
        """The same answer with more headers; underscores stand for dashes."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


def redirect_to(location: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(status, b"moved\n", headers={"Location": location})


def content_type_of(path: str) -> str:
    """The MIME type a browser needs for this path."""
    known = _CONTENT_TYPES.get(PurePosixPath(path).suffix.lower())
    return known or mimetypes.guess_type(path)[0] or "application/octet-stream"


def validated(answer: Answer) -> Answer:
    """With ETag and Last-Modified. The clock is logical: one second a change, so no two states share a date."""
    if answer.status != 200 or answer.stamp is None:
        return answer
    digest = hashlib.sha256(answer.body + answer.content_type.encode()).hexdigest()[:20]
    date = format_datetime(_EPOCH + timedelta(seconds=answer.stamp), usegmt=True)
    return answer.with_headers(ETag=f'"{digest}"', Last_Modified=date)


def conditional(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """304 where the client has the same state already; ``If-None-Match`` goes before ``If-Modified-Since``."""
    etag, date = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
    if etag is None:
        return answer
    if "if-none-match" in asked:
        tags = {tag.strip().removeprefix("W/") for tag in asked["if-none-match"].split(",")}
        same = etag in tags or "*" in tags
    else:
        same = asked.get("if-modified-since") == date
    return replace(answer, status=304, body=b"") if same else answer


def ranged(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """206 for one satisfiable range, 416 for one outside, the whole for anything else."""
    if answer.status != 200 or answer.page:
        return answer
    answer = answer.with_headers(Accept_Ranges="bytes")
    wanted = _RANGE.fullmatch(asked.get("range", "").replace(" ", ""))
    condition = asked.get("if-range")
    if not wanted or (condition and condition not in {answer.headers.get("ETag"), answer.headers.get("Last-Modified")}):
        return answer
    total = len(answer.body)
    first, last = wanted[1], wanted[2]
    if first:
        start, stop = int(first), min(int(last) + 1, total) if last else total
    else:
        start, stop = max(total - int(last or 0), 0), total
    if start >= stop:
        return replace(answer, status=416, body=b"").with_headers(Content_Range=f"bytes */{total}")
    part = replace(answer, status=206, body=answer.body[start:stop])
    return part.with_headers(Content_Range=f"bytes {start}-{stop - 1}/{total}")


def gzipped(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """Pages in gzip, for those who say they read it."""
    if answer.status != 200 or not answer.page or "gzip" not in asked.get("accept-encoding", ""):
        return answer
    body = gzip.compress(answer.body, mtime=0)
    return replace(answer, body=body).with_headers(Content_Encoding="gzip")
