"""``wasminstall check``: one verdict a project and target, and what to do where the answer is no."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from support.desktop import Desktop
from support.wheel_factory import make_wheel
from wasminstall.targets import target_names

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
OLD_WASM = "cp313-cp313-pyemscripten_2025_0_wasm32"
LINUX = "cp314-cp314-manylinux_2_17_x86_64"


@pytest.fixture
def desk(desk: Desktop) -> Desktop:
    desk.distribution(packages=[("num", "2.0")])
    return desk


def answer(desk: Desktop, *words: str, target: str = "pyodide-314") -> tuple[int, dict[str, Any]]:
    """The exit status, and what is said of the one target."""
    result = desk.ask("check", *words, "--json", target=target)
    (column,) = json.loads(result.stdout)["targets"]
    assert column["target"] == target
    return result.exit_code, column


def verdicts(column: dict[str, Any]) -> dict[str, str]:
    return {project["name"]: project["verdict"] for project in column["projects"]}


def sdist(name: str, *files: str) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for file in (f"{name}-1.0/pyproject.toml", *files):
            archive.addfile(tarfile.TarInfo(file))
    return f"{name}-1.0.tar.gz", buffer.getvalue()


def test_works(desk: Desktop) -> None:
    desk.publish("app", "1.0", requires=["num>=1", "fast"])
    desk.publish("fast", "1.5", tag=WASM)
    status, column = answer(desk, "app")
    assert (status, column["works"]) == (0, True)
    assert verdicts(column) == {"app": "works", "fast": "works", "num": "distribution"}
    found = {project["name"]: project for project in column["projects"]}
    assert found["app"]["requested"]
    assert not found["fast"]["requested"]
    assert found["fast"]["filename"] == f"fast-1.5-{WASM}.whl"
    assert found["num"]["source"] == "Pyodide distribution"


def test_nothing_is_installed_and_no_wheel_of_the_distribution_fetched(desk: Desktop) -> None:
    desk.publish("app", "1.0", requires=["num"])
    assert answer(desk, "app")[0] == 0
    assert not desk.index.paths("*num*")


def test_only_an_older_version_because_the_new_one_has_no_wheel(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.publish("lib", "2.0", tag=LINUX)
    status, column = answer(desk, "lib")
    assert status == 0
    (project,) = column["projects"]
    assert (project["verdict"], project["version"]) == ("older", "1.0")
    assert project["detail"] == "2.0 has no wheel"


def test_only_an_older_version_because_of_what_the_new_one_needs(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.publish("lib", "2.0", requires=["middle"])
    desk.publish("middle", "1.0", requires=["gone"])
    desk.publish("gone", "1.0", tag=LINUX)
    _, column = answer(desk, "lib")
    assert [(project["verdict"], project["detail"]) for project in column["projects"]] == [
        ("older", "2.0 needs gone, which has no wheel")
    ]


def test_only_an_older_version_because_of_python(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.publish("lib", "2.0", requires_python=">=3.99")
    _, column = answer(desk, "lib")
    assert column["projects"][0]["detail"] == "2.0 needs Python >=3.99"


def test_a_version_that_was_asked_for_is_not_an_older_one(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.publish("lib", "2.0", tag=LINUX)
    _, column = answer(desk, "lib<2")
    assert verdicts(column) == {"lib": "works"}


def test_a_missing_wheel_says_who_asks_and_what_exists(desk: Desktop) -> None:
    desk.publish("app", "1.0", requires=["lib"])
    desk.publish("lib", "1.0", requires=["native>=2"])
    desk.publish("native", "2.1", tag=LINUX)
    desk.publish("native", "2.0", tag=OLD_WASM)
    desk.index.add(*sdist("native"))
    status, column = answer(desk, "app")
    assert (status, column["works"]) == (1, False)
    assert verdicts(column) == {"app": "missing", "native": "missing"}
    (problem,) = column["problems"]
    assert problem["requirement"] == "native>=2"
    assert problem["required_by"] == ["lib 1.0", "app 1.0"]
    assert problem["exists"]["wheels_for"] == ["manylinux", "pyemscripten_2025_0_wasm32"]
    assert problem["exists"]["pure"] is False
    assert problem["elsewhere"] == ["pyodide-0.28", "pyodide-0.29"]


@pytest.mark.parametrize(
    ("files", "pure", "languages"),
    [
        (["src-1.0/src/src.py"], True, []),
        (["src-1.0/tests/speed.c"], True, []),
        (["src-1.0/src/speed.c", "src-1.0/rust/lib.rs"], False, ["C", "Rust"]),
    ],
)
def test_a_source_distribution_is_looked_into(
    desk: Desktop, files: list[str], pure: bool, languages: list[str]
) -> None:
    desk.index.add(*sdist("src", *files))
    status, column = answer(desk, "src")
    assert status == 1
    (problem,) = column["problems"]
    assert problem["exists"] == {
        "wheels_for": [],
        "sdist": "src-1.0.tar.gz",
        "pure": pure,
        "languages": languages,
    }
    assert ("pip wheel" in problem["advice"][0]) is pure


def test_a_damaged_source_distribution_is_no_reason_to_fail(desk: Desktop) -> None:
    desk.index.add("src-1.0.tar.gz", b"no archive")
    _, column = answer(desk, "src")
    assert column["problems"][0]["exists"]["pure"] is None


def test_one_failure_does_not_hide_the_others(desk: Desktop) -> None:
    """What works is found although something else does not; a name that two need is one problem each."""
    desk.publish("good", "1.0")
    desk.publish("one", "1.0", requires=["native"])
    desk.publish("two", "1.0", requires=["native"])
    desk.publish("native", "1.0", tag=LINUX)
    status, column = answer(desk, "good", "one", "two", "nobody", "good2>7")
    assert status == 1
    found = verdicts(column)
    assert found["good"] == "works"
    assert {found[name] for name in ("one", "two", "native")} == {"missing"}
    assert found["nobody"] == found["good2"] == "unknown"


def test_a_wheel_by_its_path(desk: Desktop) -> None:
    """As who has just built one asks: on which targets does it work, with all that it needs?"""
    desk.publish("lib", "1.0")
    filename, data = make_wheel("mine", "1.0", tag=WASM, requires=["lib"])
    (desk.folder / filename).write_bytes(data)
    status, column = answer(desk, str(desk.folder / filename))
    assert (status, verdicts(column)) == (0, {"mine": "works", "lib": "works"})
    status, column = answer(desk, str(desk.folder / filename), "lib", target="wasi-3.14")
    assert (status, verdicts(column)) == (1, {"mine": "unusable", "lib": "works"})
    assert "wasi-3.14 cannot load a wheel for" in column["problems"][0]["message"]


def test_a_conflict_names_those_that_do_not_go_together(desk: Desktop) -> None:
    desk.publish("left", "1.0", requires=["shared<2"])
    desk.publish("right", "1.0", requires=["shared>=2"])
    desk.publish("other", "1.0")
    desk.publish("shared", "1.0")
    desk.publish("shared", "2.0")
    status, column = answer(desk, "left", "other", "right")
    assert status == 1
    assert verdicts(column) == {"left": "conflict", "right": "conflict", "other": "works"}
    (problem,) = column["problems"]
    assert problem["name"] == "left, right"
    assert "right 1.0 needs shared>=2" in problem["message"]


def test_other_reasons(desk: Desktop) -> None:
    desk.publish("new", "1.0", requires_python=">=3.99")
    desk.publish("lib", "1.0")
    _, column = answer(desk, "new", "lib>5", 'gone; sys_platform == "win32"')
    assert verdicts(column) == {"new": "python", "lib": "version", "gone": "skipped"}


def test_targets_side_by_side(desk: Desktop) -> None:
    desk.distribution("pyodide-0.29")
    desk.publish("native", "1.0", tag=WASM)
    desk.publish("pure", "1.0")
    words = ["check", "native", "pure", "--index-url", desk.index.url]
    for target in ("pyodide-314", "pyodide-0.29"):
        words += ["--target", target, "--distribution", f"{target}={desk.folder / target}"]
    result = desk.run(*words, "--target", "wasi")
    assert result.exit_code == 1
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if "✓" in line}
    assert rows["pure"].count("1.0") == 3
    assert rows["native"].count("1.0") == 1
    assert rows["native"].count("no wheel") == 2
    assert "use pyodide-314, where it works" in result.stdout


def test_all_targets_are_checked(desk: Desktop) -> None:
    """They stand below each other then; what cannot be found out for one does not hide the others."""
    desk.publish("pure", "1.0")
    lost = [
        word
        for name in target_names()
        if name.startswith("pyodide-") and name != "pyodide-314"
        for word in ("--distribution", f"{name}={desk.folder / 'nothing'}")
    ]
    result = desk.ask("check", "pure", "--target", "all", *lost)
    assert result.exit_code == 1
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line[:3] in ("pyo", "was")}
    assert "1.0" in rows["pyodide-314"]
    assert "1.0" in rows["wasi-3.12"]
    assert "not known" in rows["pyodide-0.27"]
    assert "--distribution PLACE" in result.stdout


def test_the_newest_version_is_explained(desk: Desktop) -> None:
    """Where no version works, with all that its dependencies lack, and not what ails an old one."""
    desk.publish("app", "1.0", requires=["ancient"])
    desk.publish("app", "2.0", requires=["one", "two"])
    for name in ("ancient", "one", "two"):
        desk.publish(name, "1.0", tag=LINUX)
    _, column = answer(desk, "app")
    assert sorted(problem["name"] for problem in column["problems"]) == ["one", "two"]
    assert {problem["required_by"][0] for problem in column["problems"]} == {"app 2.0"}
    assert {project["name"]: project["detail"] for project in column["projects"]}["app"] == "one, two"


def test_project_with_extras_and_groups(desk: Desktop) -> None:
    for name in ("base", "plotting", "testing"):
        desk.publish(name, "1.0")
    (desk.folder / "pyproject.toml").write_text(
        '[project]\nname = "me"\ndependencies = ["base"]\n'
        '[project.optional-dependencies]\nplot = ["plotting"]\n[dependency-groups]\ntest = ["testing"]\n'
    )
    project = ["--pyproject", str(desk.folder)]
    assert verdicts(answer(desk, *project)[1]) == {"base": "works"}
    assert set(verdicts(answer(desk, *project, "--extra", "plot")[1])) == {"base", "plotting"}
    assert set(verdicts(answer(desk, *project, "--group", "test")[1])) == {"testing"}


def test_a_project_for_another_python(desk: Desktop) -> None:
    file = desk.folder / "pyproject.toml"
    file.write_text('[project]\nname = "me"\nrequires-python = "<3.12"\ndependencies = ["base"]\n')
    status, column = answer(desk, "--pyproject", str(file))
    assert (status, verdicts(column)) == (1, {"base": "python"})
    assert "3.14.2" in column["problems"][0]["message"]


def test_requirements_and_constraints(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.publish("lib", "2.0")
    (desk.folder / "requirements.txt").write_text("lib\n")
    (desk.folder / "limits.txt").write_text("lib<2\nother<3\n")
    _, column = answer(desk, "-r", str(desk.folder / "requirements.txt"), "-c", str(desk.folder / "limits.txt"))
    assert [(project["name"], project["version"]) for project in column["projects"]] == [("lib", "1.0")]


SCRIPT = """
import os, num, yaml
import beside
from pyodide.http import pyfetch
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import checkers_only
try:
    import orjson
except ImportError:
    import json
def later():
    import strange_module.inner
"""


def test_imports_of_a_script(desk: Desktop) -> None:
    """From the distribution and the table of names; what nobody is known to have is told, never guessed."""
    desk.publish("pyyaml", "6.0")
    desk.publish("strange-module", "1.0")
    script = desk.folder / "app.py"
    script.write_text(SCRIPT)
    (desk.folder / "beside.py").write_text("")
    result = desk.ask("check", "--python-script", str(script), "--json")
    found = json.loads(result.stdout)
    assert verdicts(found["targets"][0]) == {"num": "distribution", "pyyaml": "works"}
    assert found["unknown_imports"] == ["strange_module"]
    assert (result.exit_code, found["works"]) == (1, False), "it could not be found out"
    assert "strange_module" in desk.ask("check", "--python-script", str(script), "-q").stdout
    assert not desk.index.paths("*strange*")
    named = json.loads(desk.ask("check", "--python-script", str(script), "strange-module", "--json").stdout)
    assert named["unknown_imports"] == []
    assert "strange-module" in verdicts(named["targets"][0])


def test_script_with_a_block(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    script = desk.folder / "app.py"
    script.write_text('# /// script\n# dependencies = ["lib"]\n# ///\nimport num\n')
    assert verdicts(answer(desk, "--python-script", str(script))[1]) == {"lib": "works"}


def test_script_that_is_no_python(desk: Desktop) -> None:
    script = desk.folder / "app.py"
    script.write_text("x = 1\nimport )\n")
    result = desk.ask("check", "--python-script", str(script))
    assert result.exit_code == 1
    assert "app.py:2 is not Python" in result.stderr


def test_what_is_seen(desk: Desktop) -> None:
    """The table, the reason, and who asks; dependencies that simply work are left out unless asked for."""
    desk.publish("app", "1.0", requires=["num", "native"])
    desk.publish("native", "1.0", tag=LINUX)
    desk.publish("lib", "1.0", requires=["num"])
    shown = desk.ask("check", "app", "lib").stdout
    assert "✗ needs native" in shown
    assert "native has no wheel for pyodide-314\n  native is asked for by app 1.0\n  there is: wheels for many" in shown
    assert "num" not in shown
    assert "num" in desk.ask("check", "lib", "-v").stdout


def test_offline_lacks_pages(desk: Desktop) -> None:
    result = desk.ask("check", "never-seen", "--offline")
    assert result.exit_code == 1
    assert "not in the cache" in result.stderr
    assert "wasminstall.cache" not in result.stderr


def test_an_index_that_fails_is_an_error(desk: Desktop) -> None:
    desk.index.fault("/simple/*", "status:403")
    result = desk.ask("check", "lib")
    assert result.exit_code == 1
    assert "403" in result.stderr
    assert not result.stdout
