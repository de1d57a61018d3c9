"""Every Pyodide: a snapshot where it has the parts, else a clear refusal to make one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.compiled_wheel import PYODIDE_TAGS, make_compiled_wheel
from support.index_server import IndexServer
from support.instant_node import Visits
from support.node import BUILDS

WITH = ("pyodide-314", "pyodide-315")  # the main one is tried with real packages
WITHOUT = ("pyodide-0.27", "pyodide-0.28", "pyodide-0.29")
AFTER = """
    import plain, withlib
    after = [plain.twice(21), withlib.twice(4)]
"""


@pytest.fixture
def visits(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Visits]:
    build: str = request.param
    tag = PYODIDE_TAGS[BUILDS[build].removeprefix("pyodide-")]
    with IndexServer() as server:
        for name, has_library in (("plain", False), ("withlib", build not in WITHOUT)):
            server.add(*make_compiled_wheel(name, tag=tag, library=has_library))
        yield Visits(tmp_path, build, ["plain", "withlib"], server.url, after=AFTER)


@pytest.mark.parametrize("visits", WITH, indirect=True)
def test_compiled_wheels_are_there(visits: Visits) -> None:
    assert visits.header["preload"] == ["plain", "withlib"]
    assert {each["path"].rpartition("/")[2] for each in visits.header["libraries"]} == {"_native.so", "libwithlib.so"}
    assert visits.second["instant"], visits.second["reason"]
    assert visits.second["value"]["after"] == [42, 8]


@pytest.mark.parametrize("visits", WITHOUT, indirect=True)
def test_older_ones_refuse(visits: Visits) -> None:
    with pytest.raises(AssertionError, match="Refusal: this Pyodide"):
        visits.header  # noqa: B018
