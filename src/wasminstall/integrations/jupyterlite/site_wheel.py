"""The wheel of wasminstall that a site serves: the installed package, the site's settings, and a start for IPython.

A kernel of JupyterLite begins with the wheel of piplite; this one stands in its place (``pipliteWheelUrl``), so that
wasminstall is there before the kernel and installs the kernel itself.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path

__all__ = ["site_wheel"]

_PACKAGE = Path(__file__).parents[2]
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DESKTOP_ONLY = ("serve/", "cli/", "integrations/jupyterlite/addon.py", "integrations/jupyterlite/seeding.py")
_HERE = "wasminstall/integrations/jupyterlite"
_SHELL = "get_config().InteractiveShellApp.extensions = ['wasminstall.integrations.jupyterlite.kernel']\n"
_PIPLITE = "from wasminstall.integrations.jupyterlite.piplite import install\n"


def site_wheel(settings: Mapping[str, object]) -> tuple[str, bytes]:
    """File name and bytes, the same for the same ``settings`` (see ``kernel``)."""
    about = distribution("wasminstall")
    stem = f"wasminstall-{about.version}"
    contents = dict(_package_files())
    contents |= {
        f"{_HERE}/settings.json": json.dumps(settings, sort_keys=True).encode(),
        "piplite/__init__.py": _PIPLITE.encode(),
        "piplite/piplite.py": _PIPLITE.encode(),
        f"{stem}.data/data/etc/ipython/ipython_config.py": _SHELL.encode(),
        f"{stem}.dist-info/METADATA": (about.read_text("METADATA") or "").encode(),
        f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{stem}.dist-info/RECORD"
    rows = [_record_row(name, data) for name, data in sorted(contents.items())]
    contents[record] = "\n".join([*rows, f"{record},,\n"]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return f"{stem}-py3-none-any.whl", buffer.getvalue()


def _package_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(_PACKAGE.rglob("*")):
        name = path.relative_to(_PACKAGE).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and not name.startswith(_DESKTOP_ONLY):
            yield f"wasminstall/{name}", path.read_bytes()


def _record_row(name: str, data: bytes) -> str:
    digest = urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"{name},sha256={digest},{len(data)}"
