"""What a person or a site sets for notebooks: the traits of ``WasmInstall``.

As with everything of IPython, they are set in a configuration file (``c.WasmInstall.auto_import = "index"``) or in a
cell (``%config WasmInstall.auto_import = "index"``). Who starts kernels hands them over with
``load_ipython_extension(ip, {"auto_import": "index"})``, JSON with the traits as keys; a configuration file has the
last word.
"""

from __future__ import annotations

from collections.abc import Mapping

from traitlets import Bool, Enum, TraitError, Unicode
from traitlets.config import Configurable

from ...errors import InvalidInput

__all__ = ["WasmInstall", "settings_of"]


class WasmInstall(Configurable):
    """Python packages in a notebook."""

    auto_import = Enum(
        ("off", "distribution", "index"),
        default_value="distribution",
        help="Where the missing imports of a cell may come from, before it runs. 'off': from nowhere. "
        "'distribution': from what was installed in this folder before, then from the Pyodide distribution. "
        "'index': after those from the index (PyPI, unless told); an import that no table knows is asked for by its "
        "own name, which may be somebody else's project.",
    ).tag(config=True)
    reinstall = Bool(
        False, help="Whether a new kernel installs again what was installed in its folder, before the first cell runs."
    ).tag(config=True)
    requirements = Unicode(
        "", help="A requirements file, as path, URL or text, that is installed before the first cell runs."
    ).tag(config=True)
    lock = Unicode(
        "", help="A pylock.toml or pyodide-lock.json, as path, URL or text, that is installed before the first cell."
    ).tag(config=True)


def settings_of(parent: Configurable, given: Mapping[str, object]) -> WasmInstall:
    """The settings of this shell. Raises ``InvalidInput`` when what is given is none of them."""
    found = WasmInstall(parent=parent)
    names = WasmInstall.class_trait_names(config=True)
    for name, value in given.items():
        if name not in names:
            raise InvalidInput(f"there is no setting {name!r}", hint=f"the settings are: {', '.join(names)}")
        if name not in parent.config.get("WasmInstall", {}):
            try:
                setattr(found, name, value)
            except TraitError as error:
                raise InvalidInput(str(error)) from None
    return found
