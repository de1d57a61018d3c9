"""Reading ``pylock.toml`` (PEP 751), as uv, pip, pdm and we write it.

``packaging`` checks the document. Choosing is done here, after the steps of the specification ("Installing"): its own
choice stops at the first trouble, does not see build numbers, and cannot say what a person needs to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urldefrag, urlsplit

from .._vendor.packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from .._vendor.packaging.utils import canonicalize_name
from .._vendor.packaging.version import InvalidVersion, Version
from ..addresses import hide_credentials
from ..errors import LockError
from ..indexes import Candidate
from ..indexes.direct import local_path
from ..indexes.filenames import best_rank, wheel_name
from ..requirements import python_accepts
from ..requirements.documents import join_address, parse_toml
from ..targets import Target
from ..wheels.record import STRONG_ALGORITHMS

if TYPE_CHECKING:
    from .._vendor.packaging.pylock import Package, PackageArchive, PackageWheel, Pylock

__all__ = ["read_pylock"]


def read_pylock(
    text: str,
    address: str,
    target: Target,
    *,
    extras: Iterable[str] = (),
    groups: Iterable[str] | None = None,
) -> tuple[Candidate, ...]:
    """The one wheel of each package that the lock installs on this target, by name.

    ``extras`` and ``groups`` are among those the lock was made for; without ``groups`` its default groups are meant.
    Raises ``LockError``: not a lock of version 1, not for this Python or environment, no such extra or group, a
    package twice, and for all packages at once, no wheel that fits, nothing but sources, no strong hash.
    """
    document = parse_toml(text, address)
    selection = _Selection(_validated(document, address), address, target)
    candidates = selection.candidates(extras, groups)
    return (*candidates, *_libraries(document, address, target, {candidate.name for candidate in candidates}))


def _validated(document: Mapping[str, Any], address: str) -> Pylock:
    from .._vendor.packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        return Pylock.from_dict(document)
    except PylockUnsupportedVersionError as error:
        raise LockError(hide_credentials(address), str(error), hint="this installer reads version 1") from None
    except (PylockValidationError, RecursionError) as error:
        raise LockError(hide_credentials(address), f"not a valid pylock.toml: {error}") from None


class _Selection:
    """What one lock installs on one target."""

    def __init__(self, lock: Pylock, address: str, target: Target) -> None:
        self._lock = lock
        self._address = address
        self._shown = hide_credentials(address)
        self._target = target
        self._problems: dict[str, str] = {}

    def candidates(self, extras: Iterable[str], groups: Iterable[str] | None) -> list[Candidate]:
        self._check_python()
        self._check_environment()
        environment: dict[str, str | frozenset[str]] = {
            **self._target.environment,
            "extras": self._known("extra", extras, self._lock.extras or ()),
            "dependency_groups": self._known(
                "dependency group",
                self._lock.default_groups or () if groups is None else groups,
                (*(self._lock.dependency_groups or ()), *(self._lock.default_groups or ())),
            ),
        }
        found = [self._candidate(package) for package in self._wanted(environment)]
        if self._problems:
            raise LockError(
                self._shown,
                f"it cannot be installed on {self._target.name}",
                self._problems,
                hint="make the lock anew with versions that have a wheel for this target, or without these packages",
            )
        return sorted(filter(None, found), key=lambda candidate: candidate.name)

    def _check_python(self) -> None:
        wanted = str(self._lock.requires_python or "")
        if wanted and not python_accepts(wanted, self._target.python_version):
            raise LockError(self._shown, f"it is for Python {wanted}, and this is {self._target.python_version}")

    def _check_environment(self) -> None:
        markers = self._lock.environments
        if markers and not any(self._holds(marker, self._target.environment) for marker in markers):
            made_for = " or ".join(str(marker) for marker in markers)
            hint = "make one for this target: `wasminstall lock --target NAME`, or wasminstall.lock() where it runs"
            raise LockError(self._shown, f"it is not for {self._target.name}, but for: {made_for}", hint=hint)

    def _known(self, what: str, asked: Iterable[str], known: Iterable[str]) -> frozenset[str]:
        spelled = {str(canonicalize_name(name)): name for name in known}
        found = {name: spelled.get(canonicalize_name(name)) for name in asked}
        for name, spelling in found.items():
            if spelling is None:
                there = ", ".join(sorted(spelled)) or "none"
                raise LockError(self._shown, f"it was made without the {what} {name!r}; it has: {there}")
        return frozenset(spelling for spelling in found.values() if spelling is not None)

    def _wanted(self, environment: Mapping[str, str | frozenset[str]]) -> list[Package]:
        """The packages whose marker holds, each name once."""
        wanted: dict[str, Package] = {}
        for package in self._lock.packages:
            if package.marker is not None and not self._holds(package.marker, environment):
                continue
            if package.name in wanted:
                both = f"{wanted[package.name].version} and {package.version}"
                raise LockError(self._shown, f"it has {package.name} twice for this target: {both}")
            wanted[package.name] = package
        return list(wanted.values())

    def _holds(self, marker: Marker, environment: Mapping[str, str | frozenset[str]]) -> bool:
        try:
            return marker.evaluate(cast("dict[str, str | frozenset[str]]", environment), context="lock_file")
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            raise LockError(self._shown, f"the marker {str(marker)!r} cannot be evaluated: {error}") from None

    def _candidate(self, package: Package) -> Candidate | None:
        """The package's wheel for the target, or ``None`` and a problem noted."""
        label = f"{package.name} {package.version or ''}".rstrip()
        try:
            found = self._from_sources(package)
        except ValueError as error:
            found = f"an address in it cannot be read: {error}"
        if isinstance(found, Candidate):
            return found
        self._problems[label] = found
        return None

    def _from_sources(self, package: Package) -> Candidate | str:
        """The wheel, or why there is none."""
        wanted = str(package.requires_python or "")
        if wanted and not python_accepts(wanted, self._target.python_version):
            return f"needs Python {wanted}, and this is {self._target.python_version}"
        if package.vcs is not None:
            return f"a {package.vcs.type} repository, and only wheels can be installed"
        if package.directory is not None:
            return "a folder of sources, and only wheels can be installed"
        if package.archive is not None:
            return self._from_archive(package, package.archive)
        return self._from_wheels(package, package.wheels or ())

    def _from_archive(self, package: Package, archive: PackageArchive) -> Candidate | str:
        """An archive is a direct URL, of a wheel or of sources."""
        name = _last_part(archive.url or archive.path or "")
        parsed = wheel_name(name)
        if parsed is None:
            return f"an archive of sources ({name}), and only wheels can be installed"
        if parsed.name != package.name:
            return f"its archive is a wheel of {parsed.name}"
        found = self._make(name, archive, direct=True)
        if found is None:
            return f"no wheel for this target: its archive is {name}"
        return found if found.hashes else f"{name} has no sha256, sha384 or sha512"

    def _from_wheels(self, package: Package, wheels: Iterable[PackageWheel]) -> Candidate | str:
        wheels = list(wheels)
        fitting = [found for wheel in wheels if (found := self._make(wheel.filename, wheel, direct=False))]
        if not fitting:
            return _nothing_fits([wheel.filename for wheel in wheels], has_sdist=package.sdist is not None)
        best = max(fitting, key=lambda candidate: (-candidate.rank, candidate.build))
        return best if best.hashes else f"{best.filename} has no sha256, sha384 or sha512"

    def _make(self, filename: str, file: PackageWheel | PackageArchive, *, direct: bool) -> Candidate | None:
        rank, parsed = best_rank(filename, self._target), wheel_name(filename)
        if rank is None or parsed is None:
            return None
        url = urldefrag(join_address(self._address, file.url or file.path or "")).url
        path = local_path(url)
        return Candidate(
            name=parsed.name,
            version=parsed.version,
            filename=filename,
            url=path or url,
            source=self._shown,
            origin="file" if path else "url" if direct else "index",
            hashes=_strong(file.hashes),
            size=max(file.size or 0, 0),
            rank=rank,
            build=parsed.build,
        )


def _libraries(document: Mapping[str, Any], address: str, target: Target, taken: set[str]) -> tuple[Candidate, ...]:
    """The archives of shared libraries that ``write_pylock`` notes in ``[tool.wasminstall]``: they are no wheels."""
    tool = document.get("tool", {}).get("wasminstall", {})
    rows = tool.get("libraries", ()) if isinstance(tool, dict) else ()
    shown = hide_credentials(address)
    found: dict[str, Candidate] = {}
    try:
        for row in rows:
            if "marker" in row and not Marker(row["marker"]).evaluate(cast("dict[str, str]", target.environment)):
                continue
            name = str(canonicalize_name(row["name"]))
            hashes = _strong(row["hashes"])
            if not hashes or name in taken or name in found:
                raise ValueError
            url = join_address(address, row["url"])
            size = row.get("size", 0)
            size = size if isinstance(size, int) and size > 0 else 0
            version = _version(row["version"])
            found[name] = Candidate(name, version, str(row["filename"]), url, shown, "distribution", hashes, size)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LockError(shown, "its [tool.wasminstall] table is not one that wasminstall writes") from None
    return tuple(candidate for _, candidate in sorted(found.items()))


def _version(text: str) -> Version:
    """Libraries are versioned by their own customs; nothing ever compares these."""
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _strong(hashes: Mapping[str, Any]) -> dict[str, str]:
    lower = {str(key).lower(): str(value).lower() for key, value in hashes.items()}
    return {key: value for key, value in sorted(lower.items()) if key in STRONG_ALGORITHMS}


def _last_part(address: str) -> str:
    path = urlsplit(address).path if "://" in address else address
    return unquote(path.replace("\\", "/").rsplit("/", 1)[-1])


def _nothing_fits(filenames: list[str], *, has_sdist: bool) -> str:
    if not filenames:
        return "a source distribution only, and only wheels can be installed"
    platforms = sorted({name[: -len(".whl")].rsplit("-", 1)[-1] for name in filenames})
    more = f" and {len(platforms) - 4} more" if len(platforms) > 4 else ""
    return f"no wheel for this target among {len(filenames)}, which are for {', '.join(platforms[:4])}{more}" + (
        "; its source distribution cannot be built here" if has_sdist else ""
    )
