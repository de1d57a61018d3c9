"""micropip's API on top of wasminstall: ``import wasminstall.integrations.micropip as micropip``.

The functions have the signatures and do what the documentation of micropip 0.11 says; the work is wasminstall's own.
What differs is what micropip gets wrong: the answer does not depend on order or timing, every hash is checked, and a
call that fails changes nothing. Errors are ``ValueError``, as there; the typed error is its ``__cause__``.
"""

from __future__ import annotations

import builtins
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

from .._default_index import DEFAULT_INDEX_URL
from .._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from .._vendor.packaging.utils import canonicalize_name
from ..context import Access, Context, current_context, make_ready
from ..environment import Arrival
from ..errors import WasmInstallError
from ..indexes import FirstThatHasIt, Index, SimpleIndex
from ..installing import install_into, uninstall_from
from ..progress import Event
from ..reporters import reporter_for
from ..requirements import Requirement, read_requirements
from ..resolution import Wish
from .micropip_index import PlaceholderIndex, has_placeholder
from .micropip_mocks import Content, MockFinder, forget_modules, is_mock, mock_wheel, modules_of
from .micropip_packages import PackageDict, PackageMetadata, installed_packages

__all__ = [
    "PackageDict",
    "PackageMetadata",
    "__version__",
    "add_mock_package",
    "freeze",
    "install",
    "list",
    "list_mock_packages",
    "remove_mock_package",
    "set_constraints",
    "set_index_urls",
    "uninstall",
]

__version__ = "0.11.1"
"""The micropip whose API this is."""

_Result = TypeVar("_Result")

_index_urls: tuple[str, ...] = ()
_constraints: tuple[str, ...] = ()
_mocks = MockFinder()


async def install(
    requirements: str | builtins.list[str],
    keep_going: bool = False,  # noqa: ARG001 - all that is missing is reported together in any case
    deps: bool = True,
    credentials: str | None = None,
    pre: bool = False,
    index_urls: builtins.list[str] | str | None = None,
    *,
    constraints: builtins.list[str] | None = None,
    reinstall: bool = False,
    verbose: bool | int | None = None,
) -> None:
    """Install packages and what they need.

    ``requirements``: PEP 508 requirements, wheel URLs, or ``emfs:`` paths of wheels. ``keep_going`` makes no
    difference: an error names everything that has no wheel. ``credentials`` is that of ``fetch()``. ``index_urls``:
    the Simple API or JSON API of an index, with or without ``{package_name}`` in it. ``constraints`` apply where a
    requirement needs them. Without ``reinstall`` an installed distribution is never replaced, except by a wheel
    named by its address. ``verbose`` prints what happens.

    Raises ``ValueError``; the environment is then as it was before.
    """
    await make_ready()
    with _value_errors():
        context = _context(index_urls, credentials)
        wanted = read_requirements(requirements)
        limits = _constraints if constraints is None else constraints
        kept = () if reinstall else _pins(context, wanted)
        wish = Wish(wanted, (*read_requirements(limits), *kept), pre=pre, deps=deps)
        try:
            report = await install_into(context, wish, reporter=_print_step if verbose else reporter_for("events"))
        except WasmInstallError as error:
            blamed = [pin.text for pin in kept if pin.text in error.message]
            if blamed:
                error.hint = f"{', '.join(blamed)}: installed, and kept; reinstall=True lets it be replaced"
            raise
    if verbose:
        print(report)


def uninstall(packages: str | builtins.list[str], *, verbose: bool | int = False) -> None:
    """Remove installed packages; one that is not installed is skipped with a warning.

    Modules that were imported before stay in memory. Raises ``ValueError`` when something cannot be removed, and
    ``RuntimeError`` while an installation is under way.
    """
    context = current_context()
    found = context.environment.installed()
    names = [str(canonicalize_name(name)) for name in ([packages] if isinstance(packages, str) else packages)]
    for name in names:
        if name not in found:
            _warn(f"Skipping '{name}' as it is not installed.")
    present = [name for name in names if name in found]
    with _value_errors():
        _finish(uninstall_from(context, present))
    if verbose:
        for name in present:
            print(f"Successfully uninstalled {name}-{found[name].version}")


def list() -> PackageDict:  # noqa: A001 - micropip's name
    """The installed packages by name; shows as a table."""
    return installed_packages(current_context())


def freeze() -> str:
    """A ``pyodide-lock.json`` with all that is installed, for ``lockFileContents`` or ``lockFileURL`` of Pyodide.

    ``loadPackage`` then loads the same packages, from where they came from. What has no known address is left out,
    with a warning.
    """
    from .micropip_freeze import distribution, frozen_lock

    text, left_out = frozen_lock(current_context(), *distribution())
    if left_out:
        _warn(f"freeze() leaves out what was not installed from a known address: {', '.join(left_out)}")
    return text


def set_index_urls(urls: builtins.list[str] | str) -> None:
    """The indexes to ask where ``install`` is not given any."""
    global _index_urls
    _index_urls = (urls,) if isinstance(urls, str) else tuple(urls)


def set_constraints(constraints: builtins.list[str]) -> None:
    """The constraints that count where ``install`` is not given any."""
    global _constraints
    _constraints = tuple(constraints)


def add_mock_package(
    name: str, version: str, *, modules: Mapping[str, Content] | None = None, persistent: bool = False
) -> None:
    """Pretend that a package is installed, so that it is not installed when something depends on it.

    ``modules``: source text by module name, ``None`` for an empty module, or a function that is given the module to
    fill; by default one empty module named like the package. With ``persistent`` they are files (and no functions),
    else they live in memory.
    """
    contents: Mapping[str, Content] = {name: None} if modules is None else modules
    if persistent:
        with _value_errors():
            arrival = Arrival(mock_wheel(name, version, contents))
            _finish(current_context().environment.apply(place=[arrival], at_once=True))
    else:
        _mocks.add(name, version, contents)


def list_mock_packages() -> builtins.list[str]:
    """The names of all mock packages."""
    installed = current_context().environment.installed().values()
    return [*_mocks.names, *(item.metadata.name for item in installed if is_mock(item))]


def remove_mock_package(name: str) -> None:
    """Remove a mock package and forget its modules.

    Raises ``importlib.metadata.PackageNotFoundError`` when it is not there, ``ValueError`` when it is no mock.
    """
    if _mocks.remove(name):
        return
    environment = current_context().environment
    item = environment.installed().get(canonicalize_name(name))
    if item is None:
        from importlib.metadata import PackageNotFoundError

        raise PackageNotFoundError(name)
    if not is_mock(item):
        raise ValueError(f"{name} {item.version} is not a mock package; uninstall() removes it")
    modules = modules_of(item)
    with _value_errors():
        _finish(environment.apply(remove=[item.name], at_once=True))
    forget_modules(modules)


def _context(index_urls: builtins.list[str] | str | None, credentials: str | None) -> Context:
    """The world to install into: the indexes named, and mock packages in memory taken for installed."""
    given = [index_urls] if isinstance(index_urls, str) else index_urls
    urls = [DEFAULT_INDEX_URL if url == "PYPI" else url for url in (_index_urls if given is None else given)]
    plain = [url for url in urls if not has_placeholder(url)]
    context = current_context(Access(plain or None, credentials=credentials or "same-origin"))
    if any(has_placeholder(url) for url in urls):
        chain = FirstThatHasIt([_index(context, url) for url in urls])
        question = context.question + repr(urls)
        context = replace(context, sources=(*context.sources[:-1], chain), question=question)
    return replace(context, libraries={**context.libraries, **_mocks.versions})


def _index(context: Context, url: str) -> Index:
    kind = PlaceholderIndex if has_placeholder(url) else SimpleIndex
    return kind(context.pages, url, context.target)


def _pins(context: Context, wanted: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Constraints that keep what is installed, except what a wheel named by its address is to replace."""
    by_address = {requirement.name for requirement in wanted if requirement.url}
    installed = context.environment.installed()
    versions = {name: item.version for name, item in installed.items()} | _mocks.versions
    pins = []
    for name, version in sorted(versions.items()):
        if name not in by_address:
            with suppress(InvalidSpecifier):  # a version that does not follow PEP 440 can be neither kept nor replaced
                specifier = SpecifierSet(f"=={version}")
                pins.append(Requirement(name, f"{name}{specifier}", specifier=specifier))
    return tuple(pins)


@contextmanager
def _value_errors() -> Iterator[None]:
    """Errors of micropip are ``ValueError``."""
    try:
        yield
    except WasmInstallError as error:
        raise ValueError(str(error)) from error


def _finish(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end what has nothing to wait for, as micropip removes packages without ``await``."""
    try:
        awaited = work.send(None)
    except StopIteration as end:
        result: _Result = end.value
        return result
    finally:
        work.close()
    raise RuntimeError(f"packages are being installed at this moment; await that first ({awaited!r})")


def _print_step(event: Event) -> None:
    if event.phase != "download":
        print(event.text)


def _warn(text: str) -> None:
    import logging

    logging.getLogger("micropip").warning(text)
