"""The store in Pyodide: the JavaScript one (js/src/store), with bytes that stay on its side.

It is IndexedDB in browsers and a folder in Node. No JavaScript object is kept here.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Sequence
from typing import Any

from pyodide.ffi import JsException, to_js

from ..javascript import JavaScriptBytes, page_helper
from ..transport.port import Body
from .port import Kept, NoRoom, Stored, StoreTrouble

__all__ = ["BrowserStore"]


class BrowserStore:
    """What the page's helper keeps; ``StoreTrouble`` where there is no helper (any more)."""

    async def where(self) -> str:
        """See ``Store.where``."""
        return str(await _told(_store().where()))

    async def get_many(self, keys: Sequence[str]) -> list[Stored | None]:
        """See ``Store.get_many``."""
        found = await _told(_store().getMany(to_js(list(keys))))
        return [Stored(JavaScriptBytes(entry.bytes), str(entry.meta)) if entry else None for entry in found]

    async def put(self, key: str, body: Body, meta: str, sha256: str = "") -> None:
        """See ``Store.put``."""
        array = body.proxy if isinstance(body, JavaScriptBytes) else to_js(bytes(body))
        if not await _told(_store().put(key, array, meta, sha256)):
            raise NoRoom("there is no room left")

    async def delete(self, keys: Sequence[str]) -> None:
        """See ``Store.delete``."""
        await _told(_store().delete(to_js(list(keys))))

    async def entries(self) -> Sequence[Kept]:
        """See ``Store.entries``."""
        return [Kept(**kept) for kept in json.loads(await _told(_store().list()))]

    async def touch(self, keys: Sequence[str]) -> None:
        """See ``Store.touch``."""
        await _told(_store().touch(to_js(list(keys))))

    async def clear(self) -> None:
        """See ``Store.clear``."""
        await _told(_store().clear())

    async def budget(self) -> int:
        """See ``Store.budget``."""
        return int(await _told(_store().budget()))


def _store() -> Any:
    store = getattr(page_helper(), "store", None)
    if store is None:
        raise StoreTrouble("the JavaScript half of wasminstall is not there")
    return store


async def _told(promise: Awaitable[Any]) -> Any:
    try:
        return await promise
    except JsException as error:
        raise StoreTrouble(str(error)) from None
