"""Whether a member that should be a side module is one, for the ABI that its wheel names, with all it imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .module import Import, NotWasm, SideModule, read_module
from .report import CompiledModule, Finding
from .runtimes import Runtime
from .stripping import is_removable

__all__ = ["Modules", "import_name", "is_compiled"]

_LIBRARY = re.compile(r"\.so(\.\d+)*$")
_SUFFIX = re.compile(r"\.(?:cpython-(?P<python>\d+)-wasm32-emscripten|(?P<abi3>abi3)(?:-wasm32-emscripten)?)\.so$")
_FOREIGN = re.compile(r"\.(?:cpython-\d+|abi3|pypy\d+)[\w.-]*\.so$")
_PER_CALL = frozenset(("MAIN__", "main"))
"""What a library in Fortran or C asks of a program, and never calls in a side module."""
_SYNCHRONOUS = 8 * 1024 * 1024
_SHOWN = 4


def is_compiled(path: str) -> bool:
    """Whether this member is a library by its name."""
    return bool(_LIBRARY.search(path)) or path.endswith((".pyd", ".dylib", ".dll"))


def import_name(path: str) -> str:
    """The name under which Python would import the extension module at this path below site-packages."""
    folder, _, file = path.rpartition("/")
    parts = [*filter(None, folder.split("/")), file.partition(".")[0]]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass
class Modules:
    """All libraries of one wheel, read together: one may need another."""

    contents: Mapping[str, bytes]
    runtime: Runtime | None
    runtimes: Mapping[str, Runtime]
    abi_tags: frozenset[str]

    def __post_init__(self) -> None:
        self.modules: dict[str, SideModule] = {}
        self.unreadable: dict[str, str] = {}
        for path, data in self.contents.items():
            try:
                self.modules[path] = read_module(data)
            except NotWasm as error:
                self.unreadable[path] = str(error)

    def facts(self) -> tuple[CompiledModule, ...]:
        """What is in them, one after the other."""
        return tuple(self._facts(path, module) for path, module in self.modules.items())

    def check(self) -> Iterator[Finding]:
        """What is wrong with any of them."""
        for path, reason in self.unreadable.items():
            hint = "compile it for wasm32-emscripten as a side module; `pyodide build` does"
            yield Finding("error", reason, path, hint)
        for path, module in self.modules.items():
            if not module.has_dylink:
                hint = "link it with emcc -sSIDE_MODULE=2, or wasm-ld -shared"
                yield Finding("error", "it is WebAssembly, but no side module: it has no dylink.0 section", path, hint)
                continue
            yield from self._memory(path, module)
            yield from self._name(path, module)
            yield from self._libraries(path, module)
            yield from self._imports(path, module)

    def _facts(self, path: str, module: SideModule) -> CompiledModule:
        wanted = self._wanted(path)
        return CompiledModule(
            path,
            len(self.contents[path]),
            len(module.wanted),
            module.needed,
            tuple(abi for abi, runtime in self.runtimes.items() if not runtime.missing(wanted)),
            module.producers,
            _removable(module),
        )

    def _memory(self, path: str, module: SideModule) -> Iterator[Finding]:
        if module.memory64:
            yield Finding("error", "it is for 64-bit memory (wasm64); every runtime is 32-bit", path)
        if module.shared_memory:
            yield Finding(
                "error", "it expects threads (shared memory), which no runtime has", path, "leave -pthread out"
            )
        if len(self.contents[path]) > _SYNCHRONOUS:
            yield Finding(
                "note", "above 8 MiB: Chromium compiles it ahead of its import only, on the page's thread", path
            )

    def _name(self, path: str, module: SideModule) -> Iterator[Finding]:
        """The ending has to be one that the interpreter looks for, and the module to have its entry."""
        name = posixpath.basename(path)
        entries = sorted(symbol for symbol in module.exports if symbol.startswith("PyInit_"))
        found, foreign = _SUFFIX.search(name), _FOREIGN.search(name)
        if self.runtime is not None and foreign and foreign[0] not in self.runtime.suffixes:
            hint = f"it has to end with {self.runtime.suffixes[0]}, .abi3.so or .so"
            yield Finding("error", f"{foreign[0]} is no ending that this Python looks for", path, hint)
        elif found and found["python"] and "abi3" in self.abi_tags:
            text = "it is named for one Python, but the tag abi3 promises more"
            yield Finding("warning", text, path, "name it .abi3.so, or tag the wheel for that Python")
        entry = f"PyInit_{import_name(path).rpartition('.')[2]}"
        if entries and entry not in entries:
            yield Finding("error", f"it cannot be imported by its name: it has {', '.join(entries)}, not {entry}", path)
        elif not entries and foreign:
            yield Finding("error", f"it is named as an extension module, but has no {entry}", path)

    def _libraries(self, path: str, module: SideModule) -> Iterator[Finding]:
        for library in module.needed:
            found = self._find(path, library)
            if found and self.runtime is not None and not self.runtime.follows_run_paths:
                text = f"it needs {library}, which Pyodide 0.27 finds only when an installer has loaded it before"
                yield Finding("warning", text, path)
            elif found and not self._is_on_run_path(path, found):
                hint = "`pyodide auditwheel repair` sets the run path to $ORIGIN/../NAME.libs"
                yield Finding("warning", f"it needs {library}, and has no run path to {found}", path, hint)
            if found:
                continue
            if self.runtime is not None and library.partition(".")[0] in self.runtime.libraries:
                text = f"it needs {library}, which is in the Pyodide distribution but not in the wheel"
                yield Finding(
                    "warning", text, path, "no wheel can ask for it: `pyodide auditwheel repair` copies it in"
                )
            else:
                text = f"it needs {library}, which is not in the wheel"
                yield Finding("error", text, path, "`pyodide auditwheel repair` copies it in")

    def _imports(self, path: str, module: SideModule) -> Iterator[Finding]:
        if self.runtime is None or any(not self._find(path, library) for library in module.needed):
            return  # said already: what the library has is not known
        missing = self.runtime.missing(self._wanted(path)) - _PER_CALL
        if not missing:
            return
        others = [abi for abi, runtime in self.runtimes.items() if not runtime.missing(self._wanted(path))]
        at_once = {item.name for item in module.imports if _is_looked_up_at_once(item)}
        when = "loading it fails" if missing & at_once else "calling one of them ends the program"
        text = f"{self.runtime.abi} does not have {_some(sorted(missing))} that it imports: {when}"
        hint = f"it looks built for {' or '.join(others)}" if others else _what_is_missing(missing)
        yield Finding("error", text, path, hint)

    def _wanted(self, path: str) -> frozenset[str]:
        """What it and no library of the wheel that it needs has."""
        wanted = set(self.modules[path].wanted)
        seen: set[str] = set()
        queue = [path]
        while queue:
            at = queue.pop()
            for library in self.modules[at].needed:
                found = self._find(at, library)
                if found and found not in seen:
                    seen.add(found)
                    queue.append(found)
                    wanted -= self.modules[found].exports
        return frozenset(wanted)

    def _find(self, path: str, library: str) -> str:
        """The member that is this library: where the run path says, else anywhere in the wheel."""
        named = [other for other in self.modules if posixpath.basename(other) == library]
        return next((other for other in named if self._is_on_run_path(path, other)), named[0] if named else "")

    def _is_on_run_path(self, path: str, library: str) -> bool:
        folder = posixpath.dirname(path)
        places = (place.replace("$ORIGIN", folder or ".") for place in self.modules[path].run_path)
        return posixpath.dirname(library) in {posixpath.normpath(place) for place in places}


def _is_looked_up_at_once(item: Import) -> bool:
    """Whether the loader needs it before the module runs; functions are looked up when they are called."""
    return item.space.startswith("GOT.") or item.kind != 0


def _removable(module: SideModule) -> dict[str, int]:
    found: dict[str, int] = {}
    for section in filter(is_removable, module.sections):
        found[section.name] = found.get(section.name, 0) + section.size
    return found


def _what_is_missing(missing: frozenset[str]) -> str:
    if any(name.startswith(("Py", "_Py")) for name in missing):
        return "build it against the headers of the Python that the tag names"
    return "link the library that has them"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
