"""What was asked for, whatever it was written in: the one value that every reader of this room gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from .parse import Requirement

__all__ = ["Read", "Requested"]

Read = Callable[[str], Awaitable[bytes]]
"""Gets the bytes behind a path or URL; whoever calls a reader brings it, so that no reader does I/O itself."""


@dataclass(frozen=True)
class Requested:
    """Requirements, and what was written beside them.

    ``constraints`` limit versions and never add a package. ``index_url`` replaces the default index (empty: it does
    not), ``extra_index_urls`` come after it, ``no_index`` means none at all. ``require_hashes``: only files whose hash
    is listed may be installed. ``requires_python`` is a specifier (PEP 440) that the interpreter must satisfy.
    ``notes`` tell of options that have no effect here.
    """

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    no_index: bool = False
    pre: bool = False
    require_hashes: bool = False
    requires_python: str = ""
    notes: tuple[str, ...] = ()

    def index_urls(self, default: Iterable[str]) -> tuple[str, ...]:
        """The indexes to ask, in order, where ``default`` are those used when nothing was written."""
        if self.no_index:
            return ()
        first = (self.index_url,) if self.index_url else tuple(default)
        return tuple(dict.fromkeys((*first, *self.extra_index_urls)))

    def allowed_hashes(self, environment: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """The hashes (``algorithm:digest``) a file may have, by project name; a name without an entry has no limit.

        Lines whose marker does not hold in this marker environment do not count. Several lines about one project,
        constraints included, allow what all of them allow, as with pip.
        """
        allowed: dict[str, frozenset[str]] = {}
        for requirement in (*self.requirements, *self.constraints):
            if requirement.hashes and requirement.applies(environment):
                before = allowed.get(requirement.name, requirement.hashes)
                allowed[requirement.name] = before & requirement.hashes
        return allowed

    def __add__(self, other: Requested) -> Requested:
        """Both together; of two that name the index, the later one counts."""
        pythons = dict.fromkeys(filter(None, (self.requires_python, other.requires_python)))
        return Requested(
            requirements=self.requirements + other.requirements,
            constraints=self.constraints + other.constraints,
            index_url=other.index_url or self.index_url,
            extra_index_urls=tuple(dict.fromkeys(self.extra_index_urls + other.extra_index_urls)),
            no_index=self.no_index or other.no_index,
            pre=self.pre or other.pre,
            require_hashes=self.require_hashes or other.require_hashes,
            requires_python=",".join(pythons),
            notes=self.notes + other.notes,
        )
