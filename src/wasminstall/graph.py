"""The graph of what is installed: ``tree()`` reads it from the top, ``why(name)`` from below.

An edge is a dependency whose marker holds for the running target. An extra counts when an installed distribution asks
for it, or when nothing else explains something that is there. Missing and unsatisfied dependencies are edges too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from ._vendor.packaging.utils import canonicalize_name
from .addresses import without_credentials
from .arguments import check_text
from .context import Context, current_context
from .errors import InvalidRequirement, NotInstalled
from .installed import Installed
from .requirements import Requirement, parse_metadata_requirement, parse_requirement
from .tables import escape
from .targets import Target
from .wheels.metadata import Metadata

__all__ = ["Branch", "Edge", "InstalledGraph", "Reasons", "State", "Tree", "current_graph", "tree", "why"]

State = Literal["satisfied", "unsatisfied", "missing"]
"""Of a dependency: its distribution is there and fits, is there in a version that does not fit, or is not there."""
_STATES: tuple[State, ...] = ("satisfied", "unsatisfied", "missing")

_RECORDS_REQUESTS = ("wasminstall", "pip", "uv")
"""Installers that write REQUESTED: where one of these did not, no person asked for the distribution by name."""


@dataclass(frozen=True)
class Edge:
    """``by`` needs ``to``, both normalised names; ``requirement`` is what it asks for, without the marker."""

    by: str
    to: str
    requirement: str
    state: State


@dataclass(frozen=True)
class Branch:
    """One row of a tree. ``version`` is empty for what is not installed, ``edge`` is ``None`` at depth 0.

    ``requested`` says that a person asked for it by name. Below a row that ``repeats``, nothing is shown: it is shown
    ``above`` already, or the row leads back into itself, a ``cycle``.
    """

    depth: int
    name: str
    version: str
    requested: bool
    edge: Edge | None = None
    repeats: Literal["", "above", "cycle"] = ""


class _Rows(tuple[Branch, ...]):
    """Rows of a tree, depth first; shown as lines, or as nested lists in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(prefix + self._text(row) for prefix, row in zip(_prefixes(self), self, strict=True))

    def _repr_html_(self) -> str:
        depth, parts = -1, []
        for row in self:
            parts.append("<ul><li>" if row.depth > depth else "</li></ul>" * (depth - row.depth) + "</li><li>")
            text = escape(self._text(row))
            parts.append(text if row.edge is None or row.edge.state == "satisfied" else f"<strong>{text}</strong>")
            depth = row.depth
        return "".join(parts) + "</li></ul>" * (depth + 1)

    def _text(self, row: Branch) -> str:
        raise NotImplementedError


class Tree(_Rows):
    """What is installed, each distribution above what it needs. Its rows are ``Branch`` values."""

    __slots__ = ()

    def _text(self, row: Branch) -> str:
        notes = []
        if row.edge is not None and row.edge.requirement != row.name:
            notes.append(row.edge.requirement)
        if row.edge is not None and row.edge.state != "satisfied":
            notes.append(row.edge.state)
        return _label(row) + (f" ({': '.join(notes)})" if notes else "") + _mark(row)


class Reasons(_Rows):
    """Why a distribution is there, or should be: it, above those that need it, up to what a person asked for."""

    __slots__ = ()

    def _text(self, row: Branch) -> str:
        if row.edge is not None:
            state = "" if row.edge.state == "satisfied" else f", which is {row.edge.state}"
            said = f" needs {row.edge.requirement}{state}"
        elif not row.version:
            said = " is not installed"
        else:
            said = "" if row.requested or len(self) > 1 else ": nothing that is installed needs it"
        return f"{_label(row)}{said}{', asked for by you' if row.requested else ''}{_mark(row)}"


@dataclass(frozen=True)
class _Node:
    """One installed distribution, as far as the graph needs it.

    ``by_the_way``: it is known that no person asked for it by name.
    """

    name: str
    version: str
    requested: bool = False
    by_the_way: bool = False
    url: str = ""
    requires: tuple[Requirement, ...] = ()
    extras: tuple[str, ...] = ()


class InstalledGraph:
    """The distributions of one environment and their dependencies, for one target."""

    def __init__(
        self,
        installed: Mapping[str, Installed],
        target: Target,
        libraries: Mapping[str, str] | None = None,
        metadata_of: Callable[[Installed], Metadata] = attrgetter("metadata"),
    ) -> None:
        """``libraries``: version by name of what is in place without metadata of its own."""
        nodes = {name: _Node(name, version) for name, version in (libraries or {}).items()}
        self._nodes = nodes | {name: _node(item, metadata_of(item)) for name, item in installed.items()}
        self._environment = target.environment
        self._extras: dict[str, set[str]] = {name: {""} for name in self._nodes}
        self._grow_extras()
        while self._explain_leftovers():
            self._grow_extras()
        self.edges = tuple(self._all_edges())
        self._needs = _grouped(self.edges, lambda edge: edge.by)
        self._needed_by = _grouped(self.edges, lambda edge: edge.to)

    def dependencies(self, name: str) -> tuple[str, ...]:
        """The installed distributions that ``name`` (normalised) needs directly."""
        return tuple(edge.to for edge in self._needs.get(name, ()) if edge.state != "missing")

    def needed_by(self, name: str) -> tuple[Edge, ...]:
        """Who needs ``name`` (normalised) directly, whether it is there or not."""
        return tuple(self._needed_by.get(name, ()))

    def with_dependencies(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these (normalised) that are installed, and everything installed that they need."""
        found: set[str] = set()
        waiting = [name for name in names if name in self._nodes]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.dependencies(name)
        return frozenset(found)

    def label(self, name: str) -> str:
        """``name version`` of what is installed, or nothing."""
        node = self._nodes.get(name)
        return "" if node is None else f"{node.name} {node.version}"

    def tree(self) -> Tree:
        """Everything, from what nothing else needs downwards; each distribution is unfolded once."""
        seen: set[str] = set()
        rows: list[Branch] = []
        tops = [name for name in self._nodes if name not in self._needed_by]
        # What is left after those is reachable from cycles only.
        others = sorted(self._nodes, key=lambda name: (not self._nodes[name].requested, name))
        for top in (*sorted(tops), *others):
            if top not in seen:
                rows += self._walk(top, self._needs, lambda edge: edge.to, seen)
        return Tree(rows)

    def why(self, name: str) -> Reasons:
        """Who needs ``name`` (normalised). Raises ``NotInstalled`` when it is not there and nobody needs it."""
        if name not in self._nodes and name not in self._needed_by:
            raise NotInstalled(name)
        return Reasons(self._walk(name, self._needed_by, lambda edge: edge.by, set()))

    def _walk(
        self, start: str, edges: Mapping[str, Sequence[Edge]], end: Callable[[Edge], str], seen: set[str]
    ) -> Iterator[Branch]:
        """Depth first from ``start``; without recursion, as a chain may be longer than the stack is deep."""
        waiting: list[tuple[int, str, Edge | None]] = [(0, start, None)]
        path: list[str] = []
        while waiting:
            depth, name, edge = waiting.pop()
            path[depth:] = [name]
            below = edges.get(name, ())
            repeats: Literal["", "above", "cycle"] = ""
            if name in seen and below:
                repeats = "cycle" if name in path[:depth] else "above"
            node = self._nodes.get(name, _Node(name, ""))
            yield Branch(depth, name, node.version, node.requested, edge, repeats)
            if not repeats:
                seen.add(name)
                waiting += [(depth + 1, end(each), each) for each in reversed(below)]

    def _grow_extras(self) -> None:
        """Follow ``name[extra]`` in requirements until no new extra turns up."""
        waiting = [(name, extra) for name in sorted(self._extras) for extra in sorted(self._extras[name])]
        while waiting:
            name, extra = waiting.pop()
            for requirement in self._asked(name, extra):
                known = self._extras.get(requirement.name, requirement.extras)
                new = requirement.extras - known
                self._extras.get(requirement.name, set()).update(new)
                waiting += [(requirement.name, each) for each in sorted(new)]

    def _explain_leftovers(self) -> bool:
        """Count extras that are completely there and bring what no person and no other edge brought."""
        explained = {edge.to for edge in self._all_edges()}
        leftovers = {name for name, node in self._nodes.items() if node.by_the_way} - explained
        found = [
            (name, extra)
            for name, node in sorted(self._nodes.items())
            for extra in node.extras
            if extra not in self._extras[name] and self._brings(name, extra, leftovers - {name})
        ]
        for name, extra in found:
            self._extras[name].add(extra)
        return bool(found)

    def _brings(self, name: str, extra: str, leftovers: set[str]) -> bool:
        asked = self._asked(name, extra)
        return any(each.name in leftovers for each in asked) and all(self._state(each) == "satisfied" for each in asked)

    def _asked(self, name: str, extra: str) -> list[Requirement]:
        """What a distribution needs for one extra and not without it; for the empty extra, what it always needs."""
        return [
            requirement
            for requirement in self._nodes[name].requires
            if self._applies(requirement, extra) and not (extra and self._applies(requirement, ""))
        ]

    def _applies(self, requirement: Requirement, extra: str) -> bool:
        try:
            return requirement.applies(self._environment, extra)
        except InvalidRequirement:
            return False

    def _all_edges(self) -> Iterator[Edge]:
        """One edge for each pair, whatever the number of requirements; none from a distribution to itself."""
        for name in sorted(self._nodes):
            asked: dict[str, list[tuple[str, Requirement]]] = {}
            for extra in sorted(self._extras[name]):
                for requirement in self._asked(name, extra):
                    if requirement.name != name:
                        asked.setdefault(requirement.name, []).append((extra, requirement))
            for to, pairs in sorted(asked.items()):
                texts = dict.fromkeys(_written(requirement, name, extra) for extra, requirement in pairs)
                worst = max((self._state(requirement) for _, requirement in pairs), key=_STATES.index)
                yield Edge(name, to, ", ".join(texts), worst)

    def _state(self, requirement: Requirement) -> State:
        node = self._nodes.get(requirement.name)
        if node is None:
            return "missing"
        return "satisfied" if _fits(node, requirement) else "unsatisfied"


def tree() -> Tree:
    """Everything that is installed, each distribution above what it needs; missing and unfitting ones are marked."""
    return current_graph().tree()


def why(name: str) -> Reasons:
    """Why a distribution is installed: who needs it, up to what a person asked for.

    Also answers for something that is missing but needed. Raises ``NotInstalled`` when it is neither, and
    ``InvalidInput`` for what is no name.
    """
    check_text("name", name)
    return current_graph().why(parse_requirement(name).name)


def current_graph(context: Context | None = None) -> InstalledGraph:
    """The graph of this interpreter's environment, or of another world's."""
    context = context or current_context()
    return InstalledGraph(context.environment.installed(), context.target, context.libraries, context.metadata)


def _node(item: Installed, metadata: Metadata) -> _Node:
    return _Node(
        name=item.name,
        version=item.version,
        requested=item.requested,
        by_the_way=not item.requested and item.installer in _RECORDS_REQUESTS,
        url=str((item.direct_url or {}).get("url", "")),
        requires=tuple(_readable(metadata.requires_dist)),
        extras=tuple(sorted({str(canonicalize_name(extra)) for extra in metadata.provides_extra})),
    )


def _readable(texts: Iterable[str]) -> Iterator[Requirement]:
    """A requirement that cannot be read says nothing about anything that is installed."""
    for text in texts:
        try:
            yield parse_metadata_requirement(text)
        except InvalidRequirement:
            continue


def _fits(node: _Node, requirement: Requirement) -> bool:
    if requirement.url:
        return node.url == without_credentials(requirement.url)
    try:
        return requirement.specifier.contains(node.version, prereleases=True)
    except ValueError:  # a version that does not follow PEP 440
        return not requirement.specifier


def _written(requirement: Requirement, by: str, extra: str) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    asked = f" @ {without_credentials(requirement.url)}" if requirement.url else str(requirement.specifier)
    return f"{requirement.name}{extras}{asked}" + (f" for {by}[{extra}]" if extra else "")


def _grouped(edges: Iterable[Edge], key: Callable[[Edge], str]) -> dict[str, list[Edge]]:
    groups: dict[str, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(key(edge), []).append(edge)
    return groups


def _label(row: Branch) -> str:
    return f"{row.name} {row.version}".rstrip()


def _mark(row: Branch) -> str:
    return {"": "", "above": " (shown above)", "cycle": " (a cycle)"}[row.repeats]


def _prefixes(rows: Sequence[Branch]) -> list[str]:
    """The lines before each row's text, found from below: a line goes on while a sibling is still to come."""
    prefixes: list[str] = []
    open_: set[int] = set()
    for row in reversed(rows):
        lines = ["│   " if depth in open_ else "    " for depth in range(1, row.depth)]
        joint = ["├── " if row.depth in open_ else "└── "] if row.depth else []
        prefixes.append("".join(lines + joint))
        open_ = {depth for depth in open_ if depth < row.depth} | {row.depth}
    return prefixes[::-1]
