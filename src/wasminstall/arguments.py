"""Arguments of the public verbs that are not what they should be: refused by name, before anything is asked or done.

A wrong one must neither count as the default nor fail deep inside, where nobody knows it by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from .addresses import hide_credentials
from .errors import InvalidInput
from .wheels.archive import Limits

__all__ = ["check_addresses", "check_choice", "check_options", "check_text"]

_SCHEME = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:", re.ASCII)

Check = Callable[[str, object], None]


def check_text(argument: str, value: object) -> None:
    """Raise ``InvalidInput`` for what is no string."""
    if not isinstance(value, str):
        raise _wrong(argument, "a string", value)


def check_choice(argument: str, value: object, choices: Sequence[str]) -> None:
    """Raise ``InvalidInput`` for a value that is none of the choices."""
    if value not in choices:
        shown = " or ".join(repr(choice) for choice in choices)
        raise InvalidInput(f"{argument}={value!r} is not known", hint=f"it is one of: {shown}")


def check_addresses(argument: str, value: object) -> None:
    """Raise ``InvalidInput`` for what is not one web address or several; in a page they may be relative to it."""
    for item in [value] if isinstance(value, str) else _items(argument, "an address or a list of them", value):
        _check_address(argument, item)


def check_options(given: Mapping[str, object]) -> None:
    """Raise ``InvalidInput`` for the first of the options of ``install()`` that has not the type it should have."""
    for argument, value in given.items():
        _CHECKS[argument](argument, value)


def _check_address(argument: str, value: object) -> None:
    if not isinstance(value, str):
        raise _wrong(argument, "an address", value)
    if not value.strip() or _SCHEME.match(value):
        shown = hide_credentials(value) or "an empty string"
        raise InvalidInput(f"{argument}: {shown} is no web address", hint="an address begins with https:// or http://")


def _check_flag(argument: str, value: object) -> None:
    if not isinstance(value, bool):
        raise _wrong(argument, "True or False", value)


def _check_source(argument: str, value: object) -> None:
    if value is None:
        return
    check_text(argument, value)
    if value == "":
        raise InvalidInput(f"{argument}: an empty string names no file", hint="it is a path, a URL or text")


def _check_names(argument: str, value: object) -> None:
    if isinstance(value, str):
        raise InvalidInput(f"{argument} must be a list of strings", hint=f"{argument}=[{value!r}]")
    for item in _items(argument, "a list of strings", value):
        check_text(f"each of {argument}", item)


def _check_requirements(argument: str, value: object) -> None:
    if not isinstance(value, str):
        for item in _items(argument, "a requirement or a list of them", value):
            check_text(f"each of {argument}", item)


def _check_wanted(argument: str, value: object) -> None:
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        error = _wrong(argument, "a requirement or a list of them", value)
        error.hint = "options have names: install(lock=...); in JavaScript they come second: install([], { lock })"
        raise error
    _check_requirements(argument, value)


def _check_upgrade(argument: str, value: object) -> None:
    if not isinstance(value, bool | str):
        _items(argument, "True, False or a list of names", value)


def _check_index_for(argument: str, value: object) -> None:
    for name, url in _pairs(argument, "the address of an index by project name", value):
        check_text(f"each name in {argument}", name)
        _check_address(f"{argument}[{name!r}]", url)


def _check_headers(argument: str, value: object) -> None:
    for origin, headers in _pairs(argument, "headers by origin", value):
        _check_address(argument, origin)
        for name, text in _pairs(f"{argument}[{origin!r}]", "header texts by header name", headers):
            if not isinstance(name, str) or not isinstance(text, str):
                raise InvalidInput(f"{argument}[{origin!r}]: {name!r} must be the name of a header, with a string")


def _check_mirrors(argument: str, value: object) -> None:
    for base, others in _pairs(argument, "addresses by address", value):
        _check_address(argument, base)
        check_addresses(f"{argument}[{base!r}]", others)


def _check_timeout(argument: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise _wrong(argument, "a number of seconds above 0", value)


def _check_limits(argument: str, value: object) -> None:
    if not isinstance(value, Limits):
        raise _wrong(argument, "a wasminstall.Limits", value)


_CHECKS: Mapping[str, Check] = {
    "requirements": _check_wanted,
    "file": _check_source,
    "extras": _check_names,
    "groups": _check_names,
    "lock": _check_source,
    "download": _check_source,
    "constraints": _check_requirements,
    "names": _check_requirements,
    "index_urls": check_addresses,
    "index_for": _check_index_for,
    "headers": _check_headers,
    "mirrors": _check_mirrors,
    "timeout": _check_timeout,
    "limits": _check_limits,
    "upgrade": _check_upgrade,
    **dict.fromkeys(("cache", "offline", "pre", "deps", "reinstall", "require_hashes", "dry_run"), _check_flag),
}


def _items(argument: str, wanted: str, value: object) -> Iterable[object]:
    """The elements of a list and the like; none of what can be read only once."""
    if not isinstance(value, Iterable) or isinstance(value, bytes | bytearray):
        raise _wrong(argument, wanted, value)
    return value if isinstance(value, Collection) else ()


def _pairs(argument: str, wanted: str, value: object) -> Iterable[tuple[object, object]]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise _wrong(argument, wanted, value)
    return value.items()


def _wrong(argument: str, wanted: str, value: object) -> InvalidInput:
    name = type(value).__name__
    kind = {"NoneType": "None", "JsNull": "null"}.get(name) or f"{name}: {hide_credentials(repr(value))}"
    return InvalidInput(f"{argument} must be {wanted}, not {kind}")
