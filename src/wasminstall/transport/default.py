"""The adapter for the world this interpreter runs in."""

from __future__ import annotations

import sys

from .port import Transport

__all__ = ["default_transport"]


def default_transport(credentials: str = "same-origin") -> Transport:
    """``fetch`` with these ``credentials`` inside Pyodide, httpx elsewhere (``pip install wasminstall[serve]``)."""
    if sys.platform == "emscripten":
        from .browser import BrowserTransport

        return BrowserTransport(credentials)
    from .desktop import DesktopTransport

    return DesktopTransport()
