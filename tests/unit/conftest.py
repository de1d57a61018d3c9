"""What modules share: an index, a page's world, a user's machine; property tests are the same at each run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from world import World, world_on

from support.desktop import Desktop
from support.index_server import IndexServer

# None is failed by a slow machine.
settings.register_profile("unit", derandomize=True, deadline=None)
settings.load_profile("unit")


@pytest.fixture
def index() -> Iterator[IndexServer]:
    """With nothing on it."""
    with IndexServer() as server:
        yield server


@pytest.fixture
async def world(index: IndexServer, tmp_path: Path) -> AsyncIterator[World]:
    """A page's world on that index."""
    async with world_on(index, tmp_path / "site") as made:
        yield made


@pytest.fixture
def desk(index: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    """Its folder is the one that commands run in."""
    monkeypatch.chdir(tmp_path)
    return Desktop(index, tmp_path)
