"""What the owner of a site chose, as its kernels read it: the file that the build puts beside this module.

Traits of ``WasmInstall`` by name, where ``lock`` is relative to the site, and ``index_urls``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["site_settings"]


def site_settings() -> dict[str, Any]:
    """The settings, in a kernel of a site that was built with the add-on."""
    return dict(json.loads(Path(__file__).with_name("settings.json").read_text()))
