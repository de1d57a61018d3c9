"""A line as people type it after ``pip``, read into what it asks for.

The words are split as a shell does, options may stand anywhere, and nothing is ignored: what is not known is an error
that names it and the closest there is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...errors import InvalidInput
from ...requirements.inputs import input_kind
from .options import REFUSED, VERBS, WITHOUT_EFFECT, Option, Verb

__all__ = ["Command", "help_text", "read_command"]

_COMMENT = re.compile(r"(?:^|\s)#.*")
_SHELL = re.compile(r"[|&<>]+|.*;")
_OPERATOR = re.compile(r"(?:[=~!<>]=|[<>=]).*|(?!-)[^;:]*(?:[=~!<>]=|[<>=])")
_NOT_HERE = {
    "cache": "in Python: await wasminstall.cache.info(), .prune() and .clear()",
    "lock": "in Python: wasminstall.lock()",
    "why": "in Python: wasminstall.why(name)",
    "wheel": "nothing can be built here; download puts wheels into a folder",
    "sync": "install -r pylock.toml installs exactly what a lock names",
}


@dataclass(frozen=True)
class Command:
    """What a line asks for: the ``verb``, its other words, flags by their first long name, and values likewise.

    ``target`` is the file after ``>``. ``notes`` tell of options that have no effect here.
    """

    verb: str
    names: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    values: dict[str, list[str]] = field(default_factory=dict)
    target: str = ""
    notes: tuple[str, ...] = ()

    def last(self, option: str) -> str:
        """The value of an option, the last one where it was given several times; empty where it was not."""
        return self.values.get(option, [""])[-1]


def read_command(line: str) -> Command:
    """The command in a line. Raises ``InvalidInput`` for what is not known, not honoured, or incomplete."""
    words = _words(line)
    verb = next((word for word in words if not word.startswith("-")), "")
    if {"-V", "--version"} & set(words[:1]):
        return Command("version")
    if verb and verb not in VERBS:
        raise _unknown_verb(verb)
    _check_words(words, verb)
    command = _Reader(verb or "help").read(words)
    if "help" in command.flags or command.verb == "help":
        topic = command.names[:1] if command.verb == "help" else (command.verb,)
        return Command("help", tuple(name for name in topic if _is_verb(name)))
    _check_names(command)
    return command


def help_text(verb: str = "") -> str:
    """How to use ``%pip``, or one of its commands."""
    if not verb:
        return "\n".join(["%pip COMMAND ...", "", *_columns({name: each.help for name, each in VERBS.items()})])
    about = VERBS[verb]
    usage = f"%pip {verb}" + (" [options]" if about.options else "") + (f" {about.names} ..." if about.names else "")
    rows = {", ".join(option.names) + (f" {option.value}" if option.value else ""): option for option in about.options}
    options = _columns({row: option.help for row, option in rows.items()})
    return "\n".join([usage, "", about.help, *([""] if options else []), *options])


class _Reader:
    """Sorts the words of one line."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        known = (*VERBS[verb].options, Option(("--help", "-h"), "this text"))
        self._options = {name: option for option in known for name in option.names}
        self._idle = {name: option for option in WITHOUT_EFFECT for name in option.names}
        self._names: list[str] = []
        self._flags: set[str] = set()
        self._values: dict[str, list[str]] = {}
        self._notes: dict[str, None] = {}

    def read(self, words: Sequence[str]) -> Command:
        rest = iter(words)
        target = ""
        skipped = False
        for word in rest:
            if word.startswith(">") and self._verb == "freeze":
                target = word[1:] or next(rest, "")
                if not target or target.startswith(">"):
                    raise InvalidInput("pip freeze writes a file anew, and needs its name: pip freeze > FILE")
            elif word.startswith("-") and word != "-":
                self._option(word, rest)
            elif word == self._verb and not skipped:
                skipped = True
            else:
                self._names.append(word)
        return Command(self._verb, tuple(self._names), frozenset(self._flags), self._values, target, tuple(self._notes))

    def _option(self, word: str, rest: Iterator[str]) -> None:
        """One word that begins with a dash: a long option, or short ones together (``-qU``, ``-rfile``)."""
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            name, value = word[:2], word[2:].removeprefix("=")
            equals = value
        option = self._options.get(name) or self._idle.get(name)
        if option is None:
            raise self._not_known(name)
        if option.value:
            value = value if equals else next(rest, "")
            if not value:
                raise InvalidInput(f"pip {self._verb}: {name} needs a value: {name} {option.value}")
        elif equals and word.startswith("--"):
            raise InvalidInput(f"pip {self._verb}: {name} takes no value")
        self._note(name, option, value)
        if equals and not option.value:
            self._option(f"-{value}", rest)

    def _note(self, name: str, option: Option, value: str) -> None:
        key = _long(option)
        if name not in self._options:
            if option.help:
                self._notes[f"{name} has no effect: {option.help}"] = None
        elif option.value:
            self._values.setdefault(key, []).append(value)
        else:
            self._flags.add(key)

    def _not_known(self, name: str) -> InvalidInput:
        if name in REFUSED and VERBS[self._verb].names:
            return InvalidInput(f"pip {self._verb}: {name} cannot be honoured: {REFUSED[name]}")
        import difflib  # 25 ms of import in a page, for an error

        close = difflib.get_close_matches(name, self._options, n=1)
        hint = f"did you mean {close[0]}?" if close else f"%pip {self._verb} --help shows what there is"
        return InvalidInput(f"pip {self._verb} has no option {name}", hint=hint)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(_COMMENT.sub("", line).rstrip().removesuffix(";"))  # some end a cell with it
    except ValueError as error:
        raise InvalidInput(f"pip: {str(error).lower()} in: {line.strip()}") from None


def _check_words(words: Sequence[str], verb: str) -> None:
    """That a requirement is not spread over several words, and that nothing is meant for a shell."""
    has_requirements = bool(verb) and VERBS[verb].names == "REQUIREMENT"
    for word in words:
        if has_requirements and _OPERATOR.fullmatch(word):
            hint = f'write a requirement without spaces, or in quotes: %pip {verb} "app == 1.0"'
            raise InvalidInput(f"pip {verb}: {word!r} is only a part of a requirement", hint=hint)
        if _SHELL.fullmatch(word) and not (verb == "freeze" and word == ">"):
            hint = "write one command a line; `found = %pip list` keeps what a command gives"
            raise InvalidInput(f"pip {verb}: {word!r} is for a shell, and there is none here", hint=hint)


def _unknown_verb(verb: str) -> InvalidInput:
    import difflib

    close = difflib.get_close_matches(verb, VERBS, n=1)
    hint = _NOT_HERE.get(verb) or (f"did you mean {close[0]}?" if close else f"there are: {', '.join(VERBS)}")
    return InvalidInput(f"pip has no command {verb!r} here", hint=hint)


def _is_verb(name: str) -> bool:
    if name not in VERBS:
        raise _unknown_verb(name)
    return True


def _check_names(command: Command) -> None:
    """That there is something to do, and that nothing is said which means nothing."""
    about: Verb = VERBS[command.verb]
    if command.names and not about.names:
        raise InvalidInput(f"pip {command.verb} takes no names: {' '.join(command.names)}")
    if about.names and not command.names and not {"requirement", "group", "script"} & command.values.keys():
        other = " or a file with -r" if "requirement" in map(_long, about.options) else ""
        raise InvalidInput(f"pip {command.verb} needs at least one {about.names}{other}")
    files = [*command.values.get("requirement", ()), *command.values.get("script", ())]
    special = [
        file for file in files if input_kind("", file) != "requirements" or file in command.values.get("script", ())
    ]
    if special and len(files) > 1:
        raise InvalidInput(
            f"{special[0]} cannot be joined with another file", hint="install one after the other: two lines"
        )


def _long(option: Option) -> str:
    """The key of an option: its first long name, without dashes."""
    return next(name for name in option.names if name.startswith("--"))[2:]


def _columns(rows: dict[str, str]) -> list[str]:
    width = max(map(len, rows), default=0)
    return [f"  {left:<{width}}  {right}" for left, right in rows.items()]
