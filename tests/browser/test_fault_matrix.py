"""The fault matrix in Chromium: one page for all cases."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support.fault_matrix import CASES, DRIP_SECONDS, DRIVER, KINDS, Case, Matrix, Seen, problem_of, refusing_port
from support.index_server import IndexServer
from support.page import Page


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    """On a server of its own: what hangs there does so until that ends."""
    with IndexServer() as server, refusing_port() as refusing, pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.index_server.faults.DRIP_SECONDS", DRIP_SECONDS)
        server.behave(cache_control="no-store")
        yield Matrix(server, refusing)


@pytest.fixture(scope="module")
def seen(matrix: Matrix, page: Page) -> dict[str, Seen]:
    """By project, what the page saw; a kind of request at a time, as a script may not take for ever."""
    found: dict[str, Seen] = {}
    for kind in KINDS:
        variables = json.dumps(matrix.variables([case for case in CASES if case.kind == kind]))
        for item in page.run(f"import json\nglobals().update(json.loads({variables!r}))\n{DRIVER}"):
            found[item["project"]] = item
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_fault_ends_well(case: Case, seen: dict[str, Seen]) -> None:
    assert not problem_of(case, seen[case.project], case.expected)
