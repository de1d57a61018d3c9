"""Every error wasminstall raises, and the facts each message was made from.

The tree::

    WasmInstallError
    ├── InvalidInput                 what the user wrote cannot be read
    │   ├── InvalidRequirement
    │   ├── LockError
    │   └── UnknownTarget
    ├── ResolutionError              no set of distributions satisfies what was asked
    │   ├── UnknownProject
    │   ├── NoMatchingVersion
    │   ├── NoCompatibleWheel
    │   ├── PythonMismatch
    │   ├── Conflict
    │   └── SeveralErrors
    ├── NotInCache                   offline, and the cache lacks something
    ├── TransportError               bytes did not arrive
    │   ├── NetworkError
    │   └── HTTPStatusError
    ├── IndexAnswerError             an index answered with something that is not an index page
    ├── WheelError                   the bytes are not the wheel they should be
    │   ├── HashMismatch
    │   ├── InvalidWheel
    │   └── UnsafeWheel
    └── EnvironmentStateError        the environment cannot be changed as asked
        ├── NotInstalled
        └── PlacementFailed

Every error has ``message`` (what happened), ``hint`` (one thing to try, or an empty string) and its facts as
attributes; ``str(error)`` is the message, then the hint. ``tried`` has the failures at other addresses of the same
content. Nothing in an error holds credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from .addresses import hide_credentials
from .trouble import NETWORK_HINTS, NETWORK_TROUBLE, NetworkTrouble, status_hint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Conflict",
    "EnvironmentStateError",
    "HTTPStatusError",
    "HashMismatch",
    "IndexAnswerError",
    "InvalidInput",
    "InvalidRequirement",
    "InvalidWheel",
    "LockError",
    "NetworkError",
    "NetworkTrouble",
    "NoCompatibleWheel",
    "NoMatchingVersion",
    "NotInCache",
    "NotInstalled",
    "PlacementFailed",
    "PythonMismatch",
    "ResolutionError",
    "SeveralErrors",
    "TransportError",
    "UnknownProject",
    "UnknownTarget",
    "UnsafeWheel",
    "WasmInstallError",
    "WheelError",
    "several",
]


class WasmInstallError(Exception):
    """Base of all errors that wasminstall raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.tried: Mapping[str, str] = {}

    def also_tried(self, tried: Mapping[str, str]) -> Self:
        """The same error, naming other addresses of the same content and what happened there."""
        self.tried = {**self.tried, **tried}
        self.message += "".join(f"\n  also tried {url}: {what}" for url, what in tried.items())
        self.args = (self.message,)
        return self

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class InvalidInput(WasmInstallError):
    """What the user wrote cannot be read."""


class InvalidRequirement(InvalidInput):
    """A requirement does not follow PEP 508 and cannot be repaired without guessing."""

    def __init__(self, text: str, reason: str, *, hint: str = "") -> None:
        self.text = hide_credentials(text)
        self.reason = hide_credentials(reason)
        super().__init__(f"cannot read the requirement {self.text!r}: {self.reason}", hint=hide_credentials(hint))


class LockError(InvalidInput):
    """A lock cannot be read, cannot be installed on this target, or cannot be written from what is installed.

    ``problems`` has what is wrong with each distribution by name, all of them at once.
    """

    def __init__(self, lock: str, reason: str, problems: Mapping[str, str] | None = None, *, hint: str = "") -> None:
        self.lock = lock
        self.reason = reason
        self.problems = dict(problems or {})
        lines = "".join(f"\n  {name}: {problem}" for name, problem in self.problems.items())
        super().__init__(f"{lock}: {reason}{lines}", hint=hint)


class UnknownTarget(InvalidInput):
    """A target name is not one of those wasminstall knows."""

    def __init__(self, name: str, known: Sequence[str], close: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        self.close = tuple(close)
        names = ", ".join(close or known)
        super().__init__(f"unknown target {name!r}", hint=f"did you mean one of: {names}?")


class ResolutionError(WasmInstallError):
    """No set of distributions satisfies what was asked. Subclasses say why."""


class UnknownProject(ResolutionError):
    """No source has a project of this name. ``close`` are names that look like it."""

    def __init__(
        self, name: str, required_by: Sequence[str], sources: Sequence[str], close: Sequence[str] = (), hint: str = ""
    ) -> None:
        self.name = name
        self.required_by = tuple(required_by)
        self.sources = tuple(sources)
        self.close = tuple(close)
        asked = ", ".join(sources) or "no source"
        spelling = f"did you mean {' or '.join(close)}? If not," if close else "check the spelling, or"
        super().__init__(
            f"there is no project named {name!r}{_asked_for(required_by)}; asked: {asked}",
            hint=hint or f"{spelling} name the index that has it with index_urls=[...]",
        )


class NoMatchingVersion(ResolutionError):
    """The project exists, but none of its usable versions satisfies the requirement."""

    def __init__(
        self,
        requirement: str,
        required_by: Sequence[str],
        offered: Sequence[str],
        refused: Mapping[str, str],
        hint: str = "",
    ) -> None:
        self.requirement = requirement
        self.required_by = tuple(required_by)
        self.offered = tuple(offered)
        self.refused = dict(refused)
        super().__init__(
            f"no version satisfies {requirement!r}{_asked_for(required_by)}; "
            f"on offer: {_shortened(offered)}{_refusals(refused)}",
            hint=hint or "loosen the version range",
        )


class NoCompatibleWheel(ResolutionError):
    """Versions that satisfy the requirement exist, but none has a wheel this target can load."""

    def __init__(
        self, requirement: str, required_by: Sequence[str], target: str, refused: Mapping[str, str], hint: str
    ) -> None:
        self.requirement = requirement
        self.required_by = tuple(required_by)
        self.target = target
        self.refused = dict(refused)
        super().__init__(
            f"no wheel for {target} satisfies {requirement!r}{_asked_for(required_by)}{_refusals(refused)}", hint=hint
        )


class PythonMismatch(ResolutionError):
    """Every version that would do excludes this target's Python by its Requires-Python."""

    def __init__(
        self, requirement: str, required_by: Sequence[str], python: str, requires_python: Mapping[str, str]
    ) -> None:
        self.requirement = requirement
        self.required_by = tuple(required_by)
        self.python = python
        self.requires_python = dict(requires_python)
        wanted = _shortened([f"{version} needs Python {spec}" for version, spec in requires_python.items()], "; ")
        super().__init__(
            f"no version of {requirement!r}{_asked_for(required_by)} runs on Python {python}: {wanted}",
            hint="ask for a version made for this Python, or use a runtime with a Python it accepts",
        )


class Conflict(ResolutionError):
    """Requirements contradict each other; ``lines`` is the argument, one step a line."""

    def __init__(self, lines: Sequence[str], projects: Sequence[str]) -> None:
        self.lines = tuple(lines)
        self.projects = tuple(projects)
        super().__init__(
            "the requirements contradict each other:\n" + "\n".join(f"  {line}" for line in lines),
            hint=f"loosen one of the requirements on {', '.join(projects)}" if projects else "",
        )


class SeveralErrors(ResolutionError):
    """More than one requirement cannot be satisfied; ``errors`` has each by itself."""

    def __init__(self, errors: Sequence[ResolutionError]) -> None:
        self.errors = tuple(errors)
        parts = [str(error).replace("\n", "\n     ") for error in errors]
        lines = [f"{number:>3}. {text}" for number, text in enumerate(parts, start=1)]
        super().__init__(f"{len(errors)} things are missing:\n" + "\n".join(lines))


def several(errors: Sequence[ResolutionError]) -> ResolutionError:
    """The one error, or all of them as one."""
    return errors[0] if len(errors) == 1 else SeveralErrors(errors)


class NotInCache(WasmInstallError):
    """Nobody was to be asked, and what is in the cache is not enough.

    ``missing`` names the files and addresses that would be needed, as far as is known, and ``because`` says what cannot
    be done without them.
    """

    def __init__(self, missing: Sequence[str], because: str = "") -> None:
        self.missing = tuple(missing)
        self.because = because
        lacks = "".join(f"\n  not in the cache: {item}" for item in self.missing)
        super().__init__(
            f"offline: {because}{lacks}" if because else f"offline, and not all is in the cache{lacks}",
            hint="install it once with a network, to have it kept; wasminstall.cache.info() shows what there is",
        )


class TransportError(WasmInstallError):
    """The bytes behind a URL did not arrive; ``filename`` is the file they would have been, where it is known."""

    filename = ""

    def __init__(self, url: str, message: str, *, hint: str = "") -> None:
        self.url = url
        super().__init__(message, hint=hint)


class NetworkError(TransportError):
    """No whole answer came. ``kind`` says in which way: see ``NetworkTrouble``."""

    def __init__(self, url: str, reason: str, *, kind: NetworkTrouble = "unreachable") -> None:
        self.reason = reason
        self.kind = kind
        super().__init__(url, f"{NETWORK_TROUBLE[kind]} {url}: {reason}", hint=NETWORK_HINTS[kind])


class HTTPStatusError(TransportError):
    """A server answered with a status that means failure; ``explanation`` is what it said about it, if it was short."""

    def __init__(self, url: str, status: int, explanation: str = "") -> None:
        self.status = status
        self.explanation = explanation
        said = f": {explanation}" if explanation else ""
        super().__init__(url, f"{url} answered with HTTP status {status}{said}", hint=status_hint(status))


class IndexAnswerError(WasmInstallError):
    """An index answered, but not with a PEP 503 or PEP 691 page that we can read."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"{url} is not a package index page: {reason}",
            hint="check the index address; a login page or a proxy may have answered in its place",
        )


class WheelError(WasmInstallError):
    """The bytes are not the wheel they should be; nothing was installed from them."""

    def __init__(self, filename: str, message: str, *, hint: str = "") -> None:
        self.filename = filename
        super().__init__(message, hint=hint)


class HashMismatch(WheelError):
    """A file's hash is not the announced one."""

    def __init__(self, filename: str, algorithm: str, expected: str, actual: str, source: str) -> None:
        self.algorithm = algorithm
        self.expected = expected
        self.actual = actual
        self.source = source
        super().__init__(
            filename,
            f"{filename} from {source} has the wrong {algorithm}: expected {expected}, got {actual}",
            hint="the file is damaged or not the one that was announced; do not use it before you know why",
        )


class InvalidWheel(WheelError):
    """The archive does not follow the wheel specification."""

    def __init__(self, filename: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            filename, f"{filename} is not a valid wheel: {reason}", hint="ask its publisher for a fixed one"
        )


class UnsafeWheel(WheelError):
    """The archive would write where it must not, or its content contradicts its RECORD."""

    def __init__(self, filename: str, member: str, reason: str) -> None:
        self.member = member
        self.reason = reason
        super().__init__(
            filename,
            f"{filename} was refused because of its member {member!r}: {reason}",
            hint="do not use this file; tell its publisher",
        )


class EnvironmentStateError(WasmInstallError):
    """The environment cannot be changed as asked; it is as it was before."""


class NotInstalled(EnvironmentStateError):
    """A distribution that should be installed is not."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not installed", hint="wasminstall.list() shows what is")


class PlacementFailed(EnvironmentStateError):
    """Writing into the environment failed; every change was taken back."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        self.reason = reason
        super().__init__(f"the environment could not be changed: {reason}; it is as it was before", hint=hint)


def _asked_for(required_by: Sequence[str]) -> str:
    """`` (asked for by b 1.0 <- a 2.0)`` or nothing when the user asked for it."""
    return f" (asked for by {' <- '.join(required_by)})" if required_by else ""


def _shortened(items: Sequence[str], separator: str = ", ", most: int = 8) -> str:
    """The first ``most`` items, and how many more there are."""
    if not items:
        return "nothing"
    more = len(items) - most
    return separator.join(items[:most]) + (f"{separator}and {more} more" if more > 0 else "")


def _refusals(refused: Mapping[str, str]) -> str:
    """``; refused: 1.1, 1.0 (yanked); 0.9 (source only)``, those with the same reason together, or nothing."""
    together: dict[str, list[str]] = {}
    for what, why in refused.items():
        together.setdefault(why, []).append(what)
    groups = [f"{_shortened(versions, most=4)} ({why})" for why, versions in together.items()]
    return "; refused: " + _shortened(groups, "; ", most=6) if groups else ""
