"""Resolution: one version a project, or an explanation a person can act on. Never fetches anything.

``solver`` and ``proof`` know keys, masks and clauses and no packaging; ``domains`` turns projects into choices and
specifiers into masks; ``universe`` is the world of one problem as far as it is known; ``resolver`` turns requirements
into clauses and says what it has to know next; ``explain`` reads a failed proof, ``warnings`` an answer.
"""

from .knowledge import Knowledge, Need, NeedListing, NeedMetadata
from .problem import Prefer, Problem, Resolution, Wish
from .resolver import resolve

__all__ = ["Knowledge", "Need", "NeedListing", "NeedMetadata", "Prefer", "Problem", "Resolution", "Wish", "resolve"]
