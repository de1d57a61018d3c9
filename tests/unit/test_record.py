"""RECORD: CSV with its corner cases ("recording installed distributions", PEP 376)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wasminstall.wheels import record
from wasminstall.wheels.record import RecordEntry, digest, entry_for, format_record, parse_record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("a.py,sha256=AbC-_,5\n", (RecordEntry("a.py", "sha256", "AbC-_", 5),)),
        ("a.py,sha256=AbC==,5\n", (RecordEntry("a.py", "sha256", "AbC", 5),)),
        ("a.py,SHA256=AbC,5\n", (RecordEntry("a.py", "sha256", "AbC", 5),)),
        ("a.py,sha256=x=y,5\r\nb,,\r\n", (RecordEntry("a.py", "sha256", "x=y", 5), RecordEntry("b"))),
        ("x-1.dist-info/RECORD,,", (RecordEntry("x-1.dist-info/RECORD"),)),
        ("a\nb,\n\n", (RecordEntry("a"), RecordEntry("b"))),
        ('"a,b.py",,3\n', (RecordEntry("a,b.py", size=3),)),
        ('"a ""b"".py",,\n', (RecordEntry('a "b".py'),)),
        ('"a\nb",,\n', (RecordEntry("a\nb"),)),
        ("../../../bin/run,,\n", (RecordEntry("../../../bin/run"),)),
    ],
)
def test_rows(text: str, expected: tuple[RecordEntry, ...]) -> None:
    assert parse_record(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c,d\n",
        ",sha256=x,1\n",
        "a,sha256,1\n",
        "a,=x,1\n",
        "a,sha256=,1\n",
        "a,,-1\n",
        "a,,1.5\n",
        "a,,²\n",
        'a,"b\n',
    ],
)
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(ValueError, match="RECORD"):
        parse_record(text)


def test_a_digest_is_urlsafe_base64_without_padding() -> None:
    # The example of PEP 427's reference: sha256 of nothing.
    assert digest(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    assert entry_for("a", b"") == RecordEntry("a", "sha256", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", 0)


paths = st.text(min_size=1)
digests = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text[-1] != "=")
entries = st.lists(
    st.one_of(
        st.tuples(paths).map(lambda row: RecordEntry(*row)),
        st.tuples(paths, st.just("sha512"), digests, st.integers(0, 10**18)).map(lambda row: RecordEntry(*row)),
    ),
    max_size=5,
)


@given(entries)
def test_what_is_written_is_read_back(rows: list[RecordEntry]) -> None:
    assert parse_record(format_record(rows)) == tuple(rows)


@given(entries)
def test_the_csv_module_reads_what_is_written(rows: list[RecordEntry]) -> None:
    assert [row[0] for row in csv.reader(io.StringIO(format_record(rows), newline=""))] == [row.path for row in rows]


@given(st.text())
def test_any_text_is_rows_or_a_value_error(text: str) -> None:
    try:
        rows = parse_record(text)
    except ValueError:
        return
    assert parse_record(format_record(rows)) == rows


PIECES = st.sampled_from(
    [
        "a.py",
        "b/c.py",
        '"',
        ",",
        "\n",
        "\r\n",
        "\r",
        "sha256=",
        "SHA256=",
        "md5=",
        "=",
        "abc",
        "-_",
        "5",
        "007",
        " ",
        "\x0b",
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=24).map("".join))
@example("a.py,sha256=abc=,5\r\nb.py,,\n")
@example("a.py,sha256=abc,5")
def test_the_short_way_reads_what_the_csv_module_reads(text: str) -> None:
    def outcome(parse: Callable[[str], tuple[RecordEntry, ...]]) -> object:
        try:
            return parse(text)
        except ValueError as error:
            return str(error)

    assert outcome(parse_record) == outcome(record._parse_csv)
