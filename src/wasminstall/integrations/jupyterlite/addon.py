"""The add-on: ``jupyter lite build`` finds it by its entry point, and every Python kernel of the site has wasminstall.

The site needs nothing from elsewhere for that. What JupyterLite is told of by itself counts: its wheels (the folder
``pypi``, ``piplite_urls``, ``pipliteUrls``) are asked first, and its Pyodide is the one that is resolved for.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urljoin

from jupyterlite_core.addons.base import BaseAddon
from jupyterlite_core.constants import ALL_JSON, JUPYTERLITE_JSON
from jupyterlite_core.manager import LiteManager
from jupyterlite_pyodide_kernel.constants import (
    LOAD_PYODIDE_OPTIONS,
    OPTION_LOCK_FILE_URL,
    PYODIDE_CDN_URL,
    PYODIDE_KERNEL_PLUGIN_ID,
    PYODIDE_LOCK,
    PYODIDE_URL,
    PYPI_WHEELS,
)
from traitlets import Bool, Enum, List, Unicode

from ...errors import InvalidInput
from ...indexes.direct import local_path
from ...requirements.specifiers import python_accepts
from .seeding import seed
from .site_wheel import site_wheel

__all__ = ["WasmInstallAddon"]

_LOCK = f"{PYPI_WHEELS}/pylock.toml"
_WORKER = "service-worker.js"
# JupyterLite's worker learns whether to cache when it is activated, and has forgotten it when it is started again.
_FORGETS = "enableCache=!1"
_KNOWS = 'enableCache="true"===new URL(location.href).searchParams.get("enableCache")'
_Tasks = Iterator[dict[str, Any]]


class WasmInstallAddon(BaseAddon):  # type: ignore[misc]
    """Settings are traits: in ``jupyter_lite_config.json`` they stand below ``WasmInstallAddon``."""

    __all__: ClassVar = ["build", "post_build"]  # the phases in which it has something to do
    aliases: ClassVar = {
        "wasminstall-requirements": "WasmInstallAddon.requirements",
        "wasminstall-index-url": "WasmInstallAddon.index_urls",
    }

    requirements = Unicode(
        "",
        help="A requirements file, pyproject.toml or pylock.toml below the folder the site is built from: what it asks "
        "for is put into the site, and kernels start with it",
    ).tag(config=True)
    index_urls = List(Unicode(), help="Indexes to ask after the site's own, in place of PyPI").tag(config=True)
    auto_import = Enum(
        ("off", "distribution", "index"),
        default_value="distribution",
        help="Where the missing imports of a cell may come from",
    ).tag(config=True)
    reinstall = Bool(False, help="Whether a new kernel installs again what was installed in its folder before").tag(
        config=True
    )

    def build(self, manager: LiteManager) -> _Tasks:
        """Put our wheel, and those of ``requirements``, among the site's: the piplite add-on then lists them all."""
        name, data = self._site_wheel
        yield self.task(name="python", actions=[self._check_python])
        yield self.task(name="wheel", actions=[(self._write, [manager.output_dir / PYPI_WHEELS / name, data])])
        if self.requirements:
            # Of the Pyodide add-on, which comes first, the site has its own Pyodide by now.
            yield self.task(name="requirements", actions=[self._seed])

    def post_build(self, manager: LiteManager) -> _Tasks:
        """Have kernels begin with our wheel, and a cache that is switched on stay on."""
        config = manager.output_dir / JUPYTERLITE_JSON
        yield self.task(name=JUPYTERLITE_JSON, actions=[(self._begin_with_it, [config])])
        worker = manager.output_dir / _WORKER
        if worker.exists():
            yield self.task(name=_WORKER, actions=[(self._keep_caching, [worker])])

    @property
    def _site_wheel(self) -> tuple[str, bytes]:
        lock = _LOCK if self.requirements else ""
        settings = {"auto_import": self.auto_import, "reinstall": self.reinstall, "lock": lock}
        return site_wheel({**settings, "index_urls": list(self.index_urls)})

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.maybe_timestamp(path)

    def _seed(self) -> None:
        source, output = self.manager.lite_dir, self.manager.output_dir
        found = [source.glob(f"{PYPI_WHEELS}/*.whl"), output.glob(f"extensions/**/{PYPI_WHEELS}/*.whl")]
        work = seed(
            str(source / self.requirements),
            output / PYPI_WHEELS,
            pyodide=self._pyodide_lock(),
            wheels=[wheel.absolute() for wheels in found for wheel in wheels],
            index_urls=self.index_urls,
        )
        self._write(output / _LOCK, asyncio.run(work).encode())
        self.maybe_timestamp(output / PYPI_WHEELS)

    def _pyodide_lock(self) -> str:
        """The URL of the lock that kernels will use."""
        own: Path = self.manager.output_dir / "static" / "pyodide" / PYODIDE_LOCK
        if own.exists():
            return own.absolute().as_uri()
        config = self.manager.lite_dir / JUPYTERLITE_JSON
        settings = self.get_lite_plugin_settings(config, PYODIDE_KERNEL_PLUGIN_ID)
        named = settings.get(LOAD_PYODIDE_OPTIONS, {}).get(OPTION_LOCK_FILE_URL)
        pyodide = settings.get(PYODIDE_URL, f"{PYODIDE_CDN_URL}/pyodide.mjs")
        here = f"{self.manager.lite_dir.absolute().as_uri()}/"
        return urljoin(here, str(named or urljoin(pyodide, PYODIDE_LOCK)))

    def _check_python(self) -> None:
        """Stop where no kernel could start. A Pyodide that is not in the site is not looked at."""
        lock = Path(local_path(self._pyodide_lock()))
        if not lock.is_file():
            return
        python = json.loads(lock.read_text())["info"]["python"]
        for listing in self.manager.output_dir.glob(f"extensions/**/{PYPI_WHEELS}/{ALL_JSON}"):
            kernel = json.loads(listing.read_text()).get("pyodide-kernel", {"releases": {}})
            for file in chain.from_iterable(kernel["releases"].values()):
                if not python_accepts(file["requires_python"] or "", python):
                    raise InvalidInput(
                        f"{file['filename']} needs Python {file['requires_python']}, "
                        f"and the Pyodide of this site has {python}",
                        hint="take a newer Pyodide, or an older jupyterlite-pyodide-kernel",
                    )

    def _keep_caching(self, worker: Path) -> None:
        self._write(worker, worker.read_text().replace(_FORGETS, _KNOWS).encode())

    def _begin_with_it(self, config: Path) -> None:
        name, data = self._site_wheel
        url = f"./{PYPI_WHEELS}/{name}?sha256={hashlib.sha256(data).hexdigest()}"
        settings = self.get_lite_plugin_settings(config, PYODIDE_KERNEL_PLUGIN_ID)
        self.set_lite_plugin_settings(config, PYODIDE_KERNEL_PLUGIN_ID, {**settings, "pipliteWheelUrl": url})
