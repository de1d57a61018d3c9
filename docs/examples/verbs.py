"""Runs the examples of the pages in a real Pyodide and keeps what they show.

``python docs/examples/verbs.py`` runs ``verbs.toml`` in Node, each session in an interpreter of its own. Packages of
the distribution come from the mirror of the test suite, the rest from PyPI and from test indexes. The pages show
``verbs.json``, code and output together, so they say nothing that did not happen. Not part of the tests: what PyPI has
changes every day.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "demo")]

from support.distribution import mount_distribution  # noqa: E402
from support.index_server import Behaviour, IndexServer, bearer  # noqa: E402
from support.node import run_in_node  # noqa: E402
from support.wheel_factory import make_wheel  # noqa: E402

KEPT = Path(__file__).with_name("verbs.json")
INDEX = "https://index.example/simple/"
SECOND = "https://second.example/simple/"
PRIVATE = "https://private.example/simple/"
FILES = "https://files.example/"
PYODIDE = "https://pyodide.example/"

RUN = """
    import contextlib, io
    from pyodide.code import eval_code_async

    said, namespace = {}, dict(given)
    await eval_code_async("import wasminstall", globals=namespace)
    for name, code in examples.items():
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            try:
                value = await eval_code_async(code, globals=namespace)
            except Exception as error:
                raise AssertionError(f"example {name!r}: {error}") from None
        said[name] = output.getvalue() + ("" if value is None else repr(value) + "\\n")
    wasminstall = namespace["wasminstall"]
    result = {"said": said, "frozen": wasminstall.freeze().splitlines()}
    if "lock" in examples:
        other = wasminstall.lock(format="pyodide-lock")
        result["locks"] = {"pylock.toml": wasminstall.lock(), "pyodide-lock.json": other}
"""
SHARED_FILES = {"requirements.txt": "-c limits.txt\nhttpx\n", "limits.txt": "idna<3.10\n"}


def record() -> dict[str, dict[str, str]]:
    """Code and output of every example, by name."""
    found: dict[str, dict[str, str]] = {}
    with IndexServer() as server, IndexServer() as second, IndexServer(Behaviour(authorization=bearer("TOKEN"))) as own:
        loose, sha256 = publish(server, second, own)
        sessions = tomllib.loads(KEPT.with_suffix(".toml").read_text("utf-8"))["session"]
        builds = {session["build"] for session in sessions}
        packages = {build: mount_distribution(server, build, f"/{build}/") for build in builds}
        addresses = {INDEX: server.url, FILES: f"{server.origin}/loose/", SECOND: second.url, PRIVATE: own.url}
        public = {real: shown for shown, real in addresses.items()} | dict.fromkeys(packages.values(), PYODIDE)
        public[f"{server.origin}/"] = INDEX.removesuffix("simple/")
        frozen: list[str] = []
        for session in sessions:
            build = session["build"]
            shown = {name: code.strip().replace("SHA256", sha256) for name, code in session["examples"].items()}
            real = {name: replaced(code, addresses) for name, code in shown.items()}
            given = {"frozen": frozen}
            answer = run_in_node(build, RUN, packages=packages[build], examples=real, given=given)
            if "locks" in answer:
                loose |= {name: text.encode() for name, text in answer["locks"].items()}
                frozen = answer["frozen"]
            for name, code in shown.items():
                found[name] = {"code": code, "output": replaced(answer["said"][name], public)}
    return found


def publish(server: IndexServer, second: IndexServer, private: IndexServer) -> tuple[dict[str, bytes], str]:
    """What a house of its own would have on its indexes; returns its loose files, and the sha256 of a wheel."""
    server.add(*make_wheel("house-style", "1.2"))
    server.add(*make_wheel("house-tools", "3.1"))
    server.add(*make_wheel("house-tools", "4.0b1"))
    server.add(*make_wheel("house-tools", "2.0"))
    server.add(*make_wheel("house-plan", "1.0", requires=["house-tools"]))
    server.add(*make_wheel("house-plan", "2.0", requires=["house-tools>=3"]))
    second.add(*make_wheel("house-tools", "5.0"))
    private.add(*make_wheel("house-secrets", "0.7"))
    loose = dict(make_wheel(name, version) for name, version in (("house-paint", "2.0"), ("house-paper", "1.0")))
    for filename, data in loose.items():
        server.add(filename, data)
    loose |= {name: text.encode() for name, text in SHARED_FILES.items()}
    server.mount("/loose/", loose.get)
    return loose, hashlib.sha256(loose["house_paint-2.0-py3-none-any.whl"]).hexdigest()


def replaced(text: str, addresses: Mapping[str, str]) -> str:
    """The text with one set of addresses in place of the other."""
    for old, new in addresses.items():
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    KEPT.write_text(json.dumps(record(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    for name, example in json.loads(KEPT.read_text("utf-8")).items():
        print(f"--- {name}\n{example['output']}")
