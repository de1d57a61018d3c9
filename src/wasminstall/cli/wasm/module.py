"""A WebAssembly side module, as far as a dynamic loader looks at it: its sections, imports, exports and libraries.

The binary format is that of the WebAssembly core specification (section 5); ``dylink.0`` is the section of the tool
conventions for dynamic linking, and ``name``, ``producers`` and ``.debug_*`` are what compilers leave for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypedDict

from .reader import Reader

__all__ = ["WASM_MAGIC", "Import", "NotWasm", "Section", "SideModule", "read_module", "sections_of"]

WASM_MAGIC = b"\0asm"
_VERSION = b"\1\0\0\0"
_CUSTOM, _IMPORTS, _EXPORTS = 0, 2, 7
_FUNCTION, _TABLE, _MEMORY, _GLOBAL, _TAG = range(5)
_NEEDED, _EXPORT_INFO, _IMPORT_INFO, _RUNTIME_PATH = 2, 3, 4, 5
_WEAK, _BINDING = 1, 3
_MAXIMUM, _SHARED, _64_BIT = 1, 2, 4


class NotWasm(ValueError):
    """These bytes are no WebAssembly module that can be read; the text says why."""


class Section(NamedTuple):
    """One section: ``start`` and ``end`` frame it whole, header included; ``body`` is where its content begins.

    ``name`` is that of a custom section (``kind`` 0), whose content begins after it.
    """

    kind: int
    start: int
    body: int
    end: int
    name: str = ""

    @property
    def size(self) -> int:
        """Bytes in the file, header included."""
        return self.end - self.start


class Import(NamedTuple):
    """One import: ``space`` is the module it names (``env``, ``GOT.mem``, ``GOT.func``)."""

    space: str
    name: str
    kind: int


@dataclass(frozen=True)
class SideModule:
    """What a module says of itself. ``has_dylink`` tells a side module from a program.

    ``needed`` are the libraries it asks for and ``run_path`` where it looks for them; ``weak`` are imports that may
    stay unresolved; ``shared_memory`` and ``memory64`` say what it expects of its memory.
    """

    sections: tuple[Section, ...]
    imports: tuple[Import, ...] = ()
    exports: frozenset[str] = frozenset()
    has_dylink: bool = False
    needed: tuple[str, ...] = ()
    run_path: tuple[str, ...] = ()
    weak: frozenset[tuple[str, str]] = frozenset()
    shared_memory: bool = False
    memory64: bool = False
    producers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The symbols that others must supply: what is imported, not weak, and not its own."""
        named = {
            item.name
            for item in self.imports
            if item.space in ("env", "GOT.mem", "GOT.func") and (item.space, item.name) not in self.weak
        }
        weak = {name for _, name in self.weak}
        return frozenset(named - self.exports - weak - _GIVEN_BY_THE_LOADER)

    @property
    def uses_wasm_exceptions(self) -> bool:
        """Whether it throws and catches by WebAssembly's own exceptions."""
        return any(item.kind == _TAG for item in self.imports)

    @property
    def uses_js_exceptions(self) -> bool:
        """Whether it throws and catches through JavaScript, as all did before Pyodide 0.28."""
        return any(item.name.startswith("invoke_") for item in self.imports)


class _Facts(TypedDict, total=False):
    """The fields of a ``SideModule`` that sections tell."""

    imports: tuple[Import, ...]
    exports: frozenset[str]
    has_dylink: bool
    needed: tuple[str, ...]
    run_path: tuple[str, ...]
    weak: frozenset[tuple[str, str]]
    shared_memory: bool
    memory64: bool
    producers: dict[str, str]


_GIVEN_BY_THE_LOADER = frozenset(("memory", "__indirect_function_table", "__memory_base", "__table_base"))


def read_module(data: bytes) -> SideModule:
    """What the module with these bytes says. Costs O(imports and exports), not O(code); raises ``NotWasm``."""
    found = tuple(sections_of(data))
    facts: _Facts = {}
    try:
        for section in found:
            facts.update(_facts(Reader(data, section.body, section.end), section))
    except (IndexError, UnicodeDecodeError) as error:
        raise NotWasm(f"a section of it is damaged ({error})") from None
    return SideModule(found, **facts)


def sections_of(data: bytes) -> Iterator[Section]:
    """The sections, in file order. Raises ``NotWasm`` when these bytes are none, or are cut off."""
    if data[:4] != WASM_MAGIC:
        raise NotWasm(f"it is {_what_it_is(data)}, not WebAssembly")
    if data[4:8] != _VERSION:
        raise NotWasm("it is a WebAssembly component or of another version than 1")
    at = 8
    while at < len(data):
        try:
            head = Reader(data, at + 1, len(data))
            size = head.number()
            section = Section(data[at], at, head.at, head.at + size)
            if section.kind == _CUSTOM:
                name = head.text()
                section = section._replace(body=head.at, name=name)
        except (IndexError, UnicodeDecodeError):
            raise NotWasm("it is damaged") from None
        if section.end > len(data):
            raise NotWasm("it is cut off")
        yield section
        at = section.end


def _facts(body: Reader, section: Section) -> _Facts:
    """The fields of a ``SideModule`` that this section tells."""
    if section.kind == _IMPORTS:
        return _imports(body)
    if section.kind == _EXPORTS:
        return {"exports": frozenset(_exports(body))}
    if section.kind == _CUSTOM and section.name == "dylink.0":
        return _dylink(body)
    if section.kind == _CUSTOM and section.name == "producers":
        return {"producers": _producers(body)}
    return {}


def _imports(body: Reader) -> _Facts:
    imports: list[Import] = []
    memory_flags = 0
    for _ in range(body.number()):
        space, name, kind = body.text(), body.text(), body.byte()
        imports.append(Import(space, name, kind))
        if kind == _MEMORY:
            memory_flags |= _limits(body)
        elif kind == _TABLE:
            body.value_type()
            _limits(body)
        elif kind == _GLOBAL:
            body.value_type()
            body.byte()
        elif kind == _TAG:
            body.byte()
            body.number()
        else:
            body.number()
    return {
        "imports": tuple(imports),
        "shared_memory": bool(memory_flags & _SHARED),
        "memory64": bool(memory_flags & _64_BIT),
    }


def _limits(body: Reader) -> int:
    flags = body.byte()
    body.number()
    if flags & _MAXIMUM:
        body.number()
    return flags


def _exports(body: Reader) -> Iterator[str]:
    for _ in range(body.number()):
        yield body.text()
        body.byte()
        body.number()


def _dylink(body: Reader) -> _Facts:
    facts: _Facts = {"has_dylink": True}
    while not body.done:
        kind, size = body.byte(), body.number()
        part = body.part(size)
        if kind == _NEEDED:
            facts["needed"] = tuple(part.text() for _ in range(part.number()))
        elif kind == _RUNTIME_PATH:
            facts["run_path"] = tuple(part.text() for _ in range(part.number()))
        elif kind == _IMPORT_INFO:
            entries = [(part.text(), part.text(), part.number()) for _ in range(part.number())]
            facts["weak"] = frozenset((space, name) for space, name, flags in entries if flags & _BINDING == _WEAK)
    return facts


def _producers(body: Reader) -> dict[str, str]:
    """Language or tool to its version, as ``{"clang": "21.0.0git (...)"}``."""
    found: dict[str, str] = {}
    for _ in range(body.number()):
        body.text()
        for _ in range(body.number()):
            name = body.text()
            found[name] = body.text()
    return found


def _what_it_is(data: bytes) -> str:
    """What the first bytes of a file that is no WebAssembly say."""
    kinds = {
        b"\x7fELF": "a library for Linux (ELF)",
        b"\xcf\xfa\xed\xfe": "a library for macOS (Mach-O)",
        b"\xca\xfe\xba\xbe": "a library for macOS (Mach-O)",
        b"MZ": "a library for Windows (PE)",
        b"!<arch>": "a static library",
        b"BC\xc0\xde": "LLVM bitcode",
    }
    return next((what for magic, what in kinds.items() if data.startswith(magic)), "something else")
