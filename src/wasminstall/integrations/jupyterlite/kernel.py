"""What a kernel of a site built with the add-on does at its start: an IPython extension.

``settings.json`` beside this module is what the site's owner chose: traits of ``WasmInstall`` by name, where ``lock``
is relative to the site, and ``index_urls``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import js

import wasminstall

from .piplite import use_site_indexes

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext wasminstall`` with the site's settings."""
    settings = json.loads(Path(__file__).with_name("settings.json").read_text())
    use_site_indexes(settings.pop("index_urls"))
    if settings["lock"]:
        settings["lock"] = _site() + settings["lock"]
    wasminstall.load_ipython_extension(shell, settings)


def _site() -> str:
    """The address of the site: a kernel is a worker, and its script a file of an extension."""
    return str(js.location.href).rpartition("/extensions/@jupyterlite/")[0] + "/"
