"""Targets by name: one row a runtime, the same values as the running interpreter would give."""

from __future__ import annotations

from dataclasses import dataclass

from ..arguments import check_text
from ..errors import UnknownTarget
from .model import Target
from .tags import ordered_tags, pyodide_platforms

__all__ = ["named_target", "target_names"]


@dataclass(frozen=True)
class _Runtime:
    """What the tags and the marker environment of a runtime are computed from."""

    name: str
    python: str
    system: str
    release: str
    abi_version: str = ""


_RUNTIMES = (
    _Runtime("pyodide-0.27", "3.12.7", "emscripten", "3.1.58", "2024_0"),
    _Runtime("pyodide-0.28", "3.13.2", "emscripten", "4.0.9", "2025_0"),
    _Runtime("pyodide-0.29", "3.13.2", "emscripten", "4.0.9", "2025_0"),
    _Runtime("pyodide-314", "3.14.2", "emscripten", "5.0.3", "2026_0"),
    _Runtime("pyodide-315", "3.15.0rc1", "emscripten", "6.0.5", "2026_5"),
    _Runtime("wasi-3.12", "3.12.0", "wasi", "0.0.0"),
    _Runtime("wasi-3.13", "3.13.0", "wasi", "0.0.0"),
    _Runtime("wasi-3.14", "3.14.0", "wasi", "0.0.0"),
)
_BY_NAME = {runtime.name: runtime for runtime in _RUNTIMES}
_ALIASES = {"pyodide": "pyodide-314", "wasi": "wasi-3.14"}


def target_names() -> tuple[str, ...]:
    """The names ``named_target`` knows, aliases last."""
    return (*_BY_NAME, *_ALIASES)


def named_target(name: str) -> Target:
    """The target of this name, such as ``pyodide-314`` or ``wasi``.

    Raises ``UnknownTarget`` with the close names, ``InvalidInput`` for what is no name.
    """
    check_text("name", name)
    runtime = _BY_NAME.get(_ALIASES.get(name, name))
    if runtime is None:
        import difflib  # 25 ms of import in a page, for an error

        known = target_names()
        raise UnknownTarget(name, known, difflib.get_close_matches(name, known))
    return _pyodide(runtime) if runtime.system == "emscripten" else _wasi(runtime)


def _pyodide(runtime: _Runtime) -> Target:
    emscripten = f"emscripten_{runtime.release.replace('.', '_')}_wasm32"
    platforms = pyodide_platforms(runtime.abi_version, emscripten)
    tags = ordered_tags(_minor(runtime), platforms, dynamic_loading=True)
    return Target(runtime.name, tags, _environment(runtime, system="Emscripten", version="#1"))


def _wasi(runtime: _Runtime) -> Target:
    # wasi-libc has one uname: platform tag and release follow from it, there is no standard.
    tags = ordered_tags(_minor(runtime), ["wasi_0_0_0_wasm32"], dynamic_loading=False)
    return Target(runtime.name, tags, _environment(runtime, system="wasi", version="0.0.0"))


def _minor(runtime: _Runtime) -> tuple[int, int]:
    major, minor = runtime.python.split(".")[:2]
    return int(major), int(minor)


def _environment(runtime: _Runtime, *, system: str, version: str) -> dict[str, str]:
    """The marker variables of PEP 508, ``extra`` excepted."""
    major, minor = _minor(runtime)
    return {
        "implementation_name": "cpython",
        # sys.implementation.version spells a release candidate "c", platform.python_version() "rc".
        "implementation_version": runtime.python.replace("rc", "c"),
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_python_implementation": "CPython",
        "platform_release": runtime.release,
        "platform_system": system,
        "platform_version": version,
        "python_full_version": runtime.python,
        "python_version": f"{major}.{minor}",
        "sys_platform": runtime.system,
    }
