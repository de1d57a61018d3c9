"""The Pyodide distribution of a target on a desktop: its lock, where its files are, and those that lie in a folder.

A distribution in a folder stands for the same release on the CDN: candidates have the address there, so that what is
written about them holds elsewhere, and their bytes come from the folder where it has them.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from ..addresses import without_credentials
from ..errors import InvalidInput, NetworkError, NetworkTrouble, TransportError, UnknownTarget
from ..pages import NotKept, Pages
from ..targets import Target, pyodide_release, target_names
from ..transport.port import OnBytes, Request, Response, Transport

__all__ = ["CDN", "LOCK", "LocalFiles", "NotInFolder", "PyodideDistribution", "find_distribution"]

CDN = "https://cdn.jsdelivr.net/pyodide/v{release}/full/"
LOCK = "pyodide-lock.json"
_HINT = f"name a folder, a file or a URL that has its {LOCK}: --distribution PLACE"


@dataclass(frozen=True)
class PyodideDistribution:
    """A parsed lock, the base address of the files it names, and the ``folder`` it was read from, if any."""

    lock: Mapping[str, Any]
    base_url: str
    folder: Path | None = None


class NotInFolder(NetworkError):
    """A file of a distribution in a folder is not there, and cannot be had from elsewhere."""

    def __init__(self, url: str, reason: str, *, kind: NetworkTrouble = "unreachable") -> None:
        super().__init__(url, reason, kind=kind)
        self.hint = "name a place that has the packages of this Pyodide: --distribution FOLDER or URL"


class LocalFiles:
    """A transport that takes what lies in a folder from there: ``folders`` by base address."""

    def __init__(self, others: Transport) -> None:
        self.folders: dict[str, Path] = {}
        self.has_http_cache = others.has_http_cache
        self._others = others

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """See ``Transport.send``. Raises ``NotInFolder`` for what neither a folder nor the network has."""
        for base, folder in self.folders.items():
            name = unquote(request.url.removeprefix(base))
            if request.url.startswith(base) and "/" not in name and (folder / name).is_file():
                return Response(request.url, 200, {}, (folder / name).read_bytes())
        try:
            return await self._others.send(request, on_bytes)
        except NetworkError as error:
            if not request.url.startswith(tuple(self.folders)):
                raise
            missing = NotInFolder(error.url, error.reason, kind=error.kind)
        raise missing


async def find_distribution(target: Target, given: Sequence[str], pages: Pages) -> PyodideDistribution | None:
    """The distribution of this target: the one ``given`` (``PLACE`` or ``TARGET=PLACE``), else that of the CDN.

    ``None`` for a target that is no Pyodide. Raises ``InvalidInput`` when it cannot be had, is no lock, or is for
    another target.
    """
    release = pyodide_release(target.name)
    if not release:
        return None
    place = _place_for(target, given) or CDN.format(release=release)
    if "://" in place:
        url = place if place.endswith(".json") else urljoin(place.rstrip("/") + "/", LOCK)
        found = PyodideDistribution(await _fetched(url, target, pages), urljoin(url, "."))
    else:
        found = _from_disk(Path(place), release)
    _require(target, found.lock.get("info", {}), place)
    return found


def _place_for(target: Target, given: Sequence[str]) -> str:
    """What was given for this target by name, else what was given for whichever target.

    Raises ``UnknownTarget`` for the name of a Pyodide that there is not.
    """
    named = {}
    for text in given:
        name, separator, place = text.partition("=")
        known = bool(separator) and name in target_names()
        if separator and not known and name.startswith("pyodide") and not Path(text).exists():
            close = difflib.get_close_matches(name, target_names())
            raise UnknownTarget(name, target_names(), close)
        named[name if known else ""] = place if known else text
    return named.get(target.name, named.get("", ""))


async def _fetched(url: str, target: Target, pages: Pages) -> Mapping[str, Any]:
    try:
        return await pages.get(url, lambda answer: _parsed(bytes(answer.body), without_credentials(url)))
    except NotKept:
        reason = "offline, and it is not in the cache"
    except TransportError as error:
        reason = error.message
    raise InvalidInput(f"the Pyodide distribution for {target.name} cannot be had: {reason}", hint=_HINT)


def _from_disk(place: Path, release: str) -> PyodideDistribution:
    place = place.expanduser()  # what stands in a configuration has seen no shell
    file = place / LOCK if place.is_dir() else place
    try:
        lock = _parsed(file.read_bytes(), str(file))
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror or error}", hint=_HINT) from None
    return PyodideDistribution(lock, CDN.format(release=_release_of(file.parent) or release), file.parent)


def _release_of(folder: Path) -> str:
    """The release that lies in a folder, where npm put it there; empty when nothing tells."""
    try:
        version = json.loads((folder / "package.json").read_bytes())["version"]
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return str(version).replace("-alpha.", "a")  # npm and Python write pre-releases differently


def _parsed(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        lock = json.loads(data)
    except ValueError:
        lock = None
    if not isinstance(lock, dict) or not isinstance(lock.get("packages"), dict):
        raise InvalidInput(f"{where} is no {LOCK}", hint=_HINT)
    return lock


def _require(target: Target, info: Mapping[str, Any], place: str) -> None:
    """Raise ``InvalidInput`` for the distribution of another target: compiler and Python tell."""
    platform = f"emscripten_{target.environment['platform_release'].replace('.', '_')}"
    python = target.environment["python_version"]
    found = str(info.get("platform", platform)), ".".join(str(info.get("python", python)).split(".")[:2])
    if found != (platform, python):
        raise InvalidInput(
            f"the distribution in {without_credentials(place)} is not for {target.name}: it is for Python {found[1]} "
            f"and {found[0]}, not for Python {python} and {platform}",
            hint=f"name the one of {target.name}; where there are several, --distribution {target.name}=PLACE",
        )
