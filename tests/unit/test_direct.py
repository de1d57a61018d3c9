"""Wheels named by their address: URLs with fragments, escapes and credentials, and paths of every kind."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wasminstall.errors import InvalidRequirement
from wasminstall.indexes import Candidate, direct_candidate
from wasminstall.indexes.direct import local_path
from wasminstall.requirements import Requirement, parse_requirement
from wasminstall.targets import named_target

PAGE = named_target("pyodide-314")
WHEEL = "pkg-1.0-py3-none-any.whl"
quick = settings(derandomize=True, deadline=None, max_examples=150)


def candidate_of(text: str) -> Candidate:
    return direct_candidate(parse_requirement(text), PAGE)


@pytest.mark.parametrize(
    ("address", "url", "filename"),
    [
        (f"https://h.example/a/{WHEEL}", f"https://h.example/a/{WHEEL}", WHEEL),
        (f"https://h.example/a/{WHEEL}?token=1&x=2", f"https://h.example/a/{WHEEL}?token=1&x=2", WHEEL),
        ("https://h.example/pkg-1.0%2Bcpu-py3-none-any.whl",) * 2 + ("pkg-1.0+cpu-py3-none-any.whl",),
        ("https://h.example/%70kg-1.0-py3-none-any.whl",) * 2 + (WHEEL,),
        (f"https://h.example:8443/a%20b/{WHEEL}", f"https://h.example:8443/a%20b/{WHEEL}", WHEEL),
    ],
)
def test_urls(address: str, url: str, filename: str) -> None:
    for text in (address, f"pkg @ {address}"):
        candidate = candidate_of(text)
        assert (candidate.url, candidate.filename, candidate.origin) == (url, filename, "url")


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (f"/w/{WHEEL}", f"/w/{WHEEL}"),
        (f"./w/{WHEEL}", f"./w/{WHEEL}"),
        (f"../{WHEEL}", f"../{WHEEL}"),
        (WHEEL, WHEEL),
        (f"emfs:/w/{WHEEL}", f"/w/{WHEEL}"),  # micropip's scheme
        (f"emfs:w/{WHEEL}", f"w/{WHEEL}"),
        (f"file:///w/{WHEEL}", f"/w/{WHEEL}"),
        (f"file:///a%20b/{WHEEL}", f"/a b/{WHEEL}"),
        (f"./a:b/{WHEEL}", f"./a:b/{WHEEL}"),
        (f"/w/{WHEEL}#sha256={'ab' * 32}", f"/w/{WHEEL}"),
    ],
)
def test_paths(address: str, path: str) -> None:
    candidate = candidate_of(address)
    assert (candidate.url, candidate.source, candidate.filename, candidate.origin) == (path, path, WHEEL, "file")


@pytest.mark.parametrize("address", ["https://h.example/x", "http://h.example/x", "C:\\w\\x", "C:/w/x", "data:,x"])
def test_no_paths(address: str) -> None:
    assert local_path(address) == ""


@pytest.mark.parametrize(
    ("fragment", "hashes"),
    [
        ("", {}),
        ("sha256=" + "AB" * 32, {"sha256": "ab" * 32}),
        ("sha384=" + "cd" * 48, {"sha384": "cd" * 48}),
        ("sha512=" + "ef" * 64, {"sha512": "ef" * 64}),
        (f"sha256={'ab' * 32}&sha512={'ef' * 64}", {"sha256": "ab" * 32, "sha512": "ef" * 64}),
        (f"egg=pkg&subdirectory=x&sha256={'ab' * 32}", {"sha256": "ab" * 32}),
        ("md5=" + "00" * 16, {}),
        ("sha256=", {}),
        ("sha256", {}),
    ],
)
def test_hashes_in_the_fragment(fragment: str, hashes: dict[str, str]) -> None:
    """PEP 503, PEP 610: what is announced is checked; weak hashes prove nothing."""
    candidate = candidate_of(f"https://h.example/{WHEEL}#{fragment}")
    assert candidate.hashes == hashes
    assert candidate.url == f"https://h.example/{WHEEL}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("other @ https://h.example/pkg-1.0-py3-none-any.whl", "of pkg, not of other"),
        ("pkg @ https://h.example/pkg-1.0.tar.gz", "not the file name of a wheel"),
        ("pkg @ https://h.example/", "not the file name of a wheel"),
        ("pkg @ git+https://h.example/pkg.git", "not the file name of a wheel"),
        ("pkg @ C:\\wheels\\pkg-1.0-py3-none-any.whl", "not the file name of a wheel"),
        ("https://h.example/pkg-1.0-cp314-cp314-win32.whl", "cannot load a wheel for cp314-cp314-win32"),
        ("/w/pkg-1.0-cp313-cp313-pyodide_2025_0_wasm32.whl", "cannot load"),
        ("pkg @ http://[h.example/pkg-1.0-py3-none-any.whl", "cannot be read"),
    ],
)
def test_what_cannot_be_installed(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequirement, match=reason):
        candidate_of(text)


@pytest.mark.parametrize(
    "text",
    [
        f"pkg @ https://user:secret@h.example/{WHEEL}",
        f"pkg @ https://secret@h.example/{WHEEL}",
        f"pkg @ https://user:sec@ret@h.example/{WHEEL}#sha256={'ab' * 32}",
    ],
)
def test_credentials_are_used_and_never_shown(text: str) -> None:
    candidate = candidate_of(text)
    assert "@" in candidate.url
    assert candidate.source == f"https://h.example/{WHEEL}"


@pytest.mark.parametrize("name", ["other-1.0-py3-none-any.whl", "pkg.tar.gz", "pkg-1.0-cp39-cp39-win32.whl"])
def test_credentials_in_what_cannot_be_installed_are_never_shown(name: str) -> None:
    with pytest.raises(InvalidRequirement) as caught:
        candidate_of(f"pkg @ https://user:secret@h.example/{name}")
    assert "secret" not in str(caught.value)
    assert "https://h.example/" in str(caught.value)


PIECES = st.sampled_from(
    f"http://|https:|file:|emfs:|C:\\|//|/|[|]|@|:|99999|#sha256=ab|%2B|%|?|..|user:pw@|\0|\ud800|{WHEEL}".split("|")
)


@given(st.lists(PIECES, max_size=8).map("".join))
@example("http://[")
@quick
def test_any_address_is_a_candidate_or_refused(address: str) -> None:
    try:
        candidate = direct_candidate(Requirement("pkg", f"pkg @ {address}", url=address), PAGE)
    except InvalidRequirement as error:
        shown = str(error)
    else:
        assert candidate.name == "pkg"
        shown = candidate.source
    assert "user:pw" not in shown or not address.startswith(("https://", "http://"))
    shown.encode()
