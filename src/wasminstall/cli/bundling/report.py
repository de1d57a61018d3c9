"""What a bundle costs its visitors, and what its host should send: as a table, and as JSON."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from .page import Page
from .site import ASSETS, File
from .trimming import Trimmed
from .writing import Sizes

__all__ = ["Bundle", "content_security_policy", "shown"]

_GROUPS = {"pyodide": "Pyodide", "wheel": "Packages", "bootstrap": "wasminstall", "app": "The app's own files"}
_FEW = 8
KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Bundle:
    """All that is told of a bundle."""

    folder: Path
    target: str
    release: str
    packages: Mapping[str, str]
    files: Sequence[File]
    sizes: Mapping[str, Sizes]
    tag: str
    policy: str
    trimmed: Mapping[str, Trimmed]
    bytecode: bool
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "folder": str(self.folder),
            "target": self.target,
            "pyodide": self.release,
            "packages": dict(self.packages),
            "bytecode": self.bytecode,
            "trimmed": {name: {"files": went.files, "bytes": went.bytes} for name, went in self.trimmed.items()},
            "files": [self._row(file) for file in self.files],
            "total": dict(zip(("raw", "gzip", "brotli"), self._total(self.files), strict=True)),
            "script_tag": self.tag,
            "headers": {"Content-Security-Policy": self.policy, f"Cache-Control of /{ASSETS}/": KEPT},
            "notes": list(self.notes),
        }

    def _row(self, file: File) -> dict[str, Any]:
        raw, zipped, small = self._total([file])
        return {"address": file.address, "group": file.group, "raw": raw, "gzip": zipped, "brotli": small}

    def _total(self, files: Iterable[File]) -> tuple[int, int, int]:
        """Bytes as they are, with gzip, with brotli; of what has no copy its own."""
        sizes = [self.sizes[file.address] for file in files]
        copies = ([size.raw for size in sizes], [_len(s.gzip, s.raw) for s in sizes], [s.sent for s in sizes])
        return sum(copies[0]), sum(copies[1]), sum(copies[2])

    def table(self, *, every: bool) -> Table:
        """What costs what, the largest first; ``every``: without leaving out the small ones."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("")
        for title in ("raw", "gzip", "brotli"):
            table.add_column(title, justify="right", no_wrap=True)
        for group, title in _GROUPS.items():
            files = sorted((f for f in self.files if f.group == group), key=lambda file: -self.sizes[file.address].sent)
            if not files:
                continue
            table.add_row(f"[bold]{title}[/]", *map(_bold, self._total(files)))
            shown = files if every or len(files) <= _FEW else files[: _FEW - 1]
            for file in shown:
                table.add_row(f"  {escape(file.name)}", *map(_size, self._total([file])))
            if rest := files[len(shown) :]:
                table.add_row(f"  [dim]{len(rest)} more[/]", *map(_size, self._total(rest)))
            table.add_section()
        table.add_row("[bold]All of it[/]", *map(_bold, self._total(self.files)))
        return table


def shown(bundle: Bundle, *, every: bool) -> Group:
    """The report as a person reads it."""
    head = f"[bold]{escape(str(bundle.folder))}[/]: {len(bundle.files)} files for {bundle.target}"
    extra = " with bytecode" if bundle.bytecode else ""
    parts: list[Any] = [f"{head} (Pyodide {bundle.release}){extra}", "", bundle.table(every=every)]
    if bundle.trimmed:
        parts += [f"[bold]Left out[/] of {name}: {_counted(went)}" for name, went in bundle.trimmed.items()] + [""]
    parts += [
        "[bold]In the pages[/] (it is there already):",
        f"  {escape(bundle.tag)}",
        "",
        "[bold]From the host[/], where headers can be set:",
        f"  Content-Security-Policy: {escape(bundle.policy)}",
        f"  Cache-Control: {KEPT}   [dim](only for /{ASSETS}/)[/]",
    ]
    return Group(*parts)


def content_security_policy(pages: Iterable[Page]) -> str:
    """Enough for these pages and for nothing else; inline scripts and styles are named by their hash."""
    hashes: dict[str, dict[str, None]] = {"script": {}, "style": {}}
    for page in pages:
        for tag in page.tags:
            text = tag.text.replace("\r\n", "\n")  # as browsers read it
            if tag.kind in hashes and "src" not in tag.attributes and text:
                digest = base64.b64encode(hashlib.sha256(text.encode("utf-8", "replace")).digest()).decode()
                hashes[tag.kind][f"'sha256-{digest}'"] = None
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self' 'wasm-unsafe-eval'", *hashes["script"]]),
            "worker-src 'self' blob:",
            "connect-src 'self' blob:",
            " ".join(["style-src 'self'", *hashes["style"]]),
            "img-src 'self' data:",
            "font-src 'self'",
            "base-uri 'self'",
        ]
    )


def _counted(went: Trimmed) -> str:
    return f"{went.files} files, {_size(went.bytes)} unpacked"


def _len(data: bytes | None, otherwise: int) -> int:
    return otherwise if data is None else len(data)


def _bold(size: int) -> str:
    return f"[bold]{_size(size)}[/]"


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e6:,.2f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"
