"""Layouts of wheels, kept beside them: a wheel that was placed here before is not opened again.

Only for wheels whose sha256 was announced, and where files can be mounted: elsewhere all of a wheel is read anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from .breathing import breathe
from .cache import Cache, Entry
from .hosts.port import Host
from .indexes import Candidate
from .transport import Body
from .wheels.archive import LibraryArchive, Limits
from .wheels.kept_layout import pack_layout, unpack_layout
from .wheels.known import KnownArchive
from .wheels.survey import surveyed_layout
from .wheels.wheel import WheelArchive

__all__ = ["KeptLayouts"]

_KIND = "layout"


class KeptLayouts:
    """The layouts of one install.

    Made when the digests of its wheels are known: they are read while the wheels come.
    """

    def __init__(self, cache: Cache, host: Host, digests: Iterable[str], limits: Limits) -> None:
        self._cache = cache
        self._mounter = host.mounter
        self._limits = limits
        self._found: asyncio.Future[dict[str, Entry]] | None = None
        if self._mounter is not None:
            self._found = asyncio.ensure_future(cache.get_many(_KIND, filter(None, digests)))

    async def open(self, candidate: Candidate, data: Body) -> WheelArchive | LibraryArchive | KnownArchive:
        """The archive of these verified bytes; not opened in fact where its layout is known. Raises ``WheelError``."""
        sha256 = candidate.hashes.get("sha256", "")
        entry = (await self._found).get(sha256) if self._found is not None else None
        await breathe()  # opening takes a while, and many may be here at once
        if entry is not None:
            layout = unpack_layout(bytes(entry.body), sha256, candidate.filename, self._limits)
            if layout is not None and (layout.name, layout.version) == (candidate.name, str(candidate.version)):
                return KnownArchive(candidate.filename, data, layout, self._limits)
        archive = self._surveyed(candidate, data) or _opened(candidate, data, self._limits)
        if self._found is not None and sha256:
            self._cache.put_later(_KIND, sha256, pack_layout(archive.layout, sha256, candidate.filename, self._limits))
        return archive

    def _surveyed(self, candidate: Candidate, data: Body) -> KnownArchive | None:
        """A wheel that need not be opened, as there is nothing special about it."""
        if self._mounter is None or not candidate.hashes or not candidate.filename.endswith(".whl"):
            return None
        survey = self._mounter.survey(data, self._limits)
        layout = None if survey is None else surveyed_layout(candidate.filename, data, survey)
        return None if layout is None else KnownArchive(candidate.filename, data, layout, self._limits)


def _opened(candidate: Candidate, data: Body, limits: Limits) -> WheelArchive | LibraryArchive:
    if candidate.filename.endswith(".whl"):
        return WheelArchive(candidate.filename, data, limits=limits)
    return LibraryArchive(candidate.filename, data, name=candidate.name, version=str(candidate.version), limits=limits)
