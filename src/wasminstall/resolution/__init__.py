"""Resolution: one version a project, or an explanation a person can act on. Never fetches anything.

``solver`` knows keys, masks and clauses and no packaging; ``domains`` turns projects into keys and specifiers into
masks; ``resolver`` turns requirements into clauses and says what it has to know next; ``explain`` reads a failed
proof.
"""

from .knowledge import Knowledge, Need, NeedListing, NeedMetadata
from .problem import Problem, Resolution
from .resolver import resolve

__all__ = ["Knowledge", "Need", "NeedListing", "NeedMetadata", "Problem", "Resolution", "resolve"]
