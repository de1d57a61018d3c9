"""What a command was asked for, read: requirements, files of them, constraints, as one ``Requested``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from ..errors import PythonMismatch
from ..requirements import python_accepts, read_requirements
from ..requirements.inputs import input_kind, load, read_input
from ..requirements.requested import Read, Requested
from ..targets import Target
from .options import Wanted

__all__ = ["read_wanted", "require_python"]


async def read_wanted(wanted: Wanted, read: Read) -> Requested:
    """Read all of it. Raises ``InvalidInput`` for what cannot be read, ``click.UsageError`` for what is typed wrongly.

    ``--extra`` and ``--group`` choose in the files that are a pyproject.toml.
    """
    _refuse_files(wanted.requirements)
    requested = Requested(read_requirements(wanted.requirements), pre=wanted.pre)
    projects = 0
    for file in wanted.files:
        text, address = await load(file, read)
        is_project = input_kind(text, address) == "project"
        projects += is_project
        extras, groups = (wanted.extras, wanted.groups) if is_project else ((), ())
        requested += await read_input(file, read, extras=extras, groups=groups)
    if (wanted.extras or wanted.groups) and not projects:
        raise click.UsageError(
            "--extra and --group choose in a pyproject.toml, and none is given: name it with -r pyproject.toml"
        )
    for file in wanted.constraints:
        requested += await read_input(file, read, constraint=True)
    if not requested.requirements and not wanted.files:
        raise click.UsageError("nothing is asked for: name a requirement, or a file with -r")
    return requested


def _refuse_files(requirements: Iterable[str]) -> None:
    """Raise ``click.UsageError`` for a script in place of a requirement, and for a wheel that is not there."""
    for text in requirements:
        if text.endswith(".py") and Path(text).is_file():
            ways = f"`wasminstall check --python-script {text}` reads it; one with a PEP 723 block is read by -r {text}"
            raise click.UsageError(f"{text} is a script, not a project: {ways}")
        if text.endswith(".whl") and not {":", "@"} & set(text) and not Path(text).is_file():
            raise click.UsageError(f"there is no file {text}")


def require_python(requested: Requested, target: Target) -> None:
    """Raise ``PythonMismatch`` when a project or a script that is asked for does not run on this target's Python."""
    wanted = requested.requires_python
    if wanted and not python_accepts(wanted, target.python_version):
        raise PythonMismatch("what was asked for", (), target.python_version, {"it": wanted})
