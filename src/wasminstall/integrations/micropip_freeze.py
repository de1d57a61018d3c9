"""What ``micropip.freeze()`` answers: a ``pyodide-lock.json`` with the distribution and all that was installed.

Unlike the locks of ``wasminstall.lock()``, it has all of the distribution in it, installed or not, as micropip's does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from .._vendor.packaging.utils import canonicalize_name
from ..context import Context
from ..graph import InstalledGraph
from ..installed import Installed
from ..locks.provenance import read_provenance
from .micropip_mocks import is_mock

__all__ = ["distribution", "frozen_lock"]


def frozen_lock(context: Context, lock: Mapping[str, Any], base_url: str) -> tuple[str, tuple[str, ...]]:
    """The text of the new lock, and the names left out, as nobody knows an address and a sha256 of their wheels.

    ``lock`` is the one of the running Pyodide, its file names being relative to ``base_url``; they become absolute, as
    the new lock will be somewhere else.
    """
    installed = context.environment.installed()
    graph = InstalledGraph(installed, context.target, context.libraries)
    packages = {
        str(canonicalize_name(key)): {**entry, "file_name": urljoin(base_url, entry["file_name"])}
        for key, entry in lock.get("packages", {}).items()
    }
    left_out = []
    for name, item in installed.items():
        url, sha256 = _provenance(item)
        locked = packages.get(name, {})
        if url.startswith(("https:", "http:")) and sha256:
            if (locked.get("version"), locked.get("sha256")) != (item.version, sha256):
                packages[name] = _entry(item, url, sha256, graph.dependencies(name))
        elif locked.get("version") != item.version and not is_mock(item):
            left_out.append(name)
    text = json.dumps({**lock, "packages": dict(sorted(packages.items()))})
    return text, tuple(sorted(left_out))


def distribution() -> tuple[dict[str, Any], str]:
    """The lock of the running Pyodide, and where its files are; nothing outside Pyodide."""
    if sys.platform != "emscripten":
        return {}, ""
    import js
    import pyodide_js

    from ..hosts.pyodide import distribution_base_url, distribution_lock

    lock = distribution_lock()
    if "info" not in lock:  # where the runtime has no ``lockfile``
        lock["info"] = json.loads(js.JSON.stringify(pyodide_js._api.lockfile_info))
    return lock, distribution_base_url()


def _provenance(item: Installed) -> tuple[str, str]:
    """Address and sha256 of its wheel; empty when not known."""
    known = read_provenance(item.dist_info)
    if known is not None:
        return known.url, known.hashes.get("sha256", "")
    record = item.direct_url or {}
    archive = record.get("archive_info")
    hashes = archive.get("hashes") if isinstance(archive, dict) else None
    return str(record.get("url", "")), str(hashes.get("sha256", "")) if isinstance(hashes, dict) else ""


def _entry(item: Installed, url: str, sha256: str, depends: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": item.metadata.name,
        "version": item.version,
        "file_name": url,
        "install_dir": "site",
        "sha256": sha256,
        "package_type": "package",
        "imports": sorted(item.top_level),
        "depends": list(depends),
        "unvendored_tests": False,
    }
