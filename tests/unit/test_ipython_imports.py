"""Imports that install themselves: which modules a cell wants, what has them; settings; and not on a desktop."""

from __future__ import annotations

import pytest
from traitlets.config import Config, Configurable

import wasminstall
from wasminstall.errors import InvalidInput
from wasminstall.integrations.ipython.auto_import import Providers, imports_between, is_missing, providers
from wasminstall.integrations.ipython.session import Pin
from wasminstall.integrations.ipython.settings import settings_of

PIP = "await get_ipython().run_line_magic('pip', 'install x')\n"
LOCK = {
    "packages": {
        "numpy": {"name": "numpy", "imports": ["numpy"]},
        "numpy-tests": {"name": "numpy-tests", "imports": ["numpy"]},
        "pillow": {"name": "Pillow", "imports": ["PIL"]},
    }
}
PINS = {"numpy": Pin("numpy==1.26", ("numpy",), requested=True)}


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import a, b.c\nfrom d.e import f\nimport a", [["a", "b", "d"]]),
        ("from . import a\nfrom .b import c\nfrom __future__ import annotations", [["__future__"]]),
        ("def f():\n    import a\ntry:\n    import b\nexcept ImportError:\n    import c", [["a", "b", "c"]]),
        (f"import a\n{PIP}import b\nif b:\n    {PIP}    import c", [["a"], ["b"], ["c"]]),
        (f"import a\nx = {PIP.strip()}.value()\nimport b", [["a"], ["b"]]),
        ("get_ipython().run_line_magic('time', 'import a')\nimport b", [["b"]]),
        ("import a\nnot a b", [[]]),
        ("", [[]]),
    ],
)
def test_imports_between(code: str, modules: list[list[str]]) -> None:
    assert imports_between(code) == modules


def test_missing_modules() -> None:
    wanted = ["sys", "json", "pytest", "__main__", "surely_not_here"]
    assert [name for name in wanted if is_missing(name)] == ["surely_not_here"]


def test_pins_come_before_the_distribution() -> None:
    found = providers(["numpy", "PIL"], PINS, LOCK)
    assert found == Providers(("numpy==1.26", "Pillow"))


def test_guesses_only_where_they_are_wanted() -> None:
    modules = ["numpy", "cv2", "strange", "_internal"]
    assert providers(modules, {}, LOCK) == Providers(("numpy",))
    assert providers(modules, {}, LOCK, guess=True) == Providers(("numpy",), ("opencv-python", "strange"))


def test_settings() -> None:
    given = {"auto_import": "index", "reinstall": True, "lock": "./pylock.toml"}
    assert settings_of(Configurable(), {}).auto_import == "distribution"
    found = settings_of(Configurable(), given)
    assert {name: getattr(found, name) for name in given} == given


def test_a_configuration_file_has_the_last_word() -> None:
    shell = Configurable(config=Config({"WasmInstall": {"auto_import": "off"}}))
    assert settings_of(shell, {"auto_import": "index"}).auto_import == "off"


@pytest.mark.parametrize(
    ("given", "message"),
    [({"auto": True}, "no setting 'auto'"), ({"auto_import": "yes"}, "auto_import"), ({"parent": 1}, "parent")],
)
def test_settings_that_are_none(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        settings_of(Configurable(), given)


def test_on_a_desktop_it_says_what_to_use(capsys: pytest.CaptureFixture[str]) -> None:
    """And touches nothing: this shell has nothing to touch."""
    shell = object()
    wasminstall.load_ipython_extension(shell)
    assert "Here %pip is the pip of this environment" in capsys.readouterr().out
    wasminstall.unload_ipython_extension(shell)
