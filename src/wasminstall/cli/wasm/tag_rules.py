"""Whether the tags of a wheel are right for what is inside (PEP 425, PEP 427, PEP 783)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..._vendor.packaging.tags import Tag, parse_tag
from ...indexes.filenames import best_rank
from ...targets import named_target, target_names
from ...wheels.metadata import parse_headers
from ...wheels.wheel import WheelArchive
from .report import Finding
from .runtimes import Runtime

__all__ = ["abi_of", "check_tags", "tags_of", "targets_of"]

_PLATFORM = re.compile(r"(?:pyemscripten|pyodide)_(\d+_\d+)_wasm32")
_EMSCRIPTEN = re.compile(r"emscripten_(\d+)_(\d+)_(\d+)_wasm32")
_CPYTHON = re.compile(r"cp(\d)(\d+)")


def tags_of(filename: str) -> frozenset[Tag]:
    """Every tag of the compressed set in a wheel's file name."""
    return parse_tag("-".join(filename.removesuffix(".whl").split("-")[-3:]))


def targets_of(filename: str) -> tuple[str, ...]:
    """The names of the targets that have one of its tags, aliases left out."""
    found = [named_target(name) for name in target_names()]
    return tuple(dict.fromkeys(target.name for target in found if best_rank(filename, target) is not None))


def abi_of(platform: str) -> str:
    """The ABI that a platform tag names (``2026_0``), or an empty string."""
    found = _PLATFORM.fullmatch(platform)
    return found[1] if found else ""


def check_tags(wheel: WheelArchive, *, compiled: bool, runtimes: Mapping[str, Runtime]) -> Iterator[Finding]:
    """What is wrong with the tags; ``compiled`` is whether it has any side module."""
    tags = tags_of(wheel.filename)
    platforms = sorted({tag.platform for tag in tags})
    yield from _inside(wheel, tags, compiled)
    for platform in platforms:
        yield from _platform(platform, runtimes)
    if compiled and "any" in platforms:
        yield Finding(
            "error",
            "its tag says that it runs anywhere, but it has compiled modules",
            hint="build it with the platform tag of what it was compiled for, such as pyemscripten_2026_0_wasm32",
        )
    if not compiled and "any" not in platforms:
        yield Finding(
            "warning",
            f"nothing in it is compiled, but it is for {', '.join(platforms)} only",
            hint="tag it py3-none-any, and every Python can use it",
        )
    yield from _pythons(tags, runtimes)
    if compiled and all(platform.startswith("wasi_") for platform in platforms):
        yield Finding("error", "CPython on WASI loads no compiled modules, and this wheel has some")
    if not targets_of(wheel.filename):
        yield Finding("error", "no runtime known here loads a wheel with these tags", hint=_what_loads(platforms))


def _inside(wheel: WheelArchive, tags: frozenset[Tag], compiled: bool) -> Iterator[Finding]:
    """The WHEEL file has to say what the file name says."""
    where = f"{wheel.dist_info}/WHEEL"
    headers = parse_headers(wheel.read(where).decode())
    said = frozenset(tag for text in headers.get("tag", ()) for tag in _parsed(text))
    if said != tags:
        difference = ", ".join(sorted(map(str, said ^ tags)))
        hint = "rename it with `python -m wheel tags`, which rewrites both"
        yield Finding("error", f"WHEEL and the file name have other tags: {difference}", where, hint)
    build = wheel.filename.split("-")[2] if wheel.filename.count("-") == 5 else ""
    if "".join(headers.get("build", ())) != build:
        yield Finding("warning", "WHEEL and the file name have other build numbers", where)
    if compiled and wheel.root == "purelib":
        yield Finding("warning", "it has compiled modules, but WHEEL says Root-Is-Purelib: true", where)


def _parsed(text: str) -> frozenset[Tag]:
    return parse_tag(text) if text.count("-") == 2 else frozenset()


def _platform(platform: str, runtimes: Mapping[str, Runtime]) -> Iterator[Finding]:
    """What is to be said of one platform tag."""
    abi = abi_of(platform)
    if abi and abi not in runtimes:
        known = ", ".join(runtimes)
        yield Finding("warning", f"the ABI {abi} is not known here ({known} are): its imports cannot be looked up")
    if platform.startswith("pyodide_"):
        hint = f"`python -m wheel tags --platform-tag pyemscripten_{abi}_wasm32` renames it; the ABI is the same"
        yield Finding("refused", f"PyPI does not take {platform}, the name from before PEP 783", hint=hint)
    elif _EMSCRIPTEN.fullmatch(platform):
        hint = "build it for the ABI of a Pyodide, pyemscripten_YEAR_PATCH_wasm32: it says more than the compiler"
        yield Finding("refused", f"PyPI does not take {platform}, which names a compiler and no ABI", hint=hint)
    elif platform.startswith(("wasi", "wasix")):
        yield Finding("refused", f"PyPI does not take {platform}: there is no standard for it yet")


def _pythons(tags: frozenset[Tag], runtimes: Mapping[str, Runtime]) -> Iterator[Finding]:
    """Python and ABI of each tag have to go together: every Pyodide ABI has one Python."""
    for tag in sorted(tags, key=str):
        runtime = runtimes.get(abi_of(tag.platform))
        found = _CPYTHON.fullmatch(tag.interpreter)
        if tag.abi.endswith("t") and tag.abi != "any":
            yield Finding("error", f"{tag}: no WebAssembly build of Python is free-threaded")
        elif runtime and found:
            has = _version(runtime)
            wants = int(found[1]), int(found[2])
            if wants > has or (tag.abi not in ("abi3", "none") and wants != has):
                yield Finding(
                    "error",
                    f"{tag}: {abi_of(tag.platform)} is the ABI of Python {has[0]}.{has[1]}, not {wants[0]}.{wants[1]}",
                )


def _version(runtime: Runtime) -> tuple[int, int]:
    """The Python of a runtime, from the ending of its extension modules: ``.cpython-314-wasm32-emscripten.so``."""
    digits = runtime.suffixes[0].split("-")[1]
    return int(digits[0]), int(digits[1:])


def _what_loads(platforms: list[str]) -> str:
    if any(platform.startswith(("manylinux", "musllinux", "linux", "macosx", "win")) for platform in platforms):
        return "it is for a desktop; a wheel for pages is built with cibuildwheel's platform `pyodide`"
    return "`wasminstall tags --target NAME` lists what a runtime loads"
