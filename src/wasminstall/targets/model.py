"""What a runtime can load: the one value the rest of the house asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["Target"]


@dataclass(frozen=True)
class Target:
    """A marker environment and the tags a runtime accepts.

    ``tags`` are strings such as ``cp314-cp314-pyemscripten_2026_0_wasm32``, best first (PEP 425, PEP 783);
    ``environment`` holds the PEP 508 marker variables except ``extra``.
    """

    name: str
    tags: tuple[str, ...]
    environment: Mapping[str, str] = field(hash=False)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Position of each tag in ``tags``: 0 is the best."""
        return {tag: rank for rank, tag in enumerate(self.tags)}

    @cached_property
    def known_sets(self) -> dict[str, int | None]:
        """Ranks of compressed tag sets, filled by whoever asks: a page repeats a few of them a thousand times."""
        return {}

    @property
    def python_version(self) -> str:
        """The full Python version, which Requires-Python is compared with."""
        return self.environment["python_full_version"]
