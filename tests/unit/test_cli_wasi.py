"""``wasminstall install`` for runtimes that are not running, and what CPython on WASI makes of the folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from support.index_server import IndexServer
from support.real_wheels import real_wheel
from support.wasi import run_in_wasi
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli


@pytest.fixture(scope="module")
def index() -> Iterator[IndexServer]:
    """Pure projects, one that has compiled wheels only, and one whose newest version has."""
    wheels = [
        make_wheel(
            "paint",
            "2.0",
            requires=["brush>=1", 'canvas; sys_platform == "emscripten"', 'easel; sys_platform == "wasi"'],
            files={
                "paint/__init__.py": "from brush import stroke\n",
                "paint/colours/__init__.py": "",
                "paint/colours/names.txt": "ochre\number\n",
            },
            data={"data/share/paint/licence.txt": "free"},
            entry_points="[paint.tools]\nbrush = brush:stroke\n",
            headers=[("Summary", "Colours for tests")],
        ),
        make_wheel("brush", "1.0", files={"brush.py": "def stroke():\n    return 'a stroke'\n"}),
        make_wheel("brush", "2.0", tag="cp314-cp314-pyemscripten_2026_0_wasm32"),
        make_wheel("easel", "1.0"),
        make_wheel("marble", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64"),
        make_wheel("marble", "1.0", tag="cp312-cp312-pyodide_2024_0_wasm32"),
        make_wheel("marble", "1.0", tag="cp313-cp313-wasix_wasm32"),
        make_wheel("statue", "1.0", requires=["marble"]),
        *map(real_wheel, ("rich", "pygments", "markdown-it-py", "mdurl", "attrs")),
    ]
    with IndexServer() as server:
        for name, data in wheels:
            server.add(name, data)
        yield server


def install(index: IndexServer, into: Path, *arguments: str, target: str = "wasi-3.12") -> Result:
    options = ["--target", target, "--into", str(into), "--index-url", index.url, "--no-cache"]
    return CliRunner().invoke(cli, ["--no-config", "install", *options, *arguments])


def test_wasi_imports_what_was_installed(index: IndexServer, tmp_path: Path) -> None:
    done = install(index, tmp_path / "site", "paint")
    assert done.exit_code == 0, done.output
    assert "brush 1.0" in done.stdout
    assert "brush 1.0 is not the newest: 2.0 has no wheel for wasi-3.12" in done.stderr
    assert not (tmp_path / "site" / "canvas").exists()
    found = run_in_wasi(
        """
import paint, sys
from importlib import metadata, resources
about = metadata.distribution("paint")
result = {
    "platform": sys.platform,
    "stroke": paint.stroke(),
    "installed": sorted(item.name for item in metadata.distributions()),
    "summary": about.metadata["Summary"],
    "requires": about.requires[0],
    "installer": about.read_text("INSTALLER").strip(),
    "listed": all(path.locate().is_file() for path in about.files),
    "names": resources.files("paint.colours").joinpath("names.txt").read_text(),
    "licence": next(path for path in about.files if path.name == "licence.txt").read_text(),
    "tool": [entry.load()() for entry in metadata.entry_points(group="paint.tools")],
}
""",
        tmp_path / "site",
    )
    assert found == {
        "platform": "wasi",
        "stroke": "a stroke",
        "installed": ["brush", "easel", "paint"],
        "summary": "Colours for tests",
        "requires": "brush>=1",
        "installer": "wasminstall",
        "listed": True,
        "names": "ochre\number\n",
        "licence": "free",
        "tool": ["a stroke"],
    }


def test_real_packages_work_on_wasi(index: IndexServer, tmp_path: Path) -> None:
    done = install(index, tmp_path / "site", "rich", "attrs")
    assert done.exit_code == 0, done.output
    code = """
import io
from importlib.metadata import version
import attr
from rich.console import Console

@attr.define
class Point:
    x: int

screen = Console(file=io.StringIO(), width=20)
screen.rule("on WASI")
result = [screen.file.getvalue().strip(), repr(Point(2)), version("rich")]
"""
    rule, point, version = run_in_wasi(code, tmp_path / "site")
    assert " on WASI " in rule
    assert (point, version) == ("Point(x=2)", "15.0.0")


def test_what_cannot_be_loaded_is_named_and_nothing_is_placed(index: IndexServer, tmp_path: Path) -> None:
    done = install(index, tmp_path / "site", "paint", "statue")
    assert done.exit_code == 1
    assert "marble 1.0 has no wheel for wasi-3.12" in done.stdout or "marble has no wheel for wasi-3.12" in done.stdout
    assert "asked for by statue 1.0" in done.stdout
    assert "CPython on WASI loads no compiled modules" in done.stdout
    assert "pyodide-0.27" in done.stdout
    assert f"nothing was placed in {tmp_path / 'site'}" in done.stderr
    assert not (tmp_path / "site").exists()


def test_what_is_there_stays_as_it_was_when_an_install_fails(index: IndexServer, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert install(index, site, "paint").exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    assert install(index, site, "statue").exit_code == 1
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    again = install(index, site, "paint")
    assert "Everything was there already: brush, easel, paint" in again.stdout


def test_a_damaged_wheel_leaves_nothing_behind(tmp_path: Path) -> None:
    good, bad = make_wheel("good", "1.0"), make_wheel("bad", "1.0", requires=["good"], record="x.py,sha256=YQ,1\n")
    with IndexServer() as server:
        server.add(*good)
        server.add(*bad)
        done = install(server, tmp_path / "site", "bad")
    assert done.exit_code == 1
    assert "RECORD lists it, but it is not in the archive" in done.stderr
    assert not list(tmp_path.rglob("*.py"))


def test_wasix_takes_its_own_compiled_wheels(index: IndexServer, tmp_path: Path) -> None:
    done = install(index, tmp_path / "site", "statue", target="wasix")
    assert done.exit_code == 0, done.output
    assert "marble-1.0-cp313-cp313-wasix_wasm32.whl" in done.stdout


def test_a_file_in_place_of_the_folder(index: IndexServer, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    done = install(index, tmp_path / "site", "paint")
    assert done.exit_code == 2
    assert "is a file" in done.stderr
    assert (tmp_path / "site").read_text() == "mine"


def test_the_folder_has_to_be_named(index: IndexServer) -> None:
    done = CliRunner().invoke(cli, ["--no-config", "install", "paint", "--index-url", index.url])
    assert done.exit_code == 2
    assert "Missing option '--into'" in done.stderr
