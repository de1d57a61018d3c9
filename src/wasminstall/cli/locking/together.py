"""The answers for several targets as one lock (PEP 751): markers tell for which of them a package is.

Wheels of one version are one package, of which each target takes its own by its tags. Where the files would not tell
them apart, or the versions differ, there are several packages with markers that exclude each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ...errors import LockError
from ...indexes.filenames import best_rank, wheel_name
from ...locks.entries import LockEntry
from ...locks.pylock_writer import TARGET_VARIABLES, marker_of
from ...targets import Target

__all__ = ["join_targets"]

_Part = Mapping[Target, LockEntry]


def join_targets(answers: Mapping[Target, Iterable[LockEntry]]) -> list[LockEntry]:
    """The entries for all of these targets.

    Raises ``LockError`` where two targets need different files and no marker tells them apart.
    """
    by_name: dict[str, dict[Target, LockEntry]] = {}
    for target, entries in answers.items():
        for entry in entries:
            by_name.setdefault(entry.name, {})[target] = entry
    targets = list(answers)
    variables = [name for name in TARGET_VARIABLES if len({target.environment[name] for target in targets}) > 1]
    return [
        replace(entry, marker=marker, depends=depends)
        for picks in by_name.values()
        for part in _parts(picks)
        for marker, depends in [(_marker(part, picks, targets, variables), _depends(part, by_name))]
        for entry in {_file(entry): entry for entry in part.values()}.values()
    ]


def _parts(picks: _Part) -> Iterator[_Part]:
    """What can be one package: one version, of which each target finds its own file."""
    for same_version in _grouped(picks, lambda entry: (entry.version, entry.index, entry.direct, entry.library)):
        by_file = _grouped(same_version, _file)
        files = [entry for part in by_file for entry in [*part.values()][:1]]
        if any(entry.direct or _chosen(files, target) != _file(entry) for target, entry in same_version.items()):
            yield from by_file
        else:
            yield same_version


def _grouped(picks: _Part, key: Callable[[LockEntry], object]) -> list[_Part]:
    groups: dict[object, dict[Target, LockEntry]] = {}
    for target, entry in picks.items():
        groups.setdefault(key(entry), {})[target] = entry
    return list(groups.values())


def _file(entry: LockEntry) -> tuple[str, ...]:
    return (entry.url, *sorted(entry.hashes.values()))


def _marker(part: _Part, picks: _Part, targets: Sequence[Target], variables: Sequence[str]) -> str:
    """What holds on the targets of this part, and on none of the others."""
    if len(part) == len(targets):
        return ""
    inside = {marker_of(target, variables): target for target in part}
    for target in targets:
        twin = inside.get(marker_of(target, variables))
        if target not in part and twin is not None:
            needs = _difference(part[twin], picks.get(target))
            raise LockError(
                "pylock.toml",
                f"no marker tells {twin.name} from {target.name}, and {needs}",
                hint="make a lock for each of them",
            )
    if len(inside) == 1 or len(variables) == 1:
        return " or ".join(inside)
    return " or ".join(f"({marker})" for marker in inside)


def _difference(one: LockEntry, other: LockEntry | None) -> str:
    """What two targets need, said so that the two can be told apart."""
    if other is None:
        return f"the former needs {one.filename}, the latter nothing"
    if one.filename != other.filename:
        return f"the former needs {one.filename}, the latter {other.filename}"
    if one.url != other.url:
        return f"they need {one.filename} from two places: {one.url} and {other.url}"
    return f"they need {one.filename} with two hashes: {' '.join(_file(one)[1:])} and {' '.join(_file(other)[1:])}"


def _depends(part: _Part, by_name: Mapping[str, _Part]) -> tuple[str, ...]:
    """What a part needs on its targets, by version where there are several."""
    found = set()
    for target, entry in part.items():
        for name in entry.depends:
            several = len({other.version for other in by_name[name].values()}) > 1
            found.add(f"{name}=={by_name[name][target].version}" if several else name)
    return tuple(sorted(found))


def _chosen(files: Sequence[LockEntry], target: Target) -> tuple[str, ...] | None:
    """The file that the target takes by its tags; ``None`` where they do not decide."""
    ranked: dict[tuple[int, tuple[int, str]], list[LockEntry]] = {}
    for entry in files:
        rank, parsed = best_rank(entry.filename, target), wheel_name(entry.filename)
        if rank is not None and parsed is not None:
            ranked.setdefault((-rank, parsed.build), []).append(entry)
    best = ranked[max(ranked)] if ranked else []
    return _file(best[0]) if len(best) == 1 else None
