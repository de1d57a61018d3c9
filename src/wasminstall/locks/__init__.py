"""Locks, both ways: ``pylock.toml`` (PEP 751) and ``pyodide-lock.json`` read into candidates, and written.

Reading resolves nothing: the lock says which file it is, this room only whether the target can load it. Every install
needs ``provenance``, few need the rest: import from the modules, this one imports none of them.
"""

__all__: list[str] = []
