"""The port every place to install into comes through: its folders, and what it must do once files are there.

A host knows paths and its interpreter. It never sees a requirement, and it never writes or deletes a wheel's files:
``environment.py`` does, the same way for all hosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..wheels.layout import Scheme

__all__ = ["Host", "Placed"]


@dataclass(frozen=True)
class Placed:
    """One distribution whose files are now in place.

    ``name`` is normalised; ``source`` is where it came from, for people; ``files`` are absolute paths (strings, as
    there may be thousands); ``is_library`` marks a ``shared_library`` of the Pyodide lock, which has no ``.dist-info``.
    """

    name: str
    version: str
    source: str
    files: tuple[str, ...]
    is_library: bool = False


class Host(Protocol):
    """A place to install into."""

    @property
    def paths(self) -> Mapping[Scheme, Path]:
        """The absolute folder of every scheme. They need not exist yet; two schemes may share one.

        A distribution's name is added below ``headers`` by the caller.
        """

    async def settle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
        """Make the interpreter see the change: the last step, called when all files are in place.

        ``removed`` are the normalised names whose files were taken out, the replaced ones among them. Whatever this
        raises (cancellation included) takes all files back; the host itself takes back what it had done so far.
        """

    def unsettle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
        """Drop what may be remembered of the new files: called after a failed ``settle``, with the old files back.

        Not a coroutine, so that no cancellation can cut it short; must not raise.
        """
