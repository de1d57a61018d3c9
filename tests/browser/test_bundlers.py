"""The packed npm package in vite and in webpack, without any configuration, in a page that installs and runs."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.package import project_with_package, run_tool
from support.wheel_factory import make_wheel

PAGE = '<!doctype html><meta charset="utf-8"><title>app</title><script type="module" src="/src/main.js"></script>'
MAIN = """
import { boot } from "wasminstall";

globalThis.start = async (worker, origin) => {
  const python = await boot({ pyodide: `${origin}/pyodide/`, packages: "bundled", index: `${origin}/simple/`, worker });
  const shown = [];
  await python.execute("import bundled; print(bundled.__version__)", (output) => shown.push(output.text));
  return [await python.run("import sys; sys.version_info.major"), shown.join("").trim()];
};
"""
WEBPACK = """
import webpack from "webpack";

const options = { mode: "production", context: import.meta.dirname, entry: "./src/main.js" };
webpack({ ...options, output: { path: `${import.meta.dirname}/dist` } }, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
});
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, server: IndexServer) -> Path:
    """An application that imports the package, and a package on the index that it installs."""
    server.add(*make_wheel("bundled", "1.5"))
    project = project_with_package(tmp_path_factory.mktemp("bundlers") / "app", ["vite", "webpack"])
    (project / "src").mkdir()
    (project / "src/main.js").write_text(MAIN, "utf-8")
    (project / "index.html").write_text(PAGE, "utf-8")
    (project / "webpack.mjs").write_text(WEBPACK, "utf-8")
    return project


@pytest.mark.parametrize("worker", [False, True], ids=["page", "worker"])
@pytest.mark.parametrize("bundler", ["vite", "webpack"])
def test_a_bundle_runs(
    browser: webdriver.Chrome, server: IndexServer, project: Path, bundler: str, worker: bool
) -> None:
    """Served from a folder of its own, where nothing lies beside it but what the bundler put there."""
    mounted = f"/{bundler}/"
    server.mount(mounted, built(project, bundler, mounted))
    page = f"{server.origin}{mounted}index.html"
    assert start(browser, page, worker=worker, origin=server.origin) == [3, "1.5"]


@pytest.mark.parametrize("worker", [False, True], ids=["page", "worker"])
def test_the_development_server_of_vite(
    browser: webdriver.Chrome, server: IndexServer, project: Path, worker: bool
) -> None:
    with vite_server(project) as address:
        assert start(browser, address, worker=worker, origin=server.origin) == [3, "1.5"]


def built(project: Path, bundler: str, base: str) -> Path:
    """The folder with the page and its bundle; made once."""
    folder = project / bundler
    if folder.exists():
        return folder
    if bundler == "vite":
        run_tool(project, "node_modules/vite/bin/vite.js", "build", "--base", base, "--outDir", bundler)
    else:
        run_tool(project, "webpack.mjs")
        shutil.move(project / "dist", folder)
        (folder / "index.html").write_text('<!doctype html><script src="main.js"></script>', "utf-8")
    return folder


@contextmanager
def vite_server(project: Path) -> Iterator[str]:
    """``vite``, as a developer has it running; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = ["node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", port, "--strictPort"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(100):
                try:
                    urlopen(address, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def start(browser: webdriver.Chrome, page: str, **given: Any) -> Any:
    """What the application's function resolves to."""
    browser.get(page)
    script = """
    const [worker, origin, done] = arguments;
    const run = () => {
      if (!globalThis.start) return setTimeout(run, 50);
      start(worker, origin).then(done, (error) => done(String(error.stack)));
    };
    run();
    """
    return browser.execute_async_script(script, given["worker"], given["origin"])
