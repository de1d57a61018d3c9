"""Which modules a snapshot has imported when nobody names them."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from support.wheel_factory import make_wheel

SOURCE = Path(__file__).resolve().parents[2] / "js" / "src" / "instant" / "imports.py"
Add = Callable[..., None]


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("instant_imports", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "distributions", partial(metadata.distributions, path=[str(tmp_path)]))
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield module
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def add(tmp_path: Path) -> Add:
    """Install a wheel."""

    def install(name: str, *files: str, asked: bool = True, source: str = "", requires: tuple[str, ...] = ()) -> None:
        _, data = make_wheel(name, "1.0", files=dict.fromkeys(files, source), requires=requires)
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            wheel.extractall(tmp_path)
            [info] = {each.split("/")[0] for each in wheel.namelist() if ".dist-info/" in each}
        if asked:
            (tmp_path / info / "REQUESTED").touch()

    return install


@pytest.mark.parametrize(
    ("project", "files", "expected"),
    [
        ("scikit-learn", ["sklearn_/__init__.py", "sklearn_/cluster/__init__.py", "sklearn_.libs/x.so"], ["sklearn_"]),
        ("Pillow_", ["PIL_/__init__.py"], ["PIL_"]),
        ("beautifulsoup4", ["bs4_/__init__.py", "bs4_/tests/__init__.py"], ["bs4_"]),
        ("python-dateutil", ["dateutil_/__init__.py", "dateutil_/zoneinfo/x.tar.gz"], ["dateutil_"]),
        ("six_", ["six_.py"], ["six_"]),
        ("two-modules", ["one_.py", "other_/__init__.py"], ["one_", "other_"]),
        ("black_", ["black_/__init__.py", "blackd_/__init__.py", "_black_version.py"], ["black_"]),
        ("Dash.Case", ["dash_case/__init__.py", "helper_.py"], ["dash_case"]),
        ("docs-parser", ["docs_parser.py", "docs/__init__.py", "tests/__init__.py"], ["docs_parser"]),
        ("with-tests", ["thing_.py", "tests/__init__.py", "conftest.py"], ["thing_"]),
        ("namespace", ["space_/inner/__init__.py"], []),
        ("not-a-name", ["not-a-name/__init__.py", "1a.py"], []),
    ],
)
def test_names_of_a_project(imports: ModuleType, add: Add, project: str, files: list[str], expected: list[str]) -> None:
    add(project, *files)
    assert json.loads(imports.import_modules(None)) == expected


@pytest.mark.parametrize("source", ["1 / 0", "raise SystemExit", "import none_such", "print('welcome')"])
def test_what_is_left_out(imports: ModuleType, add: Add, capsys: pytest.CaptureFixture[str], source: str) -> None:
    add("bad", "bad_.py", source=source)
    add("good", "good_.py")
    assert json.loads(imports.import_modules(None)) == ["good_"]
    assert capsys.readouterr().out == ""


def test_what_is_asked_for(imports: ModuleType, add: Add) -> None:
    add("wanted", "wanted_.py", requires=("Needed[more]>=1; python_version > '3'",))
    add("needed", "needed_.py", asked=False)
    assert json.loads(imports.import_modules(None)) == ["wanted_"]


def test_a_lock_alone(imports: ModuleType, add: Add) -> None:
    """Nobody is asked for by name: those that no other one needs."""
    add("root", "root_.py", asked=False, requires=("Needed[more]>=1; python_version > '3'", "other ; extra == 'x'"))
    add("needed", "needed_.py", asked=False)
    add("other", "other_.py", asked=False)
    assert json.loads(imports.import_modules(None)) == ["other_", "root_"]


def test_names(imports: ModuleType, add: Add) -> None:
    add("good", "good_.py")
    add("other", "other_.py")
    assert json.loads(imports.import_modules(["other_"])) == ["other_"]
    with pytest.raises(ModuleNotFoundError):
        imports.import_modules(["none_such"])
