"""JupyterLite sites that need no internet: built by ``jupyter lite``, with our add-on or without.

``serve_jupyterlite`` builds and mounts one, ``Kernel`` runs cells in the kernel of a page. The Pyodide below it is the
npm package; the pure wheels a kernel starts with come from PyPI, pinned, and the lock is made to name those files.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from selenium import webdriver

from support.distribution import ROOT
from support.index_server import IndexServer
from support.real_wheels import Pin, fetch_pypi, real_wheel

__all__ = ["Cell", "Kernel", "pyodide_files", "save_notebook", "serve_jupyterlite"]

PYODIDE = "static/pyodide/"
KERNEL_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
ADDON = "wasminstall"
COMM = Pin("comm-0.2.3-py3-none-any.whl", "c615d91d75f7f04f095b30d1c1711babd43bdc6419c1be9886a85f2f4e489417")
# What a kernel loads at its start, in the versions of the lock where they matter.
PINS = {
    "asttokens": Pin(
        "asttokens-3.0.1-py3-none-any.whl",
        "15a3ebc0f43c2d0a50eeafea25e19046c68398e487b9f1f5b517f7c0f40f976a",
    ),
    "decorator": Pin(
        "decorator-5.2.1-py3-none-any.whl",
        "d316bb415a2d9e2d2b3abcc4084c6502fc09240e292cd76a76afc106a1c8e04a",
    ),
    "executing": Pin(
        "executing-2.2.1-py2.py3-none-any.whl",
        "760643d3452b4d777d295bb167ccc74c64a81df23fb5e08eff250c425a4b2017",
    ),
    "ipython": Pin(
        "ipython-9.12.0-py3-none-any.whl",
        "0f2701e8ee86e117e37f50563205d36feaa259d2e08d4a6bc6b6d74b18ce128d",
    ),
    "jedi": Pin(
        "jedi-0.19.2-py2.py3-none-any.whl",
        "a8ef22bde8490f57fe5c7681a3c83cb58874daf72b4784de3cce5b6ef6edb5b9",
    ),
    "matplotlib-inline": Pin(
        "matplotlib_inline-0.2.1-py3-none-any.whl",
        "d56ce5156ba6085e00a9d54fead6ed29a9c47e215cd1bba2e976ef39f5710a76",
    ),
    "parso": Pin(
        "parso-0.8.6-py2.py3-none-any.whl",
        "2c549f800b70a5c4952197248825584cb00f033b29c692671d3bf08bf380baff",
    ),
    "prompt-toolkit": Pin(
        "prompt_toolkit-3.0.52-py3-none-any.whl",
        "9aac639a3bbd33284347de5ad8d68ecc044b91a762dc39b7c21095fcd6a19955",
    ),
    "pure-eval": Pin(
        "pure_eval-0.2.3-py3-none-any.whl",
        "1db8e35b67b3d218d818ae653e27f06c3aa420901fa7b081ca98cbedc874e0d0",
    ),
    "stack-data": Pin(
        "stack_data-0.6.3-py3-none-any.whl",
        "d5558e0c25a4cb0853cddad3d77da9891a08cb85dd9f9f91b9f8cd66e511e695",
    ),
    "traitlets": Pin(
        "traitlets-5.14.3-py3-none-any.whl",
        "b74e89e397b1ed28cc831db7aea759ba6640cb3de13090ca145426688ff1ac4f",
    ),
    "wcwidth": Pin(
        "wcwidth-0.6.0-py3-none-any.whl",
        "1a3a1e510b553315f8e146c54764f4fb6264ffad731b3d78088cdb1478ffbdad",
    ),
}
ELSEWHERE = ("micropip", "packaging", "pygments", "six", "typing-extensions")
"""Those that ``real_wheels`` has a pin for."""


def serve_jupyterlite(
    server: IndexServer,
    folder: Path,
    distribution: str,
    *,
    build: str = "pyodide",
    prefix: str = "/jupyterlite/",
    apps: Sequence[str] = ("repl",),
    addon: Mapping[str, Any] | None = None,
    files: Mapping[str, str | bytes] | None = None,
) -> str:
    """Build a site in a new folder and serve it below ``prefix``; its URL.

    ``distribution`` is where the lock's other wheels are, ``build`` the Pyodide (npm alias), ``addon`` the settings of
    our add-on; without them it is switched off, and our wheel is one among the site's. ``files`` are put into the
    folder that the site is built from.
    """
    pyodide = {f"{PYODIDE}{name}": data for name, data in pyodide_files(build, distribution).items()}
    site = _build(folder, apps, addon, {**pyodide, **(files or {})})

    def file(path: str) -> bytes | None:
        local = site / path
        local = local / "index.html" if local.is_dir() else local
        return local.read_bytes() if local.is_file() else None

    server.mount(prefix, file)
    return server.origin + prefix


def _build(
    folder: Path, apps: Sequence[str], addon: Mapping[str, Any] | None, files: Mapping[str, str | bytes]
) -> Path:
    """What ``jupyter lite build`` makes of our settings and the one wheel of a kernel that is in no lock."""
    source, site = folder / "source", folder / "site"
    settings = {"exposeAppInBrowser": True, "litePluginSettings": {KERNEL_PLUGIN: {"disablePyPIFallback": True}}}
    lite = {"LiteBuildConfig": {"disable_addons": [ADDON] if addon is None else []}, "WasmInstallAddon": addon or {}}
    contents = {
        "jupyter-lite.json": json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}),
        "jupyter_lite_config.json": json.dumps(lite),
        f"pypi/{COMM.filename}": fetch_pypi(*COMM),
        **files,
    }
    if addon is None:
        [wheel] = (ROOT / "js" / "dist").glob("wasminstall-*.whl")
        contents[f"pypi/{wheel.name}"] = wheel.read_bytes()
    for name, content in contents.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
    chosen = [part for app in apps for part in ("--apps", app)]
    options = [*chosen, "--no-sourcemaps", "--no-unused-shared-packages", "--output-dir", str(site)]
    subprocess.run(
        [sys.executable, "-m", "jupyterlite_core", "build", *options],
        cwd=source,
        capture_output=True,
        timeout=120,
        check=True,
    )
    return site


def pyodide_files(build: str, distribution: str) -> dict[str, bytes]:
    """Name to content: the core as npm has it, a kernel's wheels as PyPI has them, and a lock that says so."""
    core = ROOT / "node_modules" / build
    wheels = {name: real_wheel(name) for name in ELSEWHERE}
    wheels |= {name: (pin.filename, fetch_pypi(*pin)) for name, pin in PINS.items()}
    lock = json.loads((core / "pyodide-lock.json").read_text())
    for key, entry in lock["packages"].items():
        if _normal(key) in wheels:
            filename, data = wheels[_normal(key)]
            entry |= {"file_name": filename, "sha256": _sha256(data), "version": filename.split("-")[1]}
            # IPython of Pyodide 0.29 has sqlite3 among them, which a kernel does without.
            entry["depends"] = [each for each in entry["depends"] if _normal(each) in wheels]
        else:
            entry["file_name"] = distribution + entry["file_name"]
    files = {each.name: each.read_bytes() for each in core.iterdir() if each.is_file()}
    return {**files, **dict(wheels.values()), "pyodide-lock.json": json.dumps(lock).encode()}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Cell(NamedTuple):
    """What a cell left: its printed text, the HTML of its displays as they are now, and its error."""

    text: str
    html: list[str]
    error: str


class Kernel:
    """The Python kernel of a page: that of the REPL, unless told."""

    def __init__(self, driver: webdriver.Chrome, site: str, page: str = "repl/index.html?kernel=python") -> None:
        self.driver = driver
        driver.get(site + page)
        self._script(CONNECT)

    def run(self, code: str) -> Cell:
        """Execute a cell."""
        return Cell(**self._script(EXECUTE, code))

    def wait(self) -> None:
        """Until what a kernel does before its first cell is done; this counts as no cell."""
        self._script('await kernel.requestExecute({ code: "", store_history: false }).done;')

    def restart(self) -> None:
        """What the menu's "Restart Kernel" does."""
        self._script("await globalThis.kernel.restart();")

    def run_notebook(self) -> None:
        """What the menu's "Run All Cells" does, in the notebook that the page shows."""
        self._script('await jupyterapp.commands.execute("notebook:run-all-cells");')

    def _script(self, body: str, *arguments: str) -> Any:
        return _run_script(self.driver, body, *arguments)


def save_notebook(driver: webdriver.Chrome, path: str, notebook: Mapping[str, Any] | Sequence[str]) -> None:
    """Put a notebook, or one of these code cells, into the browser's storage: every page of a site looks there.

    Any page of the site has to be open.
    """
    if not isinstance(notebook, Mapping):
        cells = [{"cell_type": "code", "source": source, **EMPTY} for source in notebook]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": PYTHON, "cells": cells}
    model = {"type": "notebook", "format": "json", "content": notebook}
    _run_script(driver, SAVE, json.dumps([path, model]))


def _run_script(driver: webdriver.Chrome, body: str, *arguments: str) -> Any:
    kind, value = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async (code) => {{{body}}})(arguments[0]).then(v => done(['ok', v]), e => done(['error', String(e)]));",
        *arguments or [""],
    )
    assert kind == "ok", value
    return value


EMPTY: dict[str, object] = {"metadata": {}, "outputs": [], "execution_count": None}
PYTHON = {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)"}}
STARTED = """
const soon = () => new Promise((done) => setTimeout(done, 50));
while (!globalThis.jupyterapp) await soon();
await jupyterapp.started;
"""
SAVE = f"""{STARTED}
await jupyterapp.serviceManager.contents.save(...JSON.parse(code));
"""
CONNECT = f"""{STARTED}
const {{ sessions }} = jupyterapp.serviceManager;
let model;
while (!model) {{
  await soon();
  await sessions.refreshRunning();
  model = [...sessions.running()][0];
}}
globalThis.kernel = sessions.connectTo({{ model }}).kernel;
"""
EXECUTE = """
const shown = new Map();
const cell = { text: "", html: [], error: "" };
const future = kernel.requestExecute({ code });
future.onIOPub = ({ header, content }) => {
  const { data, transient, text, ename, evalue, traceback } = content;
  if (data) shown.set(transient?.display_id ?? shown.size, data["text/html"] ?? data["text/plain"]);
  if (header.msg_type === "stream") cell.text += text;
  if (header.msg_type === "error") cell.error = `${ename}: ${evalue}\\n${(traceback ?? []).join("\\n")}`;
};
await future.done;
cell.html = [...shown.values()];
return cell;
"""
