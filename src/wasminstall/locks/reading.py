"""One door for both kinds of lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..addresses import hide_credentials
from ..errors import InvalidInput, LockError
from ..indexes import Candidate
from ..requirements import Requirement
from ..requirements.inputs import input_kind, load
from ..requirements.requested import Read
from ..targets import Target
from .pylock import read_pylock
from .pyodide_lock import read_pyodide_lock

__all__ = ["read_lock"]


async def read_lock(
    source: str,
    read: Read,
    target: Target,
    wanted: Sequence[Requirement] = (),
    *,
    extras: Iterable[str] = (),
    groups: Iterable[str] | None = None,
) -> tuple[Candidate, ...]:
    """What a lock, given as path, URL or text, installs on this target.

    A ``pyodide-lock.json`` gives what is ``wanted`` and its dependencies, or everything; a ``pylock.toml`` everything
    for these ``extras`` and ``groups``.
    Raises ``LockError``, ``InvalidInput`` for what is no lock, and whatever ``read`` raises.
    """
    text, address = await load(source, read)
    kind = input_kind(text, address)
    if kind == "pyodide-lock":
        if extras or groups:
            raise LockError(hide_credentials(address), "a pyodide-lock.json has no extras and no groups")
        return await read_pyodide_lock(text, address, target, wanted)
    if kind != "pylock":
        raise InvalidInput(
            f"{hide_credentials(address)} is no lock",
            hint="a lock is a pylock.toml or a pyodide-lock.json; requirements files are passed as file=...",
        )
    if wanted:
        raise LockError(
            hide_credentials(address),
            "a pylock.toml is installed as a whole",
            hint="leave the requirements out, or choose among its extras and groups",
        )
    return read_pylock(text, address, target, extras=extras, groups=groups)
