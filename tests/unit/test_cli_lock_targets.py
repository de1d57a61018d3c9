"""``wasminstall lock`` for several targets, and for those with shared libraries: each finds its own files again."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from locking import lock, refused, together, with_app
from packaging.pylock import Pylock

from support.desktop import Desktop
from support.wheel_factory import Member, make_zip
from wasminstall.locks.pylock import read_pylock
from wasminstall.targets import named_target

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
OLD_WASM = "cp313-cp313-pyemscripten_2025_0_wasm32"


@pytest.fixture
def desk(desk: Desktop) -> Desktop:
    return with_app(desk)


def test_several_targets(desk: Desktop) -> None:
    desk.publish("num", "1.0")
    desk.publish("fast", "1.0", tag=WASM)
    desk.publish("fast", "1.0", tag=OLD_WASM)
    desk.publish("fast", "1.0")
    desk.publish("top", "1.0", requires=["num", "fast", 'lib; sys_platform == "wasi"'])
    text = together(desk, "top").stdout
    document = tomllib.loads(text)
    Pylock.from_dict(document).validate()
    assert len(document["environments"]) == 3
    fast = next(item for item in document["packages"] if item["name"] == "fast")
    assert "marker" not in fast
    assert len(fast["wheels"]) == 3
    assert [(item["version"], item["marker"]) for item in document["packages"] if item["name"] == "num"] == [
        ("1.0", "sys_platform == 'wasi' and python_version == '3.14'"),
        ("1.5", "sys_platform == 'emscripten' and python_version == '3.13'"),
        ("2.0", "sys_platform == 'emscripten' and python_version == '3.14'"),
    ]
    found: dict[str, Any] = {}
    for name in ("pyodide-314", "pyodide-0.29", "wasi-3.14"):
        found[name] = {item.filename for item in read_pylock(text, "pylock.toml", named_target(name))}
    rest = {"top-1.0-py3-none-any.whl"}
    assert found == {
        "pyodide-314": rest | {f"fast-1.0-{WASM}.whl", "num-2.0-py3-none-any.whl"},
        "pyodide-0.29": rest | {f"fast-1.0-{OLD_WASM}.whl", "num-1.5-py3-none-any.whl"},
        "wasi-3.14": rest | {"fast-1.0-py3-none-any.whl", "num-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"},
    }


def test_several_targets_again(desk: Desktop) -> None:
    desk.publish("num", "1.0")
    first = together(desk, "num", "lib").stdout
    Path("pylock.toml").write_text(first)
    desk.publish("lib", "2.0")
    desk.publish("num", "3.0")
    again = together(desk, "num", "lib", "-o", "pylock.toml")
    assert again.exit_code == 0, again.output
    assert Path("pylock.toml").read_text() == first


def test_targets_that_no_marker_tells_apart(desk: Desktop) -> None:
    desk.distribution("pyodide-0.29", packages=[("num", "1.5")])
    other = desk.folder / "other"
    other.mkdir()
    source = json.loads((desk.folder / "pyodide-0.29/pyodide-lock.json").read_text())
    packages, source["packages"] = source["packages"], {}
    (other / "pyodide-lock.json").write_text(json.dumps(source))
    desk.publish("num", "1.0")
    words = [f"--distribution=pyodide-0.29={desk.folder / 'pyodide-0.29'}", f"--distribution=pyodide-0.28={other}"]
    targets = ["-t", "pyodide-0.28", "-t", "pyodide-0.29", "-i", desk.index.url]
    said = refused(desk.run("lock", "num", "-o", "pylock.toml", *targets, *words))
    assert "no marker tells pyodide-0.28 from pyodide-0.29" in said
    assert "num-1.0-py3-none-any.whl, the latter num-1.5-py3-none-any.whl" in said
    assert not Path("pylock.toml").exists()
    assert desk.run("lock", "lib", *targets, *words).exit_code == 0  # the same for both
    source["packages"] = packages
    (other / "pyodide-lock.json").write_text(json.dumps(source))
    said = refused(desk.run("lock", "num", *targets, *words))
    assert "they need num-1.5-py3-none-any.whl from two places: " in said
    assert "/v0.28" in said
    assert "/v0.29" in said


@pytest.mark.parametrize("form", ["requirements", "pyodide-lock"])
def test_formats_for_one_target_only(desk: Desktop, form: str) -> None:
    result = desk.run("lock", "app", "--format", form, "-t", "wasi", "-t", "pyodide-314")
    assert f"{form} has no place for several targets (wasi-3.14, pyodide-314)" in refused(result, 2)


def test_a_pyodide_lock_is_for_a_pyodide(desk: Desktop) -> None:
    assert "wasi-3.14 is none" in refused(desk.ask("lock", "app", "--format", "pyodide-lock", target="wasi"), 2)


def with_library(desk: Desktop, target: str, version: str) -> None:
    """Let num of this target's distribution need libx, an archive of shared libraries."""
    folder = desk.folder / target
    data = make_zip([Member("libx.so", version.encode())])
    (folder / f"libx-{version}.zip").write_bytes(data)
    document = json.loads((folder / "pyodide-lock.json").read_text())
    document["packages"]["num"]["depends"] = ["libx"]
    document["packages"]["libx"] = {
        "name": "libx",
        "version": version,
        "file_name": f"libx-{version}.zip",
        "sha256": hashlib.sha256(data).hexdigest(),
        "package_type": "shared_library",
        "install_dir": "dynlib",
        "depends": [],
        "imports": [],
    }
    (folder / "pyodide-lock.json").write_text(json.dumps(document))


def test_libraries_of_the_distribution(desk: Desktop) -> None:
    with_library(desk, "pyodide-314", "2.0")
    (library,) = tomllib.loads(lock(desk, "num"))["tool"]["wasminstall"]["libraries"]
    assert (library["name"], library["version"], library["filename"]) == ("libx", "2.0", "libx-2.0.zip")
    pins = lock(desk, "num", "--format", "requirements")
    assert f"libx \\\n    --hash=sha256:{library['hashes']['sha256']}\n    # for num\n" in pins
    Path("again.txt").write_text(pins)
    assert "libx-2.0.zip" in lock(desk, "-r", "again.txt")
    assert json.loads(lock(desk, "num", "--format", "pyodide-lock"))["packages"]["num"]["depends"] == ["libx"]


def test_libraries_of_several_targets(desk: Desktop) -> None:
    desk.distribution("pyodide-0.29", packages=[("num", "2.0")])
    desk.publish("num", "1.0")
    with_library(desk, "pyodide-314", "2.0")
    with_library(desk, "pyodide-0.29", "1.0")
    text = together(desk, "num").stdout
    assert "marker" in text
    found = {
        name: [item.filename for item in read_pylock(text, "pylock.toml", named_target(name))]
        for name in ("pyodide-314", "pyodide-0.29", "wasi-3.14")
    }
    urls = {
        name: next(item.url for item in read_pylock(text, "pylock.toml", named_target(name)) if item.name == "num")
        for name in ("pyodide-314", "pyodide-0.29")
    }
    assert "/v314." in urls["pyodide-314"]
    assert "/v0.29." in urls["pyodide-0.29"]
    wheel = "num-2.0-py3-none-any.whl"
    assert found == {
        "pyodide-314": [wheel, "libx-2.0.zip"],
        "pyodide-0.29": [wheel, "libx-1.0.zip"],
        "wasi-3.14": ["num-1.0-py3-none-any.whl"],
    }
    Path("pylock.toml").write_text(text)
    assert together(desk, "num", "-o", "pylock.toml").exit_code == 0
    assert Path("pylock.toml").read_text() == text
