"""``wasminstall serve`` as a user runs it: what answers, what pages get, and how it ends."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli
from wasminstall.cli.bundling import bootstrap
from wasminstall.cli.serve import _parts
from wasminstall.serve import create_app

WHEEL_NAME, WHEEL = make_wheel("hello", "1.0")
LIBRARY_NAME, LIBRARY = make_wheel("of-pyodide", "1.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    app, pyodide = tmp_path / "app", tmp_path / "pyodide"
    for path in (app / "wasminstall", pyodide):
        path.mkdir(parents=True)
    (app / "index.html").write_text("<title>Page</title>")
    (app / "code.mjs").write_text("")
    (app / "wasminstall" / "wasminstall.js").write_text("the app's own")
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
        (pyodide / name).write_text(name)
    (pyodide / LIBRARY_NAME).write_bytes(LIBRARY)
    entry = {"name": "of-pyodide", "version": "1.0", "file_name": LIBRARY_NAME, "depends": [], "imports": []}
    lock = {
        "info": {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"},
        "packages": {"of-pyodide": {**entry, "sha256": hashlib.sha256(LIBRARY).hexdigest()}},
    }
    (pyodide / "pyodide-lock.json").write_text(json.dumps(lock))
    return tmp_path


@contextmanager
def served(folder: Path, *more: str) -> Iterator[httpx.Client]:
    """A client of the command, which is stopped as with Ctrl-C."""
    command = [sys.executable, "-u", "-m", "wasminstall", "serve", str(folder / "app"), "--port", "0", "--quiet"]
    process = subprocess.Popen(
        [*command, "--pyodide", str(folder / "pyodide"), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "WASMINSTALL_CACHE": str(folder / "cache")},
        # Whoever runs the tests in the background may have it ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        try:
            assert process.stdout is not None
            with httpx.Client(base_url=process.stdout.readline().strip(), trust_env=False) as client:
                yield client
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()  # where it has not ended
    assert process.returncode == 0, errors
    assert errors == ""


def test_what_answers(folder: Path) -> None:
    with IndexServer() as index:
        index.add(WHEEL_NAME, WHEEL)
        with served(folder, "--isolated", "--index-url", index.url) as client:
            page = client.get("/")
            assert page.text == '<title>Page</title><script src="/_reload.js"></script>\n'
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert page.headers["cross-origin-embedder-policy"] == "require-corp"
            assert client.get("/code.mjs").headers["content-type"] == "text/javascript; charset=utf-8"
            assert client.get("/pyodide/pyodide.asm.wasm").headers["content-type"] == "application/wasm"
            assert client.get(f"/pyodide/{LIBRARY_NAME}").content == LIBRARY
            assert client.get("/wasminstall/wasminstall.js").text == "the app's own"
            (file,) = client.get("/index/simple/hello/").json()["files"]
            assert client.get(file["url"]).content == WHEEL
            assert client.get("/nowhere").status_code == 404
        # What was fetched is on disk: the index is not asked again.
        asked = len(index.requests)
        with served(folder, "--index-url", index.url) as client:
            page = client.get("/index/simple/hello/")
            assert "cross-origin-embedder-policy" not in page.headers
            assert client.get(page.json()["files"][0]["url"]).content == WHEEL
        assert len(index.requests) == asked


def test_pages_are_told_of_changes(folder: Path) -> None:
    with served(folder) as client:
        assert 'EventSource("/_reload")' in client.get("/_reload.js").text
        with client.stream("GET", "/_reload") as stream:
            # There is a line every 0.4 seconds, whether something has changed or not.
            lines = (line for line in islice(stream.iter_lines(), 100) if line.startswith("data:"))
            assert float(next(lines).removeprefix("data: ")) > 0
            (folder / "app" / "new.txt").write_text("new")
            assert next(lines) == "data: changed"
            (folder / "app" / "new.txt").unlink()
            assert next(lines) == "data: changed"


def test_pages_ask_this_server(folder: Path) -> None:
    """Unless they name an index; all lines keep their numbers, and every other character stays."""
    start, end = '<!doctype html>\n<script\n  src="/wasminstall/wasminstall.js"', "></script>\n\u00e9"
    (folder / "app" / "plain.html").write_text(f"{start}{end}", "utf-8")
    (folder / "app" / "own.html").write_text(f'{start} data-index="https://example.com/"{end}', "utf-8")
    with served(folder) as client:
        changed = client.get("/plain.html").text.splitlines()
        assert changed[1:3] == ['<script data-index="/index/simple/"', '  src="/wasminstall/wasminstall.js"></script>']
        assert changed[3].startswith("\u00e9<script")
        assert "/index/simple/" not in client.get("/own.html").text


def test_a_release_without_bytecode_for_a_first_visit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers show a missing file as an error; this one has nothing in it."""
    (folder / "app" / "wasminstall" / "wasminstall.js").unlink()
    (folder / "app" / "wasminstall").rmdir()
    built = folder / "built"
    built.mkdir()
    for name in ("wasminstall.js", "wasminstall.zip.gz"):
        (built / name).write_text(name)
    monkeypatch.setattr(bootstrap, "_IN_WHEEL", built)
    monkeypatch.setenv("WASMINSTALL_CACHE", str(folder / "cache"))

    async def source(_filename: str, _sha256: str) -> bytes:
        return b""

    async def answered() -> bytes:
        parts = _parts(folder / "app", folder / "pyodide", source, "http://127.0.0.1:9/")
        async with TestClient(TestServer(create_app(parts))) as client:
            return await (await client.get("/wasminstall/wasminstall.stdlib.gz")).read()

    assert gzip.decompress(asyncio.run(answered())) == b""
    (built / "wasminstall.stdlib.gz").write_bytes(b"bytecode")
    assert asyncio.run(answered()) == b"bytecode"


def test_what_is_refused(folder: Path) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["serve", *arguments], catch_exceptions=False)
        assert done.exit_code == 1
        return " ".join(done.stderr.split())

    empty = CliRunner().invoke(cli, ["serve", str(folder), "--index-url", ""])
    assert empty.exit_code == 2
    assert "it is empty" in empty.stderr
    assert "is no Pyodide: it has no pyodide.mjs" in said(str(folder), "--pyodide", str(folder / "app"), "-p", "0")
