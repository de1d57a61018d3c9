"""Every supported Pyodide, the real interpreter in Node: tags, marker environment, and installing from an index."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from support.compiled_wheel import PYODIDE_TAGS, make_compiled_wheel
from support.index_server import IndexServer
from support.node import BUILDS, run_in_node
from support.target_table import ASK, TABLE, row_of, rows_in
from support.wheel_factory import make_wheel
from wasminstall.targets import named_target, pyodide_release

# Does packaging itself emit pyemscripten_*?
BY_PACKAGING = {"0.27": False, "0.28": False, "0.29": True, "314": True, "315": True}

CODE = """
    import importlib.metadata
    import wasminstall, pyodide_js
    from wasminstall.targets import running_target
    from wasminstall._vendor.packaging.tags import platform_tags

    wasminstall.set_default_index(index)
    report = await wasminstall.install(["app", "compiled", "withlib"])
    import app, compiled, withlib

    entry_points = [point.name for point in importlib.metadata.entry_points(group="app.plugins")]
    loaded = pyodide_js.loadedPackages.to_py()
    try:
        await wasminstall.install("no-such-project")
    except wasminstall.errors.UnknownProject as error:
        unknown = error.name
    again = await wasminstall.install("app")
    removed = await wasminstall.uninstall("app")
    result = {
        "tags": wasminstall.tags(),
        "environment": dict(running_target().environment),
        "facts": facts,
        "packaging": list(platform_tags()),
        "added": [item.name for item in report.added],
        "kept": again.kept,
        "twice": [compiled.twice(21), withlib.twice(21)],
        "entry_points": entry_points,
        "loaded": loaded,
        "loaded_after": pyodide_js.loadedPackages.to_py(),
        "unknown": unknown,
        "removed": removed,
        "left": [item.name for item in wasminstall.list()],
        "freeze": wasminstall.freeze(),
    }
"""


@pytest.fixture(scope="module")
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        entry_points = "[app.plugins]\nmain = app:run\n"
        server.add(*make_wheel("app", "1.0", requires=["lib>=1"], entry_points=entry_points))
        server.add(*make_wheel("lib", "1.5"))
        for tag in PYODIDE_TAGS.values():
            server.add(*make_compiled_wheel("compiled", "1.0", tag=tag))
            server.add(*make_compiled_wheel("withlib", "1.0", tag=tag, library=True))
        yield server


@pytest.fixture(scope="module", params=BUILDS)
def seen(request: pytest.FixtureRequest, index: IndexServer) -> tuple[str, Any]:
    """What one start of one runtime showed."""
    return BUILDS[request.param], run_in_node(request.param, ASK + textwrap.dedent(CODE), index=index.url)


def test_table_has_the_row_that_the_runtime_makes(seen: tuple[str, Any]) -> None:
    target, found = seen
    facts = {**found["facts"], "pyodide": pyodide_release(target)}  # that of the newest build with this name
    assert facts["pyodide"].partition(".")[0] == found["facts"]["pyodide"].partition(".")[0]
    assert row_of(facts) in rows_in(TABLE.read_text("utf-8"))
    assert (
        any(tag.startswith("pyemscripten") for tag in found["packaging"])
        is BY_PACKAGING[target.removeprefix("pyodide-")]
    )


def test_named_target_is_the_running_one(seen: tuple[str, Any]) -> None:
    target, found = seen
    assert tuple(found["tags"]) == named_target(target).tags
    assert found["environment"] == named_target(target).environment


def test_installs_pure_and_compiled_wheels(seen: tuple[str, Any]) -> None:
    _, found = seen
    assert found["added"] == ["app", "compiled", "lib", "withlib"]
    assert found["twice"] == [42, 42]
    assert found["entry_points"] == ["main"]
    assert found["kept"] == ["app", "lib"]
    assert {"app", "compiled", "lib", "withlib"} <= set(found["loaded"])


def test_errors_and_removal(seen: tuple[str, Any]) -> None:
    _, found = seen
    assert found["unknown"] == "no-such-project"
    assert found["removed"] == ["app==1.0"]
    assert "app" not in found["left"]
    assert "app" not in found["loaded_after"]
    assert "lib==1.5" in found["freeze"].splitlines()
