"""Headers that a user gives, checked before any library sees them: those quote what they refuse, in logs too."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import InvalidInput

__all__ = ["sendable"]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


def sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers in one spelling, so that none is sent twice, without white space around the values.

    Raises ``InvalidInput`` for a name or a value that HTTP cannot transport (RFC 9110, 5.1 and 5.5).
    """
    found = {str(name).title(): str(value).strip() for name, value in headers.items()}
    for name, value in found.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            what = "name" if not _NAME.fullmatch(name) else "value"
            raise InvalidInput(
                f"the header {name!r} cannot be sent: there are characters in its {what} that HTTP does not allow",
                hint="names and values of headers are ASCII, without line breaks",
            )
    return found
