"""Targets: what a runtime can load, computed from the running interpreter or looked up by name."""

from .model import Target
from .named import named_target, pyodide_release, target_names
from .running import running_target

__all__ = ["Target", "named_target", "pyodide_release", "running_target", "target_names"]
