"""Answers of the resolver, kept for the next visit: the same question on the same index answers has the same answer.

The key is everything the answer depends on besides the index pages; those are taken for unchanged as long as all of
them are fresh.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ._vendor.packaging.version import Version
from .context import Context
from .indexes import Candidate
from .resolution import Problem, Resolution
from .wheels.metadata import Metadata

__all__ = ["key_of", "recall", "remember"]

_KIND = "resolution"
_FORM = 2
_LONGEST = 24 * 3600.0


def key_of(problem: Problem, context: Context) -> str:
    """The question in short. Credentials are part of it, and cannot be read out of it."""
    wish = problem.wish
    told = {
        "form": _FORM,
        "sources": context.question,
        "tags": problem.target.tags,
        "environment": dict(problem.target.environment),
        "requirements": [[item.text, sorted(item.hashes)] for item in wish.requirements],
        "constraints": [[item.text, sorted(item.hashes)] for item in wish.constraints],
        "options": [wish.pre, wish.deps, wish.prefer, wish.require_hashes, sorted(wish.reinstall)],
        "hashes": {name: sorted(hashes) for name, hashes in wish.hashes.items()},
        "installed": {
            name: [str(item.version), item.metadata.requires_dist if item.metadata else ()]
            for name, item in problem.installed.items()
        },
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


async def recall(context: Context, problem: Problem, key: str) -> Resolution | None:
    """The answer to this question, if it is known and still counts. Offline it counts when all its wheels are here."""
    entry = await context.cache.get(_KIND, key)
    if entry is None:
        return None
    try:
        told = json.loads(bytes(entry.body))
        found = {name: _read(facts, problem.installed.get(name)) for name, facts in told["candidates"].items()}
        fresh = told["asked"] <= time.time() < told["until"]
        answer = Resolution(found, tuple(told["warnings"]))
    except (ValueError, LookupError, TypeError):  # of another release
        return None
    if context.access.offline:
        kept = await context.cache.keys("wheel")
        fresh = all(item.origin == "installed" or item.hashes.get("sha256") in kept for item in found.values())
    return answer if fresh else None


def remember(context: Context, key: str, resolution: Resolution) -> None:
    """Keep an answer for as long as the pages it rests on are fresh; none with a file that nobody vouches for."""
    candidates = resolution.candidates.values()
    if any(item.origin in ("url", "file") and not item.hashes for item in candidates) or not candidates:
        return
    now = time.time()
    told = {
        "asked": now,
        "until": min(context.pages.until, now + _LONGEST),
        "candidates": {name: _written(candidate) for name, candidate in resolution.candidates.items()},
        "warnings": list(resolution.warnings),
    }
    context.cache.put_later(_KIND, key, json.dumps(told, separators=(",", ":")).encode())


def _written(candidate: Candidate) -> dict[str, Any]:
    """A candidate as JSON; of one that is installed, that it is."""
    if candidate.origin == "installed":
        return {"origin": "installed"}
    facts = asdict(replace(candidate, metadata=None))
    metadata = candidate.metadata
    return {
        **facts,
        "version": str(candidate.version),
        "metadata": metadata and [metadata.name, metadata.version, metadata.requires_dist, metadata.requires_python],
    }


def _read(facts: Mapping[str, Any], installed: Candidate | None) -> Candidate:
    """The candidate again. Raises ``ValueError``, ``LookupError`` or ``TypeError`` for what was not written by us."""
    if facts["origin"] == "installed":
        if installed is None:
            raise LookupError("not installed")
        return installed
    version, build, metadata = Version(facts["version"]), tuple(facts["build"]), facts["metadata"]
    if metadata is not None:
        name, its_version, requires, python = metadata
        metadata = Metadata(name, its_version, tuple(requires), python)
    return Candidate(**{**facts, "version": version, "build": build, "metadata": metadata})
