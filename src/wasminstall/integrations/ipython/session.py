"""What was installed in a folder of notebooks, kept for the next kernel that starts there.

Kept in the cache, as one entry for each folder and kind of Pyodide: the requirement that brings each distribution
again, and the modules it has. What a kernel has at its start is not of the session; what is uninstalled is forgotten;
what an earlier kernel installed stays known.
"""

from __future__ import annotations

import hashlib
import json
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

from ...cache import Cache
from ...cache.opening import open_cache
from ...context import current_context, make_ready
from ...distributions import frozen_line

__all__ = ["Pin", "Session"]

_KIND = "session"


@dataclass(frozen=True)
class Pin:
    """One distribution: what installs exactly it, its modules, and whether a person asked for it."""

    requirement: str
    imports: tuple[str, ...]
    requested: bool


class Session:
    """What one kernel knows of its folder: ``pins`` by normalised name."""

    def __init__(self) -> None:
        self.pins: dict[str, Pin] = {}
        self._here: dict[str, Pin] = {}
        self._at_start: frozenset[str] = frozenset()
        self._seen: frozenset[str] = frozenset()
        self._key = ""

    async def load(self) -> None:
        """Look up what was kept for the current folder; to be awaited once, before anything is installed."""
        await make_ready()
        kind = f"{sysconfig.get_platform()} {sysconfig.get_config_var('PYODIDE_ABI_VERSION')}"
        self._key = hashlib.sha256(f"{kind} {Path.cwd()}".encode()).hexdigest()
        entry = await open_cache().get(_KIND, self._key)
        self.pins = {} if entry is None else _read(bytes(entry.body))
        self._at_start = self._seen = _folders()

    def note_changes(self) -> None:
        """Keep what is installed now, where something has changed since the last time. Nobody waits for it."""
        if not self._key or self._seen == (folders := _folders()):
            return
        self._seen = folders
        before, self._here = self._here, self._pins_here()
        gone = before.keys() - self._here.keys()
        pins = {name: pin for name, pin in self.pins.items() if name not in gone} | self._here
        if pins != self.pins:
            self.pins = pins
            text = json.dumps({name: asdict(pin) for name, pin in pins.items()}, sort_keys=True)
            cache: Cache = open_cache()
            cache.put_later(_KIND, self._key, text.encode())
            cache.settle_later()

    def _pins_here(self) -> dict[str, Pin]:
        """What this installer has placed since the start."""
        installed = current_context().environment.installed()
        return {
            name: Pin(frozen_line(item), tuple(sorted(item.top_level)), item.requested)
            for name, item in sorted(installed.items())
            if item.installer == "wasminstall" and item.dist_info.name not in self._at_start
        }

    def requirements(self) -> tuple[list[str], list[str]]:
        """What brings all of it again: what to ask for, and constraints for the rest."""
        asked = [pin.requirement for _, pin in sorted(self.pins.items()) if pin.requested]
        rest = [pin.requirement for _, pin in sorted(self.pins.items()) if not pin.requested]
        return asked, rest


def _folders() -> frozenset[str]:
    """The folder of each distribution, which has its name and version."""
    return frozenset(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def _read(data: bytes) -> dict[str, Pin]:
    """What was kept; nothing, where another release wrote it."""
    try:
        return {
            name: Pin(facts["requirement"], tuple(facts["imports"]), facts["requested"])
            for name, facts in json.loads(data).items()
        }
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
