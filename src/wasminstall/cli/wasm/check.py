"""A wheel checked for a page: opened as an installer opens it, then asked one rule after the other.

Nothing is fetched and nothing runs. What keeps the archive from being opened ends the check; all else is collected.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from ...errors import WheelError
from ...requirements import python_accepts
from ...targets import named_target
from ...wheels.wheel import WheelArchive
from .module_rules import Modules, is_compiled
from .publishing import check_publishing
from .report import Finding, Saving, WheelReport
from .runtimes import known_runtimes
from .stripping import stripped
from .tag_rules import abi_of, check_tags, tags_of, targets_of

__all__ = ["check_wheel"]


def check_wheel(filename: str, data: bytes) -> WheelReport:
    """All that can be told of these bytes under this file name. Never raises for what is in them."""
    try:
        wheel = WheelArchive(filename, data)
        findings = list(_members(wheel))
    except WheelError as error:
        return WheelReport(filename, len(data), findings=(Finding("error", error.message, hint=error.hint),))
    damaged = {finding.where for finding in findings}
    contents = {path: wheel.read(path) for path in wheel.members if is_compiled(path) and path not in damaged}
    modules = _modules(wheel, contents)
    if not damaged:
        findings += check_tags(wheel, compiled=bool(contents), runtimes=known_runtimes())
        findings += check_publishing(wheel)
    findings += _runs_on_its_python(wheel)
    findings += modules.check()
    return WheelReport(
        filename,
        len(data),
        targets_of(filename),
        modules.facts(),
        tuple(findings),
        _saving(wheel, {path: contents[path] for path in modules.modules}),
    )


def _members(wheel: WheelArchive) -> Iterator[Finding]:
    """Every member has to be what RECORD says it is."""
    for path in wheel.members:
        try:
            wheel.read(path)
        except WheelError as error:
            yield Finding("error", error.message, path, error.hint)


def _modules(wheel: WheelArchive, contents: Mapping[str, bytes]) -> Modules:
    runtimes = known_runtimes()
    tags = tags_of(wheel.filename)
    abi = next((abi for abi in map(abi_of, sorted({tag.platform for tag in tags})) if abi), "")
    return Modules(contents, runtimes.get(abi), runtimes, frozenset(tag.abi for tag in tags))


def _runs_on_its_python(wheel: WheelArchive) -> Iterator[Finding]:
    """Requires-Python must not exclude every runtime that the tags are for."""
    wanted = wheel.metadata.requires_python
    targets = [named_target(name) for name in targets_of(wheel.filename)]
    if wanted and targets and not any(python_accepts(wanted, target.python_version) for target in targets):
        versions = ", ".join(dict.fromkeys(target.python_version for target in targets))
        text = f"Requires-Python is {wanted}, but what its tags are for has Python {versions}"
        yield Finding("error", text, f"{wheel.dist_info}/METADATA")


def _saving(wheel: WheelArchive, modules: Mapping[str, bytes]) -> Saving | None:
    """What stripping would save; the rest of the archive counts as it is."""
    unpacked = packed = 0
    for path, data in modules.items():
        small = stripped(data)
        if len(small) < len(data):
            unpacked += len(data) - len(small)
            packed += wheel.members[path].packed_size - _deflated_size(small)
    return Saving(unpacked, packed) if unpacked else None


def _deflated_size(data: bytes) -> int:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return len(squeeze.compress(data)) + len(squeeze.flush())
