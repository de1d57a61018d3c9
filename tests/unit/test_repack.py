"""The archive for pages is the wheel without what a page does not need, and the same for the same wheel."""

from __future__ import annotations

import io
import runpy
import zipfile

from support.distribution import ROOT
from support.wheel_factory import Member, make_zip

SOURCE = b'''"""Docs."""
__all__ = ["A", "B", "g"]

class A:
    """First.

    More.
    """

    x: int = 1  # why
    """How."""

    def f(self, a: int) -> "A":
        """Docs."""

if TYPE_CHECKING:
    from a import b

Y = 2
"""What."""

class B:
    @overload
    def f(self, a: int) -> int: ...

@overload
def g(*, b: str) -> str: ...
def g(*, b: str = "1") -> None:
    """Docs."""
    return f"{b!r}"
'''
SLIM = '''class A:
    """First."""
    x: int = 1

    def f(self, a):
        pass
Y = 2

class B:
    pass

def g(*, b='1'):
    return f'{b!r}'
'''
FILES = {
    "wasminstall/api.py": b'"""Docs."""\ndef f(a: int) -> int:\n    """Docs."""\n    return a  # it\n',
    "wasminstall/cli/main.py": b"x = 1",
    "wasminstall/plan.py": SOURCE,
    "wasminstall/_page.js": b"1",
    "wasminstall/_vendor/packaging/_manylinux.py": b"x = 1",
    "wasminstall-1.0.dist-info/METADATA": b"Name: wasminstall\n\nLong.\n",
    "wasminstall-1.0.dist-info/RECORD": b"",
}


def test_repack() -> None:
    repack = runpy.run_path(str(ROOT / "js" / "build" / "repack.py"))["repack"]
    made = repack(make_zip([Member(name, data) for name, data in FILES.items()]), "1.0")
    assert repack(make_zip([Member(name, data) for name, data in reversed(FILES.items())]), "1.0") == made
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
        assert archive.comment == b"wasminstall 1.0"
    assert {name: text.strip() for name, text in found.items()} == {
        "wasminstall-1.0.dist-info/METADATA": "Name: wasminstall",
        "wasminstall/_vendor/packaging/_manylinux.py": "",
        "wasminstall/api.py": '"""Docs."""\n\ndef f(a: int) -> int:\n    """Docs."""\n    return a',
        "wasminstall/plan.py": SLIM.strip(),
    }
