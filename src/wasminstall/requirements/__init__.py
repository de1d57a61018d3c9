"""Requirements: what the user and the packages ask for, parsed, normalised, markers evaluated for one Target."""

from .parse import Requirement, parse_metadata_requirement, parse_requirement, read_requirements
from .specifiers import python_accepts

__all__ = [
    "Requirement",
    "parse_metadata_requirement",
    "parse_requirement",
    "python_accepts",
    "read_requirements",
]
