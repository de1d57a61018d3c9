"""Bytecode that lasts: what imports compiled is kept beside the wheel it came from, and given back on the next visit.

Compiling Python costs ten times what unpacking does. ``collecting.py`` sees what is compiled, ``keeping.py`` stores
it in idle time, ``giving.py`` mounts it as ``__pycache__`` when that wheel is installed again; ``container.py`` is
how it is stored, ``names.py`` for which Python. Where there is none yet, ``released.py`` takes what came with the
release, and ``ahead.py`` compiles while the install waits. All is by Python's own rules: a ``.pyc`` counts for a source
of its time and size only, what came with the release for one of its hash, and nothing is done where the user has told
Python to write none, or to write them elsewhere.
"""

from .giving import KeptBytecode
from .keeping import Keeper, keep, settle

__all__ = ["Keeper", "KeptBytecode", "keep", "settle"]
