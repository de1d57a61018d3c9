"""``wasminstall lock``: the same answer every time, as little change as possible, and formats that are read back."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest
from locking import lock, refused, together, versions, with_app
from packaging.pylock import Pylock

from support.desktop import Desktop
from support.index_server import Behaviour, IndexServer, basic
from support.wheel_factory import make_wheel
from wasminstall.locks.pyodide_lock import read_pyodide_lock
from wasminstall.targets import named_target

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
OLD_WASM = "cp313-cp313-pyemscripten_2025_0_wasm32"


@pytest.fixture
def desk(desk: Desktop) -> Desktop:
    return with_app(desk)


def test_hashes_sizes_and_sources(desk: Desktop) -> None:
    text = lock(desk, "app")
    document = tomllib.loads(text)
    Pylock.from_dict(document).validate()
    app, lib = document["packages"]
    wheel = make_wheel("app", "1.0", requires=["lib>=1", 'gone; sys_platform == "win32"'], requires_python=">=3.9")[1]
    assert app == {
        "name": "app",
        "version": "1.0",
        "requires-python": ">=3.9",
        "index": desk.index.url,
        "dependencies": [{"name": "lib"}],
        "wheels": [
            {
                "name": "app-1.0-py3-none-any.whl",
                "url": desk.index.file_url("app-1.0-py3-none-any.whl"),
                "size": len(wheel),
                "hashes": {"sha256": hashlib.sha256(wheel).hexdigest()},
            }
        ],
    }
    assert (lib["name"], lib["version"]) == ("lib", "1.0")
    assert not desk.index.paths("/files/*.whl")


def test_the_same_text_every_time(desk: Desktop, tmp_path: Path) -> None:
    Path("requirements.in").write_text("num\napp\n")
    first = lock(desk, "num", "app")
    assert lock(desk, "app", "num") == first  # out of the cache
    assert lock(desk, "-r", "requirements.in", "--no-cache") == first
    (tmp_path / "elsewhere").mkdir()
    other = Desktop(desk.index, tmp_path / "elsewhere")
    other.distribution(packages=[("num", "2.0")])
    assert lock(other, "app", "num") == first


def test_of_the_distribution(desk: Desktop) -> None:
    (num,) = tomllib.loads(lock(desk, "num"))["packages"]
    wheel = make_wheel("num", "2.0")[1]
    assert "index" not in num
    assert re.fullmatch(r"https://cdn\.jsdelivr\.net/pyodide/v314\.[^/]+/full/num-2\.0-[^/]+", num["wheels"][0]["url"])
    assert num["wheels"][0]["size"] == len(wheel)  # the distribution does not say it


def test_what_is_kept_of_an_index(desk: Desktop, index: IndexServer) -> None:
    index.behave(cache_control="max-age=600")
    index.add(*make_wheel("only", "1.0", requires_python=">=3.9"))  # the index does not say it
    first = lock(desk, "only", "-o", "pylock.toml")
    assert 'requires-python = ">=3.9"' in first
    asked = len(index.requests)
    assert lock(desk, "only") == first
    assert len(index.requests) == asked
    index.add(*make_wheel("only", "2.0"))
    assert lock(desk, "only") == first
    assert versions(lock(desk, "only", "-o", "pylock.toml", "-P", "only")) == {"only": "2.0"}


def test_what_the_index_does_not_say_is_looked_up(desk: Desktop, index: IndexServer) -> None:
    index.behave(json=False)  # HTML has no sizes
    filename, data = make_wheel("bare", "1.0")
    index.add(filename, data, hashes={})
    app, bare, _ = tomllib.loads(lock(desk, "app", "bare"))["packages"]
    assert bare["wheels"][0]["hashes"] == {"sha256": hashlib.sha256(data).hexdigest()}
    assert bare["wheels"][0]["size"] == len(data)
    assert app["wheels"][0]["size"] > 0
    ranges = [seen.range for seen in index.requests if seen.path.endswith("/app-1.0-py3-none-any.whl")]
    assert ranges == ["bytes=0-0"]


def test_minimal_changes_unless_upgraded(desk: Desktop) -> None:
    first = lock(desk, "app", "-o", "pylock.toml")
    desk.publish("app", "1.1", requires=["lib>=1"])
    desk.publish("lib", "2.0")
    assert lock(desk, "app", "-o", "pylock.toml") == first
    said = desk.ask("lock", "app", "-o", "pylock.toml", "--upgrade-package", "Lib")
    assert versions(Path("pylock.toml").read_text()) == {"app": "1.0", "lib": "2.0"}
    assert said.stderr == "~ lib 1.0 to 2.0\n2 packages locked in pylock.toml for pyodide-314\n"
    assert versions(lock(desk, "app", "-o", "pylock.toml", "--upgrade")) == {"app": "1.1", "lib": "2.0"}


def test_only_what_has_to_change_does(desk: Desktop) -> None:
    desk.publish("other", "1.0")
    lock(desk, "app", "other", "-o", "pylock.toml")
    for name in ("lib", "other"):
        desk.publish(name, "1.5")
        desk.publish(name, "2.0")
    desk.publish("new", "1.0", requires=["lib>1"])
    text = lock(desk, "app", "other", "new", "-o", "pylock.toml")
    assert versions(text) == {"app": "1.0", "lib": "2.0", "new": "1.0", "other": "1.0"}
    said = desk.ask("lock", "other", "-o", "pylock.toml").stderr
    assert said.splitlines()[:3] == ["- app 1.0", "- lib 2.0", "- new 1.0"]
    assert versions(Path("pylock.toml").read_text()) == {"other": "1.0"}


def test_the_version_of_the_lock_before_that_of_the_distribution(desk: Desktop) -> None:
    desk.publish("num", "1.0")
    desk.publish("num", "2.5")
    lock(desk, "num>2", "-o", "pylock.toml")
    desk.publish("num", "3.0")
    assert versions(lock(desk, "num>2", "-o", "pylock.toml")) == {"num": "2.5"}
    assert versions(lock(desk, "num>2", "-o", "pylock.toml", "-U")) == {"num": "3.0"}
    assert versions(lock(desk, "num", "--prefer", "newest")) == {"num": "3.0"}
    assert versions(lock(desk, "num")) == {"num": "2.0"}


@pytest.mark.parametrize("output", ["pylock.toml", "requirements.txt", "pyodide-lock.json"])
def test_the_same_file_of_a_version(desk: Desktop, output: str) -> None:
    first = lock(desk, "lib", "-o", output)
    desk.publish("lib", "1.0", tag=WASM)  # fits better
    assert lock(desk, "lib", "-o", output) == first
    assert lock(desk, "lib", "-o", output, "-U") != first


def test_an_output_that_says_the_same_is_not_written(desk: Desktop) -> None:
    lock(desk, "app", "-o", "pylock.toml")
    before = Path("pylock.toml").stat()
    lock(desk, "app", "-o", "pylock.toml")
    after = Path("pylock.toml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_extras_and_who_needs_them(desk: Desktop) -> None:
    desk.publish("much", "1.0", requires=['app; extra == "all"'], extras={"all": []})
    packages = {item["name"]: item for item in tomllib.loads(lock(desk, "much[all]"))["packages"]}
    assert packages["much"]["dependencies"] == [{"name": "app"}]
    assert packages["app"]["dependencies"] == [{"name": "lib"}]
    assert list(versions(lock(desk, "much"))) == ["much"]


def test_a_wheel_by_path_is_named_from_the_lock(desk: Desktop, tmp_path: Path) -> None:
    filename, data = make_wheel("mine", "1.0", requires=["lib"])
    (tmp_path / "wheels").mkdir()
    (tmp_path / "locks").mkdir()
    (tmp_path / "wheels" / filename).write_bytes(data)
    text = lock(desk, f"./wheels/{filename}", "-o", "locks/pylock.toml")
    archive = tomllib.loads(text)["packages"][1]["archive"]
    digest = hashlib.sha256(data).hexdigest()
    assert archive == {"path": f"../wheels/{filename}", "size": len(data), "hashes": {"sha256": digest}}
    done = desk.run("sync", "locks/pylock.toml", "--into", "site")
    assert done.exit_code == 0, done.output
    assert Path("site/mine/__init__.py").is_file()


def test_requirements_with_hashes(desk: Desktop) -> None:
    text = lock(desk, "app", "num", "--format", "requirements")
    digests = {
        item["name"]: item["wheels"][0]["hashes"]["sha256"]
        for item in tomllib.loads(lock(desk, "app", "num"))["packages"]
    }
    assert text == (
        "# Made by `wasminstall lock` for pyodide-314.\n"
        f"--index-url {desk.index.url}\n"
        f"app==1.0 \\\n    --hash=sha256:{digests['app']}\n"
        f"lib==1.0 \\\n    --hash=sha256:{digests['lib']}\n    # for app\n"
        f"num==2.0 \\\n    --hash=sha256:{digests['num']}\n"
    )
    Path("again.txt").write_text(text)
    assert versions(lock(desk, "-r", "again.txt")) == {"app": "1.0", "lib": "1.0", "num": "2.0"}


def test_pyodide_lock(desk: Desktop) -> None:
    text = lock(desk, "app", "num", "--format", "pyodide-lock")
    document = json.loads(text)
    assert document["info"]["python"] == "3.14.2"
    assert document["packages"]["app"]["depends"] == ["lib"]
    assert document["packages"]["app"]["imports"] == ["app"]
    assert document["packages"]["lib"]["file_name"] == desk.index.file_url("lib-1.0-py3-none-any.whl")
    found = asyncio.run(read_pyodide_lock(text, "pyodide-lock.json", named_target("pyodide-314")))
    assert [item.name for item in found] == ["app", "lib", "num"]


@pytest.mark.parametrize(
    ("output", "content"),
    [
        ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\n'),
        ("pylock.toml", "<<<<<<< HEAD\n"),
        ("package.json", '{"name": "x"}'),
        ("package.json", '{"name": "x", "packages": {}}'),
        ("notes.txt", "Buy milk, and eggs.\n"),
        ("requirements.txt", "app\n"),
        ("requirements.txt", "app==1.0\n"),
        ("requirements.txt", f"-e .\napp==1.0 --hash=sha256:{'0' * 64}\n"),
        ("requirements.txt", "# to be filled\n"),
    ],
)
def test_what_is_no_lock_is_not_written_over(desk: Desktop, output: str, content: str) -> None:
    Path(output).write_text(content)
    assert "is there already and is not the" in refused(desk.ask("lock", "app", "-o", output, "-U"))
    assert Path(output).read_text() == content
    assert not [file for file in Path().iterdir() if file.name.startswith(f".{output}")]


def test_pins_with_hashes_of_others_are_a_lock(desk: Desktop) -> None:
    digest = hashlib.sha256(make_wheel("lib", "1.0")[1]).hexdigest()
    Path("requirements.txt").write_text(f"# pip-compile\nlib==1.0 \\\n    --hash=sha256:{digest}\n")
    desk.publish("lib", "1.1")
    assert desk.ask("lock", "lib", "-o", "requirements.txt").exit_code == 0
    assert "lib==1.0" in Path("requirements.txt").read_text()


def test_wrong_words(desk: Desktop) -> None:
    Path("requirements.txt").write_text("app\n")
    assert "is what is to be locked" in refused(desk.ask("lock", "-r", "requirements.txt", "-o", "requirements.txt"), 2)
    assert "there is no folder" in refused(desk.ask("lock", "app", "-o", "nowhere/pylock.toml"), 2)
    assert "takes the name of a project, not 'app<2'" in refused(desk.ask("lock", "app", "-P", "app<2"), 2)
    assert "nothing is asked for" in refused(desk.ask("lock"), 2)
    assert "did you mean one of: pyodide-31" in refused(desk.run("lock", "app", "-t", "pyodide-313"), 2)
    note = desk.ask("lock", "app", "-o", "pylock.toml", "-P", "other").stderr
    assert "other is not in the lock so far" in note


def test_no_answer_leaves_the_lock_as_it_was(desk: Desktop) -> None:
    first = lock(desk, "app", "-o", "pylock.toml")
    said = refused(desk.ask("lock", "app", "lib<1", "-o", "pylock.toml"))
    assert "no version satisfies 'lib<1'" in said
    assert Path("pylock.toml").read_text() == first
    desk.publish("fast", "1.0", tag=WASM)
    assert "fast has no wheel for pyodide-0.29" in refused(together(desk, "fast", "-o", "pylock.toml"))
    assert Path("pylock.toml").read_text() == first
    assert not together(desk, "fast").stdout


def test_no_credentials_in_a_lock(tmp_path: Path) -> None:
    with IndexServer(Behaviour(authorization=basic("user", "word"))) as private:
        desk = Desktop(private, tmp_path)
        desk.distribution()
        desk.publish("app", "1.0")
        url = private.url.replace("://", "://user:word@")
        for form in ("pylock", "requirements"):
            result = desk.run(
                "lock", "app", "--format", form, "-i", url, "--distribution", str(tmp_path / "pyodide-314")
            )
            assert result.exit_code == 0, result.output
            assert private.url in result.stdout
            assert "word" not in result.output


def test_offline_from_what_is_kept(desk: Desktop, index: IndexServer) -> None:
    first = lock(desk, "app")
    index.close()
    assert lock(desk, "app", "--offline") == first
    assert "cannot reach" in refused(desk.ask("lock", "app"))
