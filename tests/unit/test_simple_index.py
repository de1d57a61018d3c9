"""The Simple API from end to end: PEP 503 and 691 pages over real HTTP, and any page at all through a fake one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.index_server import IndexServer, basic
from support.wheel_factory import make_wheel
from wasminstall.errors import HTTPStatusError, IndexAnswerError
from wasminstall.indexes import FirstThatHasIt, Listing, RefusedFile, SimpleIndex
from wasminstall.pages import Pages
from wasminstall.targets import named_target
from wasminstall.transport import Client, OnBytes, Request, Response
from wasminstall.transport.desktop import DesktopTransport

PAGE = named_target("pyodide-314")
JSON = "application/vnd.pypi.simple.v1+json"
ROOT = "https://index.example/simple/"
WHEEL = "pkg-1.0-py3-none-any.whl"
DIGEST = "ab" * 32
quick = settings(derandomize=True, deadline=None, max_examples=150)


class OnePage:
    """A transport that answers everything with one page."""

    has_http_cache = False

    def __init__(self, body: str | bytes, content_type: str = JSON, url: str = f"{ROOT}pkg/") -> None:
        self._response = Response(
            url,
            200,
            {"content-type": content_type},
            body if isinstance(body, bytes) else body.encode("utf-8", "replace"),
        )

    async def send(self, request: Request, on_bytes: OnBytes | None = None) -> Response:
        return self._response


async def listing_of(body: str | bytes, content_type: str = JSON, url: str = f"{ROOT}pkg/") -> Listing:
    found = await SimpleIndex(Pages(Client(OnePage(body, content_type, url))), ROOT, PAGE, "index").listing("pkg")
    assert found is not None
    return found


def page_of(*files: object, version: str = "1.1") -> str:
    return json.dumps({"meta": {"api-version": version}, "name": "pkg", "files": list(files)})


def html_of(anchor: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}<title>Links for pkg</title></head><body>{anchor}</body></html>"


# --- HTML (PEP 503 and what grew on it) -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", {"yanked": None, "requires_python": "", "metadata_hashes": None, "hashes": {}}),
        ('data-requires-python="&gt;=3.8"', {"requires_python": ">=3.8"}),  # PEP 503: escaped
        ('data-requires-python="&gt;=3.8,&lt;4"', {"requires_python": ">=3.8,<4"}),
        ("data-yanked", {"yanked": ""}),  # PEP 592: the attribute alone
        ('data-yanked=""', {"yanked": ""}),
        ('data-yanked="breaks &lt;things&gt; &amp; more"', {"yanked": "breaks <things> & more"}),
        (f'data-core-metadata="sha256={DIGEST}"', {"metadata_hashes": {"sha256": DIGEST}}),  # PEP 714
        (f'data-dist-info-metadata="sha256={DIGEST}"', {"metadata_hashes": {"sha256": DIGEST}}),  # PEP 658
        ('data-core-metadata="true"', {"metadata_hashes": {}}),
        ('data-core-metadata="false"', {"metadata_hashes": None}),
        (f'data-core-metadata="false" data-dist-info-metadata="sha256={DIGEST}"', {"metadata_hashes": None}),
        (f'data-core-metadata="SHA256={DIGEST}"', {"metadata_hashes": {}}),
        (f'data-core-metadata="md5={"0" * 32}"', {"metadata_hashes": {}}),  # announced, by a hash that proves nothing
        ('data-gpg-sig="true" rel="internal" DATA-YANKED="no"', {"yanked": "no"}),
    ],
)
async def test_attributes_of_a_link(attributes: str, expected: dict[str, Any]) -> None:
    listing = await listing_of(html_of(f'<a href="../../f/{WHEEL}" {attributes}>{WHEEL}</a>'), "text/html")
    (candidate,) = listing.candidates
    assert {key: getattr(candidate, key) for key in expected} == expected
    assert candidate.url == f"https://index.example/f/{WHEEL}"


@pytest.mark.parametrize(
    ("href", "head", "url"),
    [
        (f"{WHEEL}", "", f"{ROOT}pkg/{WHEEL}"),
        (f"../../f/{WHEEL}", "", f"https://index.example/f/{WHEEL}"),
        (f"/f/{WHEEL}", "", f"https://index.example/f/{WHEEL}"),
        (f"//files.example/f/{WHEEL}", "", f"https://files.example/f/{WHEEL}"),
        (f"http://files.example/f/{WHEEL}", "", f"http://files.example/f/{WHEEL}"),
        (f"f/{WHEEL}", '<base href="https://base.example/x/">', f"https://base.example/x/f/{WHEEL}"),
        (f"f/{WHEEL}", '<base href="/x/">', f"https://index.example/x/f/{WHEEL}"),
        (f"f/{WHEEL}", '<base href="http://[">', f"{ROOT}pkg/f/{WHEEL}"),
        (f"f/{WHEEL}?a=1&amp;b=2", "", f"{ROOT}pkg/f/{WHEEL}?a=1&b=2"),
        (f"f%20g/{WHEEL}", "", f"{ROOT}pkg/f%20g/{WHEEL}"),
    ],
)
async def test_addresses_on_a_page(href: str, head: str, url: str) -> None:
    (candidate,) = (await listing_of(html_of(f'<a href="{href}">x</a>', head), "text/html")).candidates
    assert (candidate.url, candidate.filename) == (url, WHEEL)


async def test_hashes_in_the_fragment() -> None:
    """PEP 503; upper case is the same digest, and what is no strong hash proves nothing."""
    href = f"{WHEEL}#sha256={DIGEST.upper()}&sha512={'CD' * 64}&md5=00&egg=pkg"
    (candidate,) = (await listing_of(html_of(f'<a href="{href}">x</a>'), "text/html")).candidates
    assert candidate.hashes == {"sha256": DIGEST, "sha512": "cd" * 64}
    assert "#" not in candidate.url


async def test_a_local_version_is_escaped_in_urls() -> None:
    html = html_of('<a href="pkg-1.0%2Bcpu-py3-none-any.whl">pkg-1.0+cpu-py3-none-any.whl</a>')
    (candidate,) = (await listing_of(html, "text/html")).candidates
    assert candidate.filename == "pkg-1.0+cpu-py3-none-any.whl"
    assert str(candidate.version) == "1.0+cpu"
    assert candidate.url.endswith("pkg-1.0%2Bcpu-py3-none-any.whl")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.999", "1"])
async def test_minor_versions_of_the_api_are_read(version: str) -> None:
    """PEP 629: a client warns at the most when only the minor version is unknown."""
    meta = f'<meta name="pypi:repository-version" content="{version}">'
    assert (await listing_of(html_of(f'<a href="{WHEEL}">x</a>', meta), "text/html")).candidates
    assert (await listing_of(page_of({"filename": WHEEL, "url": WHEEL}, version=version))).candidates


@pytest.mark.parametrize("version", ["2.0", "10.1", "0.9", "banana", ""])
async def test_another_major_version_of_the_api_is_refused(version: str) -> None:
    with pytest.raises(IndexAnswerError):
        await listing_of(page_of({"filename": WHEEL, "url": WHEEL}, version=version))
    meta = f'<meta name="pypi:repository-version" content="{version or 2}">'
    with pytest.raises(IndexAnswerError, match="Simple API"):
        await listing_of(html_of(f'<a href="{WHEEL}">x</a>', meta), "text/html")


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html><title>Welcome</title>Please log in</html>",
        '<html><title>Welcome</title><a href="/forgotten">Forgot your password?</a></html>',
        "<![ no such declaration",
        '<a href="http://[">x</a>',
    ],
)
async def test_a_page_of_something_else_is_an_error(html: str) -> None:
    with pytest.raises(IndexAnswerError) as caught:
        await listing_of(html, "text/html")
    assert caught.value.hint


async def test_a_project_without_files() -> None:
    assert (await listing_of(html_of("nothing"), "text/html")).candidates == ()
    assert (await listing_of(page_of())).candidates == ()


# --- JSON (PEP 691, PEP 700) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {},
            {"hashes": {}, "size": 0, "yanked": None, "requires_python": "", "metadata_hashes": None, "build": (0, "")},
        ),
        ({"hashes": {"sha256": DIGEST.upper(), "md5": "00"}}, {"hashes": {"sha256": DIGEST}}),
        ({"hashes": []}, {"hashes": {}}),
        ({"hashes": {"sha256": 5}}, {"hashes": {"sha256": "unreadable"}}),  # never taken for "no hash"
        ({"size": 7}, {"size": 7}),
        ({"size": True}, {"size": 0}),
        ({"size": "7"}, {"size": 0}),
        ({"size": -1}, {"size": 0}),
        ({"yanked": False}, {"yanked": None}),
        ({"yanked": None}, {"yanked": None}),
        ({"yanked": True}, {"yanked": ""}),
        ({"yanked": "broken"}, {"yanked": "broken"}),
        ({"yanked": 1}, {"yanked": ""}),
        ({"requires-python": None}, {"requires_python": ""}),
        ({"requires-python": ">=3.8"}, {"requires_python": ">=3.8"}),
        ({"core-metadata": False}, {"metadata_hashes": None}),  # micropip reads a 404 page as METADATA
        ({"core-metadata": False, "dist-info-metadata": {"sha256": DIGEST}}, {"metadata_hashes": None}),
        ({"core-metadata": True}, {"metadata_hashes": {}}),
        ({"core-metadata": {"sha256": DIGEST}}, {"metadata_hashes": {"sha256": DIGEST}}),
        ({"dist-info-metadata": {"sha256": DIGEST}}, {"metadata_hashes": {"sha256": DIGEST}}),
        ({"url": f"../{WHEEL}"}, {"url": f"{ROOT}{WHEEL}"}),  # micropip raises TypeError
        ({"url": f"{WHEEL}#sha512={'cd' * 64}"}, {"hashes": {"sha512": "cd" * 64}, "url": f"{ROOT}pkg/{WHEEL}"}),
        ({"filename": "pkg-1.0-3b-py3-none-any.whl"}, {"build": (3, "b")}),
    ],
)
async def test_keys_of_a_file(entry: dict[str, Any], expected: dict[str, Any]) -> None:
    (candidate,) = (await listing_of(page_of({"filename": WHEEL, "url": WHEEL, **entry}))).candidates
    assert {key: getattr(candidate, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("entry", "reason", "detail"),
    [
        ({"requires-python": "<3.9"}, "python", "<3.9"),
        ({"requires-python": "banana"}, "python", "banana"),
        ({"requires-python": ["3.9"]}, "python", "unreadable"),
        ({"url": None}, "invalid", "the index gives no address for it"),
        ({"url": "http://["}, "invalid", "the index gives no address for it"),
    ],
)
async def test_files_that_cannot_be_used(entry: dict[str, Any], reason: str, detail: str) -> None:
    listing = await listing_of(page_of({"filename": WHEEL, "url": WHEEL, **entry}))
    assert listing.candidates == ()
    assert listing.refused == (RefusedFile(WHEEL, "1.0", reason, detail),)  # type: ignore[arg-type]


async def test_one_bad_file_does_not_hide_the_others_and_order_means_nothing() -> None:
    names = ["pkg-1.10-py3-none-any.whl", "pkg-banana-py3-none-any.whl", "pkg-1.9-py3-none-any.whl", WHEEL]
    files: list[object] = [{"filename": name, "url": name} for name in names]
    forward, backward = await listing_of(page_of(*files)), await listing_of(page_of(*reversed(files)))
    assert {str(candidate.version) for candidate in forward.candidates} == {"1.10", "1.9", "1.0"}
    assert set(forward.candidates) == set(backward.candidates)
    assert [file.version for file in forward.refused] == ["banana"]


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "text/plain", "image/png"])
async def test_another_content_type_is_an_error(content_type: str) -> None:
    with pytest.raises(IndexAnswerError, match="content type"):
        await listing_of(page_of(), content_type)


async def test_parameters_and_case_of_the_content_type() -> None:
    assert (await listing_of(page_of(FILE), "APPLICATION/JSON; charset=utf-8")).candidates


async def test_links_are_relative_to_where_the_page_was_found() -> None:
    page = page_of({"filename": WHEEL, "url": f"../f/{WHEEL}"})
    (candidate,) = (await listing_of(page, url="https://mirror.example/a/pkg/")).candidates
    assert candidate.url == f"https://mirror.example/a/f/{WHEEL}"


# --- any page gives a listing or an IndexAnswerError ----------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["http://[", WHEEL]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FILE_KEYS = ("filename", "url", "hashes", "size", "yanked", "requires-python", "core-metadata", "dist-info-metadata")
FILE: dict[str, Any] = {"filename": WHEEL, "url": WHEEL, "hashes": {"sha256": DIGEST}, "size": 1, "yanked": False}


async def read_or_refused(body: str | bytes, content_type: str) -> None:
    try:
        listing = await listing_of(body, content_type)
    except IndexAnswerError as error:
        assert error.reason
        return
    for candidate in listing.candidates:
        assert candidate.name == "pkg"
        assert candidate.url
        assert candidate.size >= 0
        assert all(isinstance(value, str) for value in candidate.hashes.values())


@given(ANY_JSON)
@quick
async def test_any_json_document(document: Any) -> None:
    await read_or_refused(json.dumps(document), JSON)


@given(st.sampled_from(["meta", "files", "name"]), ANY_JSON)
@quick
async def test_any_json_in_place_of_a_part_of_the_page(key: str, value: Any) -> None:
    await read_or_refused(
        json.dumps({"meta": {"api-version": "1.0"}, "name": "pkg", "files": [FILE], key: value}), JSON
    )


@given(st.sampled_from(FILE_KEYS), ANY_JSON)
@example("url", "http://[")
@example("url", "http://x:99999/\ud800")
@quick
async def test_any_json_in_place_of_a_part_of_a_file(key: str, value: Any) -> None:
    await read_or_refused(page_of({**FILE, key: value}), JSON)


@given(st.dictionaries(st.sampled_from(["sha256", "sha512", "md5"]), ANY_JSON, max_size=3))
@quick
async def test_any_json_among_the_hashes(hashes: Any) -> None:
    await read_or_refused(page_of({**FILE, "hashes": hashes, "core-metadata": hashes}), JSON)


@given(st.binary(max_size=60))
@example(b"[" * 100_000)
@example(b'{"meta": {"api-version": "1.0"}, "files": [' + b"9" * 5000 + b"]}")
@quick
async def test_any_bytes(body: bytes) -> None:
    await read_or_refused(body, JSON)
    await read_or_refused(body, "text/html")


PIECES = st.sampled_from(
    f"""<a|href=|'http://['|"{WHEEL}"|>|</a>|<base href=|<meta name=|"pypi:repository-version"| content=|1.0|<![|<!|<?
    |&gt;|&#x110000;|&#0;|data-yanked|=|"|pkg|<title>|\0| """.split("|")
)


@given(st.lists(PIECES, max_size=14).map("".join))
@example("<![\x00>")
@quick
async def test_any_html(html: str) -> None:
    await read_or_refused(html, "text/html")


# --- over real HTTP -------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        yield index


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    transport = DesktopTransport()
    yield Client(transport)
    await transport.close()


@pytest.mark.parametrize("json_on", [True, False], ids=["JSON", "HTML"])
@pytest.mark.parametrize("relative", [True, False], ids=["relative", "absolute"])
async def test_both_forms_say_the_same(server: IndexServer, client: Client, json_on: bool, relative: bool) -> None:
    filename, data = make_wheel("pkg", "1.0+cpu", requires_python=">=3.8")
    served = server.add(filename, data, yanked="too old", requires_python=">=3.8")
    server.add("pkg-0.1.tar.gz", b"")
    server.behave(json=json_on, relative_urls=relative)
    listing = await SimpleIndex(Pages(client), server.url, PAGE).listing("pkg")
    assert listing is not None
    (candidate,) = listing.candidates
    assert (candidate.filename, candidate.yanked, candidate.requires_python) == (filename, "too old", ">=3.8")
    assert candidate.hashes == served.claimed_hashes()
    assert candidate.metadata_hashes == served.claimed_metadata("hash")
    assert (await client.get(candidate.url)).body == data
    assert (await client.get(f"{candidate.url}.metadata")).body == served.metadata
    assert [file.reason for file in listing.refused] == ["sdist"]
    assert listing.source == server.url


async def test_a_project_the_index_does_not_have(server: IndexServer, client: Client) -> None:
    assert await SimpleIndex(Pages(client), server.url, PAGE).listing("pkg") is None
    assert server.paths() == ["/simple/pkg/"]


async def test_the_first_index_that_has_it_speaks(server: IndexServer, client: Client) -> None:
    """Dependency confusion: a higher version on the second index is not looked at."""
    with IndexServer() as other:
        server.add(*make_wheel("mine", "1.0"))
        other.add(*make_wheel("mine", "9.0"))
        other.add(*make_wheel("theirs", "2.0"))
        chain = FirstThatHasIt([SimpleIndex(Pages(client), one.url, PAGE) for one in (server, other)])
        mine, theirs, none = [await chain.listing(name) for name in ("mine", "theirs", "none")]
        assert mine is not None
        assert theirs is not None
        assert none is None
        assert [str(candidate.version) for candidate in mine.candidates] == ["1.0"]
        assert theirs.source == other.url
        assert other.paths() == ["/simple/theirs/", "/simple/none/"]


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_an_index_that_fails_is_never_passed_over(server: IndexServer, client: Client, status: int) -> None:
    """micropip asks the next index instead (its issues 223, 225)."""
    with IndexServer() as other:
        other.add(*make_wheel("mine", "9.0"))
        server.fault("/simple/mine/", f"status:{status}")
        chain = FirstThatHasIt([SimpleIndex(Pages(client), one.url, PAGE) for one in (server, other)])
        with pytest.raises(HTTPStatusError) as caught:
            await chain.listing("mine")
        assert caught.value.status == status
        assert other.requests == []


async def test_credentials_of_an_index_reach_its_files_and_are_never_shown(server: IndexServer, client: Client) -> None:
    filename, data = make_wheel("pkg", "1.0")
    server.add(filename, data)
    server.behave(authorization=basic("user", "p@ss/word"))
    url = server.url.replace("://", "://user:p%40ss%2Fword@")
    index = SimpleIndex(Pages(client), url, PAGE)
    listing = await index.listing("pkg")
    assert listing is not None
    assert (await client.get(listing.candidates[0].url)).body == data
    assert index.source == listing.source == server.url
    assert "user" not in repr(listing)
