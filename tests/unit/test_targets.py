"""Named targets: the table of facts about each runtime (PEP 425, PEP 783), and how they are asked for."""

from __future__ import annotations

import pytest

from support.target_table import ASK, TABLE, row_of, rows_in, written
from support.wasi import run_in_wasi
from wasminstall.errors import UnknownTarget
from wasminstall.targets import named_target, pyodide_release, running_target, target_names

# runtime, best tag, a tag it also accepts, a tag of another ABI
PYODIDE = [
    ("pyodide-0.27", "cp312-cp312-pyemscripten_2024_0_wasm32", "cp312-cp312-pyodide_2024_0_wasm32", "2025_0"),
    ("pyodide-0.28", "cp313-cp313-pyemscripten_2025_0_wasm32", "cp313-cp313-emscripten_4_0_9_wasm32", "2024_0"),
    ("pyodide-0.29", "cp313-cp313-pyemscripten_2025_0_wasm32", "cp311-abi3-pyodide_2025_0_wasm32", "2026_0"),
    ("pyodide-314", "cp314-cp314-pyemscripten_2026_0_wasm32", "py3-none-pyemscripten_2026_0_wasm32", "2025_0"),
    ("pyodide-315", "cp315-cp315-pyemscripten_2026_5_wasm32", "py3-none-any", "2026_0"),
]


@pytest.mark.parametrize(("name", "best", "accepted", "foreign"), PYODIDE)
def test_pyodide_tags(name: str, best: str, accepted: str, foreign: str) -> None:
    target = named_target(name)
    assert target.tags[0] == best
    assert accepted in target.tags
    assert not any(foreign in tag for tag in target.tags)  # PEP 783: no forward compatibility between ABIs
    assert target.tags[-1].endswith("-none-any")


def test_the_former_spelling_follows_the_standard_one_at_once() -> None:
    tags = named_target("pyodide-314").tags
    for old in (tag for tag in tags if "pyodide_" in tag):
        assert tags.index(old) == tags.index(old.replace("pyodide_", "pyemscripten_")) + 1


def test_no_free_threaded_tags() -> None:
    assert not any("t-" in tag.split("-")[1] + "-" for name in target_names() for tag in named_target(name).tags)


def test_wasi_takes_nothing_with_an_abi() -> None:
    """CPython on WASI has no dynamic loading."""
    target = named_target("wasi")
    assert {tag.split("-")[1] for tag in target.tags} == {"none"}
    assert target.environment["sys_platform"] == "wasi"
    assert "py3-none-any" in target.tags


def test_wasi_is_what_the_interpreter_says() -> None:
    """Only this one can be run; the others differ in their Python."""
    code = f"""{ASK}
import os, sysconfig
result = facts, sysconfig.get_platform(), os.name, sys.implementation.name, platform.machine(), platform.version()
"""
    facts, tag, *names = run_in_wasi(code)
    assert row_of(facts) in rows_in(TABLE.read_text("utf-8"))
    target = named_target("wasi-3.12")
    assert target.tags[0] == f"py312-none-{tag.replace('-', '_').replace('.', '_')}"
    variables = ("os_name", "implementation_name", "platform_machine", "platform_version")
    assert [target.environment[name] for name in variables] == names
    assert (target.environment["sys_platform"], target.python_version) == (facts["system"], facts["python"])


def test_wasix_takes_compiled_wheels() -> None:
    assert named_target("wasix").tags[0] == "cp313-cp313-wasix_wasm32"


def test_table_is_written_as_it_is_read() -> None:
    table = TABLE.read_text("utf-8")
    assert written(table, rows_in(table)) == table
    assert len(rows_in(written(table, [*rows_in(table), '    Runtime("new"),\n']))) == len(rows_in(table)) + 1


def test_a_pyodide_target_has_a_release() -> None:
    assert pyodide_release("pyodide-0.29").startswith("0.29.")
    assert pyodide_release("pyodide") == pyodide_release("pyodide-314")
    assert not pyodide_release("wasi")


def test_marker_environment_is_complete() -> None:
    """PEP 508 names eleven variables besides ``extra``."""
    running = set(running_target().environment)
    for name in target_names():
        assert set(named_target(name).environment) == running


def test_unknown_target_names_close_ones() -> None:
    with pytest.raises(UnknownTarget) as caught:
        named_target("pyodide-3.14")
    assert "pyodide-314" in caught.value.close
    assert "pyodide-314" in str(caught.value)


def test_running_target_is_this_interpreter() -> None:
    assert running_target().tags[-1] == "py30-none-any"
