"""Parts of a bundle: wheels that are trimmed or compiled ahead, what attributes ask for, the policy."""

from __future__ import annotations

import base64
import hashlib

from support.wheel_factory import make_wheel
from wasminstall.cli.bundling.page import read_page, split_requirements
from wasminstall.cli.bundling.report import content_security_policy
from wasminstall.cli.bundling.trimming import trim, with_bytecode
from wasminstall.wheels.wheel import WheelArchive


def test_trimming() -> None:
    name, data = make_wheel(
        "pkg",
        "1.0",
        files={
            "pkg/__init__.py": "from .kept import tests\nfrom pkg.helpers.tests import tool",
            "pkg/typing.pyi": "",
            "pkg/fast.c": "int main() {}",
            "pkg/tests/__init__.py": "",
            "pkg/tests/test_a.py": "",
            "pkg/kept/tests/__init__.py": "",
            "pkg/helpers/tests/tool.py": "",
            "pkg/contest.py": "",
        },
    )
    made, went = trim(WheelArchive(name, data))
    wheel = WheelArchive(name, made)
    left = [member for member in wheel.members if ".dist-info" not in member]
    assert sorted(left) == [
        "pkg/__init__.py",
        "pkg/contest.py",
        "pkg/helpers/tests/tool.py",
        "pkg/kept/tests/__init__.py",
    ]
    assert went.files == 4
    assert {wheel.read(member) for member in left} >= {b""}
    name, data = make_wheel("plain", "1.0")
    assert trim(WheelArchive(name, data))[0] == data


def test_bytecode_in_a_wheel() -> None:
    old = "pkg/__pycache__/a.cpython-314.pyc"
    name, data = make_wheel("pkg", "1.0", files={"pkg/a.py": "1", old: "old"})
    wheel = WheelArchive(name, with_bytecode(WheelArchive(name, data), {old: b"new", "pkg/new.pyc": b"2"}))
    found = {member: wheel.read(member) for member in wheel.members if ".dist-info" not in member}
    assert found == {"pkg/a.py": b"1", old: b"new", "pkg/new.pyc": b"2"}
    assert found.keys() <= wheel.record.keys()


def test_requirements_of_an_attribute() -> None:
    assert split_requirements("numpy>=1,<3 matplotlib\n a[b, c] >= 2 ; python_version > '3'\nd @ https://x/d.whl") == (
        "numpy>=1,<3", "matplotlib", "a[b, c] >= 2 ; python_version > '3'", "d @ https://x/d.whl",
    )  # fmt: skip


def test_the_policy_names_inline_code() -> None:
    code = "console.log('hello')"
    text = (
        f'<style>a {{}}</style><script>{code}</script><script type="text/python">1</script><script src="x.js"></script>'
    )
    policy = content_security_policy([read_page("index.html", text)])
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}';" in policy
    assert policy.count("sha256-") == 2
