"""What a check of a wheel found: facts and findings, which ``screen.py`` prints and ``--json`` writes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["CompiledModule", "Finding", "Level", "Saving", "WheelReport"]

Level = Literal["error", "refused", "warning", "note"]
"""``error``: it does not work. ``refused``: PyPI would not take it. ``warning``: it may not do what is meant."""


@dataclass(frozen=True)
class Finding:
    """One thing to know: ``where`` is the member it is about, ``hint`` one thing to try."""

    level: Level
    text: str
    where: str = ""
    hint: str = ""


@dataclass(frozen=True)
class CompiledModule:
    """One side module: ``fits`` are the ABIs that have all it imports, ``removable`` what stripping would take away."""

    path: str
    size: int
    imports: int = 0
    needs: tuple[str, ...] = ()
    fits: tuple[str, ...] = ()
    producers: dict[str, str] = field(default_factory=dict)
    removable: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Saving:
    """What ``wheel shrink`` would make of it, without other tools: bytes unpacked, and bytes of the wheel."""

    unpacked: int
    packed: int


@dataclass(frozen=True)
class WheelReport:
    """All about one wheel. ``loads_on`` are the names of the targets whose tags it has."""

    filename: str
    size: int
    loads_on: tuple[str, ...] = ()
    compiled: tuple[CompiledModule, ...] = ()
    findings: tuple[Finding, ...] = ()
    saving: Saving | None = None

    @property
    def works(self) -> bool:
        """Whether nothing was found that keeps it from working."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def for_pypi(self) -> bool:
        """Whether PyPI would take it, as far as can be seen from outside."""
        return not any(finding.level in ("error", "refused") for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"works": self.works, "for_pypi": self.for_pypi, **asdict(self)}
