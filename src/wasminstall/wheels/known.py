"""An archive that was judged before: what placing it comes to is known, so that it need not be opened again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from ..transport.port import Body
from .archive import LibraryArchive, Limits
from .directory import Member
from .mountable import Layout, Members
from .wheel import WheelArchive

__all__ = ["KnownArchive", "opened"]


class KnownArchive:
    """The file with these bytes and the ``layout`` that was found for it under the same ``limits``."""

    def __init__(self, filename: str, body: Body, layout: Layout, limits: Limits) -> None:
        self.filename = filename
        self.body = body
        self.layout = layout
        self._limits = limits

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.filename}>"

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """Those members that are placed just as they are where the archive's root goes."""
        group = next((group for group in self.layout.groups if group.scheme == self.layout.root), None)
        return {} if group is None else Members(group.columns)

    @cached_property
    def opened(self) -> WheelArchive | LibraryArchive:
        """The archive itself, for what has to be read. Costs O(members), once; raises ``WheelError``."""
        if self.layout.dist_info:
            return WheelArchive(self.filename, self.body, limits=self._limits)
        name, version = self.layout.name, self.layout.version
        return LibraryArchive(self.filename, self.body, name=name, version=version, limits=self._limits)


def opened(archive: WheelArchive | LibraryArchive | KnownArchive) -> WheelArchive | LibraryArchive:
    """The archive to read members of."""
    return archive.opened if isinstance(archive, KnownArchive) else archive
