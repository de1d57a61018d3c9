"""A wheel written: the same members in the same order always give the same bytes."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from ...wheels.record import RecordEntry, entry_for, format_record

__all__ = ["NewMember", "write_wheel"]

_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


class NewMember(NamedTuple):
    """A file of the wheel to be; ``mode`` are its permission bits."""

    name: str
    data: bytes
    mode: int = 0o644


def write_wheel(members: Iterable[NewMember], dist_info: str) -> bytes:
    """The wheel with these members and a RECORD of them at its end; a RECORD among them is left out.

    Every date is the first one a zip can have; what compression would not make smaller is stored.
    """
    record = f"{dist_info}/RECORD"
    kept = [member for member in members if member.name != record]
    rows = [*(entry_for(member.name, member.data) for member in kept), RecordEntry(record)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in [*kept, NewMember(record, format_record(rows).encode())]:
            _write(archive, member)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, member: NewMember) -> None:
    info = zipfile.ZipInfo(member.name, _FIRST_DATE)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | member.mode) << 16
    method = zipfile.ZIP_DEFLATED if len(zlib.compress(member.data, 9)) < len(member.data) else zipfile.ZIP_STORED
    archive.writestr(info, member.data, method, 9)
