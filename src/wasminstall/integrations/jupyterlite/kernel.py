"""What a kernel of a site built with the add-on does at its start: an IPython extension."""

from __future__ import annotations

from typing import Any

import js

import wasminstall

from .piplite import use_site_indexes
from .site_settings import site_settings

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext wasminstall`` with the site's settings."""
    settings = site_settings()
    use_site_indexes(settings.pop("index_urls"))
    if settings["lock"]:
        settings["lock"] = _site() + settings["lock"]
    wasminstall.load_ipython_extension(shell, settings)


def _site() -> str:
    """The address of the site: a kernel is a worker, and its script a file of an extension."""
    return str(js.location.href).rpartition("/extensions/@jupyterlite/")[0] + "/"
