"""``%pip`` for IPython: the magic itself, and the transforms that make its lines ``await`` it.

IPython turns ``%pip ...`` into ``get_ipython().run_line_magic('pip', '...')``, which also fills in ``{names}``. What is
added is ``await`` before that, ``.value()`` where the result is assigned to a name, and ``%`` before a bare
``pip install``, which is never valid Python, or in place of the ``!`` that asks for a shell, which a browser has not.
"""

from __future__ import annotations

import re
import token
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from ...errors import WasmInstallError
from .command import read_command
from .options import VERBS
from .output import Output
from .running import run_command

__all__ = ["PYTHON_CELL", "PipCall", "await_pip", "mark_bare_pip", "pip_line"]

PYTHON_CELL = re.compile(r"\s*%%(capture|time|timeit|prun)\b.*\n")
"""The first line of a cell whose magic runs the rest of it as Python."""

_CALL = r"get_ipython\(\)\.run_line_magic\('pip', "
_STATEMENT = re.compile(rf"^(\s*)(?={_CALL})")
_ASSIGNMENT = re.compile(rf"^([^'\"#]*?=\s*)({_CALL}.*\))$")
_LINE = re.compile(rf"%pip\b(.*)|!?pip ((?:{'|'.join(VERBS)})\b.*)")
_SPACES = frozenset((token.INDENT, token.DEDENT, token.NEWLINE, token.NL, token.COMMENT, token.ENCODING))


class PipCall:
    """One line of ``%pip``: awaited it runs and shows what came of it; ``value()`` gives that instead."""

    def __init__(self, line: str, then: Callable[[], Awaitable[None]]) -> None:
        """``then`` is awaited when the command has done its work."""
        self._line = line
        self._then = then

    def __await__(self) -> Generator[Any, None, None]:
        return self._run(shown=True).__await__()

    async def value(self) -> object:
        """Run it; what the API gives. Progress and errors are shown in any case."""
        return await self._run(shown=False)

    def __repr__(self) -> str:
        return f"%pip {self._line} has not run: write it on a line of its own, or await this"

    async def _run(self, *, shown: bool) -> Any:
        output = Output()
        try:
            command = read_command(self._line)
            output = Output(quiet="quiet" in command.flags, verbose="verbose" in command.flags)
            value = await run_command(command, output)
        except WasmInstallError as error:
            output.error(error)
            raise
        if shown or command.verb == "install":
            output.result(value, command.notes)
        await self._then()
        return None if shown else value


def await_pip(lines: list[str]) -> list[str]:
    """Lines as IPython has made them, with its calls of this magic awaited."""
    return [_ASSIGNMENT.sub(r"\1await \2.value()", _STATEMENT.sub(r"\1await ", line)) for line in lines]


def pip_line(line: str) -> str | None:
    """What comes after ``%pip``, or a bare ``pip`` with a command; ``None`` for any other line."""
    found = _LINE.match(line)
    return None if found is None or line.rstrip().endswith("\\") else found[1] or found[2]


def mark_bare_pip(lines: list[str]) -> list[str]:
    """Lines as they were typed, with ``%`` where one begins with ``pip`` or ``!pip`` and the name of a command."""
    if not any("pip " in line for line in lines) or lines[0].startswith("%%"):
        return lines
    from IPython.core.inputtransformer2 import make_tokens_by_line

    marked = list(lines)
    for tokens in make_tokens_by_line(lines):
        words = [each for each in tokens if each.type not in _SPACES][:3]
        names = words[1:] if words and words[0].string == "!" else words[:2]
        if [each.type for each in names] == [token.NAME] * 2 and names[0].string == "pip" and names[1].string in VERBS:
            row, column = words[0].start
            line = lines[row - 1]
            marked[row - 1] = f"{line[:column]}%{line[names[0].start[1] :]}"
    return marked
