"""Just before a snapshot: what it must not hold is dropped."""

import gc
import importlib
import linecache
import random
import sys

importlib.invalidate_caches()
if metadata := sys.modules.get("importlib.metadata"):
    for cached in (metadata.FastPath.__new__, metadata.FastPath.lookup):
        getattr(cached, "cache_clear", lambda: None)()
linecache.clearcache()
# What modules printed is not of the visits to come.
for stream in (sys.stdout, sys.stderr):
    stream.flush()
random.Random.seed = random.__dict__["_left_to_chance"][1]  # type: ignore[method-assign]
gc.collect()
""
