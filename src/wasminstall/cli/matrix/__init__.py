"""What works on which target: one column a target, one verdict a project, and what to do where the answer is no."""

from .columns import column, unasked
from .model import Column, Kind, Problem, Verdict
from .show import as_json, show, show_aside

__all__ = ["Column", "Kind", "Problem", "Verdict", "as_json", "column", "show", "show_aside", "unasked"]
