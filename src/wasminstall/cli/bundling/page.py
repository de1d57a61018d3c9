"""HTML pages of an app: what their Python asks for, and the same pages pointing at the bundle.

Only start tags of wasminstall's own script and of Python scripts are written anew; every other character stays.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Literal

__all__ = ["Page", "Tag", "read_page", "split_requirements"]

_BOOTSTRAP = re.compile(r"(^|/)wasminstall\.m?js([?#].*)?$")
_JAVASCRIPT = ("", "module", "text/javascript", "application/javascript", "importmap")
# As in js/src/scripts/requirements.ts.
_REQUIREMENT = re.compile(
    r"(?:[a-z][\w+.-]*://\S+|\[[^\]]*\]|\([^)]*\)|;[^\n]*|@\s*\S+|[\s,]*[<>=!~]+\s*[^\s,;]*|\s+(?=[@;\[(])"
    r"|[^\s,;@\[(<>=!~]+)+",
    re.IGNORECASE,
)

Kind = Literal["bootstrap", "python", "script", "style"]


@dataclass(frozen=True)
class Tag:
    """An element that matters: where its start tag stands, its attributes, and the text in it."""

    kind: Kind
    start: int
    end: int
    attributes: Mapping[str, str]
    text: str = ""

    @property
    def code(self) -> str:
        """The text moved to the left edge, as a script may be indented with its page."""
        return textwrap.dedent(self.text)


@dataclass(frozen=True)
class Page:
    """A page: its address below the app's folder, its text, and the elements that matter in document order."""

    address: str
    text: str
    tags: tuple[Tag, ...]

    @property
    def bootstrap(self) -> Tag | None:
        """The script element of wasminstall; the first one starts Python."""
        return next((tag for tag in self.tags if tag.kind == "bootstrap"), None)

    @property
    def python(self) -> tuple[Tag, ...]:
        """What can say which packages it needs."""
        return tuple(tag for tag in self.tags if tag.kind in ("bootstrap", "python"))

    def with_tags(self, attributes: Callable[[Tag], Mapping[str, str]], after: Callable[[Tag], str]) -> str:
        """The page with new attributes for its ``python`` tags, and more text after the element of the first one."""
        parts: list[str] = []
        at = 0
        for tag in self.python:
            parts += [self.text[at : tag.start], _start_tag(attributes(tag))]
            at = tag.end
            if tag is self.bootstrap:
                closing = self.text.lower().find("</script", at)
                stop = self.text.find(">", closing) + 1 if closing >= 0 else at
                parts += [self.text[at:stop], after(tag)]
                at = stop
        return "".join([*parts, self.text[at:]])


def read_page(address: str, text: str) -> Page:
    """Find what matters in a page."""
    reader = _Reader(text)
    reader.feed(text)
    reader.close()
    return Page(address, text, tuple(reader.finished()))


def split_requirements(text: str) -> tuple[str, ...]:
    """The requirements of a ``data-packages``."""
    return tuple(" ".join(match[0].split()) for match in _REQUIREMENT.finditer(text) if match[0].strip())


def _start_tag(attributes: Mapping[str, str]) -> str:
    written = "".join(f' {name}="{escape(value)}"' if value else f" {name}" for name, value in attributes.items())
    return f"<script{written}>"


class _Reader(HTMLParser):
    """Collects scripts and styles with their places."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = [0]
        for match in re.finditer("\n", text):
            self._lines.append(match.end())
        self._found: list[tuple[Tag, list[str]]] = []
        self._inside = False

    def finished(self) -> Iterator[Tag]:
        for tag, texts in self._found:
            yield Tag(tag.kind, tag.start, tag.end, tag.attributes, "".join(texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A script or a style begins."""
        if tag not in ("script", "style"):
            return
        attributes = {name: value or "" for name, value in attrs}
        kind = _kind(tag, attributes)
        if kind:
            line, column = self.getpos()
            start = self._lines[line - 1] + column
            self._found.append((Tag(kind, start, start + len(self.get_starttag_text() or ""), attributes), []))
            self._inside = True

    def handle_data(self, data: str) -> None:
        """The text of a script."""
        if self._inside:
            self._found[-1][1].append(data)

    def handle_endtag(self, tag: str) -> None:
        """It ends."""
        if tag in ("script", "style"):
            self._inside = False


def _kind(tag: str, attributes: Mapping[str, str]) -> Kind | None:
    if tag == "style":
        return "style"
    kind = attributes.get("type", "").strip().lower()
    if kind == "text/python":
        return "python"
    if kind not in _JAVASCRIPT:
        return None
    return "bootstrap" if _BOOTSTRAP.search(attributes.get("src", "")) else "script"
