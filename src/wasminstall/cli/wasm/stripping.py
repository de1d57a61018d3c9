"""What can go from a WebAssembly module without a change in what it does: sections that only people and debuggers read.

A custom section stands by itself (WebAssembly core specification 5.5.3), so leaving one out needs no tool. The
sections that say how to load the module and what made it stay.
"""

from __future__ import annotations

from .module import Section, sections_of

__all__ = ["is_removable", "removable_sections", "stripped"]

_NAMES = "name"
_DEBUG = ("external_debug_info", "sourceMappingURL", "build_id", "linking")
_DEBUG_PREFIXES = (".debug_", "reloc.")


def is_removable(section: Section, *, keep_names: bool = False) -> bool:
    """Whether the module does the same without it; ``keep_names`` spares the names of functions."""
    if section.kind != 0:
        return False
    if section.name == _NAMES:
        return not keep_names
    return section.name in _DEBUG or section.name.startswith(_DEBUG_PREFIXES)


def removable_sections(data: bytes) -> dict[str, int]:
    """Name and size of each section that can go, in file order; sections of one name count together.

    Raises ``NotWasm``.
    """
    found: dict[str, int] = {}
    for section in sections_of(data):
        if is_removable(section):
            found[section.name] = found.get(section.name, 0) + section.size
    return found


def stripped(data: bytes, *, keep_names: bool = False) -> bytes:
    """The module without them; the same bytes when there are none. Raises ``NotWasm``."""
    kept = [section for section in sections_of(data) if not is_removable(section, keep_names=keep_names)]
    return data[:8] + b"".join(data[section.start : section.end] for section in kept)
