"""Targets by name: one row a runtime, the same values as the running interpreter would give."""

from __future__ import annotations

from ..arguments import check_text
from ..errors import UnknownTarget
from .model import Target
from .table import ALIASES, RUNTIMES, Runtime
from .tags import ordered_tags, pyodide_platforms

__all__ = ["named_target", "pyodide_release", "target_names"]

_BY_NAME = {runtime.name: runtime for runtime in RUNTIMES}


def target_names() -> tuple[str, ...]:
    """The names ``named_target`` knows, aliases last."""
    return (*_BY_NAME, *ALIASES)


def named_target(name: str) -> Target:
    """The target of this name, such as ``pyodide-314`` or ``wasi``.

    Raises ``UnknownTarget`` with the close names, ``InvalidInput`` for what is no name.
    """
    check_text("name", name)
    runtime = _BY_NAME.get(ALIASES.get(name, name))
    if runtime is None:
        import difflib  # 25 ms of import in a page, for an error

        known = target_names()
        raise UnknownTarget(name, known, difflib.get_close_matches(name, known))
    return _pyodide(runtime) if runtime.system == "emscripten" else _wasi(runtime)


def pyodide_release(name: str) -> str:
    """The Pyodide release that a target of this name stands for, empty for what is no Pyodide."""
    return _BY_NAME[ALIASES.get(name, name)].pyodide


def _pyodide(runtime: Runtime) -> Target:
    emscripten = f"emscripten_{runtime.release.replace('.', '_')}_wasm32"
    platforms = pyodide_platforms(runtime.abi, emscripten)
    tags = ordered_tags(_minor(runtime), platforms, dynamic_loading=True)
    return Target(runtime.name, tags, _environment(runtime, system="Emscripten", version="#1"))


def _wasi(runtime: Runtime) -> Target:
    # wasi-libc has one uname: platform tag and release follow from it, there is no standard.
    is_wasix = runtime.system == "wasix"
    platform = "wasix_wasm32" if is_wasix else "wasi_0_0_0_wasm32"
    tags = ordered_tags(_minor(runtime), [platform], dynamic_loading=is_wasix)
    return Target(runtime.name, tags, _environment(runtime, system=runtime.system, version="0.0.0"))


def _minor(runtime: Runtime) -> tuple[int, int]:
    major, minor = runtime.python.split(".")[:2]
    return int(major), int(minor)


def _environment(runtime: Runtime, *, system: str, version: str) -> dict[str, str]:
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
