"""Making a lock from what is asked for.

``existing`` is what the last one said, ``made`` resolves and describes, ``together`` joins the answers for several
targets; ``text`` has the formats, ``changes`` what is different now.
"""

from .changes import changes_between
from .existing import Earlier, read_earlier
from .made import make_entries
from .text import FORMATS, Format, format_of, write_lock
from .together import join_targets

__all__ = [
    "FORMATS",
    "Earlier",
    "Format",
    "changes_between",
    "format_of",
    "join_targets",
    "make_entries",
    "read_earlier",
    "write_lock",
]
