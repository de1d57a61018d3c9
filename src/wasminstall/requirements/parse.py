"""PEP 508 requirement strings, wheel URLs and wheel paths, as one normalised value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from .._vendor.packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from .._vendor.packaging.requirements import InvalidRequirement as _PackagingError
from .._vendor.packaging.requirements import Requirement as _PackagingRequirement
from .._vendor.packaging.specifiers import SpecifierSet
from .._vendor.packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from ..errors import InvalidInput, InvalidRequirement
from .slips import refuse_other_files, writing_hint

__all__ = ["Requirement", "parse_metadata_requirement", "parse_requirement", "read_requirements"]

# ">=7.*" and ">+0.16.0": real METADATA whose meaning is plain although PEP 440 forbids the form.
_STAR_AFTER_ORDER = re.compile(r"(<=|>=|<|>)\s*([^,;\s()*]+?)\.\*")
_PLUS_BEFORE_VERSION = re.compile(r"(<=|>=|==|!=|~=|<|>)\s*\+(?=\d)")


@dataclass(frozen=True)
class Requirement:
    """One requirement. ``name`` and ``extras`` are normalised (PEP 503, PEP 685); ``url`` is empty without one.

    ``text`` is what was written, for messages, and ``where`` the ``file:line`` it was written in, or empty.
    ``hashes`` are those its file may have, as ``algorithm:digest``; without any, every file may be taken.
    """

    name: str
    text: str
    extras: frozenset[str] = frozenset()
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    url: str = ""
    marker: Marker | None = None
    hashes: frozenset[str] = frozenset()
    where: str = ""

    def applies(self, environment: Mapping[str, str], extra: str = "") -> bool:
        """Whether the marker holds in this marker environment, with ``extra`` as the one extra asked for.

        Raises ``InvalidRequirement`` when the marker compares what cannot be compared.
        """
        return self.marker is None or _holds(self.marker, self.text, tuple(environment.items()), extra)


@lru_cache(maxsize=4096)
def _holds(marker: Marker, text: str, environment: tuple[tuple[str, str], ...], extra: str) -> bool:
    try:
        return marker.evaluate({**dict(environment), "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName) as error:
        raise InvalidRequirement(text, str(error)) from error


@lru_cache(maxsize=4096)
def parse_requirement(text: str) -> Requirement:
    """Read a requirement a user wrote: PEP 508, the URL of a wheel, or the path of one (``./x.whl``, ``/x.whl``).

    Raises ``InvalidRequirement``.
    """
    text = text.strip()
    refuse_other_files(text)
    if _is_wheel_address(text):
        return _from_wheel_address(text)
    try:
        parsed = _PackagingRequirement(text)
    except _PackagingError as error:
        raise InvalidRequirement(text, str(error).split("\n", 1)[0], hint=writing_hint(text)) from None
    return _from_packaging(parsed, text)


@lru_cache(maxsize=4096)
def parse_metadata_requirement(text: str) -> Requirement:
    """Read a ``Requires-Dist`` value, repairing old forms whose meaning is plain.

    Raises ``InvalidRequirement``; the version that carries it is then no candidate.
    """
    try:
        return _from_packaging(_PackagingRequirement(text), text)
    except _PackagingError:
        repaired = _PLUS_BEFORE_VERSION.sub(r"\1", _STAR_AFTER_ORDER.sub(r"\1\2", text))
        return parse_requirement(repaired)


def read_requirements(requirements: str | Iterable[str]) -> tuple[Requirement, ...]:
    """Read what was given to ``install()``: one requirement or many.

    Raises ``InvalidRequirement`` for the first one that cannot be read, ``InvalidInput`` for what is no string.
    """
    if not isinstance(requirements, Iterable):
        raise InvalidInput(f"a requirement must be a string, not {type(requirements).__name__}: {requirements!r}")
    given = [requirements] if isinstance(requirements, str) else list(requirements)
    for text in given:
        if not isinstance(text, str):
            raise InvalidInput(f"a requirement must be a string, not {type(text).__name__}: {text!r}")
    return tuple(parse_requirement(text) for text in given)


def _from_packaging(parsed: _PackagingRequirement, text: str) -> Requirement:
    return Requirement(
        name=canonicalize_name(parsed.name),
        text=text,
        extras=frozenset(canonicalize_name(extra) for extra in parsed.extras),
        specifier=parsed.specifier,
        url=parsed.url or "",
        marker=parsed.marker,
    )


def _is_wheel_address(text: str) -> bool:
    """A bare URL or path that ends in ``.whl``; ``name @ url`` is PEP 508."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[./]", text)) or (
        text.split("#", 1)[0].endswith(".whl") and "@" not in text
    )


def _from_wheel_address(text: str) -> Requirement:
    try:
        filename = unquote(urlsplit(text).path.rsplit("/", 1)[-1])
    except ValueError as error:
        raise InvalidRequirement(text, f"the URL cannot be taken apart: {error}") from None
    try:
        name = parse_wheel_filename(filename)[0]
    except InvalidWheelFilename:
        raise InvalidRequirement(
            text,
            f"{filename!r} is not the file name of a wheel" if filename else "it is no file",
            hint="write NAME @ URL, and keep the wheel's own file name at the end of the URL",
        ) from None
    return Requirement(name=str(name), text=text, url=text)
