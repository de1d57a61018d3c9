"""The cache: wheels, metadata and index answers kept between visits, for all pages of an origin or all of a user.

``wasminstall.cache.info()``, ``clear()``, ``prune()`` and ``flush()`` are for people; ``open_cache()`` is not.
"""

from .cache import Cache, Entry, Meta
from .info import CacheInfo, Removed, Share
from .opening import open_cache
from .public import clear, flush, info, prune

__all__ = ["Cache", "CacheInfo", "Entry", "Meta", "Removed", "Share", "clear", "flush", "info", "open_cache", "prune"]
