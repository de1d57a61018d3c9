"""The bytes of wheels: fetched once, verified against every announced hash, kept until they are placed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from .addresses import without_credentials
from .errors import HashMismatch, InvalidInput, UnsafeWheel
from .indexes import Candidate
from .progress import Progress
from .transport import Body, Client

__all__ = ["Downloads", "all_at_once", "check_given"]

_Result = TypeVar("_Result")


class Downloads:
    """Wheels by URL and hashes; asking twice for one costs one request."""

    def __init__(self, client: Client, progress: Progress) -> None:
        self._client = client
        self._progress = progress
        self._wheels: dict[tuple[object, ...], asyncio.Future[Body]] = {}

    async def wheel(self, candidate: Candidate) -> Body:
        """The verified bytes of this candidate's file.

        Raises ``HashMismatch``, ``UnsafeWheel`` when there are more bytes than announced, ``TransportError``,
        or ``InvalidInput`` for a local file that is not there.
        """
        key = _key(candidate)
        if key not in self._wheels:
            self._wheels[key] = asyncio.ensure_future(self._fetch(candidate))
        return await self._wheels[key]

    def keep(self, candidate: Candidate, data: Body) -> None:
        """Remember a wheel that came by another way. Raises as ``wheel`` does for what is not the announced file."""
        _check(candidate, data, "")
        known: asyncio.Future[Body] = asyncio.get_running_loop().create_future()
        known.set_result(data)
        self._wheels.setdefault(_key(candidate), known)

    async def _fetch(self, candidate: Candidate) -> Body:
        if candidate.origin == "file":
            data: Body = _local_file(candidate)
            digest = ""
        else:
            algorithm = next(iter(candidate.hashes), "")
            answer = await self._client.get(
                candidate.url,
                digest=algorithm,
                on_bytes=lambda done, total: self._progress.received(candidate.name, done, total),
            )
            data, digest = answer.body, answer.digest
        _check(candidate, data, digest)
        return data

    async def cancel(self) -> None:
        """Stop what is still under way."""
        for task in self._wheels.values():
            task.cancel()
        await asyncio.gather(*self._wheels.values(), return_exceptions=True)


async def all_at_once(work: Iterable[Coroutine[Any, Any, _Result]]) -> list[_Result]:
    """Run everything concurrently, results in order; the first error cancels the rest and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(item) for item in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _key(candidate: Candidate) -> tuple[object, ...]:
    """Two candidates may name one URL with different hashes: each has to be what its own announces."""
    return (candidate.url, candidate.size, *sorted(candidate.hashes.items()))


def _local_file(candidate: Candidate) -> bytes:
    try:
        return Path(candidate.url).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise InvalidInput(
            f"cannot read the wheel {candidate.url}: {getattr(error, 'strerror', error)}",
            hint="check the path; a relative one starts at the working directory",
        ) from None


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


def _check(candidate: Candidate, data: Body, digest: str) -> None:
    """Compare with everything that was announced; ``digest`` is the first hash, already computed."""
    source = without_credentials(candidate.url)
    for position, (algorithm, expected) in enumerate(candidate.hashes.items()):
        actual = digest if position == 0 and digest else hashlib.new(algorithm, bytes(data)).hexdigest()
        if actual != expected:
            raise HashMismatch(candidate.filename, algorithm, expected, actual, source)
    if candidate.size and len(data) > candidate.size:
        reason = f"{len(data)} bytes came where {candidate.size} were announced"
        raise UnsafeWheel(candidate.filename, candidate.filename, reason)
