"""Indexes: each kind turns bytes into candidates, filtered by the Target; none decides, none writes a file."""

from .chain import FirstThatHasIt
from .direct import direct_candidate
from .distribution import DistributionIndex
from .installed import InstalledIndex
from .model import Candidate, Index, Listing, Origin, Refusal, RefusedFile
from .simple import SimpleIndex

__all__ = [
    "Candidate",
    "DistributionIndex",
    "FirstThatHasIt",
    "Index",
    "InstalledIndex",
    "Listing",
    "Origin",
    "Refusal",
    "RefusedFile",
    "SimpleIndex",
    "direct_candidate",
]
