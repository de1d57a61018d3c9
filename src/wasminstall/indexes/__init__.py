"""Indexes: each kind turns bytes into candidates, filtered by the Target; none decides, none writes a file."""

from .chain import AllThatHaveIt, FirstThatHasIt, PinnedTo
from .direct import direct_candidate
from .distribution import DistributionIndex
from .installed import InstalledIndex
from .kept import KeptOnly
from .model import Candidate, Index, Listing, Origin, Refusal, RefusedFile
from .piplite import PipliteIndex, is_piplite
from .simple import SimpleIndex

__all__ = [
    "AllThatHaveIt",
    "Candidate",
    "DistributionIndex",
    "FirstThatHasIt",
    "Index",
    "InstalledIndex",
    "KeptOnly",
    "Listing",
    "Origin",
    "PinnedTo",
    "PipliteIndex",
    "Refusal",
    "RefusedFile",
    "SimpleIndex",
    "direct_candidate",
    "is_piplite",
]
