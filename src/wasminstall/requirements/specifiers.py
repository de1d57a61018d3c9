"""Questions about version specifiers (PEP 440), memoised: the same ones are asked thousands of times."""

from __future__ import annotations

from functools import lru_cache

from .._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

__all__ = ["python_accepts"]


@lru_cache(maxsize=1024)
def python_accepts(requires_python: str, python: str) -> bool:
    """Whether a Requires-Python value admits this full Python version.

    ``>=3.6.*`` is read as ``>=3.6``. A value that still does not parse admits nothing: guessing may break a page.
    """
    try:
        allowed = SpecifierSet(requires_python)
    except InvalidSpecifier:
        try:
            allowed = SpecifierSet(requires_python.replace(".*", ""))
        except InvalidSpecifier:
            return False
    # The interpreter itself may be a pre-release (3.15.0rc1); that is no reason to refuse it.
    return allowed.contains(python, prereleases=True)
