"""The table of targets: one row a runtime.

``_ASKED`` is what the interpreters say of themselves, written by ``tests/support/target_table.py``, which asks every
one that is installed; a new runtime is a new row there.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ALIASES", "RUNTIMES", "Runtime"]


class Runtime(NamedTuple):
    """What the tags and the marker environment of a runtime are computed from.

    ``python`` is the full version, ``system`` its ``sys.platform``, ``release`` that of the platform (Emscripten's
    version); ``abi`` is Pyodide's, and ``pyodide`` its release.
    """

    name: str
    python: str
    system: str
    release: str
    abi: str = ""
    pyodide: str = ""


_ASKED = (
    Runtime("pyodide-0.27", "3.12.7", "emscripten", "3.1.58", "2024_0", "0.27.7"),
    Runtime("pyodide-0.28", "3.13.2", "emscripten", "4.0.9", "2025_0", "0.28.3"),
    Runtime("pyodide-0.29", "3.13.2", "emscripten", "4.0.9", "2025_0", "0.29.5"),
    Runtime("pyodide-314", "3.14.2", "emscripten", "5.0.3", "2026_0", "314.0.7"),
    Runtime("pyodide-315", "3.15.0rc1", "emscripten", "6.0.5", "2026_5", "315.0.0a2"),
    Runtime("wasi-3.12", "3.12.0", "wasi", "0.0.0"),
)
# These differ from the row above in their Python; for WASIX nobody says more than the tag of its wheels.
_ALIKE = (
    Runtime("wasi-3.13", "3.13.0", "wasi", "0.0.0"),
    Runtime("wasi-3.14", "3.14.0", "wasi", "0.0.0"),
    Runtime("wasix", "3.13.0", "wasix", "0.0.0"),
)
RUNTIMES = _ASKED + _ALIKE
ALIASES = {"pyodide": "pyodide-314", "wasi": "wasi-3.14"}
"""Other names of targets."""
