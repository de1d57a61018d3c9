"""The exception tree as it is drawn, the public names as they are documented, and no credentials in any error."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from world import LINUX, World, world_on

import wasminstall
from support.distribution import ROOT
from support.index_server import IndexServer, basic
from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.context import Context
from wasminstall.errors import WasmInstallError
from wasminstall.indexes import SimpleIndex
from wasminstall.installing import install_into

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, WasmInstallError)]
MAKE: dict[str, Callable[[], Any]] = {
    "str": lambda: "https://h.example/a",
    "int": lambda: 503,
    "NetworkTrouble": lambda: "silence",
    "Sequence[str]": lambda: ("a 1.0", "b 2.0"),
    "Mapping[str, str]": lambda: {"a 1.0": "why"},
    "Mapping[str, str] | None": lambda: {"a 1.0": "why"},
    "Sequence[ResolutionError]": lambda: (errors.ResolutionError("one"), errors.ResolutionError("two")),
}
"""A value for each type that the facts of errors have."""


def facts_of(kind: type[WasmInstallError]) -> dict[str, Any]:
    """A value for every parameter that ``hint`` and ``message`` are not."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    return {
        parameter.name: MAKE[str(parameter.annotation)]()
        for parameter in parameters
        if parameter.name not in ("self", "message", "hint")
    }


def drawn_tree() -> list[tuple[str, str]]:
    """Class and base, in the order of the drawing in the docstring."""
    pairs: list[tuple[str, str]] = []
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.fullmatch(r" {4}([│├└─ ]*)([A-Z]\w+)(?: {2,}.*)?", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            pairs.append((found[2], path[depth - 1] if depth else "Exception"))
    return pairs


def test_the_tree_is_drawn_as_it_is() -> None:
    assert sorted(drawn_tree()) == sorted((kind.__name__, kind.__bases__[0].__name__) for kind in CLASSES)


def test_the_classes_stand_in_the_order_of_the_drawing() -> None:
    assert drawn_tree()[0] == ("WasmInstallError", "Exception")
    assert len(drawn_tree()) == len(CLASSES) > 15


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_exported_and_explained(kind: type[WasmInstallError]) -> None:
    assert kind.__name__ in errors.__all__
    assert kind.__doc__
    assert kind.__doc__ != WasmInstallError.__doc__ or kind is WasmInstallError


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_has_its_message_hint_and_facts(kind: type[WasmInstallError]) -> None:
    facts = facts_of(kind)
    texts = {name: f"the {name}" for name in ("message", "hint") if name in inspect.signature(kind.__init__).parameters}
    error = kind(**facts, **texts)
    assert error.message
    assert isinstance(error.hint, str)
    assert str(error) == (f"{error.message}\nhint: {error.hint}" if error.hint else error.message)
    for name, value in facts.items():
        assert getattr(error, name) == value


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "wants credentials"),
        (403, "refuses"),
        (404, "does not exist"),
        (429, "later"),
        (500, "later"),
        (503, "later"),
        (418, ""),
    ],
)
def test_the_hint_fits_the_status(status: int, hint: str) -> None:
    error = errors.HTTPStatusError("https://h.example/", status)
    assert hint in error.hint
    assert bool(hint) == bool(error.hint)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "nothing"), (1, "1.0"), (8, "1.7"), (9, "and 1 more"), (500, "and 492 more")]
)
def test_long_lists_are_cut(count: int, shown: str) -> None:
    error = errors.NoMatchingVersion("a>9", [], [f"1.{minor}" for minor in range(count)], {})
    assert shown in str(error)
    assert len(str(error)) < 300


def test_who_asked_is_named() -> None:
    assert "asked for by b 1.0 <- a 2.0" in str(errors.UnknownProject("c", ["b 1.0", "a 2.0"], ["PyPI"]))
    assert "asked for" not in str(errors.UnknownProject("c", [], ["PyPI"]))


# --- public names ---------------------------------------------------------------------------------------------------


def test_public_names_are_the_documented_ones() -> None:
    """docs/python.md has one line for each; ``errors`` is the module the page sends its readers to."""
    documented = re.findall(r"^::: wasminstall\.(\w+)$", (ROOT / "docs/python.md").read_text("utf-8"), re.MULTILINE)
    assert sorted([*documented, "errors"]) == sorted(wasminstall.__all__)


@pytest.mark.parametrize("name", wasminstall.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert getattr(wasminstall, name).__doc__


@pytest.mark.parametrize("module", [wasminstall, errors])
def test_public_names_stand_in_order(module: Any) -> None:
    classes, others = ([n for n in module.__all__ if n[0].isupper() is upper] for upper in (True, False))
    assert module.__all__ == sorted(classes) + sorted(others)
    assert not [name for name in module.__all__ if not hasattr(module, name)]


# --- credentials ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    with IndexServer() as index:
        index.behave(authorization=basic("user", "secret"))
        async with world_on(index, tmp_path / "site") as made:
            yield made


def with_secret(url: str) -> str:
    return url.replace("://", "://user:secret@")


async def error_of(world: World, *requirements: str) -> WasmInstallError:
    """What an install from an index with credentials in its address raises."""
    context = world.context()
    index = SimpleIndex(context.pages, with_secret(world.index.url), context.target)
    private = Context(context.target, context.environment, context.pages, (index,))
    with pytest.raises(WasmInstallError) as caught:
        await install_into(private, world.wish(*requirements))
    return caught.value


def publish_all(world: World) -> None:
    """A project for each thing that can go wrong."""
    for name in ("status", "network", "no-index", "cut"):
        world.publish(name, "1.0")
    world.publish("native", "1.0", tag=LINUX)
    world.publish("too-old", "1.0", requires_python="<3.9")
    world.publish("version", "1.0")
    world.publish("left", "1.0", requires=["version>1"])
    filename, data = make_wheel("forged", "1.0")
    world.index.add(filename, data, hashes={"sha256": "0" * 64})
    filename, data = make_wheel("lying", "1.0")
    world.index.add(filename, data, core_metadata="wrong_hash")
    world.index.add("damaged-1.0-py3-none-any.whl", b"no zip", core_metadata="off")
    filename, data = make_wheel("unsafe", "1.0", record="unsafe/__init__.py,sha256=AAAA,1\n")
    world.index.add(filename, data)
    world.index.fault("/simple/status/", "status:403")
    world.index.fault("/simple/no-index/", "captive_portal")
    world.index.fault("/simple/network/", "close_before_answer")
    world.index.fault("/files/cut/*.whl", "reset")


@pytest.mark.parametrize(
    ("requirement", "kind"),
    [
        ("nobody-wrote-this", errors.UnknownProject),
        ("version>1", errors.NoMatchingVersion),
        ("native", errors.NoCompatibleWheel),
        ("too-old", errors.PythonMismatch),
        ("left", errors.ResolutionError),
        ("status", errors.HTTPStatusError),
        ("network", errors.NetworkError),
        ("no-index", errors.IndexAnswerError),
        ("cut", errors.NetworkError),
        ("forged", errors.HashMismatch),
        ("lying", errors.HashMismatch),
        ("damaged", WasmInstallError),
        ("unsafe", errors.UnsafeWheel),
    ],
)
async def test_credentials_of_an_index_are_in_no_error(
    world: World, monkeypatch: pytest.MonkeyPatch, requirement: str, kind: type[WasmInstallError]
) -> None:
    monkeypatch.setattr("wasminstall.transport.client._FIRST_PAUSE", 0.001)
    publish_all(world)
    error = await error_of(world, requirement)
    assert isinstance(error, kind), repr(error)
    assert_no_secret(error)


@pytest.mark.parametrize(
    ("path", "fragment"),
    [
        ("/files/version/version-1.0-py3-none-any.whl", f"#sha256={'0' * 64}"),
        ("/files/version/gone-1.0-py3-none-any.whl", ""),
        ("/files/version/version-1.0-cp39-cp39-win32.whl", ""),
        ("/files/unsafe/unsafe-1.0-py3-none-any.whl", ""),
        ("/files/damaged/damaged-1.0-py3-none-any.whl", ""),
    ],
)
async def test_credentials_of_a_direct_url_are_in_no_error(world: World, path: str, fragment: str) -> None:
    publish_all(world)
    assert_no_secret(await error_of(world, with_secret(world.index.origin + path) + fragment))


@pytest.mark.parametrize(
    "requirement",
    [
        "other @ https://user:secret@h.example/version-1.0-py3-none-any.whl",
        "version @ https://user:secret@h.example/version-1.0.tar.gz",
        "https://user:secret@h.example/version-1.0.tar.gz",
        "version >> 1 @ https://user:secret@h.example/version-1.0-py3-none-any.whl",
    ],
)
async def test_credentials_in_what_cannot_be_installed_are_in_no_error(world: World, requirement: str) -> None:
    assert_no_secret(await error_of(world, requirement))


def assert_no_secret(error: BaseException) -> None:
    """In nothing that a traceback or a log would show of this error."""
    seen: BaseException | None = error
    while seen is not None:
        assert "secret" not in f"{seen} {seen!r} {vars(seen)}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
