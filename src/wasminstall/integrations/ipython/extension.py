"""What ``%load_ext wasminstall`` hooks into a shell, and takes out again.

A line with ``%pip`` becomes an ``await`` of the magic, so that the next line finds what it installed, and nothing has
to block: there are browsers that cannot. In a kernel of JupyterLite the hook that loads a cell's imports is used too.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...api import install
from ...errors import WasmInstallError
from ...report import Report
from ...reporters import show_in_notebook
from ...tables import align_left
from ..jupyterlite.piplite import use_site_indexes
from .auto_import import imports_between, is_missing, providers
from .command import help_text
from .magic import PYTHON_CELL, PipCall, await_pip, mark_bare_pip, pip_line
from .output import CellErrors, Output
from .session import Session
from .settings import WasmInstall, settings_of

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_NOT_HERE = (
    "wasminstall is for Python in the browser, and this is not one: nothing was changed. "
    "Here %pip is the pip of this environment."
)
_NAME = "wasminstall"
_ATTRIBUTE = "_wasminstall"


def load_ipython_extension(ip: Any, settings: Mapping[str, object] | None = None) -> None:
    """Called by ``%load_ext wasminstall``. Outside Pyodide it says what to use, and changes nothing.

    ``settings`` are traits of ``WasmInstall`` by name. Raises ``InvalidInput`` for what is none.
    """
    if sys.platform != "emscripten":
        print(_NOT_HERE)
    elif not hasattr(ip, _ATTRIBUTE):
        extension = _Extension(ip, settings_of(ip, settings or {}))
        extension.load()
        setattr(ip, _ATTRIBUTE, extension)


def unload_ipython_extension(ip: Any) -> None:
    """Called by ``%unload_ext wasminstall``: everything is as it was."""
    extension = getattr(ip, _ATTRIBUTE, None)
    if extension is not None:
        extension.unload()
        delattr(ip, _ATTRIBUTE)


class _Extension:
    """What is hooked into one shell, and what was there before."""

    def __init__(self, ip: Any, settings: WasmInstall) -> None:
        self._ip = ip
        self._settings = settings
        self._session = Session()
        self._errors = CellErrors()
        self._started = False
        self._seeding: _Seeding | None = None
        self._parts: list[list[str]] = []
        self._magic = ip.magics_manager.magics["line"].get("pip")
        self._kernel = _LiteKernel(ip) if hasattr(getattr(ip, "kernel", None), "lite_transform_manager") else None

    def load(self) -> None:
        ip = self._ip

        def pip(line: str) -> PipCall:
            return PipCall(line, self._after_pip)

        pip.__doc__ = help_text()
        ip.register_magic_function(pip, "line", "pip")
        ip.input_transformers_cleanup.append(mark_bare_pip)
        ip.input_transformers_post.append(await_pip)
        ip.configurables.append(self._settings)
        ip.extension_manager.loaded.add(_NAME)
        ip.events.register("pre_run_cell", self._errors.begin)
        errors = self._errors
        WasmInstallError._render_traceback_ = lambda error: errors.traceback(error)  # type: ignore[attr-defined]
        show_in_notebook(errors.reporter)
        align_left(True)
        if self._kernel is not None:
            self._kernel.replace(self._before_cell, self._run_ahead, self._after_cell)
            use_site_indexes()
        if self._settings.lock or self._settings.requirements:
            self._seeding = _Seeding(self._settings)

    def unload(self) -> None:
        ip = self._ip
        if self._magic is not None:
            ip.magics_manager.magics["line"]["pip"] = self._magic
        ip.input_transformers_cleanup.remove(mark_bare_pip)
        ip.input_transformers_post.remove(await_pip)
        ip.configurables.remove(self._settings)
        ip.extension_manager.loaded.discard(_NAME)
        del WasmInstallError._render_traceback_  # type: ignore[attr-defined]
        ip.events.unregister("pre_run_cell", self._errors.begin)
        show_in_notebook(None)
        align_left(False)
        if self._kernel is not None:
            self._kernel.restore()

    async def _before_cell(self, cell: str) -> None:
        """What a cell needs is there before it runs. Trouble is shown; the cell runs and says what it misses."""
        await self._start()
        first, *self._parts = self._imports(cell)
        await self._bring(first)

    def _after_cell(self) -> None:
        """Nothing of this may be in the way of a cell's result."""
        with suppress(WasmInstallError, OSError):
            self._session.note_changes()

    async def _run_ahead(self, lines: list[str]) -> list[str]:
        """Run ``%pip`` at the head of a ``%%capture`` or ``%%time`` cell, whose magic could not await it."""
        await self._start()
        cell_magic = PYTHON_CELL.match("".join(lines[:1]))
        for number in range(1, len(lines) if cell_magic else 0):
            command = pip_line(lines[number])
            if command is not None:
                quiet = " --quiet" if cell_magic and cell_magic[1] == "capture" else ""
                await PipCall(self._ip.var_expand(command) + quiet, _nothing)
                lines[number] = "\n"
            elif lines[number].strip():
                break
        return lines

    async def _after_pip(self) -> None:
        """The imports between one ``%pip`` and the next could not be looked for before it ran."""
        if self._parts:
            await self._bring(self._parts.pop(0))

    async def _start(self) -> None:
        """What is to be there before the first cell."""
        if self._started:
            return
        self._started = True
        if self._seeding is not None:
            await self._seeding.wait()
        session = self._session
        await session.load()
        if self._settings.reinstall and session.pins:
            asked, rest = session.requirements()
            await _install(Output(), asked, rest)

    def _imports(self, cell: str) -> list[list[str]]:
        if self._settings.auto_import == "off":
            return [[]]
        try:
            return imports_between(self._ip.transform_cell(PYTHON_CELL.sub("", cell, count=1)))
        except SyntaxError:  # the cell will say so itself
            return [[]]

    async def _bring(self, modules: list[str]) -> None:
        missing = [module for module in modules if is_missing(module)]
        if not missing:
            return
        from ...hosts.pyodide import distribution_lock

        guess = self._settings.auto_import == "index"
        found = providers(missing, self._session.pins, distribution_lock(), guess=guess)
        if found.known:
            rest = self._session.requirements()[1]
            await _install_what_can_be(found.known, [each for each in rest if each not in found.known])
        await _install_what_can_be(found.guessed, [])


async def _nothing() -> None:
    """What is to be done after a command that runs before its cell."""


class _Seeding:
    """What a site gives its kernels, on its way since the start; shown to nobody until a cell waits for it."""

    def __init__(self, settings: WasmInstall) -> None:
        self._output = Output(quiet=True)
        self._work = asyncio.ensure_future(self._seed(settings))

    async def wait(self) -> None:
        """Show how far it is until it is done, and what went wrong."""
        self._output.quiet = False
        try:
            reports = await self._work
        except WasmInstallError as error:
            self._output.error(error)
            return
        self._output.clear()
        for report in reports:
            if report.warnings:
                self._output.result(report)

    async def _seed(self, settings: WasmInstall) -> list[Report]:
        reports = []
        if settings.lock:
            reports.append(await install(lock=settings.lock, progress=self._output))
        if settings.requirements:
            reports.append(await install(file=settings.requirements, progress=self._output))
        return reports


async def _install_what_can_be(requirements: Sequence[str], constraints: Sequence[str]) -> None:
    """Install together; where that fails one after the other, so that what cannot be had keeps nothing else away."""
    output = Output()
    if len(requirements) > 1:
        with suppress(WasmInstallError):
            output.installed(await install(requirements, constraints=constraints, progress=output))
            return
    for requirement in requirements:
        await _install(output, [requirement], constraints)
        output = Output()


async def _install(output: Output, requirements: Sequence[str], constraints: Sequence[str]) -> None:
    """Install, show what came of it, and go on in any case."""
    try:
        output.installed(await install(requirements, constraints=constraints, progress=output))
    except WasmInstallError as error:
        output.error(error)


class _LiteKernel:
    """The kernel of JupyterLite, which has its own ``%pip`` and loads what cells import."""

    def __init__(self, ip: Any) -> None:
        self._module: Any = sys.modules[type(ip.kernel).__module__]
        self._kernel = ip.kernel
        self._transforms = ip.kernel.lite_transform_manager.line_transforms
        self._before = (list(self._transforms), self._module._load_packages_from_imports)

    def replace(self, before_cell: Any, transform: Any, after_cell: Any) -> None:
        async def run(code: str) -> Any:
            try:
                return await type(self._kernel).run(self._kernel, code)
            finally:
                after_cell()

        self._kernel.run = run
        others = [each for each in self._transforms if each.__name__ != "pip_magic"]
        self._transforms[:] = [*others, transform]
        self._module._load_packages_from_imports = before_cell

    def restore(self) -> None:
        del self._kernel.run
        self._transforms[:], self._module._load_packages_from_imports = self._before
