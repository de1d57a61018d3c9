"""Ordered tags of a WebAssembly Python: ``packaging`` does the work, one table of ABI aliases is ours.

``pyodide_Y_P`` is the former spelling of ``pyemscripten_Y_P`` (PEP 783), the same ABI; both are in use.
``packaging`` emits the new spelling only where the interpreter names it, and the old one never.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._vendor.packaging.tags import Tag, compatible_tags, cpython_tags

__all__ = ["ordered_tags", "pyodide_platforms"]


def pyodide_platforms(abi_version: str, emscripten_platform: str) -> tuple[str, ...]:
    """Platform tags of a Pyodide build, best first.

    ``abi_version`` is like ``2026_0``, empty for an Emscripten Python that is no Pyodide;
    ``emscripten_platform`` is like ``emscripten_5_0_3_wasm32``.
    """
    if not abi_version:
        return (emscripten_platform,)
    return (f"pyemscripten_{abi_version}_wasm32", f"pyodide_{abi_version}_wasm32", emscripten_platform)


def ordered_tags(python: tuple[int, int], platforms: Iterable[str], *, dynamic_loading: bool) -> tuple[str, ...]:
    """All tags a CPython ``major, minor`` with these platform tags accepts, best first (PEP 425).

    Without dynamic loading no tag with an ABI is given: such an interpreter cannot load a compiled module.
    """
    return tuple(str(tag) for tag in _tags(python, list(platforms), dynamic_loading=dynamic_loading))


def _tags(python: tuple[int, int], platforms: list[str], *, dynamic_loading: bool) -> Iterator[Tag]:
    interpreter = f"cp{python[0]}{python[1]}"
    if dynamic_loading:
        # No WebAssembly build is free-threaded or a debug build: the plain ABI is the only one.
        yield from cpython_tags(python, abis=[interpreter], platforms=platforms)
    yield from compatible_tags(python, interpreter, platforms)
