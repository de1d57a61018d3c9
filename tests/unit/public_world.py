"""The public verbs in a test's world: ``current_context`` itself, with a folder, a target and a transport of ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from world import World

import wasminstall.api
import wasminstall.context
from wasminstall._vendor.packaging.utils import canonicalize_name
from wasminstall.cache import Cache
from wasminstall.context import Access, Context, current_context
from wasminstall.hosts.folder import FolderHost
from wasminstall.indexes import DistributionIndex
from wasminstall.pages import Pages
from wasminstall.targets import named_target

__all__ = ["open_to_the_public", "second_interpreter"]


def open_to_the_public(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``wasminstall.install`` and the other verbs work in this world, whose index is then the default one."""
    target = named_target("pyodide-314")
    monkeypatch.setattr(wasminstall.context, "running_target", lambda: target)
    monkeypatch.setattr(wasminstall.context, "default_transport", lambda credentials: world._transport)
    monkeypatch.setattr(wasminstall.context, "open_cache", lambda enabled: world.cache if enabled else Cache(None))
    monkeypatch.setattr(wasminstall.context, "_own_folder", lambda: FolderHost(world.site))
    monkeypatch.setattr(wasminstall.context, "_default_index_urls", (world.index.url,))

    def with_distribution(access: Access | None = None, pages: Pages | None = None) -> Context:
        context = current_context(access, pages)
        without = frozenset(str(canonicalize_name(name)) for name in context.access.index_for)
        distribution = DistributionIndex(world.lock, world.index.origin + "/dist/", target, without=without)
        return replace(context, sources=(distribution, *context.sources), distribution=distribution)

    monkeypatch.setattr(wasminstall.api, "current_context", with_distribution)


def second_interpreter(world: World, site: Path) -> World:
    """From now on the verbs work in another, empty folder; the request log is empty too."""
    world.site = site
    world.index.requests.clear()
    return world
