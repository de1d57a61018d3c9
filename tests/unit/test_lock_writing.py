"""Locks written from what is installed, ``pyodide-lock.json`` read, and the record that makes both possible."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock

from support.reading import reader
from support.wheel_factory import make_wheel
from wasminstall._vendor.packaging.version import Version
from wasminstall.environment import Arrival, Environment
from wasminstall.errors import InvalidInput, LockError
from wasminstall.hosts.folder import FolderHost
from wasminstall.indexes import Candidate
from wasminstall.locks.entries import LockEntry, lock_entries
from wasminstall.locks.provenance import PROVENANCE_FILE, provenance_json, read_provenance
from wasminstall.locks.pylock import read_pylock
from wasminstall.locks.pylock_writer import write_pylock
from wasminstall.locks.pyodide_lock import read_pyodide_lock, write_pyodide_lock
from wasminstall.locks.reading import read_lock
from wasminstall.requirements import parse_requirement
from wasminstall.targets import named_target
from wasminstall.wheels.metadata import Metadata
from wasminstall.wheels.wheel import WheelArchive

PAGE = named_target("pyodide-314")
A = "a" * 64


def entry(name: str, **about: Any) -> LockEntry:
    """An entry with a wheel on example.org."""
    filename = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    values: dict[str, Any] = {
        "version": "1.0",
        "filename": filename,
        "url": f"https://x.org/{filename}",
        "hashes": {"sha256": A},
        "size": 3,
    }
    return LockEntry(name=name, **{**values, **about})


LIBRARY = entry("libx", filename="libx-1.0.zip", url="https://x.org/libx-1.0.zip", library=True, version="1.0_custom")


def test_pylock_as_written() -> None:
    text = write_pylock([entry("b", depends=("a",), requires_python=">=3.9"), entry("a", direct=True), LIBRARY], PAGE)
    assert text == (
        'lock-version = "1.0"\n'
        "environments = [\"sys_platform == 'emscripten' and platform_machine == 'wasm32' and "
        "implementation_name == 'cpython' and python_version == '3.14'\"]\n"
        'created-by = "wasminstall"\n\n'
        '[[packages]]\nname = "a"\nversion = "1.0"\n'
        'archive = { url = "https://x.org/a-1.0-py3-none-any.whl", size = 3, '
        f'hashes = {{ sha256 = "{A}" }} }}\n\n'
        '[[packages]]\nname = "b"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = [{ name = "a" }]\n'
        'wheels = [{ name = "b-1.0-py3-none-any.whl", url = "https://x.org/b-1.0-py3-none-any.whl", size = 3, '
        f'hashes = {{ sha256 = "{A}" }} }}]\n\n'
        '[[tool.wasminstall.libraries]]\nname = "libx"\nversion = "1.0_custom"\nfilename = "libx-1.0.zip"\n'
        f'url = "https://x.org/libx-1.0.zip"\nsize = 3\nhashes = {{ sha256 = "{A}" }}\n'
    )
    found = read_pylock(text, "pylock.toml", PAGE)
    assert [(item.name, item.origin) for item in found] == [("a", "url"), ("b", "index"), ("libx", "distribution")]
    with pytest.raises(LockError, match="not for pyodide-315"):
        read_pylock(text, "pylock.toml", named_target("pyodide-315"))


names = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3}){0,1}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
# RFC 3986 forbids these; whatever else a URL has must survive.
tails = texts.map(lambda text: "".join(c for c in text if c not in "#?[]@:/\\\t\r\n" and c.isprintable()))
digests = st.dictionaries(st.sampled_from(["sha256", "sha384", "sha512"]), st.just(A), min_size=1)


@st.composite
def entries(draw: st.DrawFn) -> list[LockEntry]:
    found = draw(st.lists(names, unique=True, max_size=5))
    return [
        entry(
            name,
            url=f"https://x.org/{draw(tails)}/{name.replace('-', '_')}-1.0-py3-none-any.whl",
            hashes=draw(digests),
            size=draw(st.integers(0, 9)),
            depends=tuple(draw(st.lists(st.sampled_from(found), unique=True))),
            requires_python=draw(st.sampled_from(["", ">=3.8", ">=3.8,<4"])),
            direct=draw(st.booleans()),
        )
        for name in found
    ]


@given(entries(), st.randoms())
def test_what_is_written_is_read_back(made: list[LockEntry], random: Any) -> None:
    text = write_pylock(made, PAGE)
    shuffled = made.copy()
    random.shuffle(shuffled)
    assert write_pylock(shuffled, PAGE) == text
    Pylock.from_dict(tomllib.loads(text)).validate()
    found = read_pylock(text, "pylock.toml", PAGE)
    expected = sorted(made, key=lambda item: item.name)
    assert [(item.name, item.url, item.hashes, item.size, item.origin == "url") for item in found] == [
        (item.name, item.url, item.hashes, item.size, item.direct) for item in expected
    ]


@given(texts)
def test_any_string_survives_toml(text: str) -> None:
    made = entry("a", filename=text, library=True)
    row = tomllib.loads(write_pylock([made], PAGE))["tool"]["wasminstall"]["libraries"][0]
    assert row["filename"] == text


PYODIDE_LOCK: dict[str, Any] = {
    "info": {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.0"},
    "packages": {
        "pydantic": {"name": "pydantic", "version": "2.12.5", "file_name": "pydantic-2.12.5-py3-none-any.whl",
                     "depends": ["pydantic_core", "Typing.Extensions"], "sha256": A},
        "pydantic_core": {"name": "pydantic_core", "version": "2.41.5", "depends": [], "sha256": A.upper(),
                          "file_name": "pydantic_core-2.41.5-cp314-cp314-pyemscripten_2026_0_wasm32.whl"},
        "typing-extensions": {"name": "typing-extensions", "version": "4", "sha256": A, "depends": None,
                              "file_name": "https://y.org/typing_extensions-4-py3-none-any.whl"},
        "scipy": {"name": "scipy", "version": "1.18", "depends": ["libopenblas"], "sha256": A,
                  "file_name": "scipy-1.18-cp314-cp314-pyemscripten_2026_0_wasm32.whl"},
        "libopenblas": {"name": "libopenblas", "version": "0.3", "depends": [], "sha256": A,
                        "file_name": "libopenblas-0.3.zip", "package_type": "shared_library"},
        "old": {"name": "old", "version": "1", "depends": [], "sha256": A,
                "file_name": "old-1-cp313-cp313-pyodide_2025_0_wasm32.whl"},
        "bare": {"name": "bare", "version": "1", "depends": ["old"], "file_name": "bare-1-py3-none-any.whl"},
        "lost": {"name": "lost", "version": "1", "depends": ["gone"], "sha256": A,
                 "file_name": "lost-1-py3-none-any.whl"},
        "local": {"name": "local", "version": "1", "depends": [], "sha256": A,
                  "file_name": "file:///w/local-1-py3-none-any.whl"},
    },
}  # fmt: skip


def from_pyodide_lock(*wanted: str, lock: Mapping[str, Any] = PYODIDE_LOCK) -> tuple[Candidate, ...]:
    requirements = [parse_requirement(text) for text in wanted]
    return asyncio.run(read_pyodide_lock(json.dumps(lock), "https://x.org/l/pyodide-lock.json", PAGE, requirements))


def test_a_pyodide_lock_gives_what_is_named_and_its_depends() -> None:
    found = {item.name: item for item in from_pyodide_lock("pydantic>=2")}
    assert sorted(found) == ["pydantic", "pydantic-core", "typing-extensions"]
    assert found["pydantic"].url == "https://x.org/l/pydantic-2.12.5-py3-none-any.whl"
    assert found["typing-extensions"].url == "https://y.org/typing_extensions-4-py3-none-any.whl"
    assert found["pydantic-core"].hashes == {"sha256": A}
    assert found["pydantic"].source == "https://x.org/l/pyodide-lock.json"
    assert from_pyodide_lock("scipy")[0].filename == "libopenblas-0.3.zip"
    assert (from_pyodide_lock("local")[0].origin, from_pyodide_lock("local")[0].url) == (
        "file",
        "/w/local-1-py3-none-any.whl",
    )
    assert from_pyodide_lock("scipy; sys_platform == 'win32'") == ()


def test_a_pyodide_lock_without_names_gives_everything() -> None:
    some = {key: PYODIDE_LOCK["packages"][key] for key in ("scipy", "libopenblas")}
    assert [item.name for item in from_pyodide_lock(lock={"packages": some})] == ["libopenblas", "scipy"]


@pytest.mark.parametrize(
    ("wanted", "problems"),
    [
        (["nothing"], {"nothing": "it is not in the lock"}),
        (["lost"], {"gone": "it is not in the lock, but lost depends on it"}),
        (["pydantic<2", "bare", "old"],
         {"bare": "it has no sha256", "old": "no wheel for this target: old-1-cp313-cp313-pyodide_2025_0_wasm32.whl",
          "pydantic": "the lock has 2.12.5, and you ask for pydantic<2"}),
        (["local @ https://x.org/local-1-py3-none-any.whl"],
         {"local": "you give its address, and the lock names the file: leave out one of the two"}),
    ],
)  # fmt: skip
def test_a_pyodide_lock_that_does_not_have_it(wanted: list[str], problems: dict[str, str]) -> None:
    with pytest.raises(LockError) as caught:
        from_pyodide_lock(*wanted)
    assert caught.value.problems == problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not a pyodide-lock.json"),
        ('{"packages": {"a": 1}}', "not a pyodide-lock.json"),
        (
            '{"packages": {"a": {"name": "a", "version": "1", "file_name": "x", "depends": 1}}}',
            "not a pyodide-lock.json",
        ),
        ('{"packages": {}, "info": {"python": "3.13.2"}}', "it is for Python 3.13.2, and this is 3.14.2"),
    ],
)
async def test_pyodide_locks_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(LockError, match=message):
        await read_pyodide_lock(text, "pyodide-lock.json", PAGE)


def test_a_pyodide_lock_as_written() -> None:
    made = [entry("b", depends=("a", "libx"), imports=("b",)), entry("a"), LIBRARY]
    text = write_pyodide_lock(made, PYODIDE_LOCK["info"])
    assert text == write_pyodide_lock(made[::-1], PYODIDE_LOCK["info"])
    lock = json.loads(text)
    assert lock["info"] == PYODIDE_LOCK["info"]
    assert lock["packages"]["b"] == {
        "name": "b", "version": "1.0", "file_name": "https://x.org/b-1.0-py3-none-any.whl", "sha256": A,
        "depends": ["a", "libx"], "imports": ["b"], "install_dir": "site", "package_type": "package",
        "unvendored_tests": False,
    }  # fmt: skip
    assert lock["packages"]["libx"]["install_dir"] == "dynlib"
    assert [item.name for item in from_pyodide_lock("b", lock=lock)] == ["a", "b", "libx"]
    with pytest.raises(LockError, match="no sha256"):
        write_pyodide_lock([entry("a", hashes={"sha512": A})], {})


async def test_one_door_for_both() -> None:
    files = {
        "/l/pylock.toml": write_pylock([entry("a")], PAGE),
        "/l/pyodide-lock.json": json.dumps(PYODIDE_LOCK),
        "/l/requirements.txt": "a",
    }

    read = reader(files)
    wanted = [parse_requirement("scipy")]
    assert [item.name for item in await read_lock("/l/pylock.toml", read, PAGE)] == ["a"]
    assert [item.name for item in await read_lock(files["/l/pylock.toml"], read, PAGE)] == ["a"]
    found = await read_lock("/l/pyodide-lock.json", read, PAGE, wanted)
    assert [(item.name, item.origin) for item in found] == [("libopenblas", "file"), ("scipy", "file")]
    for source, options, message in [
        ("/l/requirements.txt", {}, "is no lock"),
        ("/l/pylock.toml", {"wanted": wanted}, "installed as a whole"),
        ("/l/pyodide-lock.json", {"extras": ["x"]}, "no extras"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            await read_lock(source, read, PAGE, **options)  # type: ignore[arg-type]


async def install_from_lock(site: Path, *wheels: tuple[str, bytes], recorded: bool = True) -> Environment:
    """Wheels placed as ``install`` will: with the record of where they came from."""
    environment = Environment(FolderHost(site))
    for filename, data in wheels:
        archive = WheelArchive(filename, data)
        await environment.apply(place=[Arrival(archive)])
        if recorded:
            version = Version(archive.version)
            candidate = Candidate(archive.name, version, filename, f"https://u:p@x.org/{filename}?t=1", "test index")
            found = environment.installed()[archive.name]
            (found.dist_info / PROVENANCE_FILE).write_bytes(provenance_json(candidate, data))
    return environment


async def test_from_what_is_installed_to_a_lock_and_back(tmp_path: Path) -> None:
    app = make_wheel("app", "1.0", requires=["lib>=1", "absent", "more; sys_platform == 'win32'"])
    lib = make_wheel("lib", "2.0", requires_python=">=3.8")
    environment = await install_from_lock(tmp_path, app, lib)
    made = lock_entries(environment.installed(), PAGE)
    assert [(item.name, item.depends, item.requires_python, item.size) for item in made] == [
        ("app", ("lib",), "", len(app[1])),
        ("lib", (), ">=3.8", len(lib[1])),
    ]
    found = read_pylock(write_pylock(made, PAGE), "pylock.toml", PAGE)
    assert [(item.url, item.hashes) for item in found] == [
        (f"https://x.org/{name}", {"sha256": hashlib.sha256(data).hexdigest()}) for name, data in (app, lib)
    ]
    await environment.apply(remove=["app", "lib"])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_what_others_installed_is_locked_where_its_origin_is_known(tmp_path: Path) -> None:
    environment = await install_from_lock(
        tmp_path, make_wheel("app", "1.0"), make_wheel("lib", "2.0"), make_wheel("url", "1"), recorded=False
    )
    about = {"url": "https://x.org/url-1-py3-none-any.whl", "archive_info": {"hashes": {"sha256": A}}}
    (environment.installed()["url"].dist_info / "direct_url.json").write_text(json.dumps(about))
    installed = environment.installed()
    depends = Metadata("app", "1.0", ("libx",))
    app = Candidate("app", Version("1.0"), "app-1.0-py3-none-any.whl", "https://x.org/a", "d", "distribution",
                    {"sha256": A}, metadata=depends)  # fmt: skip
    library = Candidate("libx", Version("0"), "libx.zip", "https://x.org/l", "d", "distribution", {"sha256": A})
    other = Candidate("lib", Version("1.0"), "lib-1.0-py3-none-any.whl", "https://x.org/l", "d")
    with pytest.raises(LockError) as caught:
        lock_entries(installed, PAGE, known=[app, other])
    assert list(caught.value.problems) == ["lib 2.0"]
    made = lock_entries(
        {name: item for name, item in installed.items() if name != "lib"}, PAGE, known=[app], libraries=[library]
    )
    assert [(item.name, item.depends, item.library, item.direct) for item in made] == [
        ("app", ("libx",), False, False),
        ("libx", (), True, False),
        ("url", (), False, True),
    ]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"filename": "a", "url": "b", "size": 1, "hashes": {"md5": "0"}}', "null"]
)
def test_a_damaged_record_is_no_record(tmp_path: Path, content: str) -> None:
    (tmp_path / PROVENANCE_FILE).write_text(content)
    assert read_provenance(tmp_path) is None


def test_the_record_holds_no_secrets_and_local_files_are_absolute(tmp_path: Path) -> None:
    candidate = Candidate("a", Version("1"), "a.whl", "w/a.whl", "w/a.whl", "file", {"sha256": A})
    (tmp_path / PROVENANCE_FILE).write_bytes(provenance_json(candidate, b"12"))
    found = read_provenance(tmp_path)
    assert found is not None
    assert (found.url, found.hashes, found.size, found.direct) == (
        (Path.cwd() / "w/a.whl").as_uri(),
        {"sha256": A},
        2,
        True,
    )
    assert b"p@" not in provenance_json(Candidate("a", Version("1"), "f", "https://u:p@x.org/f", "s"), b"")


values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["1.0", "a", "a-1-py3-none-any.whl"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for kind in ("pylock.toml", "pyodide-lock.json"):
        with pytest.raises(InvalidInput):
            asyncio.run(read_lock(kind, reader({kind: text}), PAGE))


@given(st.dictionaries(st.sampled_from("ab"), st.dictionaries(
    st.sampled_from(["name", "version", "file_name", "depends", "sha256", "package_type"]), values)))  # fmt: skip
def test_any_pyodide_lock_is_read_or_refused(packages: dict[str, object]) -> None:
    try:
        from_pyodide_lock(lock={"packages": packages})
    except LockError as error:
        assert error.message
