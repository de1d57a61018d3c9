"""A wheel: an archive whose name, metadata and RECORD agree, and whose members are what RECORD says they are.

The rules are those of the binary distribution format (PEP 427, wheel 1.0) and of packaging's wheel file names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ..errors import InvalidWheel, UnsafeWheel
from ..transport.port import Body
from .archive import DEFAULT_LIMITS, Archive, Limits, read_member
from .directory import Member
from .layout import Place, lay_out
from .mountable import Layout, Unread, layout_of
from .named import NamedWheel, Root
from .record import STRONG_ALGORITHMS, RecordEntry, digest, parse_record

__all__ = ["WheelArchive", "read_checked"]

_ACCEPTED = frozenset(("", *STRONG_ALGORITHMS))
_GENERATED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "wasminstall.json")


class WheelArchive(Archive):
    """A wheel, checked when opened; each member's hash is checked when it is read.

    ``name`` is normalised, ``version`` canonical (PEP 440), both from the file name; ``dist_info`` is the name of the
    ``.dist-info`` folder; ``record`` holds the rows of RECORD by path; ``root`` is where the archive's root goes
    (Root-Is-Purelib); ``places`` says where each member goes; ``generated`` are
    the members that an installer writes itself.
    Raises ``InvalidWheel`` or ``UnsafeWheel``.
    """

    def __init__(self, filename: str, data: Body, *, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(filename, data, limits=limits)
        named = NamedWheel(filename)
        self.name, self.version = named.name, named.version
        self.dist_info = self._find_dist_info()
        named.check_folder(self.dist_info)
        self.generated = frozenset(f"{self.dist_info}/{name}" for name in _GENERATED)
        self.record: Mapping[str, RecordEntry] = self._read_record()
        self.metadata = named.read_metadata(self._text("METADATA"))
        self.root: Root = named.read_root(self._text("WHEEL"))
        self.places: Mapping[str, Place] = self._lay_out()

    @cached_property
    def layout(self) -> Layout:
        """What placing it comes to."""
        return layout_of(
            self.name,
            self.version,
            self.files(),
            dist_info=self.dist_info,
            root=self.root,
            requires_dist=self.metadata.requires_dist,
        )

    def files(self) -> Iterator[Unread]:
        """Everything that is placed, in archive order."""
        members, record, generated = self.members, self.record, self.generated
        return (
            Unread(members[member], place, record.get(member))
            for member, place in self.places.items()
            if member not in generated
        )

    def read(self, name: str) -> bytes:
        """The content of one member (``KeyError`` when there is none of this name), checked against RECORD.

        Raises ``UnsafeWheel`` when it is not what RECORD says, ``InvalidWheel`` when it is damaged. A member that
        RECORD does not list is accepted, as old wheels have them.
        """
        return read_checked(self.filename, self.body, self.members[name], self.record.get(name))

    def _find_dist_info(self) -> str:
        tops = {name.partition("/")[0] for name in self.members if "/" in name}
        found = sorted(top for top in tops if top.lower().endswith(".dist-info"))
        if len(found) != 1:
            raise InvalidWheel(self.filename, f"it has {len(found)} .dist-info folders, not one {found or ''}".rstrip())
        return found[0]

    def _read_record(self) -> dict[str, RecordEntry]:
        try:
            entries = parse_record(self._text("RECORD"))
        except ValueError as error:
            raise InvalidWheel(self.filename, str(error)) from None
        signatures = {f"{self.dist_info}/RECORD{suffix}" for suffix in ("", ".jws", ".p7s")}
        listed = [entry for entry in entries if entry.path not in signatures]
        record = {entry.path: entry for entry in listed}
        members, algorithms = self.members, {entry.algorithm for entry in entries}
        if len(record) < len(listed) or not record.keys() <= members.keys() or not algorithms <= _ACCEPTED:
            self._refuse(listed)
        return record

    def _refuse(self, entries: Sequence[RecordEntry]) -> None:
        """Raise for the first row that is not acceptable, if there is one."""
        seen: dict[str, RecordEntry] = {}
        for entry in entries:
            if entry.path not in self.members:
                raise UnsafeWheel(self.filename, entry.path, "RECORD lists it, but it is not in the archive")
            if entry.algorithm not in _ACCEPTED:
                raise UnsafeWheel(self.filename, entry.path, f"RECORD vouches for it with {entry.algorithm} only")
            if seen.setdefault(entry.path, entry) != entry:
                raise UnsafeWheel(self.filename, entry.path, "RECORD lists it twice, differently")

    def _lay_out(self) -> dict[str, Place]:
        stem = self.dist_info[: -len(".dist-info")]
        try:
            return lay_out(self.members, stem, self.root)
        except ValueError as error:
            raise InvalidWheel(self.filename, str(error)) from None

    def _text(self, name: str) -> str:
        """A file of the ``.dist-info`` folder. RECORD is read first, before there is a RECORD to check it with."""
        path = f"{self.dist_info}/{name}"
        if path not in self.members:
            raise InvalidWheel(self.filename, f"it has no {path}")
        data = Archive.read(self, path) if name == "RECORD" else self.read(path)
        try:
            # METADATA of some old wheels is Latin-1, in fields nobody asks about.
            return data.decode("utf-8", "replace" if name == "METADATA" else "strict")
        except UnicodeDecodeError:
            raise InvalidWheel(self.filename, f"{path} is not UTF-8") from None


def read_checked(filename: str, body: Body, member: Member, row: RecordEntry | None) -> bytes:
    """The content of a member of the wheel ``body``, checked against its row. Raises as ``WheelArchive.read`` does."""
    data = read_member(filename, body, member)
    if row is None or not row.algorithm:
        return data
    if row.size not in (None, len(data)):
        raise UnsafeWheel(filename, member.name, f"it has {len(data)} bytes, but RECORD says {row.size}")
    if digest(data, row.algorithm) != row.digest:
        raise UnsafeWheel(filename, member.name, f"its {row.algorithm} is not the one in RECORD")
    return data
