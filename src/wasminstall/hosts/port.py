"""The port every place to install into comes through: its folders, and what it must do once files are there.

A host knows paths and its interpreter. It never sees a requirement, and it never writes or deletes a wheel's files:
``environment.py`` does, the same way for all hosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..transport.port import Body
from ..wheels.archive import Limits
from ..wheels.directory import Member
from ..wheels.layout import Scheme
from ..wheels.mountable import Columns
from ..wheels.survey import Survey

__all__ = ["Host", "Mounter", "Placed"]


@dataclass(frozen=True)
class Placed:
    """One distribution whose files are now in place.

    ``name`` is normalised; ``source`` is where it came from, for people; ``libraries`` are the absolute paths of its
    ``.so`` files; ``is_library`` marks a ``shared_library`` of the Pyodide lock, which has no ``.dist-info``.
    """

    name: str
    version: str
    source: str
    libraries: tuple[str, ...] = ()
    is_library: bool = False


class Mounter(Protocol):
    """Makes files out of an archive without unpacking it."""

    def survey(self, body: Body, limits: Limits) -> Survey | None:
        """What is in a wheel, if everything about it is as it mostly is; ``None`` when it has to be opened."""
        ...

    def can_mount(self, path: str) -> bool:
        """Whether files can be mounted in this folder, which need not exist yet."""
        ...

    def mount(self, filename: str, body: Body, files: Sequence[tuple[str, Member]]) -> None:
        """Make a file of every (absolute path, member of the archive ``body``), with the folders it needs.

        Their content is checked against the archive's directory when it is first read. ``filename`` is for messages.
        Raises ``WheelError`` when the archive contradicts itself, ``OSError`` when something is in the way.
        """
        ...

    def mount_columns(self, filename: str, body: Body, columns: Columns, paths: str) -> None:
        """The same for many: ``paths`` are absolute, separated by NUL."""
        ...


class Host(Protocol):
    """A place to install into."""

    @property
    def mounter(self) -> Mounter | None:
        """What mounts wheels here; ``None`` where their files have to be written."""
        ...

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
