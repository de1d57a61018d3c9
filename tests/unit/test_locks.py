"""Locks read and written: PEP 751 ``pylock.toml`` (samples of uv and pip in ``data/``), ``pyodide-lock.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wasminstall.errors import InvalidInput, LockError
from wasminstall.locks.pylock import read_pylock
from wasminstall.targets import named_target

DATA = Path(__file__).parent / "data"
PAGE = named_target("pyodide-314")
A = "a" * 64


def pylock(*packages: str, head: str = "") -> str:
    """A lock with these packages, each the lines of one table."""
    return f'lock-version = "1.0"\ncreated-by = "test"\n{head}\n' + "".join(f"[[packages]]\n{p}\n" for p in packages)


def wheel(filename: str, more: str = "", digest: str = f'sha256 = "{A}"') -> str:
    """One entry of ``wheels``."""
    return f'{{ url = "https://x.org/d/{filename}", hashes = {{ {digest} }}{more} }}'


def package(name: str, *wheels: str, version: str = "1", more: str = "") -> str:
    """The lines of one package."""
    listed = ", ".join(wheels or (wheel(f"{name}-{version}-py3-none-any.whl"),))
    return f'name = "{name}"\nversion = "{version}"\nwheels = [{listed}]\n{more}'


def filenames(text: str, **options: Any) -> list[str]:
    return [item.filename for item in read_pylock(text, "https://x.org/l/pylock.toml", PAGE, **options)]


def test_a_lock_of_uv() -> None:
    """A universal lock: markers, a wheel of many that fits, and a direct URL, which uv writes as archive."""
    text = (DATA / "pylock.uv.toml").read_text()
    found = {item.name: item for item in read_pylock(text, "pylock.toml", PAGE)}
    assert "colorama" not in found
    assert found["simplejson"].filename == "simplejson-4.3.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    assert found["simplejson"].size == 92129
    assert (found["mdurl"].origin, found["rich"].origin) == ("url", "index")
    assert all(len(item.hashes["sha256"]) == 64 for item in found.values())
    assert {item.source for item in found.values()} == {"pylock.toml"}
    pure = {item.name: item for item in read_pylock(text, "pylock.toml", named_target("wasi-3.13"))}
    assert pure["simplejson"].filename == "simplejson-4.3.0-py3-none-any.whl"


def test_a_lock_of_pip_made_on_another_platform() -> None:
    """pip locks for the machine it runs on; local files of its index are ``file:`` URLs."""
    text = (DATA / "pylock.pip.toml").read_text()
    with pytest.raises(LockError) as caught:
        read_pylock(text, "pylock.toml", PAGE)
    assert list(caught.value.problems) == ["simplejson 4.3.0"]
    assert "no wheel for this target among 1" in caught.value.message
    without = text[: text.index('[[packages]]\nname = "simplejson"')]
    found = {item.name: item for item in read_pylock(without, "pylock.toml", PAGE)}
    assert (found["rich"].origin, found["rich"].url) == ("file", "/wheels/rich-15.0.0-py3-none-any.whl")
    assert found["markdown-it-py"].origin == "index"


def test_a_lock_as_pdm_writes_it() -> None:
    """Groups are markers, the project's own dependencies the group "default"."""
    text = pylock(
        package("a", more="marker = '\"default\" in dependency_groups'"),
        package("b", more='marker = \'"test" in dependency_groups or "plot" in extras\''),
        head='requires-python = ">=3.11"\nextras = ["plot"]\ndependency-groups = ["default", "test"]\n'
        'default-groups = ["default"]',
    )
    assert filenames(text) == ["a-1-py3-none-any.whl"]
    assert filenames(text, groups=["default", "Test"]) == ["a-1-py3-none-any.whl", "b-1-py3-none-any.whl"]
    assert filenames(text, groups=["test"]) == ["b-1-py3-none-any.whl"]
    assert filenames(text, groups=[]) == []
    assert filenames(text, extras=["plot"]) == ["a-1-py3-none-any.whl", "b-1-py3-none-any.whl"]
    for options, message in [({"extras": ["x"]}, "extra 'x'; it has: plot"), ({"groups": ["x"]}, "group 'x'")]:
        with pytest.raises(LockError, match=message):
            filenames(text, **options)


@pytest.mark.parametrize(
    ("wheels", "best"),
    [
        (["a-1-py3-none-any.whl", "a-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"], 1),
        (["a-1-1-py3-none-any.whl", "a-1-10-py3-none-any.whl", "a-1-py3-none-any.whl"], 1),  # build number
        (["a-1-2-py3-none-any.whl", "a-1-cp312-abi3-pyodide_2026_0_wasm32.whl"], 1),  # a better tag before it
        (["a-1-py2.py3-none-any.whl", "a-1-cp313-cp313-pyemscripten_2025_0_wasm32.whl"], 0),
    ],
)
def test_the_best_wheel_in_any_order(wheels: list[str], best: int) -> None:
    for order in (wheels, wheels[::-1]):
        assert filenames(pylock(package("a", *map(wheel, order)))) == [wheels[best]]


def test_addresses() -> None:
    """``path`` is relative to the lock (PEP 751); a URL's fragment is no part of the address."""
    path = 'name = "a"\nwheels = [{ path = "w/a-1-py3-none-any.whl", hashes = { sha256 = "' + A + '" } }]'
    assert read_pylock(pylock(path), "https://x.org/l/pylock.toml", PAGE)[0].url == (
        "https://x.org/l/w/a-1-py3-none-any.whl"
    )
    local = read_pylock(pylock(path), "/l/pylock.toml", PAGE)[0]
    assert (local.url, local.origin) == ("/l/w/a-1-py3-none-any.whl", "file")
    about = 'name = "a-1-py3-none-any.whl", url = "https://x.org/f?id=1#x"'
    about += f', hashes = {{ sha256 = "{A.upper()}", md5 = "0" }}'
    named = f'name = "a"\nwheels = [{{ {about} }}]'
    found = read_pylock(pylock(named), "pylock.toml", PAGE)[0]
    assert (found.url, found.hashes) == ("https://x.org/f?id=1", {"sha256": A})


SDIST = '{ url = "https://x.org/a-1.tar.gz", hashes = { sha256 = "' + A + '" } }'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", "pylock.toml:1 is not valid TOML"),
        ('created-by = "x"\npackages = []', "Missing required value in 'lock-version'"),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []', "version 2.0 is not supported"),
        (pylock('name = "A_b"'), "is not normalized in 'packages[0].name'"),
        (pylock('name = "a"\nversion = "1"'), "Exactly one of vcs, directory, archive"),
        (pylock(package("a", wheel("b-1-py3-none-any.whl"))), "not consistent with package name"),
        (pylock(package("a"), head='requires-python = ">=3.15"'), "it is for Python >=3.15, and this is 3.14.2"),
        (pylock(head="environments = [\"sys_platform == 'win32'\"]\npackages = []"), "it is not for pyodide-314, but"),
        (pylock(package("a"), package("a")), "it has a twice for this target: 1 and 1"),
        (pylock(package("a", more='requires-python = "<3"')), "a 1: needs Python <3, and this is 3.14.2"),
        (pylock(package("a", more="marker = \"sys_platform > '1' or nothing == '1'\"")), "not a valid pylock.toml"),
        (pylock(package("a", wheel("a-1-py3-none-any.whl", digest='md5 = "00"'))), "has no sha256, sha384 or sha512"),
        (pylock(package("a", wheel("a-1-py3-none-any.whl", digest=""))), "At least one hash must be provided"),
        (pylock(f'name = "a"\nversion = "1"\nsdist = {SDIST}'), "a 1: a source distribution only"),
        (
            pylock(package("a", wheel("a-1-cp314-cp314-win_amd64.whl"), more=f"sdist = {SDIST}")),
            "among 1, which are for win_amd64; its source distribution cannot be built here",
        ),
        (pylock('name = "a"\nvcs = { type = "git", url = "https://x.org/a", commit-id = "0" }'), "a: a git repository"),
        (pylock('name = "a"\ndirectory = { path = "." }'), "a: a folder of sources"),
        (pylock(f'name = "a"\narchive = {SDIST}'), "a: an archive of sources (a-1.tar.gz)"),
        (pylock('name = "a"\narchive = ' + wheel("b-1-py3-none-any.whl")), "a: its archive is a wheel of b"),
        (pylock('name = "a"\narchive = ' + wheel("a-1-cp39-none-any.whl")), "its archive is a-1-cp39-none-any.whl"),
        (pylock('name = "a"\narchive = ' + wheel("a-1-py3-none-any.whl", digest='x = "0"')), "has no sha256"),
        (pylock(head="packages = []\n[[tool.wasminstall.libraries]]\nname = 'x'"), "[tool.wasminstall] table"),
    ],
)
def test_locks_that_cannot_be_installed(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_pylock(text, "pylock.toml", PAGE)
    assert message in caught.value.message
    assert caught.value.message.startswith("pylock.toml")


def test_everything_that_is_missing_is_reported_at_once() -> None:
    with pytest.raises(LockError) as caught:
        read_pylock(
            pylock(package("a", wheel("a-1-cp39-cp39-win32.whl")), 'name = "b"\ndirectory = { path = "." }'), "l", PAGE
        )
    assert list(caught.value.problems) == ["a 1", "b"]


def test_a_sdist_does_no_harm_beside_a_wheel() -> None:
    assert filenames(pylock(package("a", more=f"sdist = {SDIST}"))) == ["a-1-py3-none-any.whl"]


values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["1.0", "a", "a-1-py3-none-any.whl"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "url", "hashes", "wheels", "archive", "marker", "libraries"]), inner),
    ),
    max_leaves=8,
)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    clean = value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "")


@given(
    st.fixed_dictionaries(
        {
            "lock-version": st.just("1.0"),
            "created-by": st.just("x"),
            "packages": st.one_of(
                values,
                st.lists(
                    st.fixed_dictionaries(
                        {"name": st.sampled_from(["a", "b"])},
                        optional={
                            "wheels": st.one_of(
                                values,
                                st.lists(
                                    st.fixed_dictionaries(
                                        {
                                            "name": st.just("a-1-py3-none-any.whl"),
                                            "url": st.one_of(values, st.sampled_from(["https://[", "file://[x/a"])),
                                            "hashes": st.one_of(values, st.just({"sha256": A})),
                                        }
                                    ),
                                    max_size=2,
                                ),
                            ),
                            "archive": values,
                            "marker": values,
                            "version": values,
                        },
                    ),
                    max_size=2,
                ),
            ),
        },
        optional={
            "environments": values,
            "extras": values,
            "tool": st.one_of(values, values.map(lambda v: {"wasminstall": v})),
        },
    )
)
def test_any_pylock_is_read_or_refused(document: dict[str, object]) -> None:
    try:
        read_pylock("\n".join(f"{key} = {_toml(value)}" for key, value in document.items()), "pylock.toml", PAGE)
    except InvalidInput as error:
        assert error.message.startswith("pylock.toml")
