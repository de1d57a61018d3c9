"""What file names say: the binary distribution format, sdist names (PEP 625), tags (PEP 425, PEP 783), and dirt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wasminstall._vendor.packaging.utils import InvalidWheelFilename, parse_wheel_filename
from wasminstall.indexes import Candidate, Listing, RefusedFile, SimpleIndex
from wasminstall.indexes.condensed import CONDENSED
from wasminstall.indexes.filenames import best_rank, sdist_version, wheel_name
from wasminstall.indexes.simple import candidate_of
from wasminstall.pages import Pages
from wasminstall.targets import named_target
from wasminstall.transport import Response

PAGE = named_target("pyodide-314")
PAGE_URL = "https://index.example/simple/pkg/"
WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
OLD_SPELLING = "cp314-cp314-pyodide_2026_0_wasm32"

NAME_PARTS = st.sampled_from(
    f"""|{"9" * 5000}|pkg|Pkg.Name|1.0|1.0+local|1!2.0rc1|banana|1|2b|1²|py3|none|any|py2.py3|cp314|abi3|cp39|a.b.c|é
    |pyemscripten_2026_0_wasm32|manylinux_2_17_x86_64|..|/""".split("|")
)
FILENAMES = st.one_of(
    st.text(max_size=60),
    st.text(max_size=60).map(lambda text: f"{text}.whl"),
    st.lists(NAME_PARTS, max_size=7).map(lambda parts: "-".join(parts) + ".whl"),
    st.lists(NAME_PARTS, max_size=4).map(lambda parts: "-".join(parts) + ".tar.gz"),
)
quick = settings(derandomize=True, deadline=None, max_examples=200)


@pytest.mark.parametrize(
    ("filename", "name", "version", "build", "tag"),
    [
        ("pkg-1.0-py3-none-any.whl", "pkg", "1.0", (0, ""), "py3-none-any"),
        ("Pkg.Name-1.0-py3-none-any.whl", "pkg-name", "1.0", (0, ""), "py3-none-any"),  # PEP 503
        ("a__b-1.0-py3-none-any.whl", None, "", (), ""),  # two underscores are an empty part of the name
        ("a_b-1.0-py3-none-any.whl", "a-b", "1.0", (0, ""), "py3-none-any"),
        ("pkg-1.0.0-7-py3-none-any.whl", "pkg", "1.0.0", (7, ""), "py3-none-any"),  # build number
        ("pkg-1.0-07abc-py3-none-any.whl", "pkg", "1.0", (7, "abc"), "py3-none-any"),
        ("pkg-1.0-py2.py3-none-any.whl", "pkg", "1.0", (0, ""), "py2.py3-none-any"),  # PEP 425, compressed
        ("pkg-1.0+cpu.1-py3-none-any.whl", "pkg", "1.0+cpu.1", (0, ""), "py3-none-any"),
        ("pkg-1!1.0rc1-py3-none-any.whl", "pkg", "1!1.0rc1", (0, ""), "py3-none-any"),
        (f"pkg-1.0-{WASM}.whl", "pkg", "1.0", (0, ""), WASM),
        ("pkg-1.0-abc-py3-none-any.whl", None, "", (), ""),  # a build number starts with a digit
        ("pkg-banana-py3-none-any.whl", None, "", (), ""),
        ("pkg-1.0-py3-none.whl", None, "", (), ""),
        ("pkg-1.0-py3-none-any.zip", None, "", (), ""),
        ("pkg-1.0-py3-none-any.whl\n", None, "", (), ""),
        ("../pkg-1.0-py3-none-any.whl", None, "", (), ""),
        (f"pkg-{'9' * 5000}-py3-none-any.whl", None, "", (), ""),  # more digits than int() takes
        ("", None, "", (), ""),
    ],
)
def test_wheel_names(filename: str, name: str | None, version: str, build: tuple[int, str], tag: str) -> None:
    parsed = wheel_name(filename)
    if name is None:
        assert parsed is None
    else:
        assert parsed is not None
        assert (parsed.name, str(parsed.version), parsed.build, parsed.tag) == (name, version, build, tag)


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("pkg-name-1.0.tar.gz", "1.0"),
        ("pkg-name-1.0.zip", "1.0"),
        ("pkg_name-1.0rc1.tar.gz", "1.0rc1"),
        ("Pkg.Name-2.0.tar.gz", "2.0"),  # before PEP 625 names were as written
        ("pkg-name-2.0.tar.gz", "2.0"),
        ("pkg-name-2.0-dev-9429.tar.gz", None),  # of no project of this name: whether 9429 is a version, nobody knows
        ("other-1.0.tar.gz", None),
        ("pkg-name-1.0.tar.bz2", None),
        ("pkg-name-1.0-py3.9.egg", None),
        ("pkg-name-banana.tar.gz", "banana"),  # as written: it is only ever shown, or compared where it parses
        ("pkg-name-.tar.gz", None),
        ("pkg.tar.gz", None),
        ("", None),
    ],
)
def test_sdist_names(filename: str, version: str | None) -> None:
    assert sdist_version(filename, "pkg-name") == version


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (WASM, OLD_SPELLING),  # PEP 783 before the former spelling of the same ABI
        (OLD_SPELLING, "cp314-abi3-pyemscripten_2026_0_wasm32"),
        ("cp314-abi3-pyemscripten_2026_0_wasm32", "cp310-abi3-pyemscripten_2026_0_wasm32"),
        ("cp310-abi3-pyemscripten_2026_0_wasm32", "py3-none-any"),
        ("py3-none-pyemscripten_2026_0_wasm32", "py3-none-any"),
        ("cp314-none-any", "py3-none-any"),
        ("py314-none-any", "py2.py3-none-any"),
        ("py2.py3-none-any", "cp313-cp313-pyemscripten_2026_0_wasm32"),  # the last is for another Python
        ("py3-none-any", "cp314-cp314-pyemscripten_2025_0_wasm32"),  # no forward compatibility (PEP 783)
        ("py3-none-any", "cp314-cp314t-pyemscripten_2026_0_wasm32"),  # free-threaded
        ("py3-none-any", "cp314-cp314-manylinux_2_17_x86_64"),
        ("py3-none-any", "py2-none-any"),
    ],
)
def test_the_order_of_tags(better: str, worse: str) -> None:
    best, other = (best_rank(f"pkg-1.0-{tag}.whl", PAGE) for tag in (better, worse))
    assert best is not None
    assert other is None or best < other


def test_a_compressed_set_counts_as_its_best_tag() -> None:
    """PEP 425: the set stands for every combination of its parts."""
    both = best_rank("pkg-1.0-cp313.cp314-cp313.cp314-manylinux_2_17_x86_64.pyemscripten_2026_0_wasm32.whl", PAGE)
    assert both == best_rank(f"pkg-1.0-{WASM}.whl", PAGE)
    assert best_rank("pkg-1.0-1-py2.py3-none-any.whl", PAGE) == best_rank("pkg-1.0-py3-none-any.whl", PAGE)


@given(FILENAMES)
@example("pkg-1.0-1²-py3-none-any.whl")
@example("pkg-1.0-²-py3-none-any.whl")
@quick
def test_any_name_is_read_or_refused(filename: str) -> None:
    parsed = wheel_name(filename)
    rank = best_rank(filename, PAGE)
    assert rank is None or 0 <= rank < len(PAGE.tags)
    assert parsed is None or parsed.name == parsed.name.lower()
    assert sdist_version(filename, "pkg") is None or parsed is None


@given(FILENAMES)
@quick
def test_any_name_on_a_page_is_a_candidate_refused_or_ignored(filename: str) -> None:
    found = candidate_of("pkg", "index", {"filename": filename, "url": "x"}, PAGE, PAGE_URL)
    if isinstance(found, Candidate):
        assert found.name == "pkg"
        assert PAGE.tags[found.rank]
    else:
        assert found is None or found.filename == filename


@pytest.mark.parametrize(
    ("filename", "version", "reason", "detail"),
    [
        ("pkg-1.0-cp314-cp314-manylinux_2_17_x86_64.whl", "1.0", "tags", "manylinux_2_17_x86_64"),
        ("pkg-1.0-1-cp313-cp313-win32.whl", "1.0", "tags", "win32"),
        ("pkg-1.0.tar.gz", "1.0", "sdist", ""),
        ("pkg-banana-py3-none-any.whl", "banana", "invalid", "its name does not follow the wheel format"),
        ("other-1.0-py3-none-any.whl", "1.0", "invalid", "its name does not follow the wheel format"),
    ],
)
def test_why_a_file_is_refused(filename: str, version: str, reason: str, detail: str) -> None:
    found = candidate_of("pkg", "index", {"filename": filename, "url": "x"}, PAGE, PAGE_URL)
    assert isinstance(found, RefusedFile)
    assert (found.version, found.reason, found.detail) == (version, reason, detail)


async def test_a_page_in_the_short_form_has_no_versions_of_other_names() -> None:
    """JavaScript, which makes it, takes what stands behind the last dash."""
    rows = [["pkg-2.0-dev-9429.tar.gz", "9429", "sdist", ""], ["Pkg-1.0.tar.gz", "1.0", "sdist", ""]]
    page = {"meta": {"api-version": "1.0"}, "files": [], "refused": rows}
    answer = Response(PAGE_URL, 200, {"content-type": CONDENSED}, json.dumps(page).encode())

    class Kept:
        async def get(self, url: str, read: Callable[[Response], Listing], **about: object) -> Listing:
            return read(answer)

    listing = await SimpleIndex(cast("Pages", Kept()), "https://index.example/simple", PAGE).listing("pkg")
    assert listing is not None
    assert [file.version for file in listing.refused] == ["1.0"]


@pytest.mark.parametrize("filename", ["README.txt", "pkg-1.0.exe", "pkg.whl", "", "pkg-1.0-py3-none-any.whl.asc"])
def test_what_is_no_distribution_is_ignored(filename: str) -> None:
    assert candidate_of("pkg", "index", {"filename": filename, "url": "x"}, PAGE, PAGE_URL) is None


WHEEL_LIKE = r"[\w.]{1,8}(__)?-[0-9a-z.!+]{1,8}(-[0-9]{0,3}[a-z_]{0,2})?-(py3|cp314\.py2)-(none|abi3)-any\.whl"


@given(st.from_regex(WHEEL_LIKE, fullmatch=True))
def test_same_as_packaging(filename: str) -> None:
    try:
        name, version, build, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        assert wheel_name(filename) is None
    else:
        parsed = wheel_name(filename)
        assert parsed is not None
        assert (parsed.name, str(parsed.version), parsed.build) == (name, str(version), build or (0, ""))
