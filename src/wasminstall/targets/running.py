"""The target of the interpreter this code runs in."""

from __future__ import annotations

import sys
import sysconfig

from .._vendor.packaging.markers import default_environment
from .._vendor.packaging.tags import sys_tags
from .model import Target
from .tags import ordered_tags, pyodide_platforms

__all__ = ["running_target"]


def running_target() -> Target:
    """What this interpreter can load: Pyodide in a page, CPython on WASI, or a desktop CPython.

    PEP 783 gives the ABI by ``PYEMSCRIPTEN_PLATFORM_VERSION``; builds before it say ``PYODIDE_ABI_VERSION``.
    """
    environment = {name: str(value) for name, value in default_environment().items() if name != "extra"}
    name = f"{environment['platform_system']} {environment['platform_machine']}, Python {environment['python_version']}"
    return Target(name, _running_tags(), environment)


def _running_tags() -> tuple[str, ...]:
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if sys.platform == "emscripten":
        abi_version = sysconfig.get_config_var("PYEMSCRIPTEN_PLATFORM_VERSION") or sysconfig.get_config_var(
            "PYODIDE_ABI_VERSION"
        )
        platforms = pyodide_platforms(str(abi_version or ""), platform)
        return ordered_tags(sys.version_info[:2], platforms, dynamic_loading=True)
    if sys.platform == "wasi":
        return ordered_tags(sys.version_info[:2], [platform], dynamic_loading=False)
    return tuple(str(tag) for tag in sys_tags())
