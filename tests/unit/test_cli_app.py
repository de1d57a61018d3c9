"""What all commands have in common: help, options before and behind the command, configuration, completion, errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from support.desktop import Desktop
from support.distribution import ROOT
from wasminstall.cli.app import COMMANDS, cli
from wasminstall.cli.screen import said
from wasminstall.elsewhere import _NOT_COMPLETE
from wasminstall.errors import InvalidInput


@pytest.fixture
def desk(desk: Desktop) -> Desktop:
    desk.publish("lib", "1.0")
    return desk


def shell(*words: str) -> subprocess.CompletedProcess[str]:
    """``python -m wasminstall WORDS`` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "wasminstall", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_to_learn_from(desk: Desktop, name: str) -> None:
    """What it is for, and at least two examples as one types them."""
    (line,) = (line for line in desk.run("--help").stdout.splitlines() if line.split()[:1] == [name])
    assert line.endswith("."), "the first sentence fits into a line"
    command = cli.get_command(click.Context(cli), name)
    below = command.commands if isinstance(command, click.Group) else {"": command}
    for words in ([name, *filter(None, [other])] for other in below):
        shown = desk.run(*words, "--help").stdout
        assert shown.count(f"\n  wasminstall {' '.join(words)}") >= 2, shown
        assert "...\n" not in shown.partition("Commands:")[2], "the first sentences fit too"
        assert "--quiet" in shown


def test_python_m() -> None:
    done = shell("tags", "--target", "wasi")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("py30-none-any\n")


def test_status_of_an_error(tmp_path: Path) -> None:
    """1, on standard error, and no traceback."""
    (tmp_path / "wrong.txt").write_text("lib app\n")
    wrong = shell("check", "-r", str(tmp_path / "wrong.txt"))
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "wrong.txt:1" in wrong.stderr
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["check", "--colour"], "No such option"),
        (["check"], "name a requirement, or a file with -r"),
        (["check", "lib", "--extra", "x"], "name it with -r pyproject.toml"),
        (["check", "app.py"], "--python-script app.py"),
        (["check", "./gone.whl"], "there is no file ./gone.whl"),
        (["check", "-r", "gone.txt"], "there is no file gone.txt"),
        (["lock", "lib", "-c", "gone.txt"], "there is no file gone.txt"),
        (["lock", "lib", "-o", "gone/pylock.toml"], "there is no folder"),
        (["sync", "gone.toml", "--into", "site"], "there is no file gone.toml"),
        (["sync", "lock-version = '1.0'\nurl = 'https://'", "--into", "site"], "there is no file lock-version"),
        (["install", "lib", "--into", "app.py"], "is a file"),
        (["bundle", "gone", "-o", "site"], "does not exist"),
        (["bundle", ".", "-o", "app.py"], "is a file"),
        (["bundle", ".", "-o", "site"], "name a folder beside it"),
        (["bundle", ".", "-o", "../site", "--lock", "gone.toml"], "there is no file gone.toml"),
        (["bundle", ".", "-o", "../site", "--target", "wasi"], "choose a target with Pyodide"),
        (["serve", "gone"], "does not exist"),
        (["serve", "--target", "wasi"], "choose a target with Pyodide"),
    ],
)
def test_status_of_wrong_usage(desk: Desktop, typed: list[str], said: str) -> None:
    (desk.folder / "app.py").write_text("import lib\n")
    result = desk.run(*typed)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url"])
def test_an_empty_index(desk: Desktop, option: str) -> None:
    """A variable that is not set must not have PyPI asked in place of the index in it."""
    result = desk.run("check", "lib", "--target", "wasi", option, "")
    assert result.exit_code == 2
    assert "it is empty" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALL_PROXY", "socks9://127.0.0.1:9", "cannot use the proxy"),
        ("HTTPS_PROXY", "foo:bar", "cannot use the proxy"),
        ("SSL_CERT_FILE", "/no/such/file.pem", "/no/such/file.pem"),
    ],
)
def test_a_mistake_in_the_environment(
    desk: Desktop, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    result = desk.ask("check", "lib", target="wasi")
    assert result.exit_code == 1
    assert said in result.stderr
    assert name in result.stderr.partition("hint:")[2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("words", [["--help"], ["tags"]])
def test_an_output_that_cannot_be_written(words: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "wasminstall", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


def test_a_reader_that_has_enough() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "wasminstall", "check", "--help"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_command_that_does_not_exist(desk: Desktop) -> None:
    result = desk.run("chekc")
    assert result.exit_code == 2
    assert "Did you mean 'check'?" in result.stderr


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["requirements.txt"], "-r requirements.txt reads it"),
        (["."], "with -r FILE"),
        (["-r", "pylock.toml"], "`wasminstall sync`"),
        (["pylock.toml"], "`wasminstall sync pylock.toml` installs it"),
        (["lib app"], "an argument of its own"),
        (["nothing-here-is-so-called", "--offline"], "have it kept"),
    ],
)
def test_hints_speak_of_the_command_line(desk: Desktop, typed: list[str], hint: str) -> None:
    """Errors are those of the API; what they advise is what one can type here."""
    (desk.folder / "pylock.toml").write_text('lock-version = "1.0"\npackages = []\n')
    result = desk.ask("check", *typed, target="wasi")
    assert result.exit_code == 1
    assert hint in result.stderr.partition("hint:")[2]
    assert "=..." not in result.stderr


_FROM_AN_INDEX = "PyPI has six 1.17.0, which fits as well: {} takes it from there"


@pytest.mark.parametrize(
    ("said_to_a_page", "way"),
    [
        (_FROM_AN_INDEX, 'prefer="newest"'),
        (_FROM_AN_INDEX, 'index_for={"six": "https://index.example/simple/"}'),
        (f"{_NOT_COMPLETE.partition('data-pyodide')[0]}{{}} to take them", "data-pyodide"),
    ],
)
def test_no_way_out_that_the_command_lacks(said_to_a_page: str, way: str) -> None:
    hint = said(InvalidInput("cannot reach it", hint=said_to_a_page.format(way)))[1]
    assert "--distribution FOLDER" in hint
    assert way not in hint


def test_an_empty_file_has_no_table(desk: Desktop) -> None:
    (desk.folder / "empty.txt").write_text("# later\n")
    result = desk.ask("check", "-r", str(desk.folder / "empty.txt"), target="wasi")
    assert result.exit_code == 0
    assert result.stdout == "No project is asked for: there is nothing to check\n"


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_script(desk: Desktop, shell_name: str) -> None:
    done = desk.run(env={"_WASMINSTALL_COMPLETE": f"{shell_name}_source"})
    assert done.exit_code == 0
    assert "_WASMINSTALL_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("wasminstall che", "check"),
        ("wasminstall tags --target pyodide-31", "pyodide-315"),
        ("wasminstall check --target al", "all"),
        ("wasminstall check --color ne", "never"),
        ("wasminstall check --distr", "--distribution"),
    ],
)
def test_completion(desk: Desktop, typed: str, offered: str) -> None:
    words = typed.split()
    env = {"_WASMINSTALL_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    assert f"plain,{offered}" in desk.run(env=env).stdout.splitlines()


def test_colour(desk: Desktop) -> None:
    """None where there is no terminal, unless it is asked for, before the command or behind it."""
    assert "\x1b[" not in desk.ask("check", "lib", target="wasi").stdout
    assert "\x1b[32m" in desk.ask("check", "lib", "--color", "always", target="wasi").stdout
    before = desk.run("--color", "always", "check", "lib", "-t", "wasi", "-i", desk.index.url)
    assert "\x1b[32m" in before.stdout
    never = desk.run("--color", "always", "check", "--color", "never", "lib", "-t", "wasi", "-i", desk.index.url)
    assert "\x1b[" not in never.stdout


def test_output_options_before_a_command_below(desk: Desktop) -> None:
    (desk.folder / "some.whl").write_bytes(b"")
    assert "No such option" not in desk.run("wheel", "-q", "--color", "never", "check", "some.whl").stderr


def test_quiet_leaves_notes_out(desk: Desktop) -> None:
    desk.publish("aged", "1.0")
    desk.publish("aged", "2.0", tag="cp314-cp314-win_amd64")
    assert "not the newest" in desk.ask("check", "aged", target="wasi").stderr
    assert not desk.ask("check", "aged", "-q", target="wasi").stderr
    assert not desk.run("-q", "check", "aged", "-t", "wasi", "-i", desk.index.url).stderr
    failed = desk.ask("check", "nobody-has-this", "-q", target="wasi")
    assert "no such project" in failed.stdout


def configure(desk: Desktop, text: str) -> None:
    (desk.folder / "pyproject.toml").write_text(text)


def test_configuration(desk: Desktop) -> None:
    """For all commands that have such an option, and for one of them; the command line counts for more."""
    configure(
        desk,
        f'[tool.wasminstall]\ntarget = "wasi"\nindex-url = "{desk.index.url}"\n[tool.wasminstall.check]\njson = true\n',
    )
    checked = desk.run("check", "lib")
    assert checked.exit_code == 0
    assert '"target": "wasi-3.14"' in checked.stdout
    assert desk.run("tags").stdout.startswith("py314-none-wasi")
    assert desk.run("tags", "-t", "pyodide-314").stdout.startswith("cp314")
    assert desk.run("--no-config", "tags").stdout.startswith("cp314")


def test_configuration_of_a_list(desk: Desktop) -> None:
    configure(desk, f'[tool.wasminstall.check]\ntarget = ["wasi", "wasi-3.13"]\nindex-url = "{desk.index.url}"\n')
    assert "wasi-3.13" in desk.run("check", "lib").stdout


def test_configuration_of_a_list_for_all(desk: Desktop) -> None:
    """It is for the commands that take several."""
    configure(desk, f'[tool.wasminstall]\ntarget = ["wasi", "wasi-3.13"]\nindex-url = "{desk.index.url}"\n')
    assert "wasi-3.13" in desk.run("check", "lib").stdout
    assert desk.run("tags").stdout.startswith("cp314")


def test_configuration_of_the_output(desk: Desktop) -> None:
    configure(desk, f'[tool.wasminstall]\ncolor = "always"\ntarget = "WASI"\nindex-url = "{desk.index.url}"\n')
    assert "\x1b[32m" in desk.run("check", "lib").stdout
    assert "\x1b[" not in desk.run("check", "lib", "--color", "never").stdout
    assert "\x1b[" not in desk.run("--color", "never", "check", "lib").stdout


def test_configuration_of_a_folder_above(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(desk, '[tool.wasminstall]\ntarget = "wasi"\n')
    (desk.folder / "below").mkdir()
    monkeypatch.chdir(desk.folder / "below")
    assert desk.run("tags").stdout.startswith("py314-none-wasi")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.wasminstall\n", "not valid TOML"),
        ("[tool]\nwasminstall = 1\n", "is not a table"),
        ('[tool.wasminstall.tags]\ntarge = "wasi"\n', "did you mean 'target'?"),
        ("[tool.wasminstall.tag]\njson = true\n", "did you mean 'tags'?"),
        ('[tool.wasminstall.tags]\ntarget = ["wasi"]\n', "target has one value"),
        ('[tool.wasminstall.tags]\njson = "yes"\n', "json is true or false"),
        ('[tool.wasminstall]\ntarget = "wasm"\n', "unknown target 'wasm'"),
        ('[tool.wasminstall]\nindex-ulr = "https://x.example"\n', "did you mean 'index-url'?"),
        ('[tool.wasminstall]\nindex-url = ["https://x.example"]\n', "[tool.wasminstall] in"),
        ("[tool.wasminstall.wheel.chekc]\njson = true\n", "did you mean 'check'?"),
        ("[tool.wasminstall.wheel]\ncheck = 1\n", "[tool.wasminstall.wheel.check]"),
    ],
)
def test_configuration_with_a_mistake(desk: Desktop, text: str, said: str) -> None:
    configure(desk, text)
    result = desk.run("wheel" if "wheel" in text else "tags")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not result.stdout


def test_paths_in_a_configuration(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are relative to the file, wherever the command runs."""
    (desk.folder / "below").mkdir()
    (desk.folder / "wanted.txt").write_text("lib\n")
    desk.distribution("pyodide-0.29", [("num", "2.0")])
    configure(
        desk,
        f'[tool.wasminstall]\nindex-url = "{desk.index.url}"\ntarget = "pyodide-0.29"\n'
        '[tool.wasminstall.check]\nrequirement = "wanted.txt"\ndistribution = "pyodide-0.29=./pyodide-0.29"\n',
    )
    monkeypatch.chdir(desk.folder / "below")
    shown = desk.run("check", "num")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "2.0 Pyodide" in shown.stdout
    assert "lib" in shown.stdout


def test_a_pyproject_of_others_is_no_matter(desk: Desktop) -> None:
    configure(desk, "[tool.other]\nwasminstall = 1\n")
    assert desk.run("tags").exit_code == 0


def test_a_python_without_the_extra(tmp_path: Path) -> None:
    """``-S``: a Python that has nothing installed."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); from wasminstall.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert 'pip install "wasminstall[cli]"' in done.stderr
    assert "Traceback" not in done.stderr


_BARE = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"IPython", "aiohttp", "jupyterlite_core", "traitlets", "wasmtime"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import wasminstall.cli
for module in pkgutil.walk_packages(wasminstall.cli.__path__, "wasminstall.cli."):
    importlib.import_module(module.name)
"""


def test_what_the_extra_brings_is_enough() -> None:
    """Every module of the room is imported without what notebooks, the server and the tests have installed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", _BARE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
