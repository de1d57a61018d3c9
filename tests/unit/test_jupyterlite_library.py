"""The standard library of a kernel: compiled once, kept, given out in the next kernel, for exactly the same source."""

from __future__ import annotations

import zipfile
import zipimport
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.integrations.jupyterlite import standard_library
from wasminstall.integrations.jupyterlite.standard_library import Library

SOURCE = "def answer():\n    return 42\n"


class Kernel:
    """A ``zipimport`` whose compiler counts; every kernel of a test has the same cache."""

    def __init__(self, library: Library, compiled: list[str], archive: Path) -> None:
        self.library = library
        self.compiled = compiled
        self._archive = archive

    def imported(self, name: str) -> Any:
        """What an import makes of a module."""
        module: dict[str, Any] = {}
        zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]
        importer = zipimport.zipimporter(str(self._archive))
        importer.get_filename(name)
        exec(importer.get_code(name), module)
        return module


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Kernel]:
    real: Callable[..., CodeType] = zipimport._compile_source  # type: ignore[attr-defined]
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setattr(standard_library, "open_cache", lambda: Cache(FolderStore(tmp_path / "cache")))

    def start(source: str) -> Kernel:
        archive = tmp_path / "library.zip"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("inside.py", source)
        compiled: list[str] = []

        def compile_source(path: str, data: bytes, *rest: object) -> CodeType:
            compiled.append(Path(path).name)
            return real(path, data, *rest)

        library = Library(compile_source, f"{archive}/")
        monkeypatch.setattr(zipimport, "_compile_source", library)
        return Kernel(library, compiled, archive)

    return start


def test_a_module_is_compiled_once(start: Callable[[str], Kernel]) -> None:
    """For the name of its file and to run it, which Python itself does one after the other."""
    kernel = start(SOURCE)
    assert kernel.imported("inside")["answer"]() == 42
    assert kernel.compiled == ["inside.py"]


async def test_the_next_kernel_compiles_nothing(start: Callable[[str], Kernel]) -> None:
    first = start(SOURCE)
    await first.library.begin()
    first.imported("inside")
    await first.library.settle()

    second = start(SOURCE)
    await second.library.begin()
    assert second.imported("inside")["answer"]() == 42
    assert second.compiled == []


async def test_another_source_is_compiled(start: Callable[[str], Kernel]) -> None:
    """Another release of Pyodide has the same Python, and other modules."""
    first = start(SOURCE)
    await first.library.begin()
    first.imported("inside")
    await first.library.settle()

    second = start(SOURCE.replace("42", "43"))
    await second.library.begin()
    assert second.imported("inside")["answer"]() == 43
    await second.library.settle()

    third = start(SOURCE.replace("42", "43"))
    await third.library.begin()
    assert third.imported("inside")["answer"]() == 43
    assert [second.compiled, third.compiled] == [["inside.py"], []]


async def test_nothing_is_given_out_where_no_bytecode_is_wanted(
    start: Callable[[str], Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(SOURCE)
    await first.library.begin()
    first.imported("inside")
    await first.library.settle()

    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    second = start(SOURCE)
    await second.library.begin()
    second.imported("inside")
    assert second.compiled == ["inside.py"]


def test_what_is_no_python_stays_an_error(start: Callable[[str], Kernel]) -> None:
    with pytest.raises(SyntaxError):
        start("def answer(:\n").imported("inside")
