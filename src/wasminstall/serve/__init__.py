"""The development server: everything a page needs, on one origin.

Browsers read from other origins only with CORS headers, which many networks and private indexes do not send. So this
room answers for them on the page's own origin. It is made of parts, one file each; a part is a list of routes:

- ``static.Folder``: the files of a folder;
- ``index_proxy.IndexProxy``: a package index, upstream pages and files kept on disk;
- ``distribution.Distribution``: a complete Pyodide distribution, its wheels from any source, by sha256;
- ``app.Answer``: one fixed document;
- ``reload.Reload``: tells pages when a file has changed;
- ``app.create_app``: puts parts together, and ``running`` has them answer.

It runs on a desktop only, and needs the extra ``wasminstall[serve]``. A development server: one user, no TLS.
"""

from __future__ import annotations

from .app import Answer, Part, create_app
from .distribution import Distribution, WheelSource
from .index_proxy import IndexProxy
from .reload import Reload
from .running import listen, run_until_stopped
from .static import Folder
from .store import ContentStore

__all__ = [
    "Answer",
    "ContentStore",
    "Distribution",
    "Folder",
    "IndexProxy",
    "Part",
    "Reload",
    "WheelSource",
    "create_app",
    "listen",
    "run_until_stopped",
]
