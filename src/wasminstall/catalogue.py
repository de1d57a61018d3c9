"""The sources together: answers the resolver's needs, each asked once, all that can be asked at once together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from .context import Context
from .download import Downloads, all_at_once
from .errors import HTTPStatusError, InvalidWheel, WasmInstallError, WheelError
from .indexes import Candidate, Index, Listing
from .progress import Progress
from .resolution.knowledge import Knowledge, Listings, Need, NeedListing, NeedMetadata, Unusable
from .transport import Urgency
from .wheels.metadata import Metadata, parse_metadata
from .wheels.tail import Part, metadata_in_tail
from .wheels.wheel import WheelArchive

__all__ = ["Catalogue"]

# A smaller wheel comes as fast as its tail does, and is probably needed anyway.
_WORTH_A_TAIL = 256 * 1024
_TAIL = 16 * 1024
_PARTS = 3


class Catalogue:
    """Fills ``knowledge`` from sources in order of preference."""

    def __init__(
        self,
        sources: Sequence[Index],
        context: Context,
        downloads: Downloads,
        knowledge: Knowledge,
        progress: Progress,
    ) -> None:
        self._sources = sources
        self._client = context.client
        self._cache = context.cache
        self._limits = context.access.limits
        self._offline = context.access.offline
        self._downloads = downloads
        self._knowledge = knowledge
        self._progress = progress
        self._ranges_work = True
        self._asked: dict[tuple[str, str], Listing | None] = {}

    async def supply(self, needs: Sequence[Need]) -> None:
        """Meet all needs concurrently. Raises what the sources raise."""
        names = sorted({need.name if isinstance(need, NeedListing) else need.candidate.name for need in needs})
        self._progress.looking_at(names)
        await all_at_once(
            self._supply_listings(need) if isinstance(need, NeedListing) else self._supply_metadata(need)
            for need in needs
        )

    async def _supply_listings(self, need: NeedListing) -> None:
        found: list[Listing] = []
        for position, source in enumerate(self._sources, start=1):
            listing = await self._listing(source, need.name)
            if listing is not None:
                found.append(listing)
            if sum(bool(listing.candidates) for listing in found) > need.depth:
                self._knowledge.listings[need] = Listings(tuple(found), complete=position == len(self._sources))
                return
        self._knowledge.listings[need] = Listings(tuple(found), complete=True)

    async def _listing(self, source: Index, name: str) -> Listing | None:
        """A source's answer, remembered: a deeper need asks the first sources again."""
        key = (source.source, name)
        if key not in self._asked:
            self._asked[key] = await source.listing(name)
        return self._asked[key]

    async def _supply_metadata(self, need: NeedMetadata) -> None:
        candidate = need.candidate
        try:
            metadata: Metadata | Unusable = await self._metadata(candidate)
        except (InvalidWheel, ValueError) as error:
            reason = error.message if isinstance(error, WasmInstallError) else f"its METADATA has {error}"
            metadata = Unusable(reason)
        self._knowledge.full_metadata[candidate.url] = metadata

    async def _metadata(self, candidate: Candidate) -> Metadata:
        """Out of the cache, else from where it is quickest; then it is kept."""
        key = _cache_key(candidate)
        kept = await self._cache.get("metadata", key) if key else None
        data = bytes(kept.body) if kept is not None else await self._fetched_metadata(candidate)
        if kept is None and key:
            self._cache.put_later("metadata", key, data)
        return parse_metadata(data.decode("utf-8", "replace"))

    async def _fetched_metadata(self, candidate: Candidate) -> bytes:
        """From beside the wheel where announced (PEP 658), from its tail, else from the wheel, which is kept."""
        if candidate.metadata_hashes is not None and not self._offline:
            try:
                return await self._separate_metadata(candidate, candidate.metadata_hashes)
            except HTTPStatusError as error:
                if error.status != 404:
                    raise
        if candidate.origin == "index" and candidate.size > _WORTH_A_TAIL and self._ranges_work and not self._offline:
            data = await self._metadata_in_tail(candidate)
            if data is not None:
                return data
        wheel = WheelArchive(candidate.filename, await self._downloads.wheel(candidate), limits=self._limits)
        return wheel.read(f"{wheel.dist_info}/METADATA")

    async def _metadata_in_tail(self, candidate: Candidate) -> bytes | None:
        """By range requests; ``None`` when the server or the archive does not play along."""
        part = Part(candidate.size - _TAIL, candidate.size)
        stretches: dict[int, bytes] = {}
        for _ in range(_PARTS):
            answer = await self._client.get(candidate.url, part=(part.start, part.end), urgency=Urgency.METADATA)
            if answer.status == 200:
                with suppress(WheelError):  # something else than the wheel: that is for the next request to find out
                    self._downloads.keep(candidate, answer.body)
            if answer.status == 200 or len(answer.body) != part.end - part.start:
                self._ranges_work = False
                return None
            stretches[part.start] = bytes(answer.body)
            try:
                found = metadata_in_tail(candidate.filename, candidate.size, stretches)
            except InvalidWheel:
                return None  # the whole wheel will tell what is wrong
            if isinstance(found, bytes):
                return found
            part = found
        return None

    async def _separate_metadata(self, candidate: Candidate, hashes: Mapping[str, str]) -> bytes:
        body = await self._client.file(
            [f"{candidate.url}.metadata"],
            filename=f"{candidate.filename}.metadata",
            hashes=hashes,
            urgency=Urgency.METADATA,
        )
        return bytes(body)


def _cache_key(candidate: Candidate) -> str:
    """The hash of the METADATA where the index tells it, else that of the wheel it belongs to, or nothing."""
    return (candidate.metadata_hashes or {}).get("sha256") or candidate.hashes.get("sha256", "")
