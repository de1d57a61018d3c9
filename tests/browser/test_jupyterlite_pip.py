"""The same cells with JupyterLite's own ``%pip`` and with ours, in two sites that differ in the add-on alone.

What ours does is tested. What JupyterLite's own does is only told: the table in ``docs/notebooks.md`` is from this run.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from support.distribution import ROOT
from support.index_server import IndexServer
from support.jupyterlite_site import Kernel, serve_jupyterlite
from support.pip_cells import CELLS, publish, run_cells, site_wheels, table_rows
from support.store_tab import chromium

PAGE = ROOT / "docs" / "notebooks.md"
KEEP = """
from wasminstall.integrations.jupyterlite.standard_library import library
await library().settle()
"""
COUNT = """
import zipimport
print(len(zipimport._compile_source._kept), len(zipimport._compile_source._noted))
"""


class Runs(NamedTuple):
    """What each cell left, and of the kernel that was restarted: how much it had compiled, and had to compile."""

    theirs: dict[str, str]
    ours: dict[str, str]
    kept: int
    compiled: int


@pytest.fixture(scope="module")
def runs(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    publish(server)
    wheels = {f"pypi/{name}": data for name, data in site_wheels().items()}

    def site(name: str, addon: dict[str, str] | None) -> str:
        folder, packages = tmp_path_factory.mktemp(name), server.origin + "/pyodide/"
        return serve_jupyterlite(server, folder, packages, prefix=f"/{name}/", addon=addon, files=wheels)

    with chromium("--window-size=1000,700") as driver:
        driver.set_script_timeout(120)
        theirs = run_cells(Kernel(driver, site("lite-own", None)), server)
        kernel = Kernel(driver, site("lite-ours", {}))
        kernel.run(KEEP)
        ours = run_cells(kernel, server)
        return Runs(theirs, ours, *map(int, kernel.run(COUNT).text.split()))


@pytest.mark.parametrize("name", CELLS)
def test_what_ours_leaves(runs: Runs, name: str) -> None:
    told = runs.ours[name]
    assert [part for part in CELLS[name].expected if part not in told] == [], told


def test_a_new_kernel_compiles_no_standard_library(runs: Runs) -> None:
    """But what nothing imported before: at its start it takes some 80 modules from what the first kernel compiled."""
    assert runs.kept > 50
    assert runs.compiled < 5


def test_the_table_of_the_documentation(runs: Runs) -> None:
    """Ours as it stands there. Where JupyterLite's own has changed, the row is no longer true, which is no error."""
    page = PAGE.read_text("utf-8")
    rows = list(table_rows(runs.theirs, runs.ours))
    missing = [row for row in rows if row not in page]
    ours = [row.rpartition(" | ")[2] for row in missing]
    assert [cell for cell in ours if f"| {cell}" not in page] == [], "the table is now:\n" + "\n".join(rows)
    if missing:
        pytest.skip("JupyterLite's own does something else now:\n" + "\n".join(missing))
