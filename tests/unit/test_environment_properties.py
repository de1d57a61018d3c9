"""Any two wheels, in any order, with names that get into each other's way: both are there, or nothing changed."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from support.trees import tree
from support.wheel_factory import make_wheel
from wasminstall.environment import Arrival, Environment
from wasminstall.errors import PlacementFailed, WheelError
from wasminstall.hosts.folder import FolderHost
from wasminstall.wheels.wheel import WheelArchive

parts = st.sampled_from(["a", "b.py", "tests", "__init__.py", "one", "LICENSE", "bin", "share"])
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)
contents = st.sampled_from(["", "# stub\n", "x = 1\n", "x = 2\n"])
files = st.dictionaries(paths, contents, max_size=5)
data = st.dictionaries(
    st.tuples(st.sampled_from(["scripts", "data", "purelib"]), paths).map("/".join), contents, max_size=3
)


@settings(max_examples=60, deadline=None)
@given(files, files, data, st.booleans())
def test_both_or_nothing(one: dict[str, str], two: dict[str, str], more: dict[str, str], at_once: bool) -> None:
    try:
        arrivals = [
            Arrival(WheelArchive(*make_wheel("one", "1", files=one, data=more))),
            Arrival(WheelArchive(*make_wheel("two", "1", files=two))),
        ]
    except WheelError:
        return
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_both_or_nothing(Path(folder), arrivals, at_once))


async def _both_or_nothing(folder: Path, arrivals: list[Arrival], at_once: bool) -> None:
    environment = Environment(FolderHost(folder))
    (folder / "mine").write_text("mine")
    initially = tree(folder)
    for group in [arrivals] if at_once else [[item] for item in arrivals]:
        before = tree(folder)
        try:
            await environment.apply(place=group)
        except (PlacementFailed, WheelError):
            assert tree(folder) == before
        else:
            assert all(Path(path).is_file() for item in environment.installed().values() for path in item.files)
    for name in environment.installed():
        await environment.apply(remove=[name])
        left = {str(folder / path) for path in tree(folder)}
        assert all(set(item.files) <= left for item in environment.installed().values())
    assert tree(folder) == initially
