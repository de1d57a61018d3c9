"""The bytes of wheels: out of the cache or fetched, once, verified, and held until they are placed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from .addresses import without_credentials
from .cache import Cache, Entry
from .errors import HashMismatch, NotInCache
from .indexes import Candidate
from .progress import Progress
from .reading import read_file
from .transport import Body, Client, verify

__all__ = ["Downloads", "all_at_once", "check_given"]

_Result = TypeVar("_Result")
_Key = tuple[object, ...]
_Kept = asyncio.Future[dict[str, Entry]]

_TOGETHER = 8
"""The cache is asked for so many wheels in one question: the small ones are prepared while it reads the large ones."""


class Downloads:
    """Wheels by URL and hashes; asking twice for one costs one request."""

    def __init__(
        self,
        client: Client,
        cache: Cache,
        progress: Progress,
        *,
        offline: bool = False,
        mirrors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """``mirrors``: by base address, other base addresses where the same files are, known by their hash."""
        self._client = client
        self._cache = cache
        self._progress = progress
        self._offline = offline
        self._mirrors = mirrors or {}
        self._wheels: dict[_Key, asyncio.Future[Body]] = {}
        self._foreseen: set[_Key] = set()
        self._given_up: list[asyncio.Future[Body]] = []
        self._looking: list[_Kept] = []

    async def wheel(self, candidate: Candidate) -> Body:
        """The verified bytes of this candidate's file.

        Raises ``HashMismatch``, ``UnsafeWheel`` when there are more bytes than announced, ``TransportError``,
        ``NotInCache`` when offline, or ``InvalidInput`` for a local file that is not there.
        """
        key = _key(candidate)
        self._foreseen.discard(key)
        return await self._begun(key, candidate)

    def foresee(self, candidates: Iterable[Candidate]) -> None:
        """Begin with the wheels that will probably be asked for, and stop those that were begun for no reason."""
        wanted = {
            _key(candidate): candidate for candidate in candidates if candidate.origin in ("index", "distribution")
        }
        for key in self._foreseen - wanted.keys():
            task = self._wheels.pop(key)
            task.cancel()
            self._given_up.append(task)
        self._foreseen &= wanted.keys()
        fresh = [(key, candidate) for key, candidate in wanted.items() if key not in self._wheels]
        fresh.sort(key=lambda item: item[1].size)
        for start in range(0, len(fresh), _TOGETHER):
            some = fresh[start : start + _TOGETHER]
            kept = self._look_up([candidate for _, candidate in some])
            for key, candidate in some:
                self._foreseen.add(key)
                self._begun(key, candidate, kept)

    def keep(self, candidate: Candidate, data: Body) -> None:
        """Remember a wheel that came by another way. Raises as ``wheel`` does for what is not the announced file."""
        verify(data, candidate.filename, candidate.hashes, candidate.size, without_credentials(candidate.url))
        known: asyncio.Future[Body] = asyncio.get_running_loop().create_future()
        known.set_result(data)
        self._wheels.setdefault(_key(candidate), known)

    async def cancel(self) -> None:
        """Stop what is still under way."""
        tasks: list[asyncio.Future[Any]] = [*self._wheels.values(), *self._given_up, *self._looking]
        for task in tasks:
            task.cancel()
        if not all(task.done() for task in tasks):  # else no cancellation is to come between
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, key: _Key, candidate: Candidate, kept: _Kept | None = None) -> asyncio.Future[Body]:
        if key not in self._wheels:
            self._wheels[key] = asyncio.ensure_future(self._get(candidate, kept or self._look_up([candidate])))
        return self._wheels[key]

    def _look_up(self, candidates: Iterable[Candidate]) -> _Kept | None:
        """Ask the cache for their wheels."""
        digests = [item.hashes["sha256"] for item in candidates if item.origin != "file" and "sha256" in item.hashes]
        if not digests:
            return None
        self._looking.append(asyncio.ensure_future(self._cache.get_many("wheel", digests)))
        return self._looking[-1]

    async def _get(self, candidate: Candidate, looked_up: _Kept | None) -> Body:
        if candidate.origin == "file":
            data = read_file(candidate.url, "the wheel ")
            verify(data, candidate.filename, candidate.hashes, candidate.size, candidate.url)
            self._progress.reused(candidate.name, len(data))
            return data
        sha256 = candidate.hashes.get("sha256", "")
        # Others wait for the same answer: it is not to be cancelled with one of them.
        kept = (await asyncio.shield(looked_up)).get(sha256) if looked_up is not None else None
        if kept is not None:
            others = {name: value for name, value in candidate.hashes.items() if name != "sha256"}
            verify(kept.body, candidate.filename, others, candidate.size, "the cache")
            self._progress.reused(candidate.name, len(kept.body))
            return kept.body
        if self._offline:
            raise NotInCache([candidate.filename])
        body = await self._client.file(
            self._addresses(candidate),
            filename=candidate.filename,
            hashes=candidate.hashes,
            size=candidate.size,
            on_bytes=lambda done, total: self._progress.received(candidate.name, done, total),
        )
        self._progress.finished(candidate.name, len(body))
        if sha256:
            self._cache.put_later("wheel", sha256, body, sha256=sha256)
        return body

    def _addresses(self, candidate: Candidate) -> list[str]:
        """Where this file is: its own address, and where others keep the same, if there is a hash to know it by."""
        addresses = [candidate.url]
        for base, others in self._mirrors.items() if candidate.hashes else ():
            if candidate.url.startswith(base):
                addresses += [other + candidate.url.removeprefix(base) for other in others]
        return addresses


async def all_at_once(
    work: Iterable[Coroutine[Any, Any, _Result]], here: Awaitable[object] | None = None
) -> list[_Result]:
    """Run everything concurrently, results in order; the first error cancels the rest and is raised as it is.

    ``here`` is awaited meanwhile, by the calling task itself: a cancellation arrives in it at once.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(item) for item in work]
            if here is not None:
                await here
    except BaseExceptionGroup as failures:
        first = failures.exceptions[0]
    else:
        return [task.result() for task in tasks]
    # Out here, where the group does not become its context: IPython would show it as another kind of error.
    raise first


def _key(candidate: Candidate) -> _Key:
    """Two candidates may name one URL with different hashes: each has to be what its own announces."""
    return (candidate.url, candidate.size, *sorted(candidate.hashes.items()))


def check_given(candidate: Candidate, data: Body, allowed: frozenset[str]) -> None:
    """Compare with the hashes the user gave (``algorithm:digest``, one has to be right), announced or not.

    Raises ``HashMismatch``.
    """
    if allowed & {f"{algorithm}:{digest}" for algorithm, digest in candidate.hashes.items()}:
        return  # compared when the bytes came
    content = bytes(data)
    actual = {
        name: hashlib.new(name, content).hexdigest() for name in sorted({item.partition(":")[0] for item in allowed})
    }
    if allowed.isdisjoint(f"{algorithm}:{digest}" for algorithm, digest in actual.items()):
        algorithm = next(iter(actual), "sha256")
        given = " or ".join(sorted(item.partition(":")[2] for item in allowed if item.startswith(algorithm)))
        found = actual.get(algorithm) or hashlib.sha256(content).hexdigest()
        raise HashMismatch(candidate.filename, algorithm, given, found, without_credentials(candidate.url))
