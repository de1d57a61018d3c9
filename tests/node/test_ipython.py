"""Notebooks: ``%pip`` and what comes with it, in the kernel of JupyterLite, without stack switching (as in WebKit)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.index_server import IndexServer
from support.notebook_kernel import Cell, run_cells
from support.wheel_factory import make_wheel

CELLS = {
    "old version": "%pip install app==1.0\nimport app, lib\napp.__version__",
    "other magics": "%config WasmInstall.reinstall = False\n%pip install -q several\n%who_ls",
    "nothing to do": "%pip install app",
    "list": "%pip list\nprint('next')",
    "bare": "pip show app",
    "assigned": "found = %pip list\n[each.version for each in found if each.name == 'app']",
    "assigned install": "done = %pip install lib\ntype(done).__name__",
    "assigned, bare": 'names = "pip install"\nnames',
    "tree": "%pip tree",
    "check": "%pip check",
    "several lines": "wanted = 'app>=2'\n%pip install \\\n  {wanted} \\\n  --user  # isn't it?\n%pip show app lib",
    "in a block": "if True:\n    pip uninstall -y app lib\n    gone = %pip freeze\n'app' in gone",
    "captured": "%%capture\n%pip install app==1.0\npip install lib\nimport app\nversion = app.__version__",
    "after captured": "version",
    "timed": "%%time\n%pip install several\nimport several",
    "download": "%pip download -d wheels app==2.0\nimport os\nsorted(os.listdir('wheels'))",
    "file": "open('asked.txt', 'w').write('app>1')\n%pip install -r asked.txt --dry-run",
    "frozen": "%pip freeze > frozen.txt\n'app==1.0' in open('frozen.txt').read()",
    "verbose": "%pip install -v --force-reinstall lib",
    "for a shell": "!pip install -q several\nif True:\n    !pip show several",
    "a comma": "%pip install app,lib",
    "a file's name": "%pip install requirements.txt",
    "unknown option": "%pip install --frobnicate app\nprint('not reached')",
    "unknown command": "%pip instal app",
    "unknown project": "%pip install nowhere",
    "by the API": "import wasminstall\nawait wasminstall.install('nowhere')",
    "by the API, caught": (
        "try:\n    await wasminstall.install('nowhere')\n"
        "except wasminstall.errors.UnknownProject as error:\n    found = error\nfound.name"
    ),
    "by the API, after another": "await wasminstall.uninstall('nowhere')",
    "by the API, shown": "await wasminstall.install('app==2.0')",
    "help": "%pip install --help",
    "from the distribution": "import pytz\npytz.__name__",
    "not from the index": "import onlyhere",
    "from the index": "%config WasmInstall.auto_import = 'index'\nimport os",
    "from the index, now": "import onlyhere, serial\nserial.here",
    "one that cannot be had": "import surely_nowhere, five",
    "between": "import three\n%pip install -q two==1.0\nimport four\nthree.__name__ + four.__name__",
    "again": "%load_ext wasminstall",
    "unloaded": "%unload_ext wasminstall",
    "stock": "get_ipython().magics_manager.magics['line']['pip'].__self__.__class__.__name__",
}


@pytest.fixture(scope="module")
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        for version in ("1.0", "2.0"):
            index.add(*make_wheel("app", version, requires=["lib"]))
        for name in ("lib", "several", "onlyhere", "two", "three", "four", "five"):
            index.add(*make_wheel(name, "1.0"))
        index.add(*make_wheel("pyserial", "99.0", files={"serial/__init__.py": "here = True\n"}))
        yield index


@pytest.fixture(scope="module")
def cells(server: IndexServer) -> dict[str, Cell]:
    return dict(zip(CELLS, run_cells(server, list(CELLS.values())), strict=True))


def test_the_next_line_finds_it(cells: dict[str, Cell]) -> None:
    """Imports of the cell are looked for after its ``%pip`` has run, not before."""
    cell = cells["old version"]
    assert [cell.error, cell.shown[-1]["text/plain"]] == ["", "'1.0'"]
    assert "Installed 2 in" in cell.html
    assert "app 1.0, lib 1.0" in cell.html
    assert "<progress" not in cell.html


def test_beside_other_magics(cells: dict[str, Cell]) -> None:
    cell = cells["other magics"]
    assert [cell.error, len(cell.shown)] == ["", 1], "quiet: only the result of the last line"
    assert "Everything was there already: app" in cells["nothing to do"].text


def test_results_are_shown_where_they_stand(cells: dict[str, Cell]) -> None:
    assert "installed</caption>" in cells["list"].html
    assert cells["list"].printed.strip() == "next"
    assert "version: 1.0" in cells["bare"].text
    assert "version: 1.0" in cells["for a shell"].text
    assert "<ul><li>" in cells["tree"].html
    assert "fits together" in cells["check"].text


def test_results_can_be_kept(cells: dict[str, Cell]) -> None:
    assert [cells["assigned"].text, len(cells["assigned"].shown)] == ["['1.0']", 1]
    assert cells["assigned install"].shown[-1]["text/plain"] == "'Report'"
    assert cells["assigned, bare"].text == "'pip install'"


def test_lines_that_go_on(cells: dict[str, Cell]) -> None:
    cell = cells["several lines"]
    assert cell.error == ""
    assert "app 2.0" in cell.shown[0]["text/plain"]
    assert "--user has no effect" in cell.printed
    assert "version: 2.0" in cell.text
    assert "version: 1.0" in cell.text


def test_in_a_block(cells: dict[str, Cell]) -> None:
    cell = cells["in a block"]
    assert [cell.error, cell.shown[-1]["text/plain"]] == ["", "False"]
    assert "app==2.0" in cell.text


def test_below_a_cell_magic(cells: dict[str, Cell]) -> None:
    assert [cells["captured"].error, cells["captured"].shown] == ["", []]
    assert cells["after captured"].text == "'1.0'"
    assert [cells["timed"].error, "Everything was there already" in cells["timed"].text] == ["", True]


def test_wheels_in_a_folder(cells: dict[str, Cell]) -> None:
    """Those of what is installed too."""
    cell = cells["download"]
    assert cell.shown[-1]["text/plain"] == "['app-2.0-py3-none-any.whl', 'lib-1.0-py3-none-any.whl']"
    assert "Downloaded 2 to wheels" in cell.text


def test_files(cells: dict[str, Cell]) -> None:
    assert "replace app 2.0 in place of 1.0" in cells["file"].text
    assert cells["frozen"].shown[-1]["text/plain"] == "True"
    assert server_named(cells["verbose"])


def server_named(cell: Cell) -> bool:
    return "lib 1.0" in cell.text and "/simple/" in cell.text


@pytest.mark.parametrize(
    ("cell", "text", "hint"),
    [
        ("unknown option", "no option --frobnicate", "%pip install --help"),
        ("unknown command", "no command 'instal'", "did you mean install?"),
        ("a comma", "cannot read the requirement 'app,lib'", "write a space between requirements"),
        ("a file's name", "the name of a file", "-r requirements.txt reads it"),
        ("unknown project", "there is no project named 'nowhere'", "--extra-index-url URL"),
        ("by the API", "there is no project named 'nowhere'", "index_urls=[...]"),
        ("by the API, after another", "nowhere is not installed", ""),
    ],
)
def test_errors(cells: dict[str, Cell], cell: str, text: str, hint: str) -> None:
    """Shown whole, once; the traceback is one line, and what follows does not run."""
    found = cells[cell]
    assert text in found.text
    assert hint in found.text
    assert 'class="wasminstall-error"' in found.html
    assert "<progress" not in found.html
    assert len(found.shown) == 1, "the bar and what came of it are one output"
    assert found.error.endswith(": see above")
    assert "\n" not in found.error
    assert found.printed == ""


def test_the_api_in_a_cell(cells: dict[str, Cell]) -> None:
    assert 'data-phase="done"' in cells["by the API, shown"].html, "a bar below the cell"
    assert "<table" in cells["by the API, shown"].html


def test_an_error_of_the_api_can_be_caught(cells: dict[str, Cell]) -> None:
    """It is no alarm then, and keeps its name."""
    cell = cells["by the API, caught"]
    assert [cell.error, cell.shown[-1]["text/plain"]] == ["", "'nowhere'"]
    assert "Failed: there is no project named" in cell.html
    assert "wasminstall-error" not in cell.html


def test_help(cells: dict[str, Cell]) -> None:
    assert "--extra-index-url URL" in cells["help"].text


def test_imports_install_themselves(cells: dict[str, Cell]) -> None:
    """From the distribution; from the index only where that is wanted, by the name of the project."""
    assert cells["from the distribution"].shown[-1]["text/plain"] == "'pytz'"
    assert "No module named 'onlyhere'" in cells["not from the index"].error
    assert cells["not from the index"].shown == []
    assert cells["from the index, now"].error == ""
    assert "onlyhere 1.0" in cells["from the index, now"].text
    assert cells["from the index, now"].shown[-1]["text/plain"] == "True"


def test_one_import_that_cannot_be_had(cells: dict[str, Cell]) -> None:
    """The others of the cell are there all the same, and the bar that served all of them is gone."""
    cell = cells["one that cannot be had"]
    assert "there is no project named 'surely-nowhere'" in cell.text
    assert "five 1.0" in cell.text
    assert "<progress" not in cell.html
    assert "No module named 'surely_nowhere'" in cell.error


def test_imports_before_and_after(cells: dict[str, Cell]) -> None:
    cell = cells["between"]
    assert [cell.error, cell.shown[-1]["text/plain"]] == ["", "'threefour'"]


def test_loading_twice_and_unloading(cells: dict[str, Cell]) -> None:
    assert "already loaded" in cells["again"].printed
    assert cells["unloaded"].error == ""
    assert cells["stock"].text == "'PackagingMagics'"


@pytest.fixture(scope="module")
def kept(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache after a first kernel."""
    folder = tmp_path_factory.mktemp("cache")
    server.behave(cache_control="max-age=600")
    cells = ["%pip install app==1.0 several", "%pip uninstall several", "await wasminstall.install('two')"]
    run_cells(server, ["import wasminstall", *cells], cache_folder=folder)
    server.requests.clear()
    return folder


def test_a_new_kernel_knows_what_was_there(server: IndexServer, kept: Path) -> None:
    """The version that was pinned, without any request; what was removed is forgotten."""
    cells = run_cells(server, ["import app, two\napp.__version__", "import several"], cache_folder=kept)
    assert [cells[0].error, cells[0].shown[-1]["text/plain"]] == ["", "'1.0'"]
    assert "No module named 'several'" in cells[1].error
    assert asked(server) == []


def test_a_new_kernel_installs_it_again(server: IndexServer, kept: Path) -> None:
    settings = {"reinstall": True, "auto_import": "off"}
    cells = run_cells(server, ["%pip freeze", "import app, two"], settings=settings, cache_folder=kept)
    assert cells[1].error == ""
    assert "app==1.0" in cells[0].text
    assert asked(server) == []


def test_a_site_gives_its_kernels_something(server: IndexServer, kept: Path) -> None:
    """What is asked for begins with the kernel, and is there for the first cell."""
    settings = {"requirements": "app==2.0\nnowhere; python_version < '3'\n", "auto_import": "off"}
    [cell] = run_cells(server, ["import app\napp.__version__"], settings=settings)
    assert [cell.error, cell.shown[-1]["text/plain"]] == ["", "'2.0'"]


def test_in_an_older_pyodide(server: IndexServer) -> None:
    """The oldest whose Python can run this kernel."""
    cells = run_cells(server, ["%pip install app==1.0\nimport app\napp.__version__"], build="pyodide-0.28")
    assert [cells[0].error, cells[0].shown[-1]["text/plain"]] == ["", "'1.0'"]


def asked(server: IndexServer) -> list[str]:
    """Index pages and wheels of the index, but for the kernel's own, that were sent."""
    ours = ("app", "lib", "several", "two")
    return [seen.path for seen in server.requests if any(f"/{name}" in seen.path for name in ours)]
