"""Real wheels from PyPI for tests: pinned by file name and sha256, fetched once, kept outside the repository.

``real_wheel("simplejson")`` gives file name and bytes of a pinned wheel; ``fetch_pypi`` gets any other. What the lock
of Pyodide itself names (numpy, pandas ...) comes from ``mirror.DistributionMirror``. For a new row of ``PINS``, run
``python -m support.real_wheels NAME VERSION [PLATFORM]`` in ``tests``, with ``demo`` on ``PYTHONPATH``.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from typing import Any, NamedTuple

import httpx
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from mirror import BlobStore, DistributionMirror, cache_folder
from support.distribution import ROOT

__all__ = ["PINS", "Pin", "WheelUnavailable", "distribution_wheels", "fetch_pypi", "find_pypi", "real_wheel"]

PYODIDE_314 = "pyemscripten_2026_0_wasm32"


class Pin(NamedTuple):
    """A file of PyPI, and the only bytes it may have."""

    filename: str
    sha256: str


class WheelUnavailable(RuntimeError):
    """A wheel that a test needs is neither kept nor to be fetched; the message says what to do."""


PINS = {
    # Compiled, for Pyodide 314. pydantic wants exactly this pydantic-core.
    "cbor2": Pin(
        "cbor2-6.3.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        "15c2e17287bd09cb30e1c534d32d6c9ef29b9eded18ebe4e6be9634cbe306834",
    ),
    "contourpy": Pin(
        "contourpy-1.4.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        "fa1b787362a3856e63dd2b89449f6c384d55ee1beb8f94f4bcc871b40f02462c",
    ),
    "css-inline": Pin(
        "css_inline-0.24.0-cp310-abi3-pyemscripten_2026_0_wasm32.whl",
        "077991ba151faa53d049138f643af49936f82220f53e83af8a64a51856fb0aac",
    ),
    "pydantic-core": Pin(
        "pydantic_core-2.50.4-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        "e6da138a1ecc1341c8b788a5ee822670b03788e1f5decf7af9d461de6e508b8e",
    ),
    "simplejson": Pin(
        "simplejson-4.3.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        "53324eda57a9de7fab4731281bc8bd3fa254d28dbc06ce2141f2bcfeefbc3e3a",
    ),
    "uharfbuzz": Pin(
        "uharfbuzz-0.57.0-cp311-abi3-pyemscripten_2026_0_wasm32.whl",
        "430b78efc0cff3365461ff79e0d0a944cda17253171d5a4f8cf4615ebde08541",
    ),
    # Pure.
    "annotated-types": Pin(
        "annotated_types-0.8.0-py3-none-any.whl",
        "f072f4d804ea359e4eaf198b1af7a8b0943881a87f31bb764f8bf219bb9419e0",
    ),
    "attrs": Pin(
        "attrs-26.1.0-py3-none-any.whl",
        "c647aa4a12dfbad9333ca4e71fe62ddc36f4e63b2d260a37a8b83d2f043ac309",
    ),
    "black": Pin(
        "black-26.5.1-py3-none-any.whl",
        "4ed7f7da04046d2e488437170797d3b4a4ad83906683bcb7dfc68b673bbce5e2",
    ),
    "idna": Pin(
        "idna-3.20-py3-none-any.whl",
        "ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c",
    ),
    "markdown-it-py": Pin(
        "markdown_it_py-4.0.0-py3-none-any.whl",
        "87327c59b172c5011896038353a81343b6754500a08cd7a4973bb48c6d578147",
    ),
    "mdurl": Pin(
        "mdurl-0.1.2-py3-none-any.whl",
        "84008a41e51615a49fc9966191ff91509e3c40b939176e643fd50a5c2196b8f8",
    ),
    "micropip": Pin(
        "micropip-0.11.1-py3-none-any.whl",
        "768de165adb8e66906039d8fec4127a57f522dfdf8e6fbff877a4616941ecfd3",
    ),
    "mypy-extensions": Pin(
        "mypy_extensions-1.1.0-py3-none-any.whl",
        "1be4cccdb0f2482337c4743e60421de3a356cd97508abadd57d47403e94f5505",
    ),
    "networkx": Pin(
        "networkx-3.7-py3-none-any.whl",
        "e3fd2c13a7814cee3746340d8d7f8598a67f16a58bf47fb7f8793fab6efca1b0",
    ),
    "packaging": Pin(
        "packaging-26.3-py3-none-any.whl",
        "d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c",
    ),
    "pathspec": Pin(
        "pathspec-1.1.1-py3-none-any.whl",
        "a00ce642f577bf7f473932318056212bc4f8bfdf53128c78bbd5af0b9b20b189",
    ),
    "pydantic": Pin(
        "pydantic-2.14.3-py3-none-any.whl",
        "3f7b347782ab7e4cf4c798496ae3a82787d9f21ec12676a9c564355eeef8daa8",
    ),
    "pygments": Pin(
        "pygments-2.21.0-py3-none-any.whl",
        "2363c69b61c4a97c838da3b130dcd6468f4848992b21a82f2a63ec34377137d9",
    ),
    "python-dateutil": Pin(
        "python_dateutil-2.9.0.post0-py2.py3-none-any.whl",
        "a8b2bc7bffae282281c8140a97d3aa9c14da0b136dfe83f850eea9a5f7470427",
    ),
    "pytokens": Pin(
        "pytokens-0.4.1-py3-none-any.whl",
        "26cef14744a8385f35d0e095dc8b3a7583f6c953c2e3d269c7f82484bf5ad2de",
    ),
    "pytz": Pin(
        "pytz-2026.6-py2.py3-none-any.whl",
        "7fed3fee8fd6bd4a2b7b75a8d56021d0624127bf69bd5691f115db929ac570b3",
    ),
    "rich": Pin(
        "rich-15.0.0-py3-none-any.whl",
        "33bd4ef74232fb73fe9279a257718407f169c09b78a87ad3d296f548e27de0bb",
    ),
    "six": Pin(
        "six-1.17.0-py2.py3-none-any.whl",
        "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
    ),
    "sympy": Pin(
        "sympy-1.14.0-py3-none-any.whl",
        "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5",
    ),
    "typing-extensions": Pin(
        "typing_extensions-4.16.0-py3-none-any.whl",
        "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8",
    ),
    "typing-inspection": Pin(
        "typing_inspection-0.4.5-py3-none-any.whl",
        "bc210535442b39e1bf2805e0c7a17dfd6a4ace760c84c7f7d16245d23a6b1c39",
    ),
}
"""Project to wheel: what the tests install for real, and what they mount."""


def real_wheel(project: str) -> tuple[str, bytes]:
    """File name and bytes of a pinned wheel, ready for ``IndexServer.add``."""
    pin = PINS[project]
    return pin.filename, fetch_pypi(pin.filename, pin.sha256)


async def distribution_wheels(*names: str) -> list[tuple[str, bytes]]:
    """File name and bytes of packages that the lock of the main Pyodide has."""
    core = ROOT / "node_modules" / "pyodide"
    version = json.loads((core / "package.json").read_text())["version"]
    packages = json.loads((core / "pyodide-lock.json").read_text())["packages"]
    entries = [packages[name] for name in names]
    async with DistributionMirror(version) as mirror:
        return [(each["file_name"], await mirror.wheel(each["file_name"], each["sha256"])) for each in entries]


def fetch_pypi(filename: str, sha256: str) -> bytes:
    """The bytes of a wheel on PyPI with this name and hash: from the cache, else from the network."""
    store = BlobStore(cache_folder("wasminstall-tests"))
    data = store.get(sha256)
    if data is None:
        data = _download(filename, sha256)
        store.put(data)
    return data


def find_pypi(project: str, version: str, platform: str = PYODIDE_314) -> Pin:
    """The wheel of a version for a platform, a compiled one before a pure one."""
    with _client() as client:
        files = _files(client, project)
    names = {file["filename"]: file["hashes"]["sha256"] for file in files if file["filename"].endswith(".whl")}
    ends = (f"-{platform}.whl", "-none-any.whl")
    for end in ends:
        for name, sha256 in names.items():
            if name.split("-")[1] == version and name.endswith(end):
                return Pin(name, sha256)
    raise WheelUnavailable(f"PyPI has no wheel of {project} {version} for {platform}, and no pure one")


def _download(filename: str, sha256: str) -> bytes:
    try:
        with _client() as client:
            address = next((f["url"] for f in _files(client, filename) if f["filename"] == filename), None)
            if address is None:
                raise WheelUnavailable(f"PyPI has no file named {filename}: choose another pin in {__name__}")
            data = client.get(address).raise_for_status().content
    except httpx.HTTPError as error:
        raise WheelUnavailable(
            f"{filename} is not in {cache_folder('wasminstall-tests')} and cannot be fetched ({error}). Run the tests "
            "once with a network, or copy that folder from a machine that did (WASMINSTALL_CACHE names it)."
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WheelUnavailable(f"{filename} came with sha256 {found}, not {sha256}: damaged on the way, or a wrong pin")
    return data


def _client() -> httpx.Client:
    return httpx.Client(follow_redirects=True, timeout=httpx.Timeout(60, connect=10))


def _files(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """The files on the page of a project, given its name or that of one of its wheels."""
    project = re.sub(r"[-_.]+", "-", name.split("-")[0] if name.endswith(".whl") else name).lower()
    headers = {"accept": "application/vnd.pypi.simple.v1+json"}
    address = f"{PYPI_SIMPLE_ENDPOINT.rstrip('/')}/{project}/"
    page = client.get(address, headers=headers).raise_for_status()
    return [{**file, "url": str(page.url.join(file["url"]))} for file in page.json()["files"]]


if __name__ == "__main__":
    print(find_pypi(*sys.argv[1:4]))
