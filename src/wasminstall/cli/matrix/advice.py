"""What to try where a project cannot be had on a target, and on which others it can."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import NoCompatibleWheel, ResolutionError
from ...indexes import Candidate
from ...targets import Target, named_target, target_names
from ..screen import said
from .files import Files

__all__ = ["advice", "elsewhere", "hash_advice"]


def advice(error: ResolutionError, name: str, target: Target, files: Files | None) -> tuple[str, ...]:
    """Things to try, the most promising first."""
    if isinstance(error, NoCompatibleWheel) and files is not None:
        return tuple(_for_missing_wheel(error, name, target, files))
    hint = said(error)[1]
    return (hint,) if hint else ()


def _for_missing_wheel(error: NoCompatibleWheel, name: str, target: Target, files: Files) -> Iterator[str]:
    if error.hint.startswith("versions with"):
        yield f"accept another version of {name}; {error.hint}"
    elif error.hint.startswith("the module"):
        yield error.hint
    if files.pure and files.sdist:
        yield f"its source is all Python: `pip wheel --no-deps {name}` makes a wheel that works; name its address"
        return
    system = target.environment["sys_platform"]
    if system == "wasix":
        yield "name an index that has wheels for WASIX, such as Wasmer's, with --index-url (PyPI takes none)"
        return
    if system == "wasi":
        yield "CPython on WASI loads no compiled modules: use something pure in its place, or another target"
        return
    if files.sdist:
        yield f"build a wheel from {files.sdist} with pyodide-build or cibuildwheel, and name its address"
    yield "ask the project for WebAssembly wheels (PEP 783); PyPI takes them"


def hash_advice(candidate: Candidate) -> tuple[str, ...]:
    """What to try where only the hashes that were given speak against this wheel."""
    digest = candidate.hashes.get("sha256")
    return (f"if this is the file you mean, add --hash=sha256:{digest}",) if digest else ()


def elsewhere(files: Files) -> tuple[str, ...]:
    """The targets that there are compiled wheels for."""
    platforms = {part for platform in files.platforms for part in platform.split(".")} - {"any"}
    targets = {target.name: target for target in map(named_target, target_names())}
    return tuple(
        name
        for name, target in targets.items()
        if not platforms.isdisjoint(tag.rpartition("-")[2] for tag in target.tags)
    )
