"""What a restored Python has of the visit that made it and must have of this one."""

import random
import sys
import time
from pathlib import Path


def renew() -> None:
    """Other random numbers, other names of temporary files, this visit's time."""
    if sys.path[:2] == ["", ""]:
        del sys.path[0]  # Pyodide adds it at each start
    random.seed()
    noted, _ = random.__dict__.pop("_left_to_chance", ((), None))
    for generator in filter(None, (each() for each in noted)):
        generator.seed()
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
    if tempfile := sys.modules.get("tempfile"):
        tempfile.__dict__["_name_sequence"] = None
    if uuid := sys.modules.get("uuid"):
        uuid.__dict__.update(_node=None, _last_timestamp=None)
    if logging := sys.modules.get("logging"):
        nanoseconds = isinstance(logging.__dict__["_startTime"], int)
        logging.__dict__["_startTime"] = time.time_ns() if nanoseconds else time.time()
    if hasattr(time, "tzset"):
        time.tzset()


def tried(modules: list[str]) -> str:
    """A smoke test: raises where text, numbers or files do not work; a module that is missing, or ""."""
    if f"{float('1.5'):.2f}" != "1.50" or not Path.cwd().exists():
        raise AssertionError
    return next((name for name in modules if name not in sys.modules), "")


renew()
