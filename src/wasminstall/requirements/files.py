"""Requirements and constraints files in the format that pip documents.

A line is a requirement with its ``--hash`` options, or options alone. What concerns building has no meaning where only
wheels are installed: it is left out where that changes nothing, and refused by name where it would. Differences from
pip, on purpose: paths of wheels start at the file they are written in, not at the working directory; everything below
a constraints file is a constraint; a file named twice is read once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..addresses import hide_credentials
from ..errors import InvalidInput, WasmInstallError
from .documents import decode_text, join_address, located_requirement
from .parse import Requirement
from .requested import Read, Requested

__all__ = ["Option", "parse_lines", "read_requirements_file", "read_requirements_text"]

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_BEFORE_OPTIONS = re.compile(r"(?:^|\s)-\S")
_HASH = re.compile(r"(sha256):[0-9a-f]{64}|(sha384):[0-9a-f]{96}|(sha512):[0-9a-f]{128}")
_DEEPEST = 50

_SHORT = {
    "-i": "--index-url",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
    "-C": "--config-settings",
}
_ALIASES = {"--pypi-url": "--index-url", "--config-setting": "--config-settings"}
_FLAGS = frozenset(("--no-index", "--pre", "--prefer-binary", "--require-hashes", "--no-require-hashes"))
_WITH_VALUE = frozenset(
    (*_SHORT.values(), "--extra-index-url", "--no-binary", "--only-binary", "--hash", "--trusted-host")
) | {"--use-feature", "--all-releases", "--only-final"}
_OF_A_REQUIREMENT = frozenset(("--hash", "--config-settings"))
_WITHOUT_EFFECT = {
    "--prefer-binary": "",
    "--only-binary": "",
    "--no-require-hashes": "",
    "--config-settings": "nothing is built here",
    "--trusted-host": "the browser decides whom it trusts",
    "--use-feature": "it is a switch of pip",
}
_REFUSED = {
    "--editable": ("an editable install needs a build tool", "build a wheel of the project and name that"),
    "--find-links": ("pages of links are not read", "name the wheels themselves, or an index with --index-url"),
    "--no-binary": ("nothing can be built from source here", "remove the line: only wheels can be installed"),
    "--all-releases": ("pre-releases are allowed for all projects or none", "write --pre, or a pre-release version"),
    "--only-final": ("pre-releases are allowed for all projects or none", "remove the line and --pre"),
}


@dataclass(frozen=True)
class Option:
    """An option line: its long ``name``, its ``value`` (empty for a flag) and the ``file:line`` it stands in."""

    name: str
    value: str
    where: str


async def read_requirements_file(address: str, read: Read, *, constraint: bool = False) -> Requested:
    """Read the file at this path or URL, and those it includes, as requirements or as constraints.

    Raises ``InvalidInput`` naming file and line, and whatever ``read`` raises.
    """
    text = decode_text(await read(address), address)
    return await read_requirements_text(text, address, read, constraint=constraint)


async def read_requirements_text(
    text: str, address: str, read: Read, *, constraint: bool = False, variables: Mapping[str, str] | None = None
) -> Requested:
    """Like ``read_requirements_file`` for a text that is here already; ``address`` is where it came from.

    ``variables`` replace ``${NAME}``, by default those of the process.
    """
    reader = _Reader(read, os.environ if variables is None else variables)
    await reader.take(text, address, constraint, ())
    return reader.result()


def parse_lines(text: str, address: str, variables: Mapping[str, str]) -> Iterator[Requirement | Option]:
    """The requirements and options of one file in order; raises ``InvalidInput`` naming the line."""
    for number, written in _logical_lines(text):
        where = f"{hide_credentials(address)}:{number}"
        line = _VARIABLE.sub(lambda match: variables.get(match[1]) or match[0], written)
        try:
            yield from _parse_line(written, line, where)
        except InvalidInput as error:
            missing = _VARIABLE.findall(line)
            if not missing:
                raise
            unset = ", ".join(missing)
            raise InvalidInput(error.message, hint=f"these environment variables are not set: {unset}") from None


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something on them and the number of their first: joined at a backslash, then without comments.

    A line that is a comment ends a continuation, whatever it ends with (pip's ``join_lines``).
    """
    parts: list[str] = []
    first = 0
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        first = first if parts else number
        is_comment = bool(_COMMENT.match(line))
        goes_on = line.endswith("\\") and not is_comment
        # The blank keeps a comment apart from what it was joined to.
        parts.append(line.rstrip("\\") if goes_on else f" {line}" if is_comment else line)
        if goes_on and number < len(lines):
            continue
        whole = _COMMENT.sub("", "".join(parts)).strip()
        parts = []
        if whole:
            yield first, whole


def _parse_line(written: str, line: str, where: str) -> Iterator[Requirement | Option]:
    begin = _BEFORE_OPTIONS.search(line)
    text = line[: begin.start()].strip() if begin else line
    options = list(_options(line[begin.start() :], where)) if begin else []
    if not text:
        yield from options
        return
    for option in options:
        if option.name not in _OF_A_REQUIREMENT:
            raise InvalidInput(f"{where}: {option.name} must stand on a line of its own")
    hashes = frozenset(_hash(option) for option in options if option.name == "--hash")
    begin = _BEFORE_OPTIONS.search(written)
    yield located_requirement(written[: begin.start()].strip() if begin else written, text, where, hashes=hashes)


def _options(text: str, where: str) -> Iterator[Option]:
    words = iter(_words(text, where))
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            name, equals, value = word[:2], word[2:], word[2:]
        name = _SHORT.get(name, _ALIASES.get(name, name))
        if name in _FLAGS and not equals:
            yield Option(name, "", where)
        elif name in _WITH_VALUE:
            value = value if equals else next(words, "")
            if not value:
                raise InvalidInput(f"{where}: {name} needs a value")
            yield Option(name, value, where)
        else:
            raise _unknown_option(word, name, where)


def _words(text: str, where: str) -> list[str]:
    if not re.search(r"[\"'\\]", text):
        return text.split()
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        raise InvalidInput(f"{where}: {str(error).lower()} in the options") from None


def _unknown_option(word: str, name: str, where: str) -> InvalidInput:
    if name in _FLAGS:
        return InvalidInput(f"{where}: {name} takes no value")
    if not name.startswith("-"):
        return InvalidInput(f"{where}: {hide_credentials(word)!r} follows the options; a requirement comes before them")
    import difflib  # 25 ms of import in a page, for an error

    close = difflib.get_close_matches(name, [*_FLAGS, *_WITH_VALUE], n=1)
    return InvalidInput(f"{where}: unknown option {name}", hint=f"did you mean {close[0]}?" if close else "")


def _hash(option: Option) -> str:
    value = option.value.lower()
    if _HASH.fullmatch(value):
        return value
    algorithm = value.partition(":")[0]
    known = algorithm in ("sha256", "sha384", "sha512")
    reason = f"is not a whole {algorithm} in hexadecimal digits" if known else "is no sha256, sha384 or sha512"
    raise InvalidInput(f"{option.where}: --hash={option.value} {reason}", hint="write it as --hash=sha256:<64 digits>")


@dataclass
class _Reader:
    """Follows includes and gathers what they say."""

    read: Read
    variables: Mapping[str, str]
    requested: Requested = field(default_factory=Requested)
    taken: set[tuple[str, bool]] = field(default_factory=set)

    async def take(self, text: str, address: str, constraint: bool, chain: tuple[str, ...]) -> None:
        self.taken.add((address, constraint))
        for item in parse_lines(text, address, self.variables):
            if isinstance(item, Requirement):
                self.requested += _as_constraint(item) if constraint else Requested(requirements=(item,))
            elif item.name in ("--requirement", "--constraint"):
                is_constraint = constraint or item.name == "--constraint"
                await self.include(item, is_constraint, address, (*chain, address))
            else:
                self.requested += _effect(item)

    async def include(self, option: Option, constraint: bool, base: str, chain: tuple[str, ...]) -> None:
        try:
            address = join_address(base, option.value)
        except ValueError as error:
            raise InvalidInput(f"{option.where}: cannot include {hide_credentials(option.value)}: {error}") from None
        if address in chain:
            path = " -> ".join(map(hide_credentials, (*chain[chain.index(address) :], address)))
            raise InvalidInput(f"{option.where}: {hide_credentials(address)} includes itself: {path}")
        if len(chain) > _DEEPEST:
            raise InvalidInput(f"{option.where}: files include each other more than {_DEEPEST} deep")
        if (address, constraint) in self.taken:
            return
        try:
            data = await self.read(address)
        except InvalidInput as error:
            raise InvalidInput(f"{option.where}: {error.message}", hint=error.hint) from None
        except WasmInstallError as error:
            error.add_note(f"included at {option.where}")
            raise
        await self.take(decode_text(data, address), address, constraint, chain)

    def result(self) -> Requested:
        """Everything, checked as a whole: one hash anywhere means that every requirement needs one, as with pip."""
        found = self.requested
        hashed = {item.name for item in (*found.requirements, *found.constraints) if item.hashes}
        if not hashed and not found.require_hashes:
            return found
        for item in found.requirements:
            if item.name not in hashed and "#sha" not in item.url:
                raise InvalidInput(
                    f"{item.where}: {item.text!r} has no --hash, but other lines have, so every one needs one",
                    hint="write the hashes of all requirements (pip-compile --generate-hashes does), or of none",
                )
        return replace(found, require_hashes=True)


def _as_constraint(item: Requirement) -> Requested:
    if item.extras:
        raise InvalidInput(f"{item.where}: a constraint cannot have extras: {item.text!r}")
    return Requested(constraints=(item,))


def _effect(option: Option) -> Requested:
    """What an option line says. Raises ``InvalidInput`` for what cannot be done here."""
    name, value = option.name, option.value
    if name == "--index-url":
        return Requested(index_url=value)
    if name == "--extra-index-url":
        return Requested(extra_index_urls=(value,))
    if name == "--no-index":
        return Requested(no_index=True)
    if name == "--pre" or (name, value) == ("--all-releases", ":all:"):
        return Requested(pre=True)
    if name == "--require-hashes":
        return Requested(require_hashes=True)
    if name in _WITHOUT_EFFECT or (name, value) == ("--no-binary", ":none:"):
        why = _WITHOUT_EFFECT.get(name)
        return Requested(notes=(f"{option.where}: {name} has no effect: {why}",) if why else ())
    if name == "--hash":
        raise InvalidInput(f"{option.where}: --hash without a requirement")
    reason, hint = _REFUSED[name]
    raise InvalidInput(f"{option.where}: {name} cannot be honoured: {reason}", hint=hint)
