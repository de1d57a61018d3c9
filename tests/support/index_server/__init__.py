"""The package index of the test suite: a real HTTP server that can do, and can get wrong, all an index can.

One noun a file: ``pages`` (what the index says about a project), ``answers`` (one HTTP answer and the arithmetic of
ranges, validators and gzip), ``mounts`` (static files), ``behaviour`` (the settings), ``faults`` (every way in which
an answer goes wrong), ``server`` (the thread, the routes, the log of requests)::

    with IndexServer() as index:
        index.add("six-1.0-py3-none-any.whl", data, requires_python=">=3.8")
        index.behave(json=False, delay=0.05)
        index.fault("*.whl", "reset", times=1)
        ...  # let a client use index.url
        assert index.paths() == ["/simple/six/", "/files/six/six-1.0-py3-none-any.whl"]
"""

from __future__ import annotations

from support.index_server.answers import Answer
from support.index_server.behaviour import Behaviour, basic, bearer
from support.index_server.faults import FaultKind
from support.index_server.pages import MetadataMode, ServedFile
from support.index_server.server import IndexServer, SeenRequest

__all__ = [
    "Answer",
    "Behaviour",
    "FaultKind",
    "IndexServer",
    "MetadataMode",
    "SeenRequest",
    "ServedFile",
    "basic",
    "bearer",
]
