"""JupyterLite's own kernel, outside of JupyterLite: ``pyodide_kernel`` in Node, with our extension loaded.

What runs a cell there is what runs it in a site; only the worker around it and its messages are missing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.jupyterlite_site import COMM, ELSEWHERE, PINS
from support.node import run_in_node
from support.real_wheels import fetch_pypi, real_wheel

__all__ = ["Cell", "run_cells"]

_WHEELS = Path(sys.prefix) / "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
_BOOT = """
import wasminstall
await wasminstall.install(urls, deps=False, progress=None)
wasminstall.set_default_index(index)
import pyodide_kernel
from pyodide_kernel import kernel_instance as kernel, ipython_shell as ip
shown, printed = {}, []

def show(data, metadata, transient):
    shown[(transient or {}).get("display_id", len(shown))] = data

pyodide_kernel.stdout_stream.publish_stream_callback = lambda name, text: printed.append(text)
pyodide_kernel.stderr_stream.publish_stream_callback = lambda name, text: printed.append(text)
ip.display_pub.display_data_callback = ip.display_pub.update_display_data_callback = show
ip.displayhook.publish_execution_result = lambda count, data, metadata: show(data, metadata, None)
if load:
    wasminstall.load_ipython_extension(ip, settings)
result = []
for cell in cells:
    shown.clear()
    printed.clear()
    answer = await kernel.run(cell)
    error = "" if answer["status"] == "ok" else "\\n".join(answer["traceback"])
    result.append(["".join(printed), list(shown.values()), error])

from wasminstall.cache.cache import settled
await settled()
"""


class Cell(NamedTuple):
    """What a cell left: its printed text, its displays as they are at the end (by MIME type), and its error."""

    printed: str
    shown: list[dict[str, str]]
    error: str

    @property
    def text(self) -> str:
        """All that is shown, as plain text."""
        return "\n".join(each.get("text/plain", "") for each in self.shown)

    @property
    def html(self) -> str:
        """All that is shown, as HTML."""
        return "".join(each.get("text/html", "") for each in self.shown)


def run_cells(
    server: IndexServer,
    cells: Sequence[str],
    *,
    settings: Mapping[str, Any] | None = None,
    load: bool = True,
    build: str = "pyodide",
    cache_folder: Path | None = None,
) -> list[Cell]:
    """Run the cells of a notebook in a fresh kernel, whose default index is the server's."""
    base = mount_distribution(server, build, f"/{build}/")
    found = run_in_node(
        build,
        _BOOT,
        packages=base,
        cache_folder=cache_folder,
        from_wheel=True,
        urls=[server.file_url(filename) for filename in _kernel_wheels(server)],
        index=server.url,
        cells=list(cells),
        settings=dict(settings or {}),
        load=load,
    )
    return [Cell(*each) for each in found]


def _kernel_wheels(server: IndexServer) -> list[str]:
    """The names of the wheels a kernel consists of, which the server then has."""
    wheels = dict(map(real_wheel, ELSEWHERE))
    wheels |= {pin.filename: fetch_pypi(*pin) for pin in (*PINS.values(), COMM)}
    for pattern in ("piplite-*.whl", "pyodide_kernel-*.whl"):
        [path] = _WHEELS.glob(pattern)
        wheels[path.name] = path.read_bytes()
    for filename, data in wheels.items():
        server.add(filename, data)
    return list(wheels)
