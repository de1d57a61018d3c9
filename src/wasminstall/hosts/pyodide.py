"""Pyodide as a host: MEMFS folders, ``loadedPackages`` and shared libraries.

What is feature-detected here and nowhere else: names of the runtime's parts differ between releases, versions are
never compared. No JavaScript object is kept at module level or in an attribute: a memory snapshot could not hold it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import js
import pyodide_js
from pyodide.ffi import JsException

from .._vendor.packaging.utils import canonicalize_name
from ..errors import PlacementFailed
from ..javascript import page_helper
from ..wheels.layout import Scheme
from .library_errors import explain_import_errors
from .mounting import Mounter
from .port import Placed

__all__ = ["PyodideHost", "distribution_base_url", "distribution_lock", "loaded_libraries"]

# Chromium refuses to compile a larger module synchronously on the main thread, which is what dlopen does.
_SYNCHRONOUS_LIMIT = 8 * 1024 * 1024
_DEFAULT_CHANNEL = "default channel"


class PyodideHost:
    """The running Pyodide interpreter."""

    def __init__(self) -> None:
        paths = {name: Path("/" + path.lstrip("/")) for name, path in sysconfig.get_paths().items()}
        libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")[0] or "/usr/lib"
        self.paths: Mapping[Scheme, Path] = {
            "purelib": paths["purelib"],
            "platlib": paths["platlib"],
            "data": paths["data"],
            "scripts": paths["scripts"],
            "headers": paths["include"],
            "library": Path(libraries),
        }

    @property
    def mounter(self) -> Mounter:
        """See ``Host.mounter``."""
        return Mounter()

    async def settle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
        """See ``Host.settle``: load what cannot be loaded on import, then tell Pyodide what is there."""
        if any(item.libraries for item in placed):
            explain_import_errors()
        try:
            for library in _libraries_to_preload(placed):
                await pyodide_js._api.loadDynlib(library)
        except JsException as error:
            raise PlacementFailed(_library_trouble(library, str(error))) from None
        self._forget(removed)
        for item in placed:
            channel = _DEFAULT_CHANNEL if item.source == "Pyodide distribution" else item.source
            for name in _spellings(item.name):
                js.Reflect.set(pyodide_js.loadedPackages, name, channel)
        _look_again()

    def unsettle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
        """See ``Host.unsettle``."""
        self._forget([item.name for item in placed if item.name not in removed])
        _look_again()

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            for spelling in _spellings(name):
                js.Reflect.deleteProperty(pyodide_js.loadedPackages, spelling)


def _library_trouble(path: str, reason: str) -> str:
    """What is wrong with a shared library; the runtime forgets that it tried, so that a mended one can be loaded."""
    helper = page_helper()
    explained = "" if helper is None else str(helper.wheelFs.explainLibrary(path))
    if helper is not None:
        helper.wheelFs.forgetFailedLibraries()
    return f"a shared library cannot be loaded: {path.rpartition('/')[2]}: {explained or reason}"


def loaded_libraries(lock: Mapping[str, Any]) -> dict[str, str]:
    """The ``shared_library`` archives of this lock that are in place: version by normalised name.

    They have no metadata of their own on disk; ``loadedPackages`` is the only trace.
    """
    loaded = pyodide_js.loadedPackages.to_py()
    return {
        canonicalize_name(entry["name"]): str(entry["version"])
        for entry in lock.get("packages", {}).values()
        if entry.get("package_type") == "shared_library" and entry["name"] in loaded
    }


def distribution_lock() -> dict[str, Any]:
    """The lock of the Pyodide distribution in use, as parsed ``pyodide-lock.json``; empty when there is none."""
    api = pyodide_js._api
    if hasattr(pyodide_js, "lockfile") and pyodide_js.lockfile:
        text = js.JSON.stringify(pyodide_js.lockfile)
    elif hasattr(api, "lockfile_packages"):  # before 0.28
        packages, info = js.JSON.stringify(api.lockfile_packages), js.JSON.stringify(api.lockfile_info)
        text = f'{{"info": {info}, "packages": {packages}}}'
    else:
        return {}
    lock: dict[str, Any] = json.loads(text)
    return lock


def distribution_base_url() -> str:
    """Where the files of the lock are: the first web address among those Pyodide was started with."""
    config = pyodide_js._api.config
    given = (
        getattr(config, "packageBaseUrl", None),
        getattr(pyodide_js, "lockfileBaseUrl", None),
        getattr(config, "indexURL", None),
        getattr(config, "cdnUrl", None),
    )
    location = getattr(js, "location", None)
    for url in given:
        if url and location is not None:
            return str(js.URL.new(url, location.href).href)
        if url and str(url).startswith(("http:", "https:")):
            return str(url)
    return f"https://cdn.jsdelivr.net/pyodide/v{pyodide_js.version}/full/"


def _libraries_to_preload(placed: Sequence[Placed]) -> list[str]:
    """Shared libraries that dlopen at import could not load, ``*.libs`` folders first: others need those."""
    on_main_thread = hasattr(js, "document")
    # A runtime that has this function does not look into a package's own library folder on dlopen.
    libs_need_it = hasattr(pyodide_js._api, "loadDynlibsFromPackage")
    found = [
        path
        for item in placed
        for path in item.libraries
        if (on_main_thread and Path(path).stat().st_size > _SYNCHRONOUS_LIMIT) or (libs_need_it and _is_in_libs(path))
    ]
    return sorted(found, key=lambda path: (not _is_in_libs(path), path))


def _look_again() -> None:
    """``importlib.invalidate_caches()``, which imports ``importlib.metadata`` for it: a tenth of a second."""
    if "importlib.metadata" in sys.modules:
        importlib.invalidate_caches()
        return
    for path, finder in list(sys.path_importer_cache.items()):
        if finder is None:  # there was no such folder
            del sys.path_importer_cache[path]
        elif hasattr(finder, "invalidate_caches"):
            finder.invalidate_caches()
    for other in sys.meta_path:
        if other is not PathFinder and hasattr(other, "invalidate_caches"):
            other.invalidate_caches()


def _is_in_libs(path: str) -> bool:
    return path.rpartition("/")[0].endswith(".libs")


def _spellings(name: str) -> set[str]:
    """The normalised name, and the one of the lock, which is the key that ``loadPackage`` looks at."""
    entry = js.Reflect.get(pyodide_js._api.lockfile_packages, name)
    return {name, str(entry.name)} if entry else {name}
