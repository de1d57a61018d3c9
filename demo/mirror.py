"""A content-addressed mirror of the Pyodide distribution.

The lock names a sha256; whoever has those bytes may hand them over. Asked in this order: the cache on disk, the
Pyodide CDN, wheels on PyPI that carry a copy of the distribution ("carriers", read by HTTP range requests so that
106 MB need not come for the sake of one), and PyPI itself under the same file name. Every answer is hashed before it
is believed.

As a script (``python demo/mirror.py pyodide-lock.json build/wheels numpy pandas``) it fills a folder with packages.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import struct
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Protocol, Self

import httpx
from pypi_simple import PYPI_SIMPLE_ENDPOINT

__all__ = ["BlobStore", "DistributionMirror", "NotToBeHad", "Source", "cache_folder", "write_atomically"]

CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file_name}"
CARRIERS = {"314.0.3": "0.12.4", "0.28.3": "0.9.6", "0.27.7": "0.6.18"}
"""Pyodide version to the release of the carrier project that holds its wheels."""

CARRIER_PROJECT = "open-webui"
CARRIER_FOLDER = "open_webui/frontend/pyodide/"
UNREACHABLE_SECONDS = 300.0  # how long a host that did not answer is left alone

_SIMPLE_JSON = {"accept": "application/vnd.pypi.simple.v1+json"}
_TAIL = 1 << 16


class NotToBeHad(LookupError):
    """No source has the file with this hash; ``tried`` says what each one answered."""

    def __init__(self, file_name: str, sha256: str, tried: Mapping[str, str]) -> None:
        self.file_name, self.sha256, self.tried = file_name, sha256, dict(tried)
        answers = "; ".join(f"{source}: {answer}" for source, answer in tried.items())
        super().__init__(f"nobody has {file_name} with sha256 {sha256[:16]}… ({answers})")


class NotHere(Exception):
    """One source does not have the file, or cannot be asked; the text says why."""


class Source(Protocol):
    """Somebody who may have the bytes."""

    name: str

    async def fetch(self, file_name: str, sha256: str, /) -> bytes:
        """The bytes of the file, not yet verified, or ``NotHere``."""


# -- the cache ---------------------------------------------------------------------------------------------------------


def cache_folder(default: str = "wasminstall") -> Path:
    """``WASMINSTALL_CACHE``, or a folder in the user's cache."""
    named = os.environ.get("WASMINSTALL_CACHE")
    return Path(named) if named else Path.home() / ".cache" / default


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file that others see whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


class BlobStore:
    """Files by their sha256. What does not match its name any more is dropped and fetched again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, sha256: str) -> bytes | None:
        """The bytes with this hash, if they are here and whole."""
        path = self._path(sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        path.unlink(missing_ok=True)
        return None

    def put(self, data: bytes) -> str:
        """Keep these bytes; returns their hash."""
        sha256 = hashlib.sha256(data).hexdigest()
        write_atomically(self._path(sha256), data)
        return sha256

    def _path(self, sha256: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError(f"not a sha256 in hexadecimal: {sha256!r}")
        return self.folder / "sha256" / sha256[:2] / sha256


# -- the sources -------------------------------------------------------------------------------------------------------


class PyodideCDN:
    """Where the distribution lives, for those who can reach it."""

    def __init__(self, client: httpx.AsyncClient, version: str) -> None:
        self.name = f"the Pyodide CDN (v{version})"
        self._client, self._version = client, version
        self._ask_again_at, self._why_not = 0.0, ""

    async def fetch(self, file_name: str, _sha256: str, /) -> bytes:
        """The file under its own name."""
        if time.monotonic() < self._ask_again_at:
            raise NotHere(f"{self._why_not} (a moment ago)")
        address = CDN.format(version=self._version, file_name=file_name)
        try:
            return await _get(self._client, address, connect=3)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            self._ask_again_at = time.monotonic() + UNREACHABLE_SECONDS
            self._why_not = f"cannot be reached: {error}"
            raise NotHere(self._why_not) from error


class PyPIFile(NamedTuple):
    """What matters here of a file on a project page."""

    url: str
    sha256: str
    size: int


class Member(NamedTuple):
    """Where a member lies in its archive: from its local header to where the next thing starts."""

    start: int
    stop: int
    compressed_size: int


class Carrier:
    """A wheel on PyPI that has the distribution's wheels among its files."""

    def __init__(self, client: httpx.AsyncClient, pypi: PyPI, release: str, listings: Path) -> None:
        self.name = f"{CARRIER_PROJECT} {release} on PyPI"
        self._client, self._pypi = client, pypi
        self._file_name = f"{CARRIER_PROJECT.replace('-', '_')}-{release}-py3-none-any.whl"
        self._kept = listings / f"{self._file_name}.json"
        self._lock = asyncio.Lock()
        self._listing: tuple[str, dict[str, Member]] | None = None

    async def fetch(self, file_name: str, _sha256: str, /) -> bytes:
        """The member of that name, by one range request."""
        async with self._lock:
            self._listing = self._listing or await self._kept_listing() or await self._fresh_listing()
        address, members = self._listing
        member = members.get(file_name)
        if member is None:
            raise NotHere("has no such member")
        return _inflated(await _range(self._client, address, member.start, member.stop), member.compressed_size)

    async def _kept_listing(self) -> tuple[str, dict[str, Member]] | None:
        try:
            kept = json.loads(await asyncio.to_thread(self._kept.read_bytes))
            return kept["url"], {name: Member(*place) for name, place in kept["members"].items()}
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return None

    async def _fresh_listing(self) -> tuple[str, dict[str, Member]]:
        file = (await self._pypi.files(CARRIER_PROJECT))[self._file_name]
        members = await _members(self._client, file.url, file.size, CARRIER_FOLDER)
        kept = json.dumps({"url": file.url, "members": members}).encode()
        await asyncio.to_thread(write_atomically, self._kept, kept)
        return file.url, members


class PyPI:
    """PyPI under the same file name, if its page shows the same hash."""

    name = "PyPI under the same name"

    def __init__(self, client: httpx.AsyncClient, endpoint: str = PYPI_SIMPLE_ENDPOINT) -> None:
        self._client, self._endpoint = client, endpoint
        self._pages: dict[str, dict[str, PyPIFile]] = {}

    async def fetch(self, file_name: str, sha256: str, /) -> bytes:
        """The file, when the project page shows it with this hash."""
        if not file_name.endswith(".whl"):
            raise NotHere("is asked for wheels only")
        file = (await self.files(file_name.split("-")[0])).get(file_name)
        if file is None:
            raise NotHere("has no file of this name")
        if file.sha256 != sha256:
            raise NotHere(f"has another build (sha256 {file.sha256[:16]}…)")
        return await _get(self._client, file.url)

    async def files(self, project: str) -> dict[str, PyPIFile]:
        """The files of a project by name."""
        name = canonical(project)
        if name not in self._pages:
            address = f"{self._endpoint.rstrip('/')}/{name}/"
            page = json.loads(await _get(self._client, address, headers=_SIMPLE_JSON))
            self._pages[name] = {
                file["filename"]: PyPIFile(
                    str(httpx.URL(address).join(file["url"])), file["hashes"].get("sha256", ""), file.get("size") or 0
                )
                for file in page["files"]
            }
        return self._pages[name]


# -- the mirror --------------------------------------------------------------------------------------------------------


class DistributionMirror:
    """The wheels of one Pyodide version's lock. Belongs to one event loop; many tasks may ask at once."""

    def __init__(
        self,
        version: str = "314.0.3",
        *,
        cache: Path | None = None,
        client: httpx.AsyncClient | None = None,
        sources: Sequence[Source] | None = None,
    ) -> None:
        folder = cache or cache_folder()
        self._client = client or httpx.AsyncClient(
            follow_redirects=True, timeout=httpx.Timeout(60, connect=10), limits=httpx.Limits(max_connections=8)
        )
        self._store = BlobStore(folder)
        self._locks: dict[str, asyncio.Lock] = {}
        self.sources = list(sources) if sources is not None else self._usual_sources(version, folder / "carriers")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def wheel(self, file_name: str, sha256: str) -> bytes:
        """The verified bytes of a lock entry's ``file_name`` and ``sha256``, or ``NotToBeHad``."""
        sha256 = sha256.lower()
        async with self._locks.setdefault(sha256, asyncio.Lock()):
            data = await asyncio.to_thread(self._store.get, sha256)
            if data is None:
                data = await self._fetched(file_name, sha256)
                await asyncio.to_thread(self._store.put, data)
            return data

    async def _fetched(self, file_name: str, sha256: str) -> bytes:
        tried: dict[str, str] = {}
        for source in self.sources:
            try:
                data = await source.fetch(file_name, sha256)
            except (NotHere, httpx.HTTPError, LookupError, ValueError, zlib.error, struct.error) as error:
                tried[source.name] = str(error) or type(error).__name__
                continue
            found = hashlib.sha256(data).hexdigest()
            if found == sha256:
                return data
            tried[source.name] = f"has another build (sha256 {found[:16]}…)"
        raise NotToBeHad(file_name, sha256, tried)

    def _usual_sources(self, version: str, listings: Path) -> list[Source]:
        """A carrier of another version may still have the same pure wheel, so all are asked, the right one first."""
        pypi = PyPI(self._client)
        releases = sorted(CARRIERS, key=lambda carried: carried != version)
        carriers = [Carrier(self._client, pypi, CARRIERS[carried], listings) for carried in releases]
        return [PyodideCDN(self._client, version), carriers[0], pypi, *carriers[1:]]


def canonical(name: str) -> str:
    """A project's name as locks have it for key and addresses for path."""
    return re.sub(r"[-_.]+", "-", name).lower()


# -- HTTP and zip ------------------------------------------------------------------------------------------------------


async def _get(
    client: httpx.AsyncClient, address: str, headers: Mapping[str, str] = MappingProxyType({}), connect: float = 10
) -> bytes:
    response = await client.get(address, headers=headers, timeout=httpx.Timeout(60, connect=connect))
    if response.status_code != 200:
        raise NotHere(f"answered {response.status_code}")
    return response.content


async def _range(client: httpx.AsyncClient, address: str, start: int, stop: int) -> bytes:
    headers = {"range": f"bytes={start}-{stop - 1}", "accept-encoding": "identity"}
    async with client.stream("GET", address, headers=headers) as response:
        if response.status_code != 206:
            raise NotHere(f"answered {response.status_code} to a range request")
        data = await response.aread()
    if len(data) != stop - start:
        raise NotHere(f"sent {len(data)} of {stop - start} bytes")
    return data


async def _members(client: httpx.AsyncClient, address: str, size: int, folder: str) -> dict[str, Member]:
    """Where the files of a folder lie in a remote zip, read from its end."""
    start = max(size - _TAIL, 0)
    tail = await _range(client, address, start, size)
    end = tail.rfind(b"PK\5\6")
    directory_size, directory_start = struct.unpack_from("<II", tail, end + 12)
    if directory_start + directory_size > size:
        raise NotHere("is an archive that cannot be read")
    if directory_start < start:
        tail = await _range(client, address, directory_start, start) + tail
        start = directory_start
    with zipfile.ZipFile(_Tail(tail, start)) as archive:
        infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    stops = [info.header_offset for info in infos[1:]] + [directory_start]
    return {
        info.filename.removeprefix(folder): Member(info.header_offset, stop, info.compress_size)
        for info, stop in zip(infos, stops, strict=True)
        if info.filename.startswith(folder)
    }


class _Tail(io.BytesIO):
    """The end of a file, at the offsets of the whole; that is all ``zipfile`` reads to list members."""

    def __init__(self, data: bytes, start: int) -> None:
        super().__init__(data)
        self._start = start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return super().seek(offset - self._start if whence == os.SEEK_SET else offset, whence) + self._start

    def tell(self) -> int:
        return super().tell() + self._start


def _inflated(entry: bytes, compressed_size: int) -> bytes:
    """A zip entry's contents, from its local header on."""
    method, name_size, extra_size = struct.unpack_from("<8xH16xHH", entry)
    start = 30 + name_size + extra_size
    body = entry[start : start + compressed_size]
    return body if method == zipfile.ZIP_STORED else zlib.decompress(body, wbits=-15)


# -- the script --------------------------------------------------------------------------------------------------------


def with_dependencies(packages: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    """The keys of these lock packages and of all they depend on."""
    wanted: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = canonical(waiting.pop(0))
        if name not in wanted:
            wanted[name] = None
            waiting += packages[name]["depends"]
    return list(wanted)


async def fill(lock_file: Path, folder: Path, names: Sequence[str]) -> bool:
    """Put lock packages and what they depend on into a folder, and print what became of each. True if all came."""
    packages = json.loads(await asyncio.to_thread(lock_file.read_text))["packages"]
    package = lock_file.with_name("package.json")
    version = json.loads(await asyncio.to_thread(package.read_text))["version"] if package.exists() else "314.0.3"
    wanted = with_dependencies(packages, names)
    async with DistributionMirror(version) as mirror:
        entries = [(packages[name]["file_name"], packages[name]["sha256"]) for name in wanted]
        results = await asyncio.gather(*(mirror.wheel(*entry) for entry in entries), return_exceptions=True)
    for (file_name, _), result in zip(entries, results, strict=True):
        if isinstance(result, bytes):
            write_atomically(folder / file_name, result)
        print(f"{file_name}: {len(result)} bytes" if isinstance(result, bytes) else str(result))
    return not any(isinstance(result, BaseException) for result in results)


if __name__ == "__main__":
    sys.exit(not asyncio.run(fill(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])))
