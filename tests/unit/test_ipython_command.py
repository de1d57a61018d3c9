"""``%pip``'s words: what a line asks for, which call of the API that is, and what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from wasminstall.errors import InvalidInput
from wasminstall.integrations.ipython.command import help_text, read_command
from wasminstall.integrations.ipython.magic import await_pip, pip_line
from wasminstall.integrations.ipython.options import VERBS
from wasminstall.integrations.ipython.running import install_options, run_command

CALLS = {
    "install pandas": {},
    "install pandas -U --pre": {"upgrade": True, "pre": True},
    "-q install pandas": {},
    "install -qU pandas": {"upgrade": True},
    "install --no-deps --force-reinstall pandas": {"deps": False, "reinstall": True},
    "install --reinstall pandas": {"reinstall": True},
    "install --require-hashes -r requirements.txt": {"require_hashes": True, "file": "requirements.txt"},
    "install --requirement=more.txt": {"file": "more.txt"},
    "install -rmore.txt": {"file": "more.txt"},
    "install -r a.txt -r b.txt pandas": {"file": "-r a.txt\n-r b.txt\n"},
    "install -r pylock.toml": {"lock": "pylock.toml"},
    "install -r https://example.test/pylock.dev.toml": {"lock": "https://example.test/pylock.dev.toml"},
    "install -r pyproject.toml --extra all": {"file": "pyproject.toml", "extras": ["all"]},
    "install --group dev --group docs": {"file": "pyproject.toml", "groups": ["dev", "docs"]},
    "install --group sub/pyproject.toml:dev": {"file": "sub/pyproject.toml", "groups": ["dev"]},
    "install --script plot.py": {"file": "plot.py"},
    "install -c limits.txt pandas": {"constraints": "-c limits.txt\n"},
    "install -i https://one.test/simple pandas": {"index_urls": ["https://one.test/simple"]},
    "install -i https://one.test --extra-index-url https://two.test pandas": {
        "index_urls": ["https://one.test", "https://two.test"]
    },
    "install --no-index pandas": {"file": "--no-index\n"},
    "install --no-cache-dir --offline --timeout 2.5 pandas": {"cache": False, "offline": True, "timeout": 2.5},
    "install --progress-bar off --disable-pip-version-check --no-input pandas": {},
    "install 'pandas>=2' # because of, well, don't": {},
}


@pytest.mark.parametrize("line", CALLS)
def test_options(line: str) -> None:
    assert install_options(read_command(line)) == CALLS[line]


def test_an_extra_index_comes_after_the_usual_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasminstall.context._default_index_urls", ("https://usual.test",))
    command = read_command("install --extra-index-url https://two.test pandas")
    assert install_options(command) == {"index_urls": ["https://usual.test", "https://two.test"]}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("install 'pandas >= 2' six", ("pandas >= 2", "six")),
        ("install \"a; python_version < '4'\"", ("a; python_version < '4'",)),
        ("install https://x.test/a-1-py3-none-any.whl#sha256=00", ("https://x.test/a-1-py3-none-any.whl#sha256=00",)),
        ("install six pytz;", ("six", "pytz")),
        ("install six>=1,<2 pytz!=1", ("six>=1,<2", "pytz!=1")),
        ("install ~/six-1.0-py3-none-any.whl --timeout=3", ("~/six-1.0-py3-none-any.whl",)),
        ("install install", ("install",)),
        ("uninstall -y six", ("six",)),
        ("show six pytz", ("six", "pytz")),
        ("list", ()),
    ],
)
def test_names(line: str, names: tuple[str, ...]) -> None:
    assert read_command(line).names == names


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("instal six", "no command 'instal'", "did you mean install?"),
        ("config list", "no command 'config'", "there are: install"),
        ("cache purge", "no command 'cache'", "wasminstall.cache.info()"),
        ("install --upgrad six", "pip install has no option --upgrad", "did you mean --upgrade?"),
        ("list --outdated", "pip list has no option --outdated", "%pip list --help"),
        ("install -z six", "no option -z", "%pip install --help"),
        ("install -qz six", "no option -z", ""),
        ("install -e .", "-e cannot be honoured: an editable install needs a build tool", ""),
        ("install --target lib six", "--target cannot be honoured", ""),
        ("install app == 1.0", "'==' is only a part of a requirement", 'in quotes: %pip install "app == 1.0"'),
        ("install app >=1.0", "'>=1.0' is only a part", ""),
        ("download app== 1.0", "'app==' is only a part", "%pip download"),
        ("list | head", "'|' is for a shell", "one command a line"),
        ("install six; %pip list", "'six;' is for a shell", "one command a line"),
        ("list > file.txt", "'>' is for a shell", ""),
        ("install", "needs at least one REQUIREMENT or a file with -r", ""),
        ("show", "needs at least one NAME", ""),
        ("list six", "takes no names: six", ""),
        ("install six -r", "-r needs a value: -r FILE", ""),
        ("install --pre=yes six", "--pre takes no value", ""),
        ("install 'six", "no closing quotation", ""),
        ("install -r pylock.toml -r more.txt", "pylock.toml cannot be joined", "two lines"),
        ("freeze >", "pip freeze > FILE", ""),
        ("help me", "no command 'me'", ""),
    ],
)
def test_what_is_wrong(line: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_command(line)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_number_that_is_none() -> None:
    with pytest.raises(InvalidInput, match="takes seconds"):
        install_options(read_command("install --timeout soon six"))


def test_what_has_no_effect_is_said_where_somebody_might_count_on_it() -> None:
    command = read_command("install --user --no-input six")
    assert command.notes == ("--user has no effect: there is one environment, and it is yours",)


@pytest.mark.parametrize("line", ["", "help", "--help", "help install", "install --help", "install -h"])
async def test_help(line: str) -> None:
    text = repr(await run_command(read_command(line)))
    assert ("--extra-index-url URL" if "install" in line else "uninstall") in text


def test_the_help_has_every_command_and_option() -> None:
    assert all(f"  {verb} " in help_text() for verb in VERBS)
    for verb, about in VERBS.items():
        assert all(name in help_text(verb) for option in about.options for name in option.names)


async def test_freezing_into_a_file(tmp_path: Path) -> None:
    command = read_command(f"freeze > {tmp_path}/requirements.txt")
    assert repr(await run_command(command)) == f"Wrote {tmp_path}/requirements.txt"
    assert "pytest==" in (tmp_path / "requirements.txt").read_text()


@pytest.mark.parametrize(
    ("line", "then"),
    [
        ("get_ipython().run_line_magic('pip', 'list')\n", "await get_ipython().run_line_magic('pip', 'list')\n"),
        (
            "    x = get_ipython().run_line_magic('pip', 'show a')\n",
            "    x = await get_ipython().run_line_magic('pip', 'show a').value()\n",
        ),
        ("get_ipython().run_line_magic('pinfo', 'pip')\n", "get_ipython().run_line_magic('pinfo', 'pip')\n"),
        ("x = \"get_ipython().run_line_magic('pip', '')\"\n", "x = \"get_ipython().run_line_magic('pip', '')\"\n"),
    ],
)
def test_lines_are_awaited(line: str, then: str) -> None:
    assert await_pip([line]) == [then]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("%pip install six\n", " install six"),
        ("pip install six\n", "install six"),
        ("!pip install six\n", "install six"),
        ("pip = 3\n", None),
        ("pip instal six\n", None),
        ("%pip install \\\n", None),
        ("%pipe install\n", None),
    ],
)
def test_lines_at_the_head_of_a_cell(line: str, command: str | None) -> None:
    assert pip_line(line) == command
