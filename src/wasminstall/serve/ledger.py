"""What the proxy remembers: the pages it has seen, with their validators, and the files that stood on them.

The files are what makes the proxy a closed one: only what an upstream page named can be asked for. One SQLite file
holds both, so it survives restarts. Every operation opens its own connection, which makes it safe from any thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from .pages import KnownFile

__all__ = ["Ledger", "SeenPage"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pages (
    url TEXT PRIMARY KEY, fetched REAL NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    key TEXT NOT NULL, filename TEXT NOT NULL, url TEXT NOT NULL, sha256 TEXT NOT NULL, metadata TEXT,
    PRIMARY KEY (key, filename)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class SeenPage:
    """A page as it goes out, when it was last known to be current (Unix time), and the upstream's validators."""

    url: str
    fetched: float
    etag: str
    last_modified: str
    body: bytes


class Ledger:
    """The proxy's memory, in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)

    def page(self, url: str) -> SeenPage | None:
        """What the upstream said at this address, if it was ever asked."""
        with self._open() as database:
            row = database.execute("SELECT * FROM pages WHERE url = ?", (url,)).fetchone()
        return SeenPage(*row) if row else None

    def keep(self, page: SeenPage, files: Sequence[KnownFile]) -> None:
        """Remember a page and its files; both or neither."""
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)", astuple(page))
            database.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", [astuple(file) for file in files]
            )

    def still_current(self, url: str, now: float) -> None:
        """The upstream said that the page has not changed."""
        with self._open() as database:
            database.execute("UPDATE pages SET fetched = ? WHERE url = ?", (now, url))

    def file(self, key: str, filename: str) -> KnownFile | None:
        """The file that an address of ours stands for, if it stood on a page."""
        with self._open() as database:
            row = database.execute("SELECT * FROM files WHERE key = ? AND filename = ?", (key, filename)).fetchone()
        return KnownFile(*row) if row else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
            yield database
