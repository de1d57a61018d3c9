"""A wheel made smaller: its modules stripped, optimised where the tool is there, and everything packed anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...wheels.wheel import WheelArchive
from .module import NotWasm
from .module_rules import is_compiled
from .optimiser import OptimiserFailed, optimised
from .stripping import stripped
from .writing import NewMember, write_wheel

__all__ = ["Shrunk", "shrink_wheel"]

_SIGNATURES = ("RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True)
class Shrunk:
    """The new wheel. ``modules`` has the size of each module before and after; ``notes`` are for people."""

    data: bytes
    modules: dict[str, tuple[int, int]]
    notes: tuple[str, ...] = ()


def shrink_wheel(
    filename: str,
    data: bytes,
    *,
    keep_names: bool = False,
    optimiser: str = "",
    step: Callable[[str], None] = lambda _path: None,
) -> Shrunk:
    """The wheel with these bytes, smaller. ``step`` hears of each member before it is looked at.

    ``optimiser`` is the path of ``wasm-opt``; a module it cannot handle is only stripped. Signatures of RECORD are
    left out, as RECORD changes. Raises ``WheelError``.
    """
    wheel = WheelArchive(filename, data)
    signatures = {f"{wheel.dist_info}/{name}" for name in _SIGNATURES}
    members: list[NewMember] = []
    modules: dict[str, tuple[int, int]] = {}
    notes = [f"{name} is left out: RECORD changes" for name in sorted(signatures & wheel.members.keys())]
    for path, member in wheel.members.items():
        if path in signatures:
            continue
        step(path)
        content = wheel.read(path)
        if is_compiled(path):
            small = _smaller(path, content, keep_names, optimiser, notes)
            modules[path] = len(content), len(small)
            content = small
        members.append(NewMember(path, content, member.mode))
    return Shrunk(write_wheel(members, wheel.dist_info), modules, tuple(notes))


def _smaller(path: str, data: bytes, keep_names: bool, optimiser: str, notes: list[str]) -> bytes:
    try:
        best = stripped(data, keep_names=keep_names)
    except NotWasm as error:
        notes.append(f"{path} stays as it is: {error}")
        return data
    if not optimiser:
        return best
    try:
        return min(best, optimised(optimiser, best, keep_names=keep_names), key=len)
    except OptimiserFailed as error:
        notes.append(f"{path} is stripped only, wasm-opt failed: {error}")
        return best
