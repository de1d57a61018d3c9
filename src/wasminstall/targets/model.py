"""What a runtime can load: the one value the rest of the house asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    @property
    def python_version(self) -> str:
        """The full Python version, which Requires-Python is compared with."""
        return self.environment["python_full_version"]
