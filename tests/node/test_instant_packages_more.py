"""More packages in a Python from a snapshot: Rust, C++ and C, and pure ones, from the distribution and from PyPI."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.instant_node import Visits
from support.real_wheels import PINS, real_wheel
from support.wheel_factory import make_wheel

FROM_PYPI = ("black", "cbor2", "contourpy", "css-inline", "networkx", "pygments", "rich", "simplejson", "uharfbuzz")
NEEDED = ("markdown-it-py", "mdurl", "mypy-extensions", "pathspec", "pytokens")
FROM_DISTRIBUTION = ("beautifulsoup4", "httpx", "jiter", "lxml", "matplotlib", "openai", "pydantic", "python-dateutil",
                     "regex", "sympy", "tiktoken")  # fmt: skip
CHECKS = ("black", "bs4", "cbor2", "contourpy", "css_inline", "dateutil", "httpx", "jiter", "lxml", "networkx",
          "openai", "pydantic", "python", "regex", "rich", "simplejson", "sympy", "tiktoken", "uharfbuzz")  # fmt: skip
AFTER = """
    import wasminstall
    await wasminstall.install("scipy")
    import numpy, scipy.linalg
    after = numpy.round(scipy.linalg.eigvals([[4, 1], [2, 3]]).real, 9).tolist()
"""


def pinned(project: str) -> str:
    return f"{project}=={PINS[project].filename.split('-')[1]}"


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    with IndexServer() as server:
        for project in (*FROM_PYPI, *NEEDED):
            server.add(*real_wheel(project))
        server.add(*make_wheel("talking", "1.0", files={"talking.py": "print('hello')\n"}))
        server.add(*make_wheel("failing", "1.0", files={"failing.py": "1 / 0\n"}))
        packages = [*map(pinned, FROM_PYPI), *FROM_DISTRIBUTION, "talking", "failing"]
        yield Visits(
            tmp_path_factory.mktemp("instant"),
            "pyodide",
            packages,
            server.url,
            mount_distribution(server, "pyodide"),
            CHECKS,
            AFTER,
        )


def test_starts(visits: Visits) -> None:
    assert not visits.first["instant"]
    assert (visits.second["instant"], visits.second["reason"]) == (True, "")


def test_imports_what_was_asked_for(visits: Visits) -> None:
    """Also where module and project have other names; not what fails when it is imported, nor what prints."""
    names = {"black", "bs4", "cbor2", "contourpy", "css_inline", "dateutil", "httpx", "jiter", "lxml", "matplotlib",
             "networkx", "openai", "pydantic", "pygments", "regex", "rich", "simplejson", "sympy", "tiktoken",
             "uharfbuzz"}  # fmt: skip
    assert set(visits.header["preload"]) == names
    assert names <= set(visits.second["value"]["imported"])


@pytest.mark.parametrize("project", CHECKS)
def test_same_answers(visits: Visits, project: str) -> None:
    assert visits.second["value"]["answers"][project] == visits.first["value"]["answers"][project]


def test_modules_stay_the_same_objects(visits: Visits) -> None:
    assert visits.second["value"]["replaced"] == visits.first["value"]["replaced"] == []


def test_installs_scipy_and_its_libs_folder(visits: Visits) -> None:
    assert visits.second["value"]["after"] == visits.first["value"]["after"] == [5, 2]
