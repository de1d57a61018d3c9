"""The JavaScript half of wasminstall, as Python inside Pyodide finds it, and bytes that stay on that side.

The bootstrap brings that half along. Where there is none (JupyterLite, a plain Pyodide) it is loaded from the script
in this package; where a Content-Security-Policy forbids even that, there is none, and Python does the work alone.
No JavaScript object is kept here: a memory snapshot could not hold it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import js
import pyodide_js
from pyodide.code import run_js
from pyodide.ffi import JsException, create_once_callable, to_js

from . import __version__

__all__ = ["JavaScriptBytes", "load_page_helper", "page_helper"]

_SCRIPT = "_page.js"
_LOADED_IN_SECONDS = 10.0


class JavaScriptBytes:
    """A ``Body`` on the JavaScript side: ``proxy`` is its ``Uint8Array``."""

    def __init__(self, proxy: Any) -> None:
        self.proxy = proxy
        self._length = int(proxy.byteLength)  # asked for often, and each time across the border

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, end, _ = part.indices(len(self))
        return bytes(self.proxy.subarray(start, max(start, end)).to_bytes())

    def __bytes__(self) -> bytes:
        return bytes(self.proxy.to_bytes())


def page_helper() -> Any:
    """What ``createPage`` of js/src/page made for this interpreter; ``None`` without, or of another release."""
    helper = getattr(pyodide_js, "_wasminstall", None)
    return helper if getattr(helper, "version", __version__) == __version__ else None


async def load_page_helper() -> None:
    """Make ``page_helper()`` find something where that is possible."""
    if page_helper() is not None:
        return
    try:
        script = _resource(_SCRIPT)
    except OSError:  # left out of the bootstrap's archive, or not built
        return
    try:
        run_js(script)
    except JsException:  # no 'unsafe-eval'
        await _load_by_element(script)
    if hasattr(js, "_wasminstallPage"):
        pyodide_js._wasminstall = js._wasminstallPage(pyodide_js)
        del js._wasminstallPage


def _resource(name: str) -> str:
    """A file of this package, which may lie in a zip."""
    loader: Any = sys.modules[__name__].__spec__.loader  # type: ignore[union-attr]
    data: bytes = loader.get_data(str(Path(__file__).with_name(name)))
    return data.decode()


async def _load_by_element(script: str) -> None:
    """A script element with a ``blob:`` address, which some policies allow."""
    if not hasattr(js, "document"):
        return
    url = js.URL.createObjectURL(js.Blob.new(to_js([script]), to_js({"type": "text/javascript"})))
    settled = asyncio.get_running_loop().create_future()
    element = js.document.createElement("script")
    try:
        element.onload = element.onerror = create_once_callable(lambda _event: settled.set_result(None))
        element.src = url
        js.document.head.appendChild(element)
        await asyncio.wait_for(settled, _LOADED_IN_SECONDS)
    except (JsException, TimeoutError):  # Trusted Types forbid the address, or nothing was told
        return
    finally:
        element.remove()
        js.URL.revokeObjectURL(url)
