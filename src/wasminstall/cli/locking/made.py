"""One target's answer as the entries of a lock: what is resolved, with the hash, size and source of every file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..._default_index import DEFAULT_INDEX_URL
from ..._vendor.packaging.version import Version
from ...addresses import without_credentials
from ...context import Context
from ...download import Downloads, all_at_once
from ...errors import InvalidRequirement, TransportError
from ...indexes import Candidate
from ...installing import install_into
from ...locks.entries import LockEntry
from ...plan import Plan
from ...progress import Progress, Reporter
from ...requirements import Requirement, parse_metadata_requirement
from ...requirements.requested import Requested
from ...resolution import Prefer, Wish
from ...transport import Body
from ...wheels.wheel import WheelArchive
from .existing import Earlier, SameFiles

__all__ = ["make_entries"]


async def make_entries(
    context: Context,
    requested: Requested,
    earlier: Earlier,
    *,
    prefer: Prefer,
    folder: Path,
    imports: Mapping[str, Sequence[str]] | None,
    reporter: Reporter | None = None,
) -> tuple[list[LockEntry], tuple[str, ...]]:
    """Resolve in this world; returns the entries by name, and what a person should know.

    What ``earlier`` says comes first. Wheels by path are named as seen from ``folder``, where the lock will be.
    ``imports``: the modules in wheels by file name; those of others are read from them. ``None``: of none at all.
    Raises ``ResolutionError``, ``TransportError``, ``WheelError``, ``NotInCache`` and ``InvalidInput``.
    """
    versions = earlier.for_target(context.target)
    plan = await _resolved(context, requested, earlier, versions, prefer, reporter)
    described = _Described(context, earlier.sizes, folder, imports)
    entries = await described.entries([action.candidate for action in plan.actions])
    needs = _needs(plan, requested, context)
    return [replace(entry, depends=needs.get(entry.name, ())) for entry in entries], (*plan.warnings, *described.notes)


async def _resolved(
    context: Context,
    requested: Requested,
    earlier: Earlier,
    versions: Mapping[str, Version],
    prefer: Prefer,
    reporter: Reporter | None,
) -> Plan:
    hashes = earlier.hashes
    if hashes:
        sources = tuple(SameFiles(source, hashes) for source in context.sources)
        settled = repr((sorted(hashes), sorted((name, str(version)) for name, version in versions.items())))
        context = replace(context, sources=sources, question=context.question + settled)
    wish = Wish(
        requirements=requested.requirements,
        constraints=requested.constraints,
        pre=requested.pre,
        prefer=prefer,
        locked=versions,
        hashes=requested.allowed_hashes(context.target.environment),
        require_hashes=requested.require_hashes,
        notes=requested.notes,
    )
    plan = await install_into(context, wish, dry_run=True, reporter=reporter)
    assert isinstance(plan, Plan)
    return plan


class _Described:
    """Files of a plan in detail. What no index says of them is read from the files themselves."""

    def __init__(
        self,
        context: Context,
        sizes: Mapping[str, int],
        folder: Path,
        imports: Mapping[str, Sequence[str]] | None,
    ) -> None:
        self._context = context
        self._sizes = sizes
        self._folder = folder
        self._imports = imports
        self._unsized: list[str] = []
        self._downloads = Downloads(context.client, context.cache, Progress(None), offline=context.access.offline)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be learned."""
        if not self._unsized:
            return ()
        if len(self._unsized) == 1:
            return (f"{self._unsized[0]} has no size in the lock: its server could not be asked",)
        return (f"{len(self._unsized)} files have no size in the lock: their server could not be asked",)

    async def entries(self, candidates: Iterable[Candidate]) -> list[LockEntry]:
        """An entry for each, without what it depends on."""
        try:
            return await all_at_once(map(self._entry, candidates))
        finally:
            await self._downloads.cancel()

    async def _entry(self, candidate: Candidate) -> LockEntry:
        is_wheel = candidate.filename.endswith(".whl")
        modules = () if self._imports is None or not is_wheel else self._imports.get(candidate.filename)
        data: Body | None = None
        if "sha256" not in candidate.hashes or modules is None:
            data = await self._downloads.wheel(candidate)
        hashes = dict(candidate.hashes)
        if data is not None:
            hashes.setdefault("sha256", hashlib.sha256(bytes(data)).hexdigest())
            modules = _modules(candidate.filename, data) if modules is None else modules
        about = candidate.metadata
        return LockEntry(
            name=candidate.name,
            version=str(candidate.version),
            filename=candidate.filename,
            url=self._address(candidate),
            hashes=dict(sorted(hashes.items())),
            size=len(data) if data is not None else await self._size(candidate),
            requires_python=candidate.requires_python or (about.requires_python if about else ""),
            imports=tuple(modules or ()),
            direct=candidate.origin in ("url", "file"),
            library=not is_wheel,
            index=_index(candidate),
        )

    def _address(self, candidate: Candidate) -> str:
        if candidate.origin == "file":
            return Path(os.path.relpath(candidate.url, self._folder)).as_posix()
        return without_credentials(candidate.url)

    async def _size(self, candidate: Candidate) -> int:
        """In bytes: announced, in the last lock, in the cache, or as its server says; 0 when none of them knows."""
        digest = candidate.hashes["sha256"]
        known = candidate.size or self._sizes.get(f"sha256:{digest}", 0)
        if known:
            return known
        kept = await self._context.cache.get("wheel", digest)
        if kept is not None:
            return len(kept.body)
        with suppress(TransportError):
            if not self._context.access.offline:
                return await self._asked(candidate.url)
        self._unsized.append(candidate.filename)
        return 0

    async def _asked(self, url: str) -> int:
        answer = await self._context.client.get(url, part=(0, 1))
        total = answer.headers.get("content-range", "").rpartition("/")[2]
        return int(total) if total.isdecimal() else len(answer.body) if answer.status == 200 else 0


def _index(candidate: Candidate) -> str:
    """The address of the index it was found on, free of credentials."""
    if candidate.origin != "index":
        return ""
    return DEFAULT_INDEX_URL if candidate.source == "PyPI" else candidate.source


def _modules(filename: str, data: Body) -> tuple[str, ...]:
    """The top-level modules of a wheel."""
    archive = WheelArchive(filename, data)
    tops = (place.path.split("/") for place in archive.places.values() if place.scheme in ("purelib", "platlib"))
    names = {parts[0] if len(parts) > 1 else parts[0].partition(".")[0] for parts in tops}
    return tuple(sorted(name for name in names if name.isidentifier()))


def _needs(plan: Plan, requested: Requested, context: Context) -> dict[str, tuple[str, ...]]:
    """What of the plan each distribution needs, the extras that are asked for included."""
    environment = context.target.environment
    candidates = {action.name: action.candidate for action in plan.actions}
    found: dict[str, set[str]] = {}
    asked = [item for item in requested.requirements if item.applies(environment)]
    waiting = [(item.name, extra) for item in asked for extra in ("", *item.extras)]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        metadata = candidates[name].metadata if name in candidates else None
        for item in map(_readable, metadata.requires_dist if metadata else ()):
            if item is None or not item.applies(environment, extra) or item.name not in candidates:
                continue
            if item.name != name:
                found.setdefault(name, set()).add(item.name)
            fresh = {(item.name, each) for each in ("", *item.extras)} - seen
            seen |= fresh
            waiting += fresh
    return {name: tuple(sorted(names)) for name, names in found.items()}


def _readable(text: str) -> Requirement | None:
    try:
        return parse_metadata_requirement(text)
    except InvalidRequirement:
        return None
