"""The package installer for Python in the browser.

``await wasminstall.install("pandas")`` resolves the whole set, fetches matching wheels, verifies them and makes them
importable, or changes nothing and says why.
"""

from . import cache, errors
from .api import freeze, install, lock, show, tags, uninstall
from .api import list_installed as list  # noqa: A004
from .context import set_default_index
from .distributions import Description, Distribution, Distributions
from .errors import WasmInstallError
from .graph import tree, why
from .plan import Action, Plan
from .progress import Event
from .report import Added, Report
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
    "Report",
    "Target",
    "WasmInstallError",
    "cache",
    "errors",
    "freeze",
    "install",
    "list",
    "lock",
    "named_target",
    "set_default_index",
    "show",
    "tags",
    "tree",
    "uninstall",
    "why",
]
__version__ = "0.1.0"
