"""Files that exist only in a test, for what reads paths and URLs."""

from __future__ import annotations

from collections.abc import Mapping

from wasminstall.addresses import hide_credentials
from wasminstall.errors import InvalidInput
from wasminstall.requirements.requested import Read, Requested

__all__ = ["reader", "texts"]


def reader(files: Mapping[str, str | bytes]) -> Read:
    """Answers from a mapping of address to content."""

    async def read(address: str) -> bytes:
        if address not in files:
            shown = hide_credentials(address)
            raise InvalidInput(f"cannot read {shown}: No such file or directory")
        found = files[address]
        return found if isinstance(found, bytes) else found.encode("utf-8", "replace")

    return read


def texts(requested: Requested) -> list[str]:
    """The requirements as written."""
    return [item.text for item in requested.requirements]
