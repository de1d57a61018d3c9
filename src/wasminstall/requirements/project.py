"""pyproject.toml: ``[project] dependencies``, its extras, and dependency groups (PEP 621, PEP 685, PEP 735)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .._vendor.packaging.markers import Marker
from .._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from .._vendor.packaging.utils import canonicalize_name
from ..addresses import hide_credentials
from ..errors import InvalidInput
from .documents import located_requirement, parse_toml, string_list, table
from .parse import Requirement
from .requested import Requested

__all__ = ["read_project", "read_requires_python"]


def read_project(
    text: str, address: str = "pyproject.toml", *, extras: Iterable[str] = (), groups: Iterable[str] = ()
) -> Requested:
    """What the project needs to run, with these extras; or, when only ``groups`` are named, what those need.

    A project that names itself (``all = ["me[x]"]``) means what those extras hold: itself it is not installed.
    Raises ``InvalidInput`` for what cannot be read, an extra or a group that is not there, and a group that includes
    itself.
    """
    project = _Project(parse_toml(text, address), text, address)
    extras, groups = list(extras), list(groups)
    requirements: list[Requirement] = []
    try:
        if extras or not groups:
            requirements += project.dependencies()
        for extra in extras:
            requirements += project.extra(extra)
        for group in groups:
            requirements += project.group(group)
    except RecursionError:
        raise InvalidInput(f"{hide_credentials(address)}: its extras refer to each other too deeply") from None
    return Requested(tuple(dict.fromkeys(requirements)), requires_python=project.requires_python())


def read_requires_python(document: dict[str, Any], where: str) -> str:
    """The ``requires-python`` of a table, or an empty string. Raises ``InvalidInput``."""
    value = document.get("requires-python", "")
    try:
        SpecifierSet(value)
    except (InvalidSpecifier, TypeError, AttributeError, ValueError):
        raise InvalidInput(
            f"{where}: requires-python is not a version specifier: {value!r}", hint='write it like ">=3.12"'
        ) from None
    return str(value)


class _Project:
    """One pyproject.toml."""

    def __init__(self, document: dict[str, Any], text: str, address: str) -> None:
        self._where = hide_credentials(address)
        self._lines = text.splitlines()
        self._has_project = "project" in document
        self._project = table(document, "project", self._where)
        self._groups = _by_normalised_name(table(document, "dependency-groups", self._where), "group", self._where)
        extras = table(self._project, "optional-dependencies", self._where)
        self._extras = _by_normalised_name(extras, "extra", self._where)
        name = self._project.get("name")
        self._name = canonicalize_name(name) if isinstance(name, str) else ""
        self._added: dict[str, list[frozenset[str]]] = {}

    def requires_python(self) -> str:
        return read_requires_python(self._project, self._where)

    def dependencies(self) -> list[Requirement]:
        if not self._has_project:
            known = ", ".join(self._groups)
            raise InvalidInput(
                f"{self._where} has no [project] table",
                hint=f"name a dependency group of it: groups=[...], one of: {known}" if known else "",
            )
        self._refuse_dynamic("dependencies")
        found = string_list(self._project.get("dependencies", []), "dependencies", self._where)
        return list(self._expand(self._read(found)))

    def extra(self, extra: str, when: tuple[Marker, ...] = ()) -> list[Requirement]:
        """What an extra adds where all of ``when`` hold; nothing if it was added for less already, so cycles end."""
        name = canonicalize_name(extra)
        if name not in self._extras:
            self._refuse_dynamic("optional-dependencies")
            raise _unknown(self._where, "extra", extra, self._extras)
        conditions = frozenset(map(str, when))
        if any(earlier <= conditions for earlier in self._added.setdefault(name, [])):
            return []
        self._added[name].append(conditions)
        found = self._read(string_list(self._extras[name], f"the extra {extra}", self._where))
        return list(self._expand(found, when))

    def group(self, group: str) -> list[Requirement]:
        """What a group holds, those it includes included, each once (PEP 735)."""
        found: list[Requirement] = []
        done: set[str] = set()
        path: list[str] = []
        # Work still to do, the next on top; a tuple closes the group of that name.
        work: list[tuple[str] | str | list[Any]] = [group]
        while work:
            item = work.pop()
            if isinstance(item, tuple):
                path.remove(item[0])
            elif isinstance(item, list):
                found += self._read(item)
            elif (name := canonicalize_name(item)) in path:
                chain = " -> ".join((*path[path.index(name) :], name))
                raise InvalidInput(f"{self._where}: the dependency group {name} includes itself: {chain}")
            elif name not in done:
                done.add(name)
                path.append(name)
                work.append((name,))
                work += reversed(self._members(item))
        return list(self._expand(found, in_group=True))

    def _members(self, group: str) -> list[str | list[Any]]:
        """The members of a group in order: a name for an included group, a list of one for a requirement."""
        name = canonicalize_name(group)
        if name not in self._groups:
            raise _unknown(self._where, "dependency group", group, self._groups)
        members = self._groups[name]
        if not isinstance(members, list):
            raise InvalidInput(f"{self._where}: the dependency group {group} must be a list")
        return [_member(item, group, self._where) for item in members]

    def _read(self, items: list[str]) -> list[Requirement]:
        return [located_requirement(item, item, self._place(item)) for item in items]

    def _expand(
        self, requirements: Iterable[Requirement], when: tuple[Marker, ...] = (), *, in_group: bool = False
    ) -> Iterator[Requirement]:
        """The requirements, where the project itself is replaced by what it and its extras need."""
        for requirement in requirements:
            if not self._name or requirement.name != self._name or requirement.url:
                yield _only(requirement, when)
                continue
            inner = (*when, requirement.marker) if requirement.marker else when
            if in_group:
                yield from (_only(item, inner) for item in self.dependencies())
            for extra in sorted(requirement.extras):
                yield from self.extra(extra, inner)

    def _refuse_dynamic(self, field: str) -> None:
        dynamic = self._project.get("dynamic", [])
        if isinstance(dynamic, list) and field in dynamic:
            raise InvalidInput(
                f"{self._where}: {field} are dynamic: only the project's build tool knows them",
                hint="build a wheel of the project and install that",
            )

    def _place(self, literal: str) -> str:
        for number, line in enumerate(self._lines, start=1):
            if f'"{literal}"' in line or f"'{literal}'" in line:
                return f"{self._where}:{number}"
        return self._where


def _member(item: object, group: str, where: str) -> str | list[Any]:
    if isinstance(item, str):
        return [item]
    if isinstance(item, dict) and list(item) == ["include-group"] and isinstance(item["include-group"], str):
        return item["include-group"]
    raise InvalidInput(
        f"{where}: the dependency group {group} has an entry that cannot be read: {item!r}",
        hint='an entry is a requirement or {include-group = "name"} (PEP 735)',
    )


def _by_normalised_name(named: dict[str, Any], what: str, where: str) -> dict[str, Any]:
    """PEP 685 and PEP 735: names are compared normalised, and two that are then equal are an error."""
    found: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for name, value in named.items():
        normalised = str(canonicalize_name(name))
        if normalised in found:
            raise InvalidInput(f"{where}: {spelled[normalised]!r} and {name!r} are the same {what} name")
        found[normalised], spelled[normalised] = value, name
    return found


def _only(requirement: Requirement, when: Iterable[Marker]) -> Requirement:
    """The requirement, needed only where these markers hold too."""
    for marker in dict.fromkeys(when):
        requirement = replace(requirement, marker=requirement.marker & marker if requirement.marker else marker)
    return requirement


def _unknown(where: str, what: str, name: str, known: Iterable[str]) -> InvalidInput:
    there = ", ".join(known)
    return InvalidInput(f"{where} has no {what} {name!r}", hint=f"it has: {there}" if there else "it has none")
