"""``wasminstall serve``: a folder of pages on this machine, with all that their Python asks for on the same origin."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..cache import open_cache
from ..cache.folder import default_folder
from ..context import default_index_urls
from ..errors import InvalidInput
from ..targets import Target
from .bundling.bootstrap import COMPILED, FIRST_VISIT, NO_FIRST_VISIT, bootstrap_folder
from .bundling.core import find_core
from .bundling.page import read_page
from .options import Sources, not_empty, page_target_option
from .screen import Screen
from .world import World, open_world

if TYPE_CHECKING:
    from ..serve import Part

__all__ = ["serve"]

_INDEX = "/index/simple/"


@click.command
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".", metavar="[FOLDER]"
)
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to begin with; the next free one is used.",
)
@click.option("--isolated", is_flag=True, help="Cross-origin isolated pages, which interrupt() and shared memory need.")
@page_target_option
@click.option(
    "--pyodide",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The Pyodide at /pyodide/; npm fetches it otherwise.",
)
@click.option(
    "--distribution",
    default="",
    metavar="PLACE",
    help="Where the packages of Pyodide come from: a folder or a URL, in place of the CDN.",
)
@click.option(
    "-i",
    "--index-url",
    default="",
    metavar="URL",
    callback=not_empty,
    help="The index behind /index/simple/, in place of PyPI.",
)
@click.pass_obj
def serve(
    screen: Screen,
    folder: Path,
    port: int,
    isolated: bool,
    target: Target,
    pyodide: Path | None,
    distribution: str,
    index_url: str,
) -> None:
    r"""Serve FOLDER to yourself while you write its pages.

    They load anew when a file changes.

    \b
    /wasminstall/    wasminstall for <script src="/wasminstall/wasminstall.js">
    /pyodide/        a complete Pyodide for data-pyodide="/pyodide/"
    /index/simple/   the index that pages ask unless they name one; what was fetched stays on disk

    Only this machine can connect. For others, `wasminstall bundle` makes a site.

    \b
    wasminstall serve app
    wasminstall serve app --isolated --pyodide node_modules/pyodide
    """
    try:
        from ..serve import listen, run_until_stopped
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"this Python lacks {error.name}, which the server needs", hint='pip install "wasminstall[cli,serve]"'
        ) from None
    from ..serve import create_app

    listener = listen(port)
    with listener, tempfile.TemporaryDirectory() as place:

        async def run() -> None:
            with screen.progress("fetching Pyodide"):
                core = await find_core(pyodide, target, Path(place), open_cache())
            sources = Sources(distributions=(distribution or str(core.folder),))
            async with open_world(sources) as world:
                source = await _packages(world, target)
                parts = _parts(folder, core.folder, source, index_url or default_index_urls()[0])
                app = create_app(parts, isolated=isolated)
                await run_until_stopped(app, listener, lambda address: _announce(screen, folder, address))

        try:
            asyncio.run(run())
        except KeyboardInterrupt:
            screen.note("stopped")


async def _packages(world: World, target: Target) -> Callable[[str, str], Awaitable[bytes]]:
    """What has the bytes of the packages of this target's distribution."""
    found = await world.distribution(target)
    assert found is not None

    async def source(filename: str, sha256: str) -> bytes:
        addresses = [found.base_url + filename]
        return bytes(await world.pages.client.file(addresses, filename=filename, hashes={"sha256": sha256}, size=0))

    return source


def _parts(folder: Path, pyodide: Path, packages: Callable[[str, str], Awaitable[bytes]], index_url: str) -> list[Part]:
    """What answers; folders that the app has itself come first."""
    from ..serve import Answer, ContentStore, Distribution, Folder, IndexProxy, Reload

    kept = default_folder() / "served"
    store = ContentStore(kept / "sha256")
    reload = Reload(folder)
    parts: list[Part] = [reload, IndexProxy(kept, store, upstream=index_url)]
    if not (folder / "pyodide").exists():
        parts.append(Distribution(pyodide, packages, store))
    if not (folder / "wasminstall").exists():
        built = bootstrap_folder()
        missing = [name for name in (FIRST_VISIT, *COMPILED.values()) if not (built / name).exists()]
        parts += [Answer(f"/wasminstall/{name}", NO_FIRST_VISIT) for name in missing]
        parts.append(Folder("/wasminstall/", built))
    return [*parts, Folder("/", folder, change=lambda page: _changed(page, reload.script))]


def _changed(page: bytes, script: str) -> bytes:
    """The page with the script at its end, and asking the index of this server where it names none.

    All lines keep their numbers.
    """
    text = page.decode("utf-8", "surrogateescape")
    tag = read_page("", text).bootstrap
    if tag is not None and "data-index" not in tag.attributes:
        at = tag.start + len("<script")
        text = f'{text[:at]} data-index="{_INDEX}"{text[at:]}'
    return text.encode("utf-8", "surrogateescape") + f'<script src="{script}"></script>\n'.encode()


def _announce(screen: Screen, folder: Path, address: str) -> None:
    click.echo(f"{folder} is at {address}" if not screen.quiet else address)
    if not (folder / "index.html").is_file():
        screen.note(f"there is no index.html in {folder}: open a page of it by its name")
    screen.note("stop with Ctrl-C")
