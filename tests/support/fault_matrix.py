"""Every kind of request times every way in which an answer goes wrong: what a person gets to see.

One table for Chromium, Node and the documentation. Each case has a project of its own on the test index, so that one
page or one process can go through many: ``Matrix`` publishes them, ``DRIVER`` is what runs in Pyodide. The cache is
off: what is kept can make up for a server.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from support.index_server import IndexServer
from support.index_server.faults import Fault
from support.wheel_factory import make_wheel

__all__ = [
    "CASES",
    "DRIVER",
    "EXPECTED",
    "FAULTS",
    "INSTALLS",
    "KINDS",
    "Case",
    "Matrix",
    "Seen",
    "problem_of",
    "table",
]

Kind = Literal["index page", "metadata", "range", "wheel"]
KINDS: dict[Kind, str] = {
    "index page": "/simple/{project}/",
    "metadata": "/files/{project}/*.metadata",
    "range": "/files/{project}/*.whl",
    "wheel": "/files/{project}/*.whl",
}
"""The addresses each kind of request goes to. A range is asked for where an index has no separate metadata; its wheel
has the same address, and comes after it."""

FAULTS: dict[str, str] = {
    "refused": "The connection is refused",
    "close_before_answer": "The connection ends before an answer",
    "reset": "The connection is reset in the middle of the body",
    "truncated": "The body ends in the middle",
    "hang": "No answer at all",
    "stall": "Silence in the middle of the body",
    "slow_drip": "The body comes slowly, for longer than the time-out",
    "status:401": "401 Unauthorized",
    "status:403": "403 Forbidden",
    "status:404": "404 Not Found",
    "status:429": "429 Too Many Requests",
    "status:500": "500 Internal Server Error",
    "status:503": "503 Service Unavailable",
    "redirect_loop": "A redirect to itself",
    "redirect_elsewhere": "A redirect to another origin",
    "wrong_content_type": "The wrong content type",
    "captive_portal": "A log-in page with status 200",
    "extra_bytes": "Some bytes too many",
    "flipped_byte": "One bit is wrong",
    "lying_gzip": "It says gzip, and is not",
    "empty": "An empty body",
    "no_cors": "No CORS headers",
}

INSTALLS = "installs"
_PASSES = (INSTALLS, INSTALLS)
_NETWORK = (INSTALLS, "NetworkError")
_STATUS = ("HTTPStatusError", "HTTPStatusError")
_DAMAGE = (INSTALLS, "HashMismatch")

_EVERYWHERE: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("refused", "close_before_answer", "reset", "truncated", "hang", "stall", "lying_gzip"), _NETWORK),
    **dict.fromkeys(("status:401", "status:403", "status:404"), _STATUS),
    **dict.fromkeys(("status:429", "status:500", "status:503"), (INSTALLS, "HTTPStatusError")),
    **dict.fromkeys(("slow_drip", "redirect_elsewhere", "wrong_content_type"), _PASSES),
    **dict.fromkeys(("captive_portal", "flipped_byte", "empty"), _DAMAGE),
    "redirect_loop": _NETWORK,
    "extra_bytes": (INSTALLS, "UnsafeWheel"),
    "no_cors": _NETWORK,
}
_ESPECIALLY: dict[Kind, dict[str, tuple[str, str]]] = {
    "index page": {
        "status:404": ("UnknownProject", "UnknownProject"),
        **dict.fromkeys(
            ("wrong_content_type", "captive_portal", "extra_bytes", "empty"), (INSTALLS, "IndexAnswerError")
        ),
        # A page has no hash. The bit in the middle of these is one of the hash of the wheel.
        "flipped_byte": ("HashMismatch", "HashMismatch"),
    },
    "metadata": {"status:404": _PASSES, "extra_bytes": _DAMAGE},
    "range": {},
    "wheel": {},
}
EXPECTED: dict[Kind, dict[str, tuple[str, str]]] = {
    kind: {fault: _ESPECIALLY[kind].get(fault, _EVERYWHERE[fault]) for fault in FAULTS} for kind in KINDS
}
"""What is seen when a fault happens once, and when it does not end."""

TIMEOUT = 0.4
DRIP_SECONDS = 0.8


@dataclass(frozen=True)
class Case:
    """One fault on one kind of request, ``once`` or for ever."""

    kind: Kind
    fault: str
    once: bool
    project: str

    @property
    def expected(self) -> str:
        """``INSTALLS`` or the class of an error, in a page."""
        return EXPECTED[self.kind][self.fault][0 if self.once else 1]

    def __str__(self) -> str:
        return f"{self.kind}, {self.fault}, {'once' if self.once else 'for ever'}"


CASES = [
    Case(kind, fault, once, f"case{number:03}")
    for number, (kind, fault, once) in enumerate(
        (kind, fault, once) for kind in KINDS for fault in FAULTS for once in (True, False)
    )
]

Seen = dict[str, Any]
"""What the driver says of a case: ``outcome``, ``text``, ``seconds``, ``changed``, ``imported``, ``afterwards``."""

DRIVER = """
import asyncio, importlib, os, site, sys, time
import wasminstall, wasminstall.transport.client
from pyodide.http import pyfetch

wasminstall.transport.client._FIRST_PAUSE = 0.001
place = site.getsitepackages()[0]

def listing():
    return {
        os.path.join(folder, name): os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(place) for name in names
    }

async def attempt(project):
    try:
        await wasminstall.install(project, index_urls=index, timeout=timeout, cache=cache)
    except wasminstall.WasmInstallError as error:
        return type(error).__name__, str(error)
    return "installs", ""

async def run(project):
    before, loaded, started = listing(), set(sys.modules), time.perf_counter()
    outcome, text = await attempt(project)
    seconds = time.perf_counter() - started
    changed = sorted(set(listing().items()) ^ set(before.items())) if outcome != "installs" else []
    imported = project in sys.modules or (outcome != "installs" and project in wasminstall.freeze())
    await pyfetch(f"{control}{project}")
    await asyncio.sleep(0.15 if cache else 0)  # what will be kept is written by then
    afterwards, reason = await attempt(project)
    importlib.invalidate_caches()
    if afterwards == "installs":
        importlib.import_module(project)
        await wasminstall.uninstall(project)
    return dict(project=project, outcome=outcome, text=text, seconds=seconds, changed=changed, imported=imported,
                afterwards=afterwards if afterwards == "installs" else f"{afterwards}: {reason}")

result = [await run(project) for project in projects]
"""
"""Python for Pyodide. Its variables: those of ``Matrix.variables``; its ``result``: ``Seen``s."""


class Matrix:
    """The cases on an index: published, broken, and healed one by one when the driver says so."""

    def __init__(self, server: IndexServer, refusing: int) -> None:
        """``refusing`` is a port where nobody listens."""
        self.server = server
        self.control = f"{server.origin}/heal/"
        self._faults: dict[str, Fault] = {}
        server.behave(metadata_keys=("core-metadata",))  # puts the hash of the wheel into the middle of a page
        for case in CASES:
            self._publish(case)
            self._break(case, refusing)
        server.mount("/heal/", self._heal)

    def variables(self, cases: list[Case], *, cache: bool = False) -> dict[str, Any]:
        """What the driver wants to know."""
        return {
            "projects": [case.project for case in cases],
            "index": self.server.url,
            "control": self.control,
            "timeout": TIMEOUT,
            "cache": cache,
        }

    def _publish(self, case: Case) -> None:
        size = 300_000 if case.kind == "range" else 3_000
        data = random.Random(case.project).randbytes(size)
        filename, wheel = make_wheel(
            case.project, "1.0", files={f"{case.project}/__init__.py": b"", f"{case.project}/data.bin": data}
        )
        self.server.add(filename, wheel, core_metadata="off" if case.kind == "range" else "hash")

    def _break(self, case: Case, refusing: int) -> None:
        pattern, times = KINDS[case.kind].format(project=case.project), 1 if case.once else None
        if case.fault == "refused":
            to = f"http://127.0.0.1:{refusing}/"
            self._faults[case.project] = self.server.fault(pattern, "redirect_elsewhere", times, to=to)
        else:
            self._faults[case.project] = self.server.fault(pattern, case.fault, times)

    def _heal(self, project: str) -> bytes:
        self._faults[project].times = 0
        return b"healed"


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that is taken, so that nobody else gets it, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def problem_of(case: Case, seen: Seen, expected: str) -> str:
    """What is not as it should be, or nothing."""
    if seen["outcome"] != expected:
        return f"{seen['outcome']} instead of {expected}: {seen['text']}"
    if seen["changed"] or seen["imported"]:
        return f"the environment changed: {seen['changed'] or 'imported'}"
    if seen["afterwards"] != INSTALLS:
        return f"healed, it gives {seen['afterwards']}"
    if expected != INSTALLS and "\nhint: " not in seen["text"]:
        return f"there is no hint: {seen['text']}"
    allowed = (DRIP_SECONDS * 3 if case.fault == "slow_drip" else TIMEOUT * 2) + 4  # the machine may be busy
    return f"it took {seen['seconds']:.1f} s" if seen["seconds"] > allowed else ""


def table() -> str:
    """The matrix as Markdown: a fault that passes by, and what is seen of one that does not end."""
    head = ["What goes wrong", *(kind.capitalize() for kind in KINDS)]
    rows = [[text, *(_cell(*EXPECTED[kind][fault]) for kind in KINDS)] for fault, text in FAULTS.items()]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(once: str, ever: str) -> str:
    if once == ever:
        return "installs" if once == INSTALLS else f"`{once}`"
    return f"again, `{ever}`" if once == INSTALLS else f"`{once}`, `{ever}`"
