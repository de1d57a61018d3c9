"""The Pyodide distribution in the real runtime, in Node: its ``shared_library`` zips, and ``loadPackage`` beside us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.node import run_in_node


@pytest.fixture(scope="module")
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        yield index


def test_shared_library_zips_are_placed_and_found(server: IndexServer) -> None:
    """Pyodide 0.28: scipy depends on libopenblas, an archive of libraries that is no wheel."""
    base = mount_distribution(server, "pyodide-0.28", "/0.28/")
    result = run_in_node(
        "pyodide-0.28",
        """
        import wasminstall, pyodide_js
        wasminstall.set_default_index(index)
        report = await wasminstall.install("scipy")
        import scipy.linalg
        again = await wasminstall.install("scipy")
        result = {
            "added": {item.name: item.source for item in report.added},
            "determinant": float(scipy.linalg.det([[1, 2], [3, 4]])),
            "again": [item.name for item in again.added],
            "loaded": pyodide_js.loadedPackages.to_py(),
        }
        """,
        packages=base,
        index=server.url,
    )
    assert result["added"] == dict.fromkeys(result["added"], "Pyodide distribution")
    assert {"scipy", "numpy", "libopenblas"} <= set(result["added"])
    assert result["determinant"] == pytest.approx(-2)
    assert result["again"] == []
    assert "libopenblas" in result["loaded"]


def test_load_package_never_loads_its_own_copy_over_ours(server: IndexServer) -> None:
    """Also where the lock spells a name in its own way: ``loadedPackages`` is keyed by that spelling."""
    base = mount_distribution(server, "pyodide", "/314/")
    result = run_in_node(
        "pyodide",
        """
        import wasminstall, pyodide_js
        from pyodide.ffi import to_js
        wasminstall.set_default_index(index)
        await wasminstall.install(["pydantic_core", "pillow"])
        said = []
        await pyodide_js.loadPackage(to_js(["pydantic-core", "Pillow"]), messageCallback=said.append)
        result = {"said": said, "loaded": pyodide_js.loadedPackages.to_py()}
        """,
        packages=base,
        index=server.url,
    )
    assert {"pydantic-core", "pydantic_core", "pillow", "Pillow"} <= set(result["loaded"])
    assert "No new packages to load" in result["said"]
    assert len(server.paths("*pydantic_core*")) == 1


def test_a_package_that_load_package_loaded_counts_as_installed(server: IndexServer) -> None:
    base = mount_distribution(server, "pyodide", "/314/")
    result = run_in_node(
        "pyodide",
        """
        import wasminstall, pyodide_js
        wasminstall.set_default_index(index)
        await pyodide_js.loadPackage("python-dateutil")
        report = await wasminstall.install("python-dateutil")
        result = {"added": len(report.added), "kept": report.kept}
        """,
        packages=base,
        index=server.url,
    )
    assert result == {"added": 0, "kept": ["python-dateutil", "six"]}
