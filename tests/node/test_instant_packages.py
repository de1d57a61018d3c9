"""Scientific packages in a Python from a snapshot: the same answers as in one that was started normally."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.compiled_wheel import PYODIDE_TAGS, make_compiled_wheel
from support.distribution import ROOT, mount_distribution
from support.index_server import IndexServer
from support.instant_checks import projects
from support.instant_node import Visits
from support.real_wheels import real_wheel

PACKAGES = ["numpy", "pandas", "scipy", "scikit-learn", "matplotlib", "pillow"]
CHECKS = ["python", "numpy", "pandas", "scipy", "sklearn", "matplotlib", "pillow"]
AFTER = """
    import numpy, wasminstall
    report = await wasminstall.install(["cbor2", "withlib"])
    import cbor2, withlib
    assert numpy is sys.modules["numpy"]
    added = sorted(each.name for each in report.added)
    after = [added, cbor2.dumps(numpy.arange(2).tolist()).hex(), withlib.twice(21)]
"""


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    with IndexServer() as server:
        server.add(*real_wheel("cbor2"))
        server.add(*make_compiled_wheel("withlib", tag=PYODIDE_TAGS["314"], library=True))
        yield Visits(
            tmp_path_factory.mktemp("instant"),
            "pyodide",
            PACKAGES,
            server.url,
            mount_distribution(server, "pyodide"),
            CHECKS,
            AFTER,
        )


def test_starts(visits: Visits) -> None:
    assert not visits.first["instant"]
    assert (visits.second["instant"], visits.second["reason"]) == (True, "")


def test_imports_what_was_asked_for(visits: Visits) -> None:
    names = ["PIL", "matplotlib", "numpy", "pandas", "scipy", "sklearn"]
    assert visits.header["preload"] == names
    assert not set(names) & set(visits.first["value"]["imported"])
    assert set(names) <= set(visits.second["value"]["imported"])


def test_has_libraries_after_those_they_need(visits: Visits) -> None:
    paths = [library["path"] for library in visits.header["libraries"]]
    assert any(".libs/" in path for path in paths)
    for at, library in enumerate(visits.header["libraries"]):
        assert set(library["needs"].values()) <= set(paths[:at]), library["path"]


@pytest.mark.parametrize("project", CHECKS)
def test_same_answers(visits: Visits, project: str) -> None:
    assert visits.second["value"]["answers"][project] == visits.first["value"]["answers"][project]


def test_modules_stay_the_same_objects(visits: Visits) -> None:
    assert visits.second["value"]["replaced"] == visits.first["value"]["replaced"] == []


def test_installs_other_compiled_wheels(visits: Visits) -> None:
    assert visits.second["value"]["after"] == visits.first["value"]["after"] == [["cbor2", "withlib"], "820001", 42]


def test_the_table_has_all_that_is_tried() -> None:
    table = Path(ROOT / "docs" / "instant-packages.md").read_text()
    assert [name for name in projects() if f"`{name}`" not in table] == []
