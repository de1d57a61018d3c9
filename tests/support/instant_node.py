"""Snapshots in Node: each Python in a process of its own, as two visits are."""

from __future__ import annotations

import json
import subprocess
import textwrap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from support import instant_checks, instant_checks_more
from support.distribution import ROOT

__all__ = ["Visits"]

CHECKS = """
import sys
from support.instant_checks import answers
modules = dict(sys.modules)
found = json.loads(answers(*CHECKS))
result = {
    "imported": sorted(modules),
    "answers": found,
    "replaced": [name for name in modules if sys.modules.get(name) is not modules[name]],
}
"""


class Visits:
    """What a page asks for, at a first visit, when its snapshot is made, and at the next one.

    The snapshot is written into ``folder``. ``base`` is the address of the distribution's wheels, ``checks`` are names
    of ``instant_checks``; ``after`` is Python with top-level ``await`` that is run when these are done, and sets
    ``after``.
    """

    def __init__(
        self,
        folder: Path,
        build: str,
        packages: Sequence[str],
        index: str,
        base: str = "",
        checks: Sequence[str] = (),
        after: str = "",
    ) -> None:
        self._given = {
            "pyodide": str(ROOT / "node_modules" / build),
            "packages": [*packages],
            "index": index,
            "base": base,
            "modules": [instant_checks.__file__, instant_checks_more.__file__],
        }
        work = CHECKS.replace("CHECKS", json.dumps(checks))
        self._code = f"import json\n{work}\nafter = None\n{textwrap.dedent(after)}\nresult['after'] = after"
        self._snapshot = str(folder / "snapshot")

    @cached_property
    def first(self) -> dict[str, Any]:
        """A normal start: whether it was instant, why not, and the ``value`` of the Python that ran."""
        return self._start("")

    @cached_property
    def header(self) -> dict[str, Any]:
        """What is known of the snapshot."""
        return self._run(work="make", snapshot=self._snapshot)

    @cached_property
    def second(self) -> dict[str, Any]:
        """As ``first``, from the snapshot."""
        assert self.header
        return self._start(self._snapshot)

    def _start(self, snapshot: str) -> dict[str, Any]:
        found = self._run(work="start", snapshot=snapshot, code=self._code)
        return {**found, "value": json.loads(found["text"])}

    def _run(self, **given: str) -> dict[str, Any]:
        command = ["node", str(ROOT / "tests/node/support/instant.mjs"), json.dumps({**self._given, **given})]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found
