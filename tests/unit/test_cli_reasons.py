"""Why a project is not to be had: the reason that counts is said, and the advice is for the target that was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from support.compiled_wheel import PYODIDE_TAGS
from support.desktop import Desktop
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli
from wasminstall.cli.screen import Screen
from wasminstall.cli.wasm.check import check_wheel
from wasminstall.cli.wasm.prove import Outcome
from wasminstall.cli.wasm.show import show_proof
from wasminstall.cli.wheel import _refuse_unproved
from wasminstall.errors import InvalidInput

LINUX = "cp314-cp314-manylinux_2_17_x86_64"


def column(desk: Desktop, *words: str, target: str = "wasi") -> dict[str, Any]:
    result = desk.ask("check", *words, "--json", target=target)
    (found,) = json.loads(result.stdout)["targets"]
    assert result.exit_code == (0 if found["works"] else 1)
    return dict(found)


def test_a_source_distribution_of_no_version_hides_no_reason(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.publish("lib", "2.0", requires=["other>=2"])
    desk.publish("other", "1.0")
    desk.index.add("lib-2.0-dev-9429.tar.gz", b"")
    (project, *_) = column(desk, "lib")["projects"]
    assert (project["verdict"], project["detail"]) == ("older", "2.0 needs other>=2")


def test_a_yanked_wheel_does_not_make_it_a_wrong_version(desk: Desktop) -> None:
    desk.publish("lib", "2.0", tag=LINUX)
    filename, data = make_wheel("lib", "1.0")
    desk.index.add(filename, data, yanked="broken")
    found = column(desk, "lib")
    assert [project["verdict"] for project in found["projects"]] == ["missing"]
    assert found["problems"][0]["exists"]["wheels_for"] == ["manylinux"]
    assert column(desk, "lib==1.0")["works"]


def test_a_wheel_with_another_hash_is_no_missing_wheel(desk: Desktop) -> None:
    desk.publish("lib", "1.0")
    desk.index.add("lib-1.0.tar.gz", b"")
    file = desk.folder / "hashed.txt"
    file.write_text(f"lib==1.0 --hash=sha256:{'0' * 64}\n")
    found = column(desk, "-r", str(file))
    assert [project["verdict"] for project in found["projects"]] == ["hash"]
    (problem,) = found["problems"]
    assert problem["message"] == "the hash of lib-1.0-py3-none-any.whl is none of those that were given"
    assert problem["exists"] is None
    (tip,) = problem["advice"]
    file.write_text(f"lib==1.0 {tip.rpartition(' ')[2]}\n")
    assert column(desk, "-r", str(file))["works"]


@pytest.mark.parametrize("target", ["wasi", "wasix"])
def test_no_advice_of_pyodide_elsewhere(desk: Desktop, target: str) -> None:
    desk.publish("lib", "1.0", tag=LINUX)
    desk.index.add("lib-1.0.tar.gz", b"")
    (problem,) = column(desk, "lib", target=target)["problems"]
    locked = desk.ask("lock", "lib", "-o", str(desk.folder / "new.toml"), target=target)
    said = " ".join([*problem["advice"], locked.stderr])
    assert locked.exit_code == 1
    assert "try:" in locked.stderr
    assert not [word for word in ("yodide", "PEP 783", "cibuildwheel") if word in said]
    assert ("--index-url" in " ".join(problem["advice"])) == (target == "wasix")


def test_a_wheel_that_was_named_and_cannot_be_used(desk: Desktop) -> None:
    filename, data = make_wheel("lib", "1.0", tag=LINUX)
    (desk.folder / filename).write_bytes(data)
    (problem,) = column(desk, str(desk.folder / filename))["problems"]
    assert problem["message"].endswith(f"cannot load a wheel for {LINUX}")
    assert "cannot read" not in problem["message"]
    assert problem["advice"][0].endswith("the most general py3-none-any")


# wasminstall wheel


def test_license_files_in_older_metadata_are_no_reason_to_refuse() -> None:
    """PyPI has many such wheels, six 1.17.0 for one; what else is wrong is found all the same."""
    headers = [("License-File", "LICENSE")]
    report = check_wheel(*make_wheel("lib", "1.0", headers=headers))
    assert report.for_pypi
    (finding,) = report.findings
    assert (finding.level, bool(finding.hint)) == ("warning", True)
    assert finding.text.count("license-file") == 1
    local = check_wheel(*make_wheel("lib", "1.0+here", headers=headers))
    assert "is a local version" in " ".join(item.text for item in local.findings)


def test_what_is_said_of_many_modules_is_said_once(tmp_path: Path) -> None:
    files: Mapping[str, str | bytes] = {f"lib/m{number}.so": b"\x7fELF" for number in range(5)}
    name, data = make_wheel("lib", "1.0", tag=PYODIDE_TAGS["314"], files=files)
    (tmp_path / name).write_bytes(data)
    shown, apart = (
        CliRunner().invoke(cli, ["--no-config", "wheel", "check", *options, str(tmp_path / name)]).stdout
        for options in ([], ["-v"])
    )
    assert shown.count("it is a library for Linux") == 1
    assert "in lib/m0.so and 4 more (-v lists them)" in shown
    assert apart.count("it is a library for Linux") == 5


def test_a_proof_of_nothing_fails_where_it_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Outcome("failed", "ImportError: no numpy")
    outcomes = {"a.so": failed, "b.so": failed}
    with pytest.raises(InvalidInput, match=r"none of its modules imports, before or after: ImportError: no numpy"):
        _refuse_unproved(outcomes, "lib-1.0-py3-none-any.whl")
    _refuse_unproved({**outcomes, "c.so": Outcome("imported")}, "lib-1.0-py3-none-any.whl")
    _refuse_unproved({}, "lib-1.0-py3-none-any.whl")
    show_proof(outcomes, "0.27.7", Screen())
    said = capsys.readouterr()
    assert "proved     0 of 2 modules" in said.out
    assert said.err.count("ImportError") == 1
    assert "a.so and 1 more" in said.err
