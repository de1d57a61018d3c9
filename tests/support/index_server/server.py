"""The server itself: its thread, its routes, its settings, and the log of what it was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from aiohttp import web

from support.index_server.answers import (
    Answer,
    conditional,
    content_type_of,
    gzipped,
    ranged,
    redirect_to,
    validated,
)
from support.index_server.behaviour import Behaviour
from support.index_server.faults import Fault, Throttle, break_off, deliver, faulty
from support.index_server.mounts import Source, mounted_answer
from support.index_server.pages import (
    MetadataMode,
    PageStyle,
    Project,
    ServedFile,
    chosen_type,
    metadata_of,
    normalised,
    project_of,
    project_page,
    root_page,
)

__all__ = ["IndexServer", "SeenRequest"]

_EXPOSED = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag, Last-Modified, Retry-After"


@dataclass
class SeenRequest:
    """A request as it came (header names in lower case), and the status it got: 0 while, or if, there is none."""

    method: str
    path: str
    query: str
    host: str
    headers: Mapping[str, str]
    status: int = 0
    size: int = 0

    @property
    def range(self) -> str | None:
        """The ``Range`` header."""
        return self.headers.get("range")


class IndexServer:
    """A package index on 127.0.0.1 in a thread of its own. Use it in ``with``, or ``start`` and ``close`` it."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.requests: list[SeenRequest] = []
        self.peak_in_flight = 0
        self.port = 0
        self._in_flight = 0
        self._projects: dict[str, Project] = {}
        self._mounts: dict[str, tuple[Source, Mapping[str, str]]] = {}
        self._redirects: list[tuple[str, str, int]] = []
        self._faults: list[Fault] = []
        self._changes = 0
        self._lock = threading.RLock()
        self._throttle = Throttle()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._stop: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name="index-server", daemon=True)

    # -- what is on the index ---------------------------------------------------------------------------------------

    def add(
        self,
        filename: str,
        data: bytes,
        *,
        project: str | None = None,
        yanked: str | bool | None = None,
        requires_python: str | None = None,
        size: int | None = None,
        hashes: Mapping[str, str] | None = None,
        core_metadata: MetadataMode | None = None,
        metadata: bytes | None = None,
    ) -> ServedFile:
        """Publish a file; pages list files in the order they were added. What is left out is told truthfully.

        ``hashes={}`` publishes none; ``metadata`` is served in place of the wheel's own.
        """
        name = normalised(project) if project else project_of(filename)
        with self._lock:
            self._changes += 1
            served = ServedFile(
                project=name,
                filename=filename,
                data=data,
                yanked=yanked,
                requires_python=requires_python,
                size=size,
                hashes=hashes,
                core_metadata=core_metadata,
                metadata=metadata_of(data) if metadata is None else metadata,
                stamp=self._changes,
            )
            files = self._projects.setdefault(name, Project(name)).files
            files[:] = [file for file in files if file.filename != filename] + [served]
        return served

    def add_project(self, name: str, *, status: str | None = None) -> None:
        """A project that may have no files, with its PEP 792 status (``archived``, ``quarantined`` ...)."""
        with self._lock:
            self._changes += 1
            self._projects.setdefault(normalised(name), Project(normalised(name))).status = status

    def remove(self, filename: str) -> None:
        """Take a file off the index again."""
        with self._lock:
            self._changes += 1
            for project in self._projects.values():
                project.files[:] = [file for file in project.files if file.filename != filename]

    def mount(self, prefix: str, source: Source, headers: Mapping[str, str] | None = None) -> None:
        """Serve a folder, or what a function gives for the rest of the path, below ``prefix``, with these ``headers``.

        A function may be async; ``None`` is a 404, an exception a 502 with its text.
        """
        with self._lock:
            self._mounts["/" + prefix.strip("/") + "/"] = source, headers or {}

    def redirect(self, pattern: str, to: str, status: int = 302) -> None:
        """Send addresses that match ``pattern`` on; ``{path}`` in ``to`` is the path asked for."""
        with self._lock:
            self._redirects.append((pattern, to, status))

    # -- how it behaves ---------------------------------------------------------------------------------------------

    def behave(self, **changes: Any) -> None:
        """Replace some settings of the behaviour."""
        self.behaviour = replace(self.behaviour, **changes)

    def fault(
        self,
        pattern: str,
        kind: str,
        times: int | None = None,
        *,
        retry_after: str | None = None,
        to: str | None = None,
    ) -> Fault:
        """Let requests that match go wrong (see ``FaultKind``, and ``status:N``); the first fault that meets wins."""
        fault = Fault(pattern, kind, times, retry_after, to)
        with self._lock:
            self._faults.append(fault)
        return fault

    def heal(self) -> None:
        """No faults and no redirects any more."""
        with self._lock:
            self._faults.clear()
            self._redirects.clear()

    # -- where it is, and what it saw -------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The Simple API, with its slash."""
        return f"{self.origin}/simple/"

    def file_url(self, filename: str, project: str | None = None) -> str:
        """Where a file is, or would be."""
        return f"{self.origin}/files/{project or project_of(filename)}/{quote(filename)}"

    @property
    def in_flight(self) -> int:
        """Requests that are being answered now."""
        return self._in_flight

    def paths(self, pattern: str = "*", method: str = "GET") -> list[str]:
        """The paths asked for, in order."""
        return [seen.path for seen in list(self.requests) if seen.method == method and fnmatchcase(seen.path, pattern)]

    # -- life -------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Self:
        """Listen. Returns when connections are accepted."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def close(self) -> None:
        """Stop at once, whatever hangs."""
        self._stop()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in start()
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: None if loop.is_closed() else loop.call_soon_threadsafe(stopped.set)
        server = web.Server(self._handle, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await stopped.wait()
        await runner.cleanup()
        for _ in range(3):  # steps of the event loop in which a connection accepted at the last moment is made
            await asyncio.sleep(0)
        await server.shutdown(0)

    # -- a request ----------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = {name.lower(): value for name, value in request.headers.items()}
        seen = SeenRequest(request.method, request.path, request.query_string, request.host, asked)
        self.requests.append(seen)
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        try:
            return await self._answer(request, seen)
        finally:
            self._in_flight -= 1

    async def _answer(self, request: web.BaseRequest, seen: SeenRequest) -> web.StreamResponse:
        behaviour, fault = self.behaviour, self._next_fault(seen)
        await self._meeting(behaviour, seen.path)
        await asyncio.sleep(behaviour.delay(seen.path) if callable(behaviour.delay) else behaviour.delay)
        if fault and fault.kind in {"hang", "close_before_answer"}:
            await break_off(request, fault.kind)
            return web.Response()
        answer = await self._content(seen, behaviour)
        answer = faulty(fault, answer, request.rel_url.raw_path, self.port) if fault else answer
        answer = replace(answer, headers={**answer.headers, **self._common_headers(answer, seen, behaviour)})
        seen.status, seen.size = answer.status, len(answer.body)
        return await deliver(request, answer, self._throttle, behaviour.rate)

    async def _meeting(self, behaviour: Behaviour, path: str) -> None:
        """Until enough requests have been in flight, or for ten seconds: then a test sees that fewer came."""
        count = max((count for paths, count in behaviour.together.items() if fnmatchcase(path, paths)), default=0)
        for _ in range(1000):
            if self.peak_in_flight >= count:
                return
            await asyncio.sleep(0.01)

    def _next_fault(self, seen: SeenRequest) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.meets(seen.path, seen.host, seen.method)), None)
            if fault:
                fault.use_up()
            return fault

    async def _content(self, seen: SeenRequest, behaviour: Behaviour) -> Answer:
        """What an honest server answers."""
        if seen.method == "OPTIONS":
            return Answer(204)
        if seen.method not in {"GET", "HEAD"}:
            return Answer(405, b"GET and HEAD only\n").with_headers(Allow="GET, HEAD, OPTIONS")
        for pattern, to, status in list(self._redirects):
            if fnmatchcase(seen.path, pattern):
                return redirect_to(to.replace("{path}", quote(seen.path)), status)
        answer = await self._mounted(seen.path) or self._index_answer(seen, behaviour)
        if behaviour.validators:
            answer = conditional(validated(answer), seen.headers)
        if behaviour.ranges:
            answer = ranged(answer, seen.headers)
        return gzipped(answer, seen.headers) if behaviour.gzip else answer

    def _common_headers(self, answer: Answer, seen: SeenRequest, behaviour: Behaviour) -> dict[str, str]:
        headers = dict(behaviour.headers)
        if behaviour.cache_control:
            headers["Cache-Control"] = behaviour.cache_control
        if behaviour.cors and answer.cors:
            headers |= {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
            if seen.method == "OPTIONS":
                headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
                headers["Access-Control-Allow-Headers"] = seen.headers.get("access-control-request-headers", "")
        return headers

    async def _mounted(self, path: str) -> Answer | None:
        prefix = max((prefix for prefix in list(self._mounts) if path.startswith(prefix)), key=len, default=None)
        if prefix is None:
            return None
        source, headers = self._mounts[prefix]
        answer = await mounted_answer(source, path[len(prefix) :])
        return replace(answer, headers={**answer.headers, **headers})

    def _index_answer(self, seen: SeenRequest, behaviour: Behaviour) -> Answer:
        parts = seen.path.split("/")[1:]
        if parts[0] not in {"simple", "files"}:
            return Answer(404, b"not found\n")
        if behaviour.authorization not in {None, seen.headers.get("authorization")}:
            return Answer(401, b"who are you?\n").with_headers(WWW_Authenticate='Basic realm="index"')
        with self._lock:
            found = self._file(parts[1:], behaviour) if parts[0] == "files" else self._page(parts[1:], seen, behaviour)
        return found or Answer(404, b"<h1>404 Not Found</h1>\n", "text/html; charset=utf-8")

    def _file(self, parts: Sequence[str], behaviour: Behaviour) -> Answer | None:
        project = self._projects.get(parts[0]) if len(parts) == 2 else None
        for file in project.files if project else ():
            if file.filename == parts[1]:
                return Answer(body=file.data, content_type=content_type_of(file.filename), stamp=file.stamp)
            metadata = file.served_metadata(behaviour.metadata)
            if f"{file.filename}.metadata" == parts[1] and metadata is not None:
                return Answer(
                    body=metadata,
                    content_type=content_type_of(f"{file.filename}.metadata"),
                    page=True,
                    stamp=file.stamp,
                )
        return None

    def _page(self, parts: Sequence[str], seen: SeenRequest, behaviour: Behaviour) -> Answer | None:
        wanted = "/".join(parts).rstrip("/")
        correct = "/simple/" + (f"{normalised(wanted)}/" if wanted else "")
        project = self._projects.get(normalised(wanted))
        if wanted and project is None:
            return None
        if seen.path != correct:
            return redirect_to(correct, 301)
        style = PageStyle(
            base="../.." if behaviour.relative_urls else f"http://{seen.host}",
            api_version=behaviour.api_version,
            metadata=behaviour.metadata,
            metadata_keys=behaviour.metadata_keys,
        )
        kind = chosen_type(seen.headers.get("accept", ""), json_on=behaviour.json, html_on=behaviour.html)
        body = project_page(project, style, kind) if project else root_page(sorted(self._projects), style, kind)
        return Answer(body=body, content_type=kind, headers={"Vary": "Accept"}, page=True, stamp=self._changes)
