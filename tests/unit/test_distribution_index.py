"""The Pyodide lock as an index: entries of every kind, good and bad, and the real locks of every Pyodide here."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.distribution import ROOT
from wasminstall.indexes import Candidate, DistributionIndex, Listing
from wasminstall.targets import named_target

PAGE = named_target("pyodide-314")
BASE = "https://files.example/v1/full/"
WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
DIGEST = "ab" * 32
ENTRY: dict[str, Any] = {
    "name": "num",
    "version": "1.0",
    "file_name": f"num-1.0-{WASM}.whl",
    "sha256": DIGEST,
    "depends": [],
    "package_type": "package",
    "install_dir": "site",
    "imports": ["num"],
}
quick = settings(derandomize=True, deadline=None, max_examples=150)


async def listing_of(name: str, /, **entry: Any) -> Listing | None:
    lock = {"packages": {"key": {key: value for key, value in (ENTRY | entry).items() if value is not ...}}}
    return await DistributionIndex(lock, BASE, PAGE).listing(name)


async def candidate_of(name: str, /, **entry: Any) -> Candidate:
    listing = await listing_of(name, **entry)
    assert listing is not None
    (candidate,) = listing.candidates
    return candidate


async def test_an_entry() -> None:
    candidate = await candidate_of("num", depends=["Pillow", "ruamel.yaml"])
    assert (candidate.name, str(candidate.version), candidate.origin) == ("num", "1.0", "distribution")
    assert candidate.url == f"{BASE}num-1.0-{WASM}.whl"
    assert candidate.hashes == {"sha256": DIGEST}
    assert candidate.rank == 0
    assert candidate.metadata is not None
    assert candidate.metadata.requires_dist == ("Pillow", "ruamel.yaml")


@pytest.mark.parametrize(("spelt", "asked"), [("Pillow", "pillow"), ("ruamel.yaml", "ruamel-yaml"), ("A__b", "a-b")])
async def test_names_are_normalised(spelt: str, asked: str) -> None:
    """PEP 503. 23 entries of the real lock are spelt in another way."""
    assert (await candidate_of(asked, name=spelt)).name == asked


async def test_a_name_the_lock_does_not_have() -> None:
    assert await listing_of("other") is None
    assert await DistributionIndex({}, BASE, PAGE).listing("num") is None


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "num-tests", "file_name": "num-tests.tar"},
        {"name": "num-tests", "file_name": "num-tests.zip"},
        {"file_name": "num-1.0.tar.gz"},
        {"file_name": ...},
        {"version": ...},
        {"file_name": None},
        {"name": 5},
    ],
)
async def test_what_is_no_wheel_is_no_candidate(entry: dict[str, Any]) -> None:
    for name in ("num", "num-tests", "5"):
        assert await listing_of(name, **entry) is None


@pytest.mark.parametrize(
    "tag",
    [
        "cp313-cp313-pyodide_2025_0_wasm32",
        "cp314-cp314-pyemscripten_2025_0_wasm32",
        "cp314-cp314-emscripten_4_0_9_wasm32",
    ],
)
async def test_a_lock_for_another_abi_is_refused(tag: str) -> None:
    """PEP 783: no forward compatibility."""
    listing = await listing_of("num", file_name=f"num-1.0-{tag}.whl")
    assert listing is not None
    assert listing.candidates == ()
    (refused,) = listing.refused
    assert (refused.reason, refused.version, refused.detail) == ("tags", "1.0", tag.rpartition("-")[2])


@pytest.mark.parametrize(
    ("file_name", "url", "filename"),
    [
        (f"num-1.0-{WASM}.whl", f"{BASE}num-1.0-{WASM}.whl", f"num-1.0-{WASM}.whl"),
        (f"/other/num-1.0-{WASM}.whl", f"https://files.example/other/num-1.0-{WASM}.whl", f"num-1.0-{WASM}.whl"),
        (f"https://cdn.example/num-1.0-{WASM}.whl", f"https://cdn.example/num-1.0-{WASM}.whl", f"num-1.0-{WASM}.whl"),
        (f"num-1.0%2Bx-{WASM}.whl", f"{BASE}num-1.0%2Bx-{WASM}.whl", f"num-1.0+x-{WASM}.whl"),
        (f"num-1.0-{WASM}.whl?v=2", f"{BASE}num-1.0-{WASM}.whl?v=2", f"num-1.0-{WASM}.whl"),
    ],
)
async def test_where_the_file_is(file_name: str, url: str, filename: str) -> None:
    candidate = await candidate_of("num", file_name=file_name)
    assert (candidate.url, candidate.filename) == (url, filename)


@pytest.mark.parametrize("base", [BASE, BASE.rstrip("/")])
async def test_the_base_is_a_folder(base: str) -> None:
    listing = await DistributionIndex({"packages": {"num": ENTRY}}, base, PAGE).listing("num")
    assert listing is not None
    assert listing.candidates[0].url == f"{BASE}num-1.0-{WASM}.whl"


@pytest.mark.parametrize("sha256", [..., "", None])
async def test_without_a_hash(sha256: Any) -> None:
    assert (await candidate_of("num", sha256=sha256)).hashes == {}


@pytest.mark.parametrize("depends", [..., None, []])
async def test_without_depends(depends: Any) -> None:
    metadata = (await candidate_of("num", depends=depends)).metadata
    assert metadata is not None
    assert metadata.requires_dist == ()


@pytest.mark.parametrize(("version", "parsed"), [("1.12.1", "1.12.1"), ("1.1.1w", "0"), ("banana", "0")])
async def test_a_library_archive(version: str, parsed: str) -> None:
    """``shared_library``: a zip of libraries; its version follows no standard and nothing compares it."""
    candidate = await candidate_of(
        "libhdf5",
        name="libhdf5",
        version=version,
        file_name=f"libhdf5-{version}.zip",
        package_type="shared_library",
        install_dir="dynlib",
    )
    assert str(candidate.version) == parsed
    assert candidate.filename == f"libhdf5-{version}.zip"


@pytest.mark.parametrize(
    ("build", "target"),
    [
        ("pyodide", "pyodide-314"),
        ("pyodide-314", "pyodide-314"),
        ("pyodide-0.27", "pyodide-0.27"),
        ("pyodide-0.28", "pyodide-0.28"),
        ("pyodide-0.29", "pyodide-0.29"),
        ("pyodide-315", "pyodide-315"),
    ],
)
async def test_every_wheel_of_a_real_lock_is_a_candidate(build: str, target: str) -> None:
    file = ROOT / "node_modules" / build / "pyodide-lock.json"
    if not file.exists():
        pytest.skip("npm ci brings the locks")
    lock = json.loads(file.read_text())
    index = DistributionIndex(lock, BASE, named_target(target))
    for entry in lock["packages"].values():
        name = entry["name"].lower().replace("_", "-").replace(".", "-")
        listing = await index.listing(name)
        if name.endswith("-tests") and not entry["file_name"].endswith(".whl"):  # tar until 314.0.3, zip since
            assert listing is None
        else:
            assert listing is not None, name
            assert len(listing.candidates) == 1, name


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2)


@given(st.sampled_from(["name", "version", "file_name", "sha256", "package_type", "imports"]), VALUES)
@quick
async def test_any_value_in_an_entry_is_read_or_passed_over(key: str, value: Any) -> None:
    listing = await listing_of("num", **{key: value})
    assert listing is None or len(listing.candidates) + len(listing.refused) == 1
