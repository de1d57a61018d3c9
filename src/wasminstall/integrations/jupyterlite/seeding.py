"""What a site's kernels start with, resolved at the build: wheels beside each other, and a ``pylock.toml`` of them.

Resolved for the Pyodide that the site uses, from its distribution, the wheels the site already has, and indexes. What
a visitor's kernel then installs is exactly this, verified, and from nowhere but the site.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...cache import Cache, open_cache
from ...context import Access, Context, default_index_urls
from ...download import Downloads, all_at_once, check_given
from ...environment import Environment
from ...errors import InvalidInput
from ...hosts.folder import FolderHost
from ...indexes import (
    Candidate,
    DistributionIndex,
    FirstThatHasIt,
    Index,
    Listing,
    PipliteIndex,
    SimpleIndex,
    is_piplite,
)
from ...indexes.direct import local_path
from ...indexes.simple import candidate_of
from ...installing import install_into
from ...locks.entries import LockEntry
from ...locks.pylock_writer import write_pylock
from ...locks.reading import read_lock
from ...pages import Pages
from ...plan import Plan
from ...progress import Progress
from ...reading import reader
from ...requirements import read_requirements
from ...requirements.inputs import input_kind, load, read_input
from ...requirements.requested import Requested
from ...resolution import Wish
from ...targets import Target, named_target, target_names
from ...transport import Client, OnBytes, Request, Response
from ...transport.desktop import DesktopTransport

__all__ = ["seed"]

_KERNEL_NEEDS = ("comm", "ipython", "jedi")
"""What a kernel needs at its start and its extension does not bring along."""


async def seed(
    source: str, folder: Path, *, pyodide: str, wheels: Iterable[Path] = (), index_urls: Sequence[str] = ()
) -> str:
    """Put what the file ``source`` asks for, and what that needs, into ``folder``; the ``pylock.toml`` of it.

    ``source`` is a requirements file, a pyproject.toml, a script or a lock; ``pyodide`` the URL of the
    ``pyodide-lock.json`` in use, which may be one of this disk; ``wheels`` are those the site has anyway, and
    ``index_urls`` the indexes to ask in place of PyPI. Raises ``WasmInstallError``.
    """
    transport, cache = _FilesToo(), open_cache()
    try:
        pages = Pages(Client(transport), Cache(None))
        read = reader(pages)
        lock = json.loads(await read(pyodide))
        target = _target(lock.get("info", {}), pyodide)
        text, address = await load(source, read)
        hashes: Mapping[str, frozenset[str]] = {}
        if input_kind(text, address) in ("pylock", "pyodide-lock"):
            candidates: Sequence[Candidate] = await read_lock(source, read, target)
        else:
            requested = await read_input(source, read)
            hashes = requested.allowed_hashes(target.environment)
            distribution = DistributionIndex(lock, pyodide.rpartition("/")[0], target)
            access = Access(index_urls=index_urls or default_index_urls())
            site = _Wheels(wheels, target)
            if not requested.require_hashes:
                missing = [name for name in _KERNEL_NEEDS if name not in lock.get("packages", {})]
                requested = replace(requested, requirements=(*requested.requirements, *read_requirements(missing)))
            candidates = await _resolved(requested, access, pages, distribution, site, target)
        downloads = Downloads(pages.client, cache, Progress(None))
        entries = await all_at_once(_entry(candidate, downloads, folder, hashes) for candidate in candidates)
        return write_pylock(entries, target)
    finally:
        await cache.settle_later()
        await transport.close()


def _target(info: Mapping[str, Any], lock: str) -> Target:
    """The target with this ABI and this Python."""
    python = str(info.get("python", "")).split(".")
    tag = f"cp{''.join(python[:2])}-cp{''.join(python[:2])}-pyodide_{info.get('abi_version')}_wasm32"
    for name in target_names():
        target = named_target(name)
        if tag in target.tags:
            return target
    raise InvalidInput(f"{lock} is of a Pyodide that is not known here", hint="use one of Pyodide 0.27 to 315")


async def _resolved(
    requested: Requested, access: Access, pages: Pages, distribution: DistributionIndex, site: Index, target: Target
) -> Sequence[Candidate]:
    """One version of everything, as a kernel would choose it."""
    urls = requested.index_urls(access.index_urls or ())
    indexes: list[Index] = [(PipliteIndex if is_piplite(url) else SimpleIndex)(pages, url, target) for url in urls]
    wish = Wish(
        requirements=requested.requirements,
        constraints=requested.constraints,
        pre=requested.pre,
        hashes=requested.allowed_hashes(target.environment),
        require_hashes=requested.require_hashes,
    )
    with tempfile.TemporaryDirectory() as nothing:
        environment = Environment(FolderHost(Path(nothing)))
        sources = (distribution, FirstThatHasIt([site, *indexes]))
        context = Context(target, environment, pages, sources, distribution, access=access)
        plan = await install_into(context, wish, dry_run=True)
    assert isinstance(plan, Plan)
    return [action.candidate for action in plan.actions]


async def _entry(
    candidate: Candidate, downloads: Downloads, folder: Path, hashes: Mapping[str, frozenset[str]]
) -> LockEntry:
    """The candidate's row in the lock, its file in the folder; ``hashes`` are those that the user gave."""
    data = bytes(await downloads.wheel(candidate))
    if candidate.name in hashes:
        check_given(candidate, data, hashes[candidate.name])
    (folder / candidate.filename).write_bytes(data)
    return LockEntry(
        name=candidate.name,
        version=str(candidate.version),
        filename=candidate.filename,
        url=candidate.filename,
        hashes={"sha256": hashlib.sha256(data).hexdigest()},
        size=len(data),
        requires_python=candidate.requires_python,
        library=not candidate.filename.endswith(".whl"),
    )


class _Wheels:
    """Wheels on this disk as an index."""

    source = "the site's wheels"

    def __init__(self, paths: Iterable[Path], target: Target) -> None:
        self._paths = sorted(paths)
        self._target = target

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``."""
        found = []
        for path in self._paths:
            candidate = candidate_of(name, self.source, {"filename": path.name, "url": path.as_uri()}, self._target, "")
            if isinstance(candidate, Candidate):
                found.append(candidate)
        return Listing(name, self.source, tuple(found)) if found else None


class _FilesToo(DesktopTransport):
    """HTTP, and files of this disk as if a server had them."""

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        """See ``Transport.send``."""
        path = local_path(request.url)
        if not path:
            return await super().send(request, on_bytes)
        return _file(request.url, Path(path))


def _file(url: str, path: Path) -> Response:
    try:
        return Response(url, 200, {}, path.read_bytes())
    except OSError:
        return Response(url, 404, {}, b"")
