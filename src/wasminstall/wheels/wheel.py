"""A wheel: an archive whose name, metadata and RECORD agree, and whose members are what RECORD says they are.

The rules are those of the binary distribution format (PEP 427, wheel 1.0) and of packaging's wheel file names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

from .._vendor.packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from .._vendor.packaging.version import InvalidVersion, Version
from ..errors import InvalidWheel, UnsafeWheel
from ..transport.port import Body
from .archive import DEFAULT_LIMITS, Archive, Limits, read_member
from .directory import Member
from .layout import Place, lay_out
from .metadata import Metadata, parse_headers, parse_metadata
from .mountable import Layout, Unread, layout_of
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
        try:
            self.name, version, _, _ = parse_wheel_filename(filename)
        except InvalidWheelFilename:
            reason = "its name does not follow NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl"
            raise InvalidWheel(filename, reason) from None
        self.version = str(version)
        self.dist_info = self._find_dist_info(version)
        self.generated = frozenset(f"{self.dist_info}/{name}" for name in _GENERATED)
        self.record: Mapping[str, RecordEntry] = self._read_record()
        self.metadata = self._read_metadata(version)
        self.root: Literal["purelib", "platlib"] = self._read_root()
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

    def _find_dist_info(self, version: Version) -> str:
        tops = {name.partition("/")[0] for name in self.members if "/" in name}
        found = sorted(top for top in tops if top.lower().endswith(".dist-info"))
        if len(found) != 1:
            raise InvalidWheel(self.filename, f"it has {len(found)} .dist-info folders, not one {found or ''}".rstrip())
        name, _, its_version = found[0][: -len(".dist-info")].partition("-")
        self._agree(found[0], name, its_version, version)
        return found[0]

    def _agree(self, where: str, name: str, its_version: str, version: Version) -> None:
        """Raise ``InvalidWheel`` unless this name and version are those of the file name."""
        try:
            same_version = Version(its_version) == version
        except InvalidVersion:
            same_version = False
        if canonicalize_name(name) != self.name or not same_version:
            raise InvalidWheel(self.filename, f"its {where} is about {name} {its_version}")

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

    def _read_metadata(self, version: Version) -> Metadata:
        try:
            metadata = parse_metadata(self._text("METADATA"))
        except ValueError as error:
            raise InvalidWheel(self.filename, f"its METADATA has {error}") from None
        self._agree("METADATA", metadata.name, metadata.version, version)
        return metadata

    def _read_root(self) -> Literal["purelib", "platlib"]:
        headers = parse_headers(self._text("WHEEL"))
        major = headers.get("wheel-version", ("",))[0].partition(".")[0]
        if major != "1":
            raise InvalidWheel(self.filename, f"its Wheel-Version is {major or 'missing'!r}; this installer knows 1")
        answer = headers.get("root-is-purelib", ("",))[0].lower()
        if answer not in ("true", "false"):
            raise InvalidWheel(self.filename, "WHEEL does not say whether Root-Is-Purelib is true or false")
        return "purelib" if answer == "true" else "platlib"

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
