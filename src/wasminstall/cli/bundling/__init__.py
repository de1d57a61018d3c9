"""A site made of a folder of pages: with Python, its packages and a copy for offline use, for any static host.

- ``page.py``: what the HTML pages ask for, and the same pages pointing at the bundle;
- ``packages.py``: which wheels those are, and their bytes; ``trimming.py`` and ``compiling.py`` change them on request;
- ``core.py``: the files of Pyodide; ``bootstrap.py``: those of wasminstall that a browser loads;
- ``site.py``: where everything lies in the bundle; ``writing.py``: the folder on disk, whole or not at all;
- ``report.py``: what costs what, and what the host should send.
"""

__all__: list[str] = []
