"""The adapter for the world this interpreter runs in."""

from __future__ import annotations

import sys

from .port import Transport

__all__ = ["default_transport"]


def default_transport() -> Transport:
    """``fetch`` inside Pyodide, httpx elsewhere (``pip install wasminstall[serve]`` brings it)."""
    if sys.platform == "emscripten":
        from .browser import BrowserTransport

        return BrowserTransport()
    from .desktop import DesktopTransport

    return DesktopTransport()
