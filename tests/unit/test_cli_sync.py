"""``wasminstall sync``: a folder becomes exactly what a lock names, or stays as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.desktop import Desktop
from support.index_server import IndexServer

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"


@pytest.fixture
def desk(desk: Desktop) -> Desktop:
    """With a lock of app and lib, and a folder that has lib in another version, and old."""
    desk.distribution()
    desk.publish("app", "1.0", requires=["lib"])
    for name, version in (("lib", "1.0"), ("lib", "2.0"), ("old", "1.0")):
        desk.publish(name, version)
    for words in (
        ("app", "lib<2", "-o", "first.toml"),
        ("app", "-o", "pylock.toml"),
        ("lib<2", "old", "-o", "old.toml"),
    ):
        assert desk.ask("lock", *words).exit_code == 0
    assert desk.run("sync", "old.toml", "--into", "site").exit_code == 0
    return desk


def tree() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path("site").rglob("*") if path.is_file()}


def installed() -> list[str]:
    return sorted(path.name.removesuffix(".dist-info") for path in Path("site").glob("*.dist-info"))


def refused(desk: Desktop, *words: str, status: int = 1) -> str:
    """What a refusal says, in one line; nothing has changed."""
    before = tree()
    result = desk.run("sync", *words)
    assert result.exit_code == status, result.output
    assert tree() == before
    return re.sub(r"\s+", " ", result.stderr)


def test_exactly_the_lock(desk: Desktop) -> None:
    result = desk.run("sync", "pylock.toml", "--into", "site")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "+ app 1.0  app-1.0-py3-none-any.whl",
        "~ lib 2.0, in place of 1.0  lib-2.0-py3-none-any.whl",
        "- old 1.0",
        "2 placed in site, 1 removed",
    ]
    assert installed() == ["app-1.0", "lib-2.0"]
    assert not Path("site/old").exists()


def test_again(desk: Desktop, index: IndexServer) -> None:
    desk.run("sync", "pylock.toml", "--into", "site")
    before = tree()
    index.requests.clear()
    assert desk.run("sync", "pylock.toml", "--into", "site").stdout == "site is what the lock names\n"
    assert tree() == before
    assert not index.requests


def test_dry_run(desk: Desktop) -> None:
    before = tree()
    result = desk.run("sync", "pylock.toml", "--into", "site", "--dry-run")
    assert result.stdout.splitlines()[-1] == "2 would be placed in site, 1 would be removed"
    assert tree() == before
    assert desk.run("sync", "pylock.toml", "--into", "new", "--dry-run").exit_code == 0
    assert not Path("new").exists()


def test_a_new_folder_and_a_lock_by_address(desk: Desktop, index: IndexServer) -> None:
    index.mount("/locks/", Path.cwd())
    result = desk.run("sync", f"{index.origin}/locks/first.toml", "--into", "new/site")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path("new/site").iterdir()) == [
        "app",
        "app-1.0.dist-info",
        "lib",
        "lib-1.0.dist-info",
    ]


def test_only_the_wheels_are_asked_for(desk: Desktop, index: IndexServer) -> None:
    index.requests.clear()
    desk.run("sync", "pylock.toml", "--into", "new", "--no-cache")
    assert sorted(index.paths()) == ["/files/app/app-1.0-py3-none-any.whl", "/files/lib/lib-2.0-py3-none-any.whl"]


def test_for_each_target_its_own_files(desk: Desktop) -> None:
    desk.publish("lib", "3.0", tag=WASM)
    desk.publish("lib", "3.0")
    places = ["--distribution", str(desk.folder / "pyodide-314"), "-i", desk.index.url]
    done = desk.run("lock", "app", "-t", "pyodide-314", "-t", "wasi", "-o", "both.toml", *places)
    assert done.exit_code == 0, done.output
    for target, tag in (("wasi", "py3-none-any"), ("pyodide-314", WASM)):
        said = desk.run("sync", "both.toml", "--into", target, "--target", target).stdout
        assert f"lib-3.0-{tag}.whl" in said
    assert "it is not for wasi-3.12" in refused(desk, "both.toml", "--into", "site", "-t", "wasi-3.12")


def test_a_lock_for_another_target(desk: Desktop) -> None:
    said = refused(desk, "pylock.toml", "--into", "site", "--target", "pyodide-0.29")
    assert "it is not for pyodide-0.29, but for: sys_platform" in said
    assert "hint: name the target that it was made for: --target pyodide-314" in said


def test_files_of_a_distribution_in_a_folder(desk: Desktop) -> None:
    """Its address is that of the CDN, which is not asked."""
    folder = desk.distribution("pyodide-0.29", packages=[("num", "2.0")])
    place = ("--target", "pyodide-0.29", "--distribution", str(folder))
    assert desk.run("lock", "num", "-o", "num.toml", *place).exit_code == 0
    assert desk.run("sync", "num.toml", "--into", "num", *place, "--no-cache").exit_code == 0
    assert Path("num/num").is_dir()


def test_a_wrong_hash(desk: Desktop) -> None:
    text = Path("pylock.toml").read_text()
    digests = re.findall(r'sha256 = "([0-9a-f]+)"', text)
    Path("wrong.toml").write_text(text.replace(digests[1], "0" * 64))
    said = refused(desk, "wrong.toml", "--into", "site")
    assert f"lib-2.0-py3-none-any.whl from {desk.index.origin}" in said
    assert f"has the wrong sha256: expected {'0' * 64}, got {digests[1]}" in said


def test_wrong_words(desk: Desktop) -> None:
    Path("requirements.txt").write_text("app\n")
    Path("broken.toml").write_text("lock-version = \n")
    into = ("--into", "site")
    for status, said, *words in (
        (2, "there is no file gone.toml", "gone.toml", *into),
        (1, "requirements.txt is no lock", "requirements.txt", *into),
        (1, "`wasminstall lock -r FILE -o pylock.toml` makes one", "requirements.txt", *into),
        (1, "broken.toml:1 is not valid TOML", "broken.toml", *into),
        (2, "Missing option '--into'", "pylock.toml"),
        (2, "is a file", "pylock.toml", "--into", "pylock.toml"),
        (1, "it was made without the extra 'more'", "pylock.toml", *into, "--extra", "more"),
        (1, "not in the cache", "pylock.toml", *into, "--offline", "--no-cache"),
    ):
        assert str(said) in refused(desk, *map(str, words), status=int(status))


def test_offline_from_the_cache(desk: Desktop, index: IndexServer) -> None:
    desk.run("sync", "pylock.toml", "--into", "site")
    index.close()
    result = desk.run("sync", "pylock.toml", "--into", "other", "--offline")
    assert result.exit_code == 0, result.output
    assert Path("other/app/__init__.py").is_file()
