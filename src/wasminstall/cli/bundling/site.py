"""Where everything lies in a bundle, and the pages that point there.

What changes its address when it changes lies below one folder: the bootstrap and Pyodide as folders, because their
files name each other, wheels one by one. A host may tell browsers to keep all of it for ever. Beside it are the app's
own files at their own addresses, and the service worker, whose address must not change either.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal
from urllib.parse import quote

from .page import Page, Tag

__all__ = ["ASSETS", "SERVICE_WORKER", "File", "Site", "integrity"]

ASSETS = "wasminstall-assets"
SERVICE_WORKER = "service-worker.js"

Group = Literal["app", "bootstrap", "pyodide", "wheel"]

_OFFLINE = "wasminstall-offline.js"
_NEVER = ("archive", "stdlib", "pyodide", "index", "prefer", "requirements", "lock", "packages")
"""Attributes without ``data-`` that a bundle answers by itself."""


@dataclass(frozen=True)
class File:
    """A file of the bundle, at an ``address`` below its folder; ``name`` is what people call it."""

    address: str
    data: bytes
    group: Group
    name: str


@dataclass
class Site:
    """The bundle in memory, filled part by part."""

    files: list[File] = field(default_factory=list)
    pyodide: str = ""
    bootstrap: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Integrity of the bootstrap's files by name."""

    def add_folder(self, group: Literal["bootstrap", "pyodide"], contents: Mapping[str, bytes]) -> str:
        """Files that name each other: the folder's name changes with any of them. Returns its address."""
        digest = hashlib.sha256()
        for name, data in sorted(contents.items()):
            digest.update(f"{name} {len(data)}\n".encode() + data)
        folder = f"{ASSETS}/{group}.{digest.hexdigest()[:16]}"
        self.files += [File(f"{folder}/{name}", data, group, name) for name, data in sorted(contents.items())]
        return folder

    def add_bootstrap(self, contents: Mapping[str, bytes]) -> None:
        """Wasminstall itself."""
        self.bootstrap = self.add_folder("bootstrap", contents)
        self.scripts = {name: integrity(data) for name, data in contents.items()}

    def add_pyodide(self, contents: Mapping[str, bytes]) -> None:
        """Pyodide, its lock included."""
        self.pyodide = self.add_folder("pyodide", contents)

    def add_wheel(self, name: str, filename: str, data: bytes) -> str:
        """A wheel; returns its address as the lock of Pyodide has it, from that folder. ``name`` is for people."""
        address = f"{ASSETS}/wheels/{hashlib.sha256(data).hexdigest()[:16]}/{filename}"
        self.files.append(File(address, data, "wheel", name))
        return f"../{quote(address.removeprefix(f'{ASSETS}/'))}"

    def add_own(self, address: str, data: bytes) -> None:
        """A file of the app."""
        self.files.append(File(address, data, "app", address))

    def add_service_worker(self, script: bytes) -> None:
        """After all the others: it lists them."""
        fixed = {file.address: integrity(file.data) for file in self.files if file.group != "app"}
        pages = {_as_asked(file.address): integrity(file.data) for file in self.files if file.group == "app"}
        told = json.dumps(
            {
                "fixed": {quote(address): fixed[address] for address in sorted(fixed)},
                "pages": dict(sorted(pages.items())),
            }
        )
        self.files.append(File(SERVICE_WORKER, f"self.BUNDLE={told};\n".encode() + script, "bootstrap", SERVICE_WORKER))

    def page(self, page: Page, needs: Mapping[int, Sequence[str]]) -> str:
        """The page pointing at the bundle; ``needs`` has the packages of each element, by where it starts."""

        def attributes(tag: Tag) -> Mapping[str, str]:
            kept = {name: value for name, value in tag.attributes.items() if name not in _replaced(tag)}
            if tag.kind == "bootstrap":
                script = posixpath.basename(tag.attributes["src"].partition("?")[0].partition("#")[0])
                source = _relative(page, f"{self.bootstrap}/{script}")
                kept = {"src": source, "integrity": self.scripts[script], **kept}
                kept["data-pyodide"] = _relative(page, f"{self.pyodide}/")
            if needs.get(tag.start):
                kept["data-packages"] = " ".join(needs[tag.start])
            return kept

        return page.with_tags(attributes, lambda _tag: "\n" + self._offline_tag(page))

    def example(self) -> str:
        """The script element of a page at the top of the bundle."""
        source = f'src="{self.bootstrap}/wasminstall.js" integrity="{self.scripts["wasminstall.js"]}"'
        return f'<script {source} data-pyodide="{self.pyodide}/"></script>'

    def _offline_tag(self, page: Page) -> str:
        source = escape(_relative(page, f"{self.bootstrap}/{_OFFLINE}"))
        worker = escape(_relative(page, SERVICE_WORKER))
        return f'<script defer src="{source}" integrity="{self.scripts[_OFFLINE]}" data-worker="{worker}"></script>'


def integrity(data: bytes) -> str:
    """What ``integrity="..."`` has for these bytes."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def _replaced(tag: Tag) -> Iterable[str]:
    own = ("src", "integrity", "crossorigin") if tag.kind == "bootstrap" else ()
    return (*own, *(f"data-{name}" for name in _NEVER))


def _relative(page: Page, address: str) -> str:
    found = posixpath.relpath(address, posixpath.dirname(page.address) or ".")
    return quote(found) + ("/" if address.endswith("/") else "")


def _as_asked(address: str) -> str:
    """As a browser asks for it: the folder of an index.html."""
    folder, _, name = address.rpartition("/")
    return (f"{folder}/" if folder else "") if name == "index.html" else address
