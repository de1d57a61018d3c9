"""Project pages made short before Python sees them: in a page, JavaScript leaves out what the target cannot use.

A page can be 7 MB with 15,000 files, of which ten matter here. The short form is what the cache keeps.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..breathing import breathe
from ..targets import Target
from ..transport import Response
from .model import RefusedFile

__all__ = ["CONDENSED", "PageForm", "refused_of"]

CONDENSED = "application/vnd.wasminstall.page+json"
"""The content type of a page in the short form: PEP 691, and ``refused`` with examples of what was left out."""


class PageForm:
    """The form in which pages are wanted for one target; ``name`` tells it from that for others."""

    def __init__(self, target: Target) -> None:
        self._platforms = sorted({tag.rpartition("-")[2] for tag in target.tags})
        self.name = " ".join(self._platforms) if sys.platform == "emscripten" else ""

    async def condense(self, answer: Response) -> Response:
        """The answer in the short form; as it is, where that cannot be had or it is no page of PEP 691."""
        if sys.platform != "emscripten" or "json" not in answer.headers.get("content-type", ""):
            return answer
        from pyodide.ffi import to_js

        from ..javascript import JavaScriptBytes, page_helper

        if not isinstance(answer.body, JavaScriptBytes) or page_helper() is None:
            return answer
        await breathe()  # pages come many at once
        condensed = await page_helper().condense(answer.body.proxy, to_js(self._platforms))
        if not condensed:
            return answer
        headers = {**answer.headers, "content-type": CONDENSED}
        return replace(answer, body=JavaScriptBytes(condensed), headers=headers)


def refused_of(page: Mapping[str, Any]) -> Sequence[RefusedFile]:
    """The examples in a page of the short form. Raises ``TypeError`` or ``ValueError`` for what is none."""
    return [RefusedFile(*row) for row in page["refused"]]
