"""The package installer for Python in the browser.

``await wasminstall.install("pandas")`` resolves the whole set, fetches matching wheels, verifies them and makes them
importable, or changes nothing and says why.
"""

from collections.abc import Mapping

from . import cache, errors
from .api import freeze, install, lock, show, sync, tags, uninstall
from .api import list_installed as list  # noqa: A004
from .checking import Problem, Problems, check
from .context import set_default_index
from .distributions import Description, Distribution, Distributions
from .errors import WasmInstallError
from .graph import tree, why
from .plan import Action, Plan
from .progress import Event
from .report import Added, Removed, Report
from .targets import Target, named_target
from .wheels.archive import Limits

__all__ = [
    "Action",
    "Added",
    "Description",
    "Distribution",
    "Distributions",
    "Event",
    "Limits",
    "Plan",
    "Problem",
    "Problems",
    "Removed",
    "Report",
    "Target",
    "WasmInstallError",
    "cache",
    "check",
    "errors",
    "freeze",
    "install",
    "list",
    "load_ipython_extension",
    "lock",
    "named_target",
    "set_default_index",
    "show",
    "sync",
    "tags",
    "tree",
    "uninstall",
    "unload_ipython_extension",
    "why",
]
__version__ = "0.1.0"


def load_ipython_extension(ip: object, settings: Mapping[str, object] | None = None) -> None:
    """``%load_ext wasminstall``: ``%pip`` for notebooks in the browser, and imports that install themselves.

    ``settings`` are traits of ``WasmInstall`` by name, for those who start kernels.
    """
    from .integrations import ipython

    ipython.load_ipython_extension(ip, settings)


def unload_ipython_extension(ip: object) -> None:
    """``%unload_ext wasminstall``: everything is as it was."""
    from .integrations import ipython

    ipython.unload_ipython_extension(ip)
