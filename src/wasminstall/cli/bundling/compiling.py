"""Bytecode, compiled ahead by the target's own interpreter, which runs under Node."""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from ...errors import InvalidInput
from .bootstrap import build_file
from .core import Core

__all__ = ["Compiled", "compile_ahead"]

_SCRIPT = Path(__file__).with_name("compile.mjs")
_STDLIB = "python_stdlib.zip"


@dataclass(frozen=True)
class Compiled:
    """The standard library with bytecode, and for each wheel (by file name) the files to add to it."""

    stdlib: bytes
    wheels: Mapping[str, Mapping[str, bytes]]


def compile_ahead(core: Core, wheels: Mapping[str, bytes], told: Callable[[str], object]) -> Compiled:
    """Compile the standard library and these wheels; ``told`` hears the name of each file when its turn comes.

    Takes about as long as importing all of it would. Raises ``InvalidInput`` where there is no Node, or Python does
    not start in it.
    """
    node = which("node")
    if node is None:
        raise InvalidInput(
            "bytecode is compiled by the target's own Python, which runs under Node, and there is no Node here",
            hint="install Node 20 or newer, or leave out --bytecode",
        )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, data in wheels.items():
            (folder / name).write_bytes(data)
        _run([node, str(_SCRIPT), str(core.folder), str(build_file("stdlib.py")), str(folder)], told)
        made = {name: _contents((folder / f"{name}.zip").read_bytes()) for name in wheels}
        return Compiled((folder / _STDLIB).read_bytes(), made)


def _run(command: list[str], told: Callable[[str], object]) -> None:
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            told(line.strip())
        if process.wait():
            errors.seek(0)
            # Pyodide prints its whole minified source before the message.
            lines = [line for line in errors.read().splitlines() if line.strip() and len(line) < 400]
            reason = next((line for line in reversed(lines) if "Error" in line), "it gave no reason")
            raise InvalidInput(f"the bytecode could not be compiled: {reason}", hint="leave out --bytecode")


def _contents(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return {name: source.read(name) for name in source.namelist()}
