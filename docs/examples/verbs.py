"""Runs the examples of the page "Installing" in a real Pyodide and keeps what they show.

``python docs/examples/verbs.py``: in Node, one after the other in one interpreter. Packages of the distribution come
from the mirror of the test suite, the rest from PyPI. The page shows ``verbs.json``, code and output together, so it
says nothing that did not happen. Not part of the tests: what PyPI has changes every day.
"""

from __future__ import annotations

import hashlib
import json
import sys
import textwrap
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
FILES = "https://files.example/"
PRIVATE = "https://private.example/simple/"

EXAMPLES = {
    "install": """
        import wasminstall

        await wasminstall.install("pandas")
    """,
    "again": """
        await wasminstall.install("numpy>=2")
    """,
    "several": """
        await wasminstall.install([
            "css-inline",
            "httpx[http2]>=0.27",
            "colorama; sys_platform == 'win32'",
        ])
    """,
    "both": """
        await wasminstall.install("contourpy>=1.4", dry_run=True)
    """,
    "dry-run": """
        plan = await wasminstall.install("matplotlib", dry_run=True)
        print(plan)
        [action.name for action in plan.changes]
    """,
    "progress": """
        def show_progress(event):
            print(f"{event.phase:9}{event.text}")

        report = await wasminstall.install("simplejson==4.3.0", progress=show_progress)
    """,
    "report": """
        [(item.name, item.version, item.source, item.size) for item in report.added]
    """,
    "upgrade": """
        await wasminstall.install("idna", upgrade=True, prefer="newest")
    """,
    "reinstall": """
        await wasminstall.install("six", reinstall=True)
    """,
    "constraints": """
        await wasminstall.install("attrs", constraints=["attrs<25"], dry_run=True)
    """,
    "index": f"""
        await wasminstall.install("house-style", index_urls="{INDEX}")
    """,
    "default-index": f"""
        wasminstall.set_default_index("{INDEX}")
        await wasminstall.install("house-tools", dry_run=True)
    """,
    "default-again": """
        wasminstall.set_default_index()
    """,
    "index-for": f"""
        await wasminstall.install(["house-tools", "attrs"], index_for={{"house-tools": "{INDEX}"}}, dry_run=True)
    """,
    "headers": f"""
        await wasminstall.install(
            "house-secrets",
            index_urls="{PRIVATE}",
            headers={{"{PRIVATE}": {{"Authorization": "Bearer TOKEN"}}}},
        )
    """,
    "pre": f"""
        stable = await wasminstall.install("house-tools", index_urls="{INDEX}", dry_run=True)
        newest = await wasminstall.install("house-tools", index_urls="{INDEX}", dry_run=True, pre=True)
        print(stable.actions[0].version, newest.actions[0].version)
    """,
    "deps": """
        await wasminstall.install("seaborn", deps=False, dry_run=True)
    """,
    "url": f"""
        await wasminstall.install("{FILES}house_paint-2.0-py3-none-any.whl#sha256=SHA256")
    """,
    "path": f"""
        from pyodide.http import pyfetch

        answer = await pyfetch("{FILES}house_paper-1.0-py3-none-any.whl")
        with open("/tmp/house_paper-1.0-py3-none-any.whl", "wb") as file:
            file.write(await answer.bytes())

        await wasminstall.install("/tmp/house_paper-1.0-py3-none-any.whl")
    """,
    "list": """
        wasminstall.list()
    """,
    "freeze": """
        print(wasminstall.freeze())
    """,
    "show": """
        wasminstall.show("python-dateutil")
    """,
    "uninstall": """
        await wasminstall.uninstall(["house-style", "house-paint"])
    """,
    "tags": """
        tags = wasminstall.tags()
        print(len(tags))
        print(*tags[:4], "...", tags[-1], sep="\\n")
    """,
    "target": """
        target = wasminstall.named_target("pyodide-0.29")
        print(target.tags[0])
        print(target.environment["python_full_version"], target.environment["sys_platform"])
    """,
    "error": """
        from wasminstall.errors import WasmInstallError

        try:
            await wasminstall.install("uvloop>=0.22")
        except WasmInstallError as error:
            print(type(error).__name__)
            print(error)
    """,
}

RUN = """
    import contextlib, io
    from pyodide.code import eval_code_async

    result, namespace = {}, {}
    for name, code in examples.items():
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            try:
                value = await eval_code_async(code, globals=namespace)
            except Exception as error:
                raise AssertionError(f"example {name!r}: {error}") from None
        result[name] = said.getvalue() + ("" if value is None else repr(value) + "\\n")
"""


def record() -> dict[str, dict[str, str]]:
    """Code and output of every example, by name."""
    with IndexServer() as server, IndexServer(Behaviour(authorization=bearer("TOKEN"))) as private:
        sha256 = publish(server, private)
        addresses = {INDEX: server.url, FILES: f"{server.origin}/loose/", PRIVATE: private.url}
        shown = {name: textwrap.dedent(code).strip().replace("SHA256", sha256) for name, code in EXAMPLES.items()}
        real = {name: replaced(code, addresses) for name, code in shown.items()}
        said = run_in_node("pyodide", RUN, packages=mount_distribution(server, "pyodide"), examples=real)
        public = {real: shown for shown, real in addresses.items()}
        return {name: {"code": code, "output": replaced(said[name], public)} for name, code in shown.items()}


def publish(server: IndexServer, private: IndexServer) -> str:
    """What a house of its own would have on its indexes; returns the sha256 of the wheel that is named by URL."""
    server.add(*make_wheel("house-style", "1.2"))
    server.add(*make_wheel("house-tools", "3.1"))
    server.add(*make_wheel("house-tools", "4.0b1"))
    private.add(*make_wheel("house-secrets", "0.7"))
    loose = dict(make_wheel(name, version) for name, version in (("house-paint", "2.0"), ("house-paper", "1.0")))
    server.mount("/loose/", loose.get)
    return hashlib.sha256(loose["house_paint-2.0-py3-none-any.whl"]).hexdigest()


def replaced(text: str, addresses: Mapping[str, str]) -> str:
    """The text with one set of addresses in place of the other."""
    for old, new in addresses.items():
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    KEPT.write_text(json.dumps(record(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    for name, example in json.loads(KEPT.read_text("utf-8")).items():
        print(f"--- {name}\n{example['output']}")
