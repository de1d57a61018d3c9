"""Compiled modules that cannot be imported say which library or symbol is missing, and may be tried again.

Pyodide tells it the first time only, as what failed once is then taken for loaded; and a variable that one module
missed, it asks for with every later one.
"""

from __future__ import annotations

from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType

from ..javascript import page_helper

__all__ = ["explain_import_errors"]


def explain_import_errors() -> None:
    """From now on. Harmless to call again; it keeps no JavaScript object."""
    original = ExtensionFileLoader.create_module
    if original.__module__ == __name__:
        return

    def create_module(self: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType:
        try:
            return original(self, spec)
        except ImportError as error:
            _explain(error, str(spec.origin))
            raise

    ExtensionFileLoader.create_module = create_module  # type: ignore[method-assign]


def _explain(error: ImportError, path: str) -> None:
    helper = page_helper()
    if helper is None:
        return
    reason = str(helper.wheelFs.explainLibrary(path))
    helper.wheelFs.forgetFailedLibraries()
    if reason and reason not in str(error):
        error.msg = f"{error.msg}\n{path}: {reason}"
