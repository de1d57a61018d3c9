"""Build hook: what the package needs but the repository must not hold.

- ``_vendor/packaging``: our private copy, so that no user's ``packaging`` meets ours.
- ``_default_index.py``: the address of PyPI's Simple API, from a library that publishes it.
- ``cli/bundling/_built``: what `npm run build` has made for browsers, for the commands ``bundle`` and ``serve``.
"""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import packaging
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from pypi_simple import PYPI_SIMPLE_ENDPOINT

ROOT = Path(__file__).parent
PACKAGE = ROOT / "src" / "wasminstall"
BUILT = "wasminstall/cli/bundling/_built"
# Only what the installer imports: every module costs bytes in the page.
PACKAGING_MODULES = (
    "__init__", "_elffile", "_manylinux", "_musllinux", "_parser", "_ranges", "_structures", "_tokenizer",
    "errors", "markers", "pylock", "requirements", "specifiers", "tags", "utils", "version",
)  # fmt: skip


class GenerateHook(BuildHookInterface[Any]):
    """Runs before every build, editable ones included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the generated modules into the source tree (git ignores them)."""
        vendor_packaging(PACKAGE / "_vendor")
        (PACKAGE / "_default_index.py").write_text(
            f'"""Generated at build time: where PyPI answers."""\n\nDEFAULT_INDEX_URL = {PYPI_SIMPLE_ENDPOINT!r}\n'
        )
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"] |= {str(path): f"{BUILT}/{path.name}" for path in built_files()}


def built_files() -> list[Path]:
    """Scripts and the archive; not the bytecode for a first visit, which is four times the size of all the others."""
    dist = ROOT / "js" / "dist"
    if not (dist / "integrity.json").is_file():  # the last file of a build
        return []
    return [*sorted(dist.glob("wasminstall*js")), dist / "wasminstall.zip.gz", ROOT / "js" / "build" / "stdlib.py"]


def vendor_packaging(vendor: Path) -> None:
    """Copy the modules of the installed ``packaging`` that we use, with its licences."""
    shutil.rmtree(vendor, ignore_errors=True)
    target = vendor / "packaging"
    target.mkdir(parents=True)
    (vendor / "__init__.py").write_text('"""Private copies of libraries; generated at build time."""\n')
    source = Path(packaging.__file__).parent
    for module in PACKAGING_MODULES:
        shutil.copy(source / f"{module}.py", target)
    (target / "py.typed").touch()
    for file in distribution("packaging").files or []:
        if file.name.startswith("LICENSE"):
            shutil.copy(str(file.locate()), target)
