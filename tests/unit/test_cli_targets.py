"""``wasminstall targets`` and ``wasminstall tags``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.desktop import Desktop
from support.index_server import IndexServer
from wasminstall.targets import named_target, target_names


@pytest.fixture
def desk(tmp_path: Path) -> Desktop:
    return Desktop(IndexServer(), tmp_path)


def test_every_target_has_a_row(desk: Desktop) -> None:
    rows = json.loads(desk.run("targets", "--json").stdout)
    assert {row["name"] for row in rows} == {named_target(name).name for name in target_names()}
    assert {alias for row in rows for alias in row["aliases"]} == set(target_names()) - {row["name"] for row in rows}
    shown = desk.run("targets").stdout
    assert not [line for line in shown.splitlines() if line.endswith(" ")]
    assert all(row["name"] in shown for row in rows)
    assert "…" not in desk.run("targets", env={"COLUMNS": "80"}).stdout


def test_facts_of_a_target(desk: Desktop) -> None:
    rows = {row["name"]: row for row in json.loads(desk.run("targets", "--json").stdout)}
    assert rows["pyodide-0.29"] == {
        "name": "pyodide-0.29",
        "aliases": [],
        "python": "3.13.2",
        "sys_platform": "emscripten",
        "pyodide": "0.29.5",
        "platform": "pyemscripten_2025_0_wasm32",
        "best_tag": "cp313-cp313-pyemscripten_2025_0_wasm32",
    }
    assert rows["wasi-3.14"]["platform"] is None
    assert rows["wasi-3.14"]["aliases"] == ["wasi"]


@pytest.mark.parametrize("name", target_names())
def test_tags(desk: Desktop, name: str) -> None:
    tags = named_target(name).tags
    assert desk.run("tags", "--target", name).stdout.splitlines() == list(tags)
    assert json.loads(desk.run("tags", "-t", name, "--json").stdout) == list(tags)


def test_a_target_that_does_not_exist(desk: Desktop) -> None:
    result = desk.run("tags", "--target", "pyodide-3.14")
    assert result.exit_code == 2
    assert "pyodide-314" in result.stderr
    assert not result.stdout
