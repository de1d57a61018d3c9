"""What is installed, as the answers of ``list()``, ``freeze()`` and ``show()``: readable values, nothing printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .installed import Installed
from .requirements import parse_metadata_requirement
from .tables import html_table

__all__ = ["Description", "Distribution", "Distributions", "describe", "frozen_line"]


@dataclass(frozen=True)
class Distribution:
    """One installed distribution: normalised ``name``, ``version``, and the tool that installed it, if it said so."""

    name: str
    version: str
    installer: str


class Distributions(tuple[Distribution, ...]):
    """Installed distributions by name: a tuple that shows as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        width = max((len(item.name) for item in self), default=0)
        return "\n".join(f"{item.name:<{width}}  {item.version}" for item in self)

    def _repr_html_(self) -> str:
        rows = [(item.name, item.version, item.installer) for item in self]
        return html_table(f"{len(self)} installed", ("name", "version", "installed by"), rows)


@dataclass(frozen=True, repr=False)
class Description:
    """One installed distribution in detail. ``requires`` are PEP 508 strings; ``required_by`` installed names."""

    name: str
    version: str
    summary: str
    location: str
    installer: str
    requested: bool
    requires: tuple[str, ...]
    required_by: tuple[str, ...]
    files: int

    def __repr__(self) -> str:
        return "\n".join(f"{key}: {value}" for key, value in self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"{self.name} {self.version}", ("", ""), self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("name", self.name),
            ("version", self.version),
            ("summary", self.summary),
            ("location", self.location),
            ("installed by", self.installer or "unknown"),
            ("asked for", "yes" if self.requested else "no"),
            ("requires", ", ".join(self.requires) or "nothing"),
            ("required by", ", ".join(self.required_by) or "nothing"),
            ("files", str(self.files)),
        ]


def describe(distribution: Installed, installed: Mapping[str, Installed]) -> Description:
    """Everything ``show()`` tells about one of the ``installed``."""
    metadata = distribution.metadata
    return Description(
        name=distribution.name,
        version=distribution.version,
        summary=metadata.fields.get("summary", ("",))[0],
        location=str(distribution.dist_info.parent),
        installer=distribution.installer,
        requested=distribution.requested,
        requires=metadata.requires_dist,
        required_by=tuple(other for other, item in sorted(installed.items()) if _requires(item, distribution.name)),
        files=len(distribution.files),
    )


def frozen_line(distribution: Installed) -> str:
    """``name==version``, or ``name @ URL`` for what was installed from one (PEP 508, PEP 610)."""
    url = (distribution.direct_url or {}).get("url")
    return f"{distribution.name} @ {url}" if url else f"{distribution.name}=={distribution.version}"


def _requires(distribution: Installed, name: str) -> bool:
    from .errors import InvalidRequirement

    for text in distribution.metadata.requires_dist:
        try:
            if parse_metadata_requirement(text).name == name:
                return True
        except InvalidRequirement:
            continue
    return False
