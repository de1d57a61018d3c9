"""The HTTP/2 server of the benchmarks (``http2_server.mjs``) from Python: a certificate, a site, a network, counts.

A site is a list of ``File``. The certificate is made anew by ``openssl`` for every server; ``spki`` is what Chromium
must be told to accept it as a good one (``--ignore-certificate-errors`` would not do: what comes over a connection with
an error is not kept in the HTTP cache, and then the second visit would be another one).
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

__all__ = ["FAST", "LONG_LINE", "Count", "File", "Network", "WebServer", "web_server"]

IMMUTABLE = "max-age=365000000, immutable, public"
PROGRAM = Path(__file__).parent / "http2_server.mjs"


@dataclass(frozen=True)
class Network:
    """Milliseconds before each answer, and the width of the line in bytes a second (0: no limit)."""

    name: str
    delay: float = 0
    rate: float = 0


FAST = Network("0 ms")
LONG_LINE = Network("40 ms, 50 Mbit/s", delay=40, rate=50e6 / 8)


@dataclass(frozen=True)
class File:
    """One address of a site: its content, or where that is on disk; ``encoding`` for those who accept it."""

    path: str
    content: bytes | Path
    type: str = "application/octet-stream"
    cache: str = IMMUTABLE
    encoding: Literal["br", "gzip", ""] = ""


@dataclass(frozen=True)
class Count:
    """What was asked for and sent (bodies only, as compressed on the way); ``spans``: paths, from when to when in
    milliseconds of the server's clock."""

    requests: int
    bytes: int
    kinds: dict[str, int]
    refused: tuple[str, ...]
    spans: tuple[tuple[str, float, float | None], ...] = ()


class WebServer:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, spki: str) -> None:
        self._process = process
        self._folder = folder
        self.spki = spki
        self.origin = f"https://localhost:{self._line()['port']}"

    def publish(self, site: Iterable[File]) -> None:
        """Serve these files and nothing else."""
        rows = []
        for number, file in enumerate(site):
            place = file.content
            if isinstance(place, bytes):
                place = self._folder / str(number)
                place.write_bytes(file.content)  # type: ignore[arg-type]
            rows.append(
                {
                    "path": file.path,
                    "file": str(place),
                    "type": file.type,
                    "cache": file.cache,
                    "encoding": file.encoding,
                }
            )
        manifest = self._folder / "site.json"
        manifest.write_text(json.dumps(rows))
        self._tell({"load": str(manifest)})

    def behave(self, network: Network) -> None:
        """Answer as if behind this network, from now on."""
        self._tell({"network": {"delay": network.delay, "rate": network.rate}})

    def count(self) -> Count:
        """What happened since the last call."""
        found = self._tell({"count": True})
        kinds = Counter(_kind(path) for path, *_ in found["asked"])
        refused = tuple(f"{status} {path}" for path, status, *_ in found["asked"] if status not in (200, 304))
        spans = tuple((path, began, ended) for path, _, began, ended in found["asked"])
        return Count(len(found["asked"]), found["sent"], dict(kinds), refused, spans)

    def _tell(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        output: IO[str] | None = self._process.stdout
        line = output.readline() if output else ""
        if not line:
            raise RuntimeError("the HTTP/2 server has ended; its message stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _kind(path: str) -> str:
    if path.startswith("/simple/"):
        return "page"
    if path.endswith(".metadata"):
        return "metadata"
    return "wheel" if path.endswith(".whl") else "other"


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A server on a free port of this machine, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        spki = _make_certificate(key, certificate)
        command = ["node", str(PROGRAM), str(key), str(certificate)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield WebServer(process, folder, spki)
        finally:
            process.communicate(timeout=10)  # it ends with its standard input


def _make_certificate(key: Path, certificate: Path) -> str:
    """Write both; returns the hash of the public key as Chromium's ``--ignore-certificate-errors-spki-list`` has it."""
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    make = (
        f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 -subj /CN=localhost -addext {names}"
    )
    _openssl(*make.split(), "-keyout", str(key), "-out", str(certificate))
    public = _openssl("pkey", "-in", str(key), "-pubout", "-outform", "der")
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def _openssl(*arguments: str) -> bytes:
    if shutil.which("openssl") is None:
        raise RuntimeError("openssl makes the server's certificate and is not here: install the package openssl")
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout
