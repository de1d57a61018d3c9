"""What ``%load_ext wasminstall`` hooks into a shell, and takes out again.

A line with ``%pip`` becomes an ``await`` of the magic, so that the next line finds what it installed, and nothing has
to block: there are browsers that cannot. In a kernel of JupyterLite the hook that loads a cell's imports is used too.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...api import install
from ...errors import WasmInstallError
from ...reporters import show_in_notebook
from ..jupyterlite.piplite import use_site_indexes
from .auto_import import imports_between, is_missing, providers
from .command import help_text
from .magic import PYTHON_CELL, PipCall, await_pip, mark_bare_pip, pip_line
from .output import Output
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
        WasmInstallError._render_traceback_ = _short_traceback  # type: ignore[attr-defined]
        show_in_notebook(True)
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
        show_in_notebook(False)
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
            await _install(Output(), asked, constraints=rest)

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
            await _install(Output(), found.known, constraints=[each for each in rest if each not in found.known])
        for requirement in found.guessed:
            await _install(Output(), [requirement])


async def _nothing() -> None:
    """What is to be done after a command that runs before its cell."""


class _Seeding:
    """What a site gives its kernels, on its way since the start; shown to nobody until a cell waits for it."""

    def __init__(self, settings: WasmInstall) -> None:
        self._output = Output(quiet=True)
        self._work = asyncio.ensure_future(self._seed(settings))

    async def wait(self) -> None:
        """Show from now on how far it is, and what went wrong."""
        self._output.quiet = False
        try:
            await self._work
        except WasmInstallError as error:
            self._output.error(error)

    async def _seed(self, settings: WasmInstall) -> None:
        if settings.lock:
            self._output.result(await install(lock=settings.lock, progress=self._output))
        if settings.requirements:
            self._output.result(await install(file=settings.requirements, progress=self._output))


async def _install(output: Output, requirements: Any = (), **options: Any) -> None:
    """Install, show what came of it, and go on in any case."""
    try:
        report = await install(requirements, progress=output, **options)
    except WasmInstallError as error:
        output.error(error)
    else:
        if report.added:
            output.result(report)


def _short_traceback(error: WasmInstallError) -> list[str]:
    """What IPython shows of an error: the message without the way to it; less where it stands above already."""
    return [f"{type(error).__name__}: {'see above' if getattr(error, 'shown', False) else error}"]


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
