"""What a server says about its refusal, if it is a line for people and not a page."""

from __future__ import annotations

from .port import Request, Response

__all__ = ["explanation"]

_READ = 2048
_SHOWN = 200


def explanation(request: Request, response: Response) -> str:
    """The first line of a plain answer, at most 200 characters, nothing secret in it; empty for pages and binaries."""
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in ("text/plain", "application/json", "application/problem+json"):
        return ""
    text = bytes(response.body[:_READ]).decode("utf-8", "replace").strip()
    line = "".join(char if char.isprintable() else " " for char in text.partition("\n")[0]).strip()
    if line.startswith("<"):
        return ""
    line = request.hide_secrets(line)  # before it is cut: half a secret is no less of one
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
