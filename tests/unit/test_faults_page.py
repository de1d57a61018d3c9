"""The page about faults shows the table that Chromium and Node are held to."""

from __future__ import annotations

import re
from typing import get_args

from test_docs import load

from support.fault_matrix import CASES, EXPECTED, FAULTS, INSTALLS, KINDS
from support.index_server import FaultKind
from wasminstall import errors


def test_the_page_is_up_to_date() -> None:
    faults = load("examples/faults.py")
    page = faults.PAGE.read_text("utf-8")
    assert faults.with_table(page) == page, "run: python docs/examples/faults.py"
    assert len(re.findall(r"^\| ", page, re.MULTILINE)) >= len(FAULTS)


def test_every_kind_meets_every_fault() -> None:
    assert len(CASES) == len(KINDS) * len(FAULTS) * 2
    assert {fault for fault in FAULTS if not fault.startswith("status:")} == {*get_args(FaultKind), "refused"}


def test_every_expectation_is_an_error_of_ours() -> None:
    expected = {outcome for row in EXPECTED.values() for pair in row.values() for outcome in pair}
    assert {outcome for outcome in expected if outcome not in errors.__all__} == {INSTALLS}
