"""What is installed, as an index: its candidates are there already and cost nothing."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Candidate, Listing

__all__ = ["InstalledIndex"]


class InstalledIndex:
    """What is in place, as a source: the one everything else is compared with."""

    source = "installed"

    def __init__(self, installed: Mapping[str, Candidate]) -> None:
        self._installed = installed

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``."""
        candidate = self._installed.get(name)
        return None if candidate is None else Listing(name, self.source, (candidate,))
