"""``wasminstall wheel``: every rule against a wheel that breaks it, and against real wheels, which break none."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from support.compiled_wheel import PYODIDE_TAGS, build_library, build_module, make_compiled_wheel
from support.real_wheels import real_wheel
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli
from wasminstall.cli.wasm.check import check_wheel
from wasminstall.cli.wasm.module import NotWasm, read_module
from wasminstall.cli.wasm.report import WheelReport
from wasminstall.cli.wasm.runtimes import known_runtimes
from wasminstall.cli.wasm.shrink import shrink_wheel
from wasminstall.cli.wasm.stripping import removable_sections, stripped
from wasminstall.wheels.wheel import WheelArchive

TAG = PYODIDE_TAGS["314"]
MODULE = "thing/_native.so"
REAL = ["cbor2", "contourpy", "css-inline", "pydantic-core", "simplejson", "uharfbuzz"]


def compiled(files: Mapping[str, str | bytes] | None = None, tag: str = TAG, **about: Any) -> tuple[str, bytes]:
    """A wheel with these modules, or with a good one."""
    return make_wheel("thing", "1.0", tag=tag, files=files or {MODULE: build_module()}, **about)


def custom(name: str, content: bytes) -> bytes:
    """A custom section of a WebAssembly module."""
    body = bytes([len(name)]) + name.encode() + content
    return b"\0" + leb128(len(body)) + body


def leb128(number: int) -> bytes:
    head = bytes([number & 0x7F | (0x80 if number > 0x7F else 0)])
    return head + (leb128(number >> 7) if number > 0x7F else b"")


def with_debug() -> bytes:
    return build_module() + custom(".debug_info", b"d" * 3000) + custom("name", b"n" * 500) + custom("mine", b"m" * 70)


def said(report: WheelReport, level: str = "") -> str:
    """All findings (of a level) as text."""
    return "\n".join(
        f"{item.where}: {item.text} | {item.hint}" for item in report.findings if level in ("", item.level)
    )


# What is right


@pytest.mark.parametrize("project", REAL)
def test_wheels_on_pypi_pass(project: str) -> None:
    report = check_wheel(*real_wheel(project))
    assert report.findings == ()
    assert report.for_pypi
    assert report.loads_on == ("pyodide-314",)
    assert all("2026_0" in module.fits for module in report.compiled)


def test_a_package_that_is_a_module() -> None:
    """As apsw has it: the entry is named for the package."""
    assert check_wheel(*compiled({"_native/__init__.cpython-314-wasm32-emscripten.so": build_module()})).findings == ()


@pytest.mark.parametrize("tag", PYODIDE_TAGS.values())
@pytest.mark.parametrize("library", [False, True])
def test_our_own_pass_for_every_pyodide(tag: str, library: bool) -> None:
    report = check_wheel(*make_compiled_wheel(tag=tag, library=library))
    assert report.works
    assert report.loads_on
    assert report.for_pypi == ("pyemscripten" in tag)


def test_a_pure_wheel_passes() -> None:
    report = check_wheel(*real_wheel("rich"))
    assert report.findings == ()
    assert "wasi-3.14" in report.loads_on


# What is wrong

WRONG_MODULES: list[tuple[str, Mapping[str, str | bytes], str]] = [
    ("linux", {MODULE: b"\x7fELF\2\1\1"}, "it is a library for Linux (ELF), not WebAssembly"),
    ("windows", {"thing/_native.pyd": b"MZ\x90"}, "it is a library for Windows (PE), not WebAssembly"),
    ("text", {MODULE: b"import this"}, "it is something else, not WebAssembly"),
    ("program", {MODULE: b"\0asm\1\0\0\0"}, "no side module: it has no dylink.0 section"),
    ("component", {MODULE: b"\0asm\x0d\0\1\0"}, "it is a WebAssembly component"),
    ("cut off", {MODULE: build_module()[:-9]}, "it is cut off"),
    ("damaged", {MODULE: build_module()[:8] + b"\2\4\5\1\1\1"}, "damaged"),
    ("name", {"thing/_other.so": build_module()}, "it has PyInit__native, not PyInit__other"),
    (
        "ending",
        {"thing/_native.cpython-313-wasm32-emscripten.so": build_module()},
        "is no ending that this Python looks for | it has to end with .cpython-314-wasm32-emscripten.so",
    ),
    (
        "desktop ending",
        {"thing/_native.cpython-314-x86_64-linux-gnu.so": build_module()},
        ".cpython-314-x86_64-linux-gnu.so is no ending that this Python looks for",
    ),
    ("no entry", {"thing/_lib.abi3.so": build_library("thing")[1]}, "but has no PyInit__lib"),
    ("library", {MODULE: build_library("thing")[0]}, "it needs libthing.so, which is not in the wheel"),
]


@pytest.mark.parametrize(
    ("files", "expected"), [row[1:] for row in WRONG_MODULES], ids=[row[0] for row in WRONG_MODULES]
)
def test_a_module_that_does_not_work(files: Mapping[str, str | bytes], expected: str) -> None:
    report = check_wheel(*compiled(files))
    assert not report.works
    assert expected in said(report, "error")


def test_a_module_for_another_abi() -> None:
    """cbor2 for Python 3.14, in a wheel for Pyodide 0.29."""
    _, data = real_wheel("cbor2")
    module = WheelArchive("cbor2-6.3.0-cp314-cp314-any.whl", data).read("cbor2/_cbor2.cpython-314-wasm32-emscripten.so")
    report = check_wheel(*compiled({"thing/_cbor2.so": module}, tag=PYODIDE_TAGS["0.29"]))
    assert "2025_0 does not have PyIter_NextItem, PyLongWriter_Create" in said(report, "error")
    assert "it looks built for 2026_0 or 2026_5" in said(report)
    assert report.compiled[0].fits == ("2026_0", "2026_5")


def test_exceptions_tell_old_modules_from_new_ones() -> None:
    """Before Pyodide 0.28 they went through JavaScript: ``invoke_*`` for C++, and no ``__cpp_exception``."""
    _, data = real_wheel("contourpy")
    member = "contourpy/_contourpy.cpython-314-wasm32-emscripten.so"
    module = read_module(WheelArchive("contourpy-1.4.0-py3-none-any.whl", data).read(member))
    assert module.uses_wasm_exceptions
    old, new = (known_runtimes()[abi] for abi in ("2024_0", "2026_0"))
    assert "__cpp_exception" in old.missing(module.wanted)
    assert not old.missing(frozenset({"invoke_viiiiii"}))
    assert new.missing(frozenset({"invoke_viiiiii"}))


def test_a_library_beside_the_run_path() -> None:
    module, library = build_library("thing")
    report = check_wheel(*compiled({MODULE: module, "elsewhere/libthing.so": library}))
    assert report.works
    assert "it needs libthing.so, and has no run path to elsewhere/libthing.so" in said(report, "warning")


WRONG_TAGS: list[tuple[str, str, str, str]] = [
    ("pure tag", "py3-none-any", "error", "it runs anywhere, but it has compiled modules"),
    ("python", "cp313-cp313-pyemscripten_2026_0_wasm32", "error", "2026_0 is the ABI of Python 3.14, not 3.13"),
    ("later abi3", "cp315-abi3-pyemscripten_2026_0_wasm32", "error", "2026_0 is the ABI of Python 3.14, not 3.15"),
    ("free-threaded", "cp314-cp314t-pyemscripten_2026_0_wasm32", "error", "no WebAssembly build of Python is free-thr"),
    ("former name", "cp314-cp314-pyodide_2026_0_wasm32", "refused", "the name from before PEP 783"),
    ("compiler", "cp314-cp314-emscripten_5_0_3_wasm32", "refused", "which names a compiler and no ABI"),
    ("unknown ABI", "cp314-cp314-pyemscripten_2031_0_wasm32", "warning", "the ABI 2031_0 is not known here"),
    ("unknown ABI", "cp314-cp314-pyemscripten_2031_0_wasm32", "error", "no runtime known here loads a wheel"),
    ("wasi", "py3-none-wasi_0_0_0_wasm32", "error", "CPython on WASI loads no compiled modules"),
    ("wasix", "cp313-cp313-wasix_wasm32", "refused", "PyPI does not take wasix_wasm32"),
    ("desktop", "cp314-cp314-manylinux_2_28_x86_64", "error", "built with cibuildwheel's platform `pyodide`"),
    ("no platform", "cp314-cp314-beos_9_x86_64", "refused", "PyPI does not know the platform beos_9_x86_64"),
]


@pytest.mark.parametrize(
    ("tag", "level", "expected"), [row[1:] for row in WRONG_TAGS], ids=[row[0] for row in WRONG_TAGS]
)
def test_a_tag_that_is_not_right(tag: str, level: str, expected: str) -> None:
    report = check_wheel(*compiled(tag=tag))
    assert expected in said(report, level)
    assert not report.for_pypi


def test_a_platform_tag_for_nothing_compiled() -> None:
    report = check_wheel(*make_wheel("thing", "1.0", tag="py3-none-pyemscripten_2026_0_wasm32"))
    assert report.works
    assert "tag it py3-none-any" in said(report, "warning")


def test_one_python_in_a_wheel_for_many() -> None:
    files = {"thing/_native.cpython-314-wasm32-emscripten.so": build_module()}
    report = check_wheel(*compiled(files, tag="cp312-abi3-pyemscripten_2026_0_wasm32"))
    assert "named for one Python, but the tag abi3 promises more" in said(report, "warning")


def test_the_file_name_and_wheel_have_to_agree() -> None:
    name, data = compiled()
    report = check_wheel(name.replace("cp314-cp314", "cp314-abi3"), data)
    assert "WHEEL and the file name have other tags" in said(report, "error")


METADATA: list[tuple[str, dict[str, Any], str, str]] = [
    ("address", {"requires": ["other @ https://files.example/other.whl"]}, "refused", "depends on an address"),
    ("bad requirement", {"requires": ["other >>> 1"]}, "refused", "requires-dist"),
    ("private", {"headers": [("Classifier", "Private :: Do Not Upload")]}, "refused", "is not to be published"),
    ("two lines", {"headers": [("Summary", "x" * 600)]}, "refused", "longer than 512 characters"),
    ("label", {"headers": [("Project-URL", "x" * 33 + ", https://x.example")]}, "refused", "has not 1 to 32"),
    ("version", {"metadata_version": "2.0"}, "error", "its METADATA is about thing 2.0"),
    ("python", {"requires_python": "<3.12"}, "error", "Requires-Python is <3.12, but what its tags are for has"),
    ("entry point", {"entry_points": "[tools]\na b = thing:run\n"}, "refused", "is no name of an entry point"),
    ("no ini", {"entry_points": "what is this\n"}, "refused", "entry_points.txt cannot be read"),
    ("unlisted", {"unlisted": [MODULE]}, "refused", f"RECORD does not list {MODULE}"),
    ("missing", {"omit": [MODULE]}, "error", "RECORD lists it, but it is not in the archive"),
    ("purelib", {"purelib": True}, "warning", "WHEEL says Root-Is-Purelib: true"),
    ("folder", {"dist_info": "Thing-1.0"}, "refused", "would have to be named as the file is: thing-1.0.dist-info"),
]


@pytest.mark.parametrize(
    ("about", "level", "expected"), [row[1:] for row in METADATA], ids=[row[0] for row in METADATA]
)
def test_metadata_and_record(about: dict[str, Any], level: str, expected: str) -> None:
    assert expected in said(check_wheel(*compiled(**about)), level)


def test_a_local_version_is_not_for_pypi() -> None:
    report = check_wheel(*make_wheel("thing", "1.0+mine", tag=TAG, files={MODULE: build_module()}))
    assert report.works
    assert "1.0+mine is a local version | leave +mine out" in said(report, "refused")


def test_a_changed_member_is_found() -> None:
    good = WheelArchive(*compiled()).read("thing-1.0.dist-info/RECORD").decode()
    report = check_wheel(*compiled({MODULE: with_debug()}, record=good))
    assert f"{MODULE}: " in said(report, "error")
    assert "RECORD says" in said(report, "error")


@pytest.mark.parametrize("data", [b"", b"PK\3\4 no zip", compiled()[1][:-30]])
def test_no_wheel_at_all(data: bytes) -> None:
    report = check_wheel("thing-1.0-py3-none-any.whl", data)
    assert "cannot be read as a zip file" in said(report, "error")


def test_a_module_of_any_bytes_never_ends_the_check() -> None:
    module = build_module()
    for at in range(8, len(module), 7):
        for byte in (0x00, 0x7F, 0xFF):
            bent = module[:at] + bytes([byte]) + module[at + 1 :]
            assert check_wheel(*compiled({MODULE: bent})).filename
            try:
                stripped(bent)
            except NotWasm:
                continue


# Sections that can go


def test_debug_sections_go_and_others_stay() -> None:
    data = with_debug()
    assert list(removable_sections(data)) == [".debug_info", "name"]
    assert stripped(data) == build_module() + custom("mine", b"m" * 70)
    assert stripped(data, keep_names=True) == build_module() + custom("name", b"n" * 500) + custom("mine", b"m" * 70)


def test_what_stripping_would_save_is_what_it_saves() -> None:
    name, data = compiled({MODULE: with_debug()})
    saving = check_wheel(name, data).saving
    assert saving is not None
    assert saving.unpacked == len(with_debug()) - len(stripped(with_debug()))
    assert abs(saving.packed - (len(data) - len(shrink_wheel(name, data).data))) < 200


def test_a_shrunk_wheel_is_whole_and_always_the_same() -> None:
    files: dict[str, str | bytes] = {MODULE: with_debug(), "thing/__init__.py": "", "thing/run.sh": "#!/bin/sh\n"}
    name, data = make_wheel("thing", "1.0", tag=TAG, files=files, executable=["thing/run.sh"])
    small = shrink_wheel(name, data).data
    assert small == shrink_wheel(name, data).data
    assert small == shrink_wheel(name, small).data
    before, after = WheelArchive(name, data), WheelArchive(name, small)
    assert [*after.members] == [*before.members]
    assert check_wheel(name, small).for_pypi
    assert after.read(MODULE) == stripped(with_debug())
    assert after.read("thing/__init__.py") == b""
    assert after.members["thing/run.sh"].executable
    assert after.record.keys() == before.record.keys()


# The commands


def wheel_command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["--no-config", "wheel", *map(str, arguments)])


def saved(folder: Path, wheel: tuple[str, bytes]) -> Path:
    file = folder / wheel[0]
    file.write_bytes(wheel[1])
    return file


def test_check_says_what_it_found(tmp_path: Path) -> None:
    good = saved(tmp_path, compiled({MODULE: with_debug()}))
    bad = saved(tmp_path, compiled({MODULE: b"\x7fELF"}, tag=PYODIDE_TAGS["0.28"]))
    done = wheel_command("check", good)
    assert done.exit_code == 0
    assert "loads on   pyodide-314" in done.stdout
    assert f"{MODULE}  4.2 kB, 3 imports" in done.stdout
    assert "for PyPI   yes" in done.stdout
    assert "`wasminstall wheel shrink` takes 3.5 kB for debuggers out" in done.stdout
    done = wheel_command("check", good, bad)
    assert done.exit_code == 1
    assert "error: it is a library for Linux (ELF), not WebAssembly" in done.stdout
    assert "not for PyPI: PyPI does not take pyodide_2025_0_wasm32" in done.stdout
    done = wheel_command("check", "--json", good, bad)
    assert [(item["works"], item["for_pypi"]) for item in json.loads(done.stdout)] == [(True, True), (False, False)]


def test_check_of_what_is_not_there(tmp_path: Path) -> None:
    done = wheel_command("check", tmp_path / "none.whl")
    assert done.exit_code == 2
    assert "does not exist" in done.stderr
    assert wheel_command("check").exit_code == 2


def test_shrink_replaces_the_wheel_or_writes_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no wasm-opt, no Node
    file = saved(tmp_path, compiled({MODULE: with_debug()}))
    before = file.read_bytes()
    done = wheel_command("shrink", "--output", tmp_path / "smaller", file)
    assert done.exit_code == 0, done.output
    assert "wasm-opt is not on the path" in done.stderr
    assert "there is no Node" in done.stderr
    assert file.read_bytes() == before
    assert wheel_command("shrink", file).exit_code == 0
    assert file.read_bytes() == (tmp_path / "smaller" / file.name).read_bytes()
    assert "as small as it gets" in wheel_command("shrink", file).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["smaller", file.name]


def test_a_proof_that_is_asked_for_has_to_be_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    file = saved(tmp_path, compiled({MODULE: with_debug()}))
    before = file.read_bytes()
    done = wheel_command("shrink", "--prove", file)
    assert done.exit_code == 1
    assert "cannot be proved: there is no Node" in done.stderr
    assert file.read_bytes() == before


def test_shrink_of_a_damaged_wheel_leaves_it(tmp_path: Path) -> None:
    file = saved(tmp_path, ("thing-1.0-py3-none-any.whl", b"PK no wheel"))
    done = wheel_command("shrink", "--no-prove", file)
    assert done.exit_code == 1
    assert "cannot be read as a zip file" in done.stderr
    assert file.read_bytes() == b"PK no wheel"


def fake_optimiser(folder: Path, script: str) -> str:
    program = folder / "wasm-opt"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_a_failing_optimiser_costs_nothing_but_itself(tmp_path: Path) -> None:
    name, data = compiled({MODULE: with_debug()})
    for script, reason in [("echo 'Fatal: no' >&2; exit 1", "Fatal: no"), ("exit 0", "status 0")]:
        shrunk = shrink_wheel(name, data, optimiser=fake_optimiser(tmp_path, script))
        assert shrunk.notes == (f"{MODULE} is stripped only, wasm-opt failed: {reason}",) or reason in shrunk.notes[0]
        assert WheelArchive(name, shrunk.data).read(MODULE) == stripped(with_debug())


@pytest.mark.skipif(shutil.which("wasm-opt") is None, reason="wasm-opt of Binaryen is not on the path")
def test_wasm_opt_makes_a_real_wheel_smaller() -> None:
    name, data = real_wheel("simplejson")
    with_tool = shrink_wheel(name, data, optimiser=shutil.which("wasm-opt") or "")
    assert with_tool.notes == ()
    assert len(with_tool.data) < len(shrink_wheel(name, data).data)
    assert check_wheel(name, with_tool.data).for_pypi


def test_the_written_zip_is_plain(tmp_path: Path) -> None:
    name, data = compiled({MODULE: with_debug(), "thing/__init__.py": "x = 1\n" * 100})
    file = saved(tmp_path, (name, shrink_wheel(name, data).data))
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[-1] == "thing-1.0.dist-info/RECORD"
