"""The fault matrix in Node: one process for all cases of a kind of request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.fault_matrix import (
    CASES,
    DRIP_SECONDS,
    DRIVER,
    INSTALLS,
    Case,
    Matrix,
    Seen,
    problem_of,
    refusing_port,
)
from support.index_server import IndexServer
from support.node import run_in_node

_PAGES = [case for case in CASES if case.kind == "index page" and case.fault not in ("hang", "stall", "slow_drip")]
_ANYWHERE_BUT_IN_PAGES = {"no_cors": INSTALLS}


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with IndexServer() as server, refusing_port() as refusing, pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.index_server.faults.DRIP_SECONDS", DRIP_SECONDS)
        yield Matrix(server, refusing)


@pytest.fixture(scope="module")
def seen(matrix: Matrix) -> dict[str, Seen]:
    """By project, what one process saw."""
    found = run_in_node("pyodide", DRIVER, **matrix.variables(CASES))
    return {item["project"]: item for item in found}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_fault_ends_well(case: Case, seen: dict[str, Seen]) -> None:
    expected = _ANYWHERE_BUT_IN_PAGES.get(case.fault, case.expected)
    assert not problem_of(case, seen[case.project], expected)


@pytest.fixture(scope="module")
def seen_with_cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """By project, what happens where everything may be kept for ten minutes."""
    folder = tmp_path_factory.mktemp("cache")
    with IndexServer() as server, refusing_port() as refusing:
        matrix = Matrix(server, refusing)
        server.behave(cache_control="max-age=600")
        found = run_in_node("pyodide", DRIVER, cache_folder=folder, **matrix.variables(_PAGES, cache=True))
    return {item["project"]: item for item in found}


@pytest.mark.parametrize("case", _PAGES, ids=str)
def test_what_was_wrong_is_not_kept(case: Case, seen_with_cache: dict[str, Seen]) -> None:
    """A log-in page in the cache would be worse than the one on the line: that one goes away."""
    assert seen_with_cache[case.project]["afterwards"] == INSTALLS
