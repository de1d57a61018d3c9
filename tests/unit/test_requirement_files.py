"""Requirements files, constraints files and pyproject.toml, as text, path or URL.

Cases follow pip's "Requirements File Format" and "Secure installs", PEP 508, PEP 621, PEP 685 and PEP 735.
"""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.reading import reader, texts
from wasminstall.errors import HTTPStatusError, InvalidInput
from wasminstall.requirements.documents import decode_text, join_address
from wasminstall.requirements.files import read_requirements_text
from wasminstall.requirements.requested import Requested
from wasminstall.targets import named_target

PAGE = named_target("pyodide-314").environment
A, B = "a" * 64, "b" * 64
VARIABLES = {"TOKEN": "s3cret", "EMPTY": "", "lower": "no"}


def read_text(text: str, address: str = "/w/requirements.txt", **files: str) -> Requested:
    """One file and its neighbours in ``/w``, whose names are spelled with ``_`` for the dot."""
    beside = {"/w/" + name.replace("_", "."): content for name, content in files.items()}
    return asyncio.run(read_requirements_text(text, address, reader(beside), variables=VARIABLES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb>=1\n", ["a", "b>=1"]),
        ("a\r\nb\rc", ["a", "b", "c"]),
        ("# all of it\n\n  a  # why\n\t# more\n", ["a"]),
        ("a#b", []),  # no blank before it: not a comment, and no name
        ("a==1 \\\n  ,<2", ["a==1   ,<2"]),
        ("a\\\n# comment \\\nb", ["a", "b"]),  # a comment ends the continuation
        ("a ; \\\n  python_version > '3'", ["a ;   python_version > '3'"]),
        ("a\\", ["a"]),
        ("a @ https://x.org/a-1-py3-none-any.whl#sha256=00", ["a @ https://x.org/a-1-py3-none-any.whl#sha256=00"]),
        ("a[B_c]>=1; sys_platform == 'emscripten'", ["a[B_c]>=1; sys_platform == 'emscripten'"]),
    ],
)
def test_lines_are_joined_then_rid_of_comments(text: str, expected: list[str]) -> None:
    if not expected:
        with pytest.raises(InvalidInput, match=r"requirements\.txt:1"):
            read_text(text)
    else:
        assert texts(read_text(text)) == expected


def test_every_requirement_knows_its_line() -> None:
    found = read_text("\n# x\na \\\n >1\nb\n")
    assert [item.where for item in found.requirements] == ["/w/requirements.txt:3", "/w/requirements.txt:5"]


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("-i https://i.org/s", "index_url", "https://i.org/s"),
        ("-ihttps://i.org/s", "index_url", "https://i.org/s"),
        ("--index-url=https://i.org/s", "index_url", "https://i.org/s"),
        ("--index-url 'https://i.org/s'", "index_url", "https://i.org/s"),
        ("--pypi-url https://i.org/s", "index_url", "https://i.org/s"),
        ("-i https://one.org\n-i https://two.org", "index_url", "https://two.org"),
        ("--extra-index-url https://e.org --extra-index-url=https://f.org", "extra_index_urls",
         ("https://e.org", "https://f.org")),
        ("--no-index", "no_index", True),
        ("--pre", "pre", True),
        ("--all-releases :all:", "pre", True),
        ("--require-hashes", "require_hashes", True),
        ("--index-url https://u:${TOKEN}@i.org", "index_url", "https://u:s3cret@i.org"),
        ("--index-url https://${EMPTY}i.org", "index_url", "https://${EMPTY}i.org"),  # as pip: empty is unset
        ("--index-url https://${lower}i.org", "index_url", "https://${lower}i.org"),  # POSIX names only
        ("--prefer-binary", "notes", ()),
        ("--only-binary=:all:", "notes", ()),
        ("--no-binary :none:", "notes", ()),
    ],
)  # fmt: skip
def test_options(line: str, field: str, value: object) -> None:
    assert getattr(read_text(line), field) == value


@pytest.mark.parametrize("line", ["--trusted-host i.org", "--use-feature=x", "a --config-settings=x=1\n-C y=2"])
def test_options_without_effect_are_noted(line: str) -> None:
    notes = read_text(line).notes
    assert all(note.startswith("/w/requirements.txt:") for note in notes)
    assert notes


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("-e .", "--editable cannot be honoured", "build a wheel"),
        ("--editable=./x", "--editable cannot be honoured", "build a wheel"),
        ("-f https://x.org", "--find-links cannot be honoured", "--index-url"),
        ("--no-binary :all:", "--no-binary cannot be honoured", "only wheels"),
        ("--all-releases a", "--all-releases cannot be honoured", "--pre"),
        ("--extra-index https://x.org", "unknown option --extra-index", "--extra-index-url"),
        ("--frobnicate", "unknown option --frobnicate", ""),
        ("-z", "unknown option -z", ""),
        ("--pre=1", "--pre takes no value", ""),
        ("--index-url", "--index-url needs a value", ""),
        ("--index-url=", "--index-url needs a value", ""),
        ("--pre a", "'a' follows the options", ""),
        ("--index-url 'x", "no closing quotation", ""),
        ("--hash=sha256:" + A, "--hash without a requirement", ""),
        ("a --index-url https://x.org", "--index-url must stand on a line of its own", ""),
        ("a --hash=md5:00", "is no sha256, sha384 or sha512", "64 digits"),
        ("a --hash=sha256:00", "is not a whole sha256", "64 digits"),
        ("a=1", "cannot read the requirement 'a=1'", "a==1"),
        ("https://u:pw@x.org/a.tar.gz", "it is an archive of sources", ""),
        ("a>=${MISSING}", "cannot read the requirement", "these environment variables are not set: MISSING"),
        ("a>=${TOKEN}", "cannot read the requirement 'a>=${TOKEN}'", ""),
        ("https://[x.whl", "cannot read the requirement", ""),
        ("-r https://u:pw@[x", "cannot read https://[x", ""),
        ("-r missing.txt", "cannot read /w/missing.txt", ""),
        ("a\nb --hash=sha256:" + A, "'a' has no --hash", "all requirements"),
        ("--require-hashes\na", "'a' has no --hash", "all requirements"),
    ],
)
def test_what_cannot_be_honoured_names_file_and_line(line: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_text(line)
    assert caught.value.message.startswith("/w/requirements.txt:")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "pw@" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_include_beside_a_url_that_is_none() -> None:
    with pytest.raises(InvalidInput, match=r"r\.txt:1: cannot include"):
        read_text("-r https://[x", "https://x.org/r.txt")


def test_hashes() -> None:
    found = read_text(f"a==1 --hash=sha256:{A} \\\n  --hash sha256:{B.upper()}\nb==1 --hash=sha512:{A}{B}\n")
    assert found.require_hashes
    assert found.allowed_hashes(PAGE) == {"a": {f"sha256:{A}", f"sha256:{B}"}, "b": {f"sha512:{A}{B}"}}
    assert texts(found) == ["a==1", "b==1"]


def test_hashes_of_lines_that_do_not_apply_do_not_count() -> None:
    """As pip-compile and uv write it for several platforms."""
    found = read_text(
        f"a==1; sys_platform == 'win32' --hash=sha256:{A}\na==2; sys_platform != 'win32' --hash=sha256:{B}\n"
    )
    assert found.allowed_hashes(PAGE) == {"a": {f"sha256:{B}"}}


def test_a_constraint_may_carry_the_hash_and_narrows_it() -> None:
    found = read_text(f"-c c.txt\na\nb --hash=sha256:{A} --hash=sha256:{B}", c_txt=f"a==1 --hash=sha256:{A}")
    assert found.allowed_hashes(PAGE) == {"a": {f"sha256:{A}"}, "b": {f"sha256:{A}", f"sha256:{B}"}}
    both = read_text(f"-c c.txt\na --hash=sha256:{B}", c_txt=f"a==1 --hash=sha256:{A}")
    assert both.allowed_hashes(PAGE) == {"a": frozenset()}


def test_a_url_with_its_hash_needs_no_other() -> None:
    found = read_text(f"a --hash=sha256:{A}\nhttps://x.org/b-1-py3-none-any.whl#sha256={B}")
    assert found.require_hashes


def test_includes() -> None:
    found = read_text(
        "-r more.txt\n--constraint=limits.txt\nz\n",
        more_txt="y\n--requirement=last.txt",
        last_txt="x\n--pre",
        limits_txt="y<2\n-r below.txt",
        below_txt="w==1",
    )
    assert texts(found) == ["y", "x", "z"]
    assert [item.text for item in found.constraints] == ["y<2", "w==1"]
    assert found.constraints[1].where == "/w/below.txt:1"
    assert found.pre


def test_a_file_named_twice_is_read_once_and_one_can_be_both() -> None:
    found = read_text("-r a.txt\n-r b.txt\n-c a.txt", a_txt="x", b_txt="-r a.txt")
    assert (texts(found), len(found.constraints)) == (["x"], 1)


@pytest.mark.parametrize(
    ("text", "files", "message"),
    [
        ("-r requirements.txt", {}, "/w/requirements.txt:1: /w/requirements.txt includes itself"),
        ("\n-r a.txt", {"a_txt": "-c b.txt", "b_txt": "-r a.txt"}, "/w/b.txt:1: /w/a.txt includes itself: /w/a.txt ->"),
        ("-r a.txt", {"a_txt": "??"}, "/w/a.txt:1: cannot read the requirement"),
        ("-c a.txt", {"a_txt": "x[y]"}, "/w/a.txt:1: a constraint cannot have extras"),
        ("-r a.txt", {"a_txt": "# coding: nonsense\nx"}, "/w/a.txt is not text in nonsense"),
    ],
)
def test_includes_that_fail(text: str, files: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_text(text, **files)
    assert message in caught.value.message


def test_a_long_chain_of_includes_is_refused() -> None:
    async def read(address: str) -> bytes:
        return f"-r {address}x".encode()

    with pytest.raises(InvalidInput, match="50 deep"):
        asyncio.run(read_requirements_text("-r a", "f", read))


async def test_an_include_that_does_not_arrive_says_where_it_stands() -> None:
    async def read(address: str) -> bytes:
        raise HTTPStatusError(address, 404)

    with pytest.raises(HTTPStatusError) as caught:
        await read_requirements_text("-r more.txt", "https://x.org/r.txt", read)
    assert caught.value.url == "https://x.org/more.txt"
    assert caught.value.__notes__ == ["included at https://x.org/r.txt:1"]


@pytest.mark.parametrize(
    ("base", "address", "expected"),
    [
        ("/w/r.txt", "a.whl", "/w/a.whl"),
        ("/w/r.txt", "./d/a.whl", "/w/./d/a.whl"),
        ("/w/r.txt", "/v/a.whl", "/v/a.whl"),
        ("r.txt", "a.whl", "a.whl"),
        ("d/r.txt", "a.whl", "d/a.whl"),
        ("emfs:/w/r.txt", "a.whl", "emfs:/w/a.whl"),
        ("file:///w/r.txt", "a.whl", "file:///w/a.whl"),
        ("/w/r.txt", "https://x.org/a.whl", "https://x.org/a.whl"),
        ("/w/r.txt", "emfs:/a.whl", "emfs:/a.whl"),
        ("https://x.org/d/r.txt?token=1", "a.whl", "https://x.org/d/a.whl"),
        ("https://x.org/d/r.txt", "/a.whl", "https://x.org/a.whl"),
        ("<text>", "a.whl", "a.whl"),
    ],
)
def test_addresses_start_at_the_file_they_are_written_in(base: str, address: str, expected: str) -> None:
    assert join_address(base, address) == expected


def test_wheels_beside_the_file() -> None:
    found = read_text("./a-1-py3-none-any.whl\nb-1-py3-none-any.whl\nc @ d/c-1-py3-none-any.whl")
    assert [item.url for item in found.requirements] == [
        "/w/./a-1-py3-none-any.whl",
        "/w/b-1-py3-none-any.whl",
        "/w/d/c-1-py3-none-any.whl",
    ]


def test_secrets_are_used_and_never_shown() -> None:
    found = read_text("a @ https://u:${TOKEN}@x.org/a-1-py3-none-any.whl").requirements[0]
    assert found.url == "https://u:s3cret@x.org/a-1-py3-none-any.whl"
    assert found.text == "a @ https://x.org/a-1-py3-none-any.whl"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("ä".encode(), "ä"),
        ("\ufeffä".encode(), "ä"),
        ("\ufeffä".encode("utf-16-le"), "ä"),
        ("\ufeffä".encode("utf-16-be"), "ä"),
        ("\ufeffä".encode("utf-32-le"), "ä"),
        ("# -*- coding: latin-1 -*-\nä".encode("latin-1"), "# -*- coding: latin-1 -*-\nä"),
        ("\n# vim: set fileencoding=latin-1 :\nä".encode("latin-1"), "\n# vim: set fileencoding=latin-1 :\nä"),
        ("\n\n# coding: latin-1\nä".encode(), "\n\n# coding: latin-1\nä"),  # the third line does not count
        (b"\xff", None),
        (b"# coding: rot13\na", None),
        (b"# coding: undefined\na", None),
    ],
)
def test_encodings(data: bytes, text: str | None) -> None:
    if text is None:
        with pytest.raises(InvalidInput, match="save the file as UTF-8"):
            decode_text(data, "r.txt")
    else:
        assert decode_text(data, "r.txt") == text


def test_indexes_together() -> None:
    assert Requested().index_urls(["d"]) == ("d",)
    assert Requested(extra_index_urls=("e", "d")).index_urls(["d"]) == ("d", "e")
    assert Requested(index_url="i", extra_index_urls=("e",)).index_urls(["d"]) == ("i", "e")
    assert Requested(no_index=True, index_url="i").index_urls(["d"]) == ()
    both = Requested(index_url="i", requires_python=">=3") + Requested(index_url="j", requires_python="<4")
    assert (both.index_url, both.requires_python) == ("j", ">=3,<4")


lines = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["-r a", "-c b", "--hash=sha256:" + A, "a --hash=sha256:" + A, "-i", "'", "\\", "${A}", "--pre"]
        ),
    ),
    max_size=6,
).map("\n".join)


@given(lines, lines, st.booleans())
@example("-r \ud800", "", False)
def test_any_text_is_read_or_refused_with_our_error(text: str, other: str, constraint: bool) -> None:
    async def read(address: str) -> bytes:
        return other.encode("utf-8", "surrogatepass")

    try:
        found = asyncio.run(read_requirements_text(text, "r.txt", read, constraint=constraint, variables={"A": "b"}))
    except InvalidInput as error:
        assert error.message
    else:
        assert not (constraint and found.requirements)
        assert all(":" in item.where for item in found.requirements)


@given(st.binary(max_size=60))
@example(b"# coding: punycode\n\xff-\x80")
@example(b"# coding: unicode_escape\n\\x")
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        decode_text(data, "r.txt")
