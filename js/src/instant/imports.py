"""What a snapshot has imported: the modules that are named, else those of the projects that were asked for."""

import importlib
import io
import json
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.metadata import Distribution, distributions

OTHERS = {"conftest", "doc", "docs", "example", "examples", "setup", "test", "tests"}
"""Not what a project is about, though its wheel puts it beside that."""


def import_modules(names: Sequence[str] | None) -> str:
    """Import these; JSON: the names.

    Without names one that cannot be imported is left out, and so is one that prints: it does so for a person.
    """
    if names is None:
        found = {name for distribution in asked_for() for name in top_level(distribution)}
        return json.dumps([name for name in sorted(found) if imports_quietly(name)])
    for name in names:
        importlib.import_module(name)
    return json.dumps(names)


def asked_for() -> list[Distribution]:
    """Those that a person asked for by name; those that no other one needs, when all came from a lock."""
    installed = list(distributions())
    needed = {project(line) for each in installed for line in each.requires or () if "extra ==" not in line}
    requested = [each for each in installed if each.read_text("REQUESTED") is not None]
    return requested or [each for each in installed if project(each.metadata["Name"]) not in needed]


def project(requirement: str) -> str:
    """The normalised name that a requirement begins with."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def top_level(distribution: Distribution) -> set[str]:
    """Names that `import` knows: the one with the project's name alone where there is one."""
    paths = [file.parts for file in distribution.files or ()]
    packages = {path[0] for path in paths if len(path) == 2 and path[1] == "__init__.py"}
    modules = {path[0].partition(".")[0] for path in paths if len(path) == 1 and path[0].endswith((".py", ".so"))}
    names = {name for name in packages | modules if name.isidentifier() and name[0] != "_"} - OTHERS
    return {name for name in names if project(name) == project(distribution.metadata["Name"])} or names


def imports_quietly(name: str) -> bool:
    """Import it; whether that went well and nothing was printed."""
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            importlib.import_module(name)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever a module may raise
        return False
    return not said.getvalue()
