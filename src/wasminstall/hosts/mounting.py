"""A wheel's files mounted instead of written: each is unpacked from the archive when it is first read.

The archive has been judged (``wheels``) before anything comes here; the JavaScript half (js/src/wheelfs) does as it is
told. Where there is none, or a folder is of another file system, the caller writes files as everywhere else.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from dataclasses import astuple

from pyodide.ffi import to_js

from ..errors import InvalidWheel, UnsafeWheel
from ..javascript import JavaScriptBytes, page_helper
from ..transport.port import Body
from ..wheels.archive import Limits
from ..wheels.directory import Member
from ..wheels.mountable import Columns, columns_of
from ..wheels.survey import Survey

__all__ = ["Mounter"]


class Mounter:
    """Mounts in the file system of this interpreter. Keeps nothing."""

    def can_mount(self, path: str) -> bool:
        """Whether files can be mounted in this folder, which need not exist yet."""
        helper = page_helper()
        return helper is not None and bool(helper.wheelFs.canMount(path))

    def survey(self, body: Body, limits: Limits) -> Survey | None:
        """See ``Mounter.survey`` of ``port.py``."""
        helper = page_helper()
        if helper is None or not isinstance(body, JavaScriptBytes):
            return None
        found = helper.wheelFs.survey(body.proxy, to_js(astuple(limits)))
        if found is None:
            return None
        return Survey(found.distInfo, Columns(found.names, found.table.to_bytes()), found.tails, found.apart)

    def mount(self, filename: str, body: Body, files: Sequence[tuple[str, Member]]) -> None:
        """Make a file of every (absolute path, member of the archive ``body``), with the folders it needs.

        The bytes of ``body`` stay where they are until the last of these files is read, replaced or gone. ``filename``
        is for messages. Raises ``UnsafeWheel`` when a local header gives another name, ``InvalidWheel`` when there is
        none or the member ends outside of the archive, ``OSError`` when something is in the way.
        """
        if files:
            paths = "\0".join([path for path, _ in files])
            self.mount_columns(filename, body, columns_of([member for _, member in files]), paths)

    def mount_columns(self, filename: str, body: Body, columns: Columns, paths: str) -> None:
        """The same for many: ``paths`` are absolute, separated by NUL."""
        table = array("d")
        table.frombytes(columns.table)
        answer = page_helper().wheelFs.mount(
            body.proxy if isinstance(body, JavaScriptBytes) else to_js(bytes(body)),
            columns.names,
            paths,
            to_js(table),
            filename,
        )
        if answer:
            index, _, fault = answer.partition(" ")
            name = columns.names.split("\0")[int(index)]
            raise _error(filename, paths.split("\0")[int(index)], _readable(name), fault)


def _readable(stored: str) -> str:
    """A member's name from its bytes, for messages."""
    data = stored.encode("latin-1")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp437")


def _error(filename: str, path: str, member: str, fault: str) -> Exception:
    if fault.isdecimal():
        return OSError(int(fault), os.strerror(int(fault)), path)
    if fault == "name":
        return UnsafeWheel(filename, member, "its local header gives another name")
    if fault == "header":
        return InvalidWheel(filename, f"its member {member!r} has no local header")
    return InvalidWheel(filename, f"its member {member!r} is damaged")
