"""Mock packages: names that count as installed, with modules made from text or by a function.

A persistent one is a small wheel, installed as any other. The others live in ``MockFinder``, which the import system
asks first while it has any.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from textwrap import dedent
from types import ModuleType
from typing import TYPE_CHECKING

from .._vendor.packaging.utils import canonicalize_name
from ..installed import Installed
from ..wheels.record import RecordEntry, entry_for, format_record
from ..wheels.wheel import WheelArchive

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from importlib.metadata import Distribution, DistributionFinder

__all__ = ["Content", "MockFinder", "forget_modules", "is_mock", "mock_wheel", "modules_of"]

Content = str | Callable[[ModuleType], object] | None
"""Of a mocked module: its source text, a function that fills it, or nothing."""

_WHEEL = "Wheel-Version: 1.0\nGenerator: wasminstall\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_SUMMARY = "mock package, made by wasminstall"


@dataclass(frozen=True)
class _Mock:
    name: str
    version: str
    modules: Mapping[str, Content]


class MockFinder:
    """The mock packages in memory. One object for the whole interpreter."""

    def __init__(self) -> None:
        self._mocks: dict[str, _Mock] = {}

    @property
    def versions(self) -> dict[str, str]:
        """Version by normalised name."""
        return {name: mock.version for name, mock in self._mocks.items()}

    @property
    def names(self) -> list[str]:
        """The names, as they were given."""
        return [mock.name for mock in self._mocks.values()]

    def add(self, name: str, version: str, modules: Mapping[str, Content]) -> None:
        """Add one, in place of one of the same name."""
        self.remove(name)
        self._mocks[canonicalize_name(name)] = _Mock(name, version, dict(modules))
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self, name: str) -> bool:
        """Remove one and its modules; whether it was there."""
        mock = self._mocks.pop(canonicalize_name(name), None)
        if mock is not None:
            forget_modules(mock.modules)
        if not self._mocks and self in sys.meta_path:
            sys.meta_path.remove(self)
        return mock is not None

    # -- the protocols of the import system: MetaPathFinder and Loader of importlib.abc, and DistributionFinder --------

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """The spec of a mocked module."""
        from importlib.util import spec_from_loader

        if all(fullname not in mock.modules for mock in self._mocks.values()):
            return None
        return spec_from_loader(fullname, self, origin="mock package", is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """An ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module."""
        content = next(
            mock.modules[module.__name__] for mock in self._mocks.values() if module.__name__ in mock.modules
        )
        if callable(content):
            content(module)
        else:
            exec(compile(dedent(content or ""), f"<mock {module.__name__}>", "exec"), module.__dict__)

    def find_distributions(self, context: DistributionFinder.Context) -> Iterable[Distribution]:
        """The mocks as ``importlib.metadata`` sees them."""
        wanted = None if context.name is None else canonicalize_name(context.name)
        return [_distribution(mock) for key, mock in self._mocks.items() if wanted in (None, key)]

    def invalidate_caches(self) -> None:
        """There are none."""


def mock_wheel(name: str, version: str, modules: Mapping[str, Content]) -> WheelArchive:
    """A mock as a wheel. Raises ``TypeError`` for a function among the modules: it cannot be written down."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    files = {
        f"{stem}.dist-info/METADATA": _metadata(name, version),
        f"{stem}.dist-info/WHEEL": _WHEEL,
    }
    for module, content in modules.items():
        if callable(content):
            raise TypeError(f"the module {module} of a persistent mock package must be text, not a function")
        files[f"{module.replace('.', '/')}/__init__.py"] = dedent(content or "")
    record = f"{stem}.dist-info/RECORD"
    rows = [entry_for(path, text.encode()) for path, text in files.items()]
    files[record] = format_record([*rows, RecordEntry(record)])
    return WheelArchive(f"{stem}-py3-none-any.whl", _zip(files))


def is_mock(item: Installed) -> bool:
    """Whether an installed distribution is a persistent mock."""
    return item.metadata.fields.get("summary") == (_SUMMARY,)


def modules_of(item: Installed) -> list[str]:
    """The modules of a persistent mock."""
    site = f"{item.dist_info.parent}/"
    packages = [path.removesuffix("/__init__.py") for path in item.files if path.endswith("/__init__.py")]
    return [package.removeprefix(site).replace("/", ".") for package in packages]


def forget_modules(modules: Iterable[str]) -> None:
    """Let the next import look again."""
    for module in modules:
        sys.modules.pop(module, None)


def _metadata(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {_SUMMARY}\n"


def _distribution(mock: _Mock) -> Distribution:
    # 30 ms of import in a page; whoever calls this has it already.
    from importlib.metadata import Distribution
    from pathlib import Path

    class InMemory(Distribution):
        """Nothing but METADATA."""

        def read_text(self, filename: str) -> str | None:
            return _metadata(mock.name, mock.version) if filename == "METADATA" else None

        def locate_file(self, path: object) -> Path:
            return Path(str(path))

    return InMemory()


def _zip(files: Mapping[str, str]) -> bytes:
    import io
    from zipfile import ZipFile

    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()
