"""``install`` in a real page, on Pyodide 314: the public API as a notebook uses it."""

from __future__ import annotations

import pytest

from support.compiled_wheel import make_compiled_wheel
from support.page import Page
from support.wheel_factory import make_wheel


def test_pandas_from_the_distribution(page: Page) -> None:
    """The main job: real pandas and numpy wheels, and no question to the index."""
    page.server.requests.clear()
    result = page.run(
        """
        events = []
        import js
        from pyodide.ffi import create_proxy
        listener = create_proxy(lambda event: events.append(event.detail.to_py()))
        js.addEventListener("wasminstall:progress", listener)
        report = await wasminstall.install("pandas")
        import pandas as pd
        frame = pd.DataFrame({"a": [1, 2, 3]})
        result = {
            "names": [item.name for item in report.added],
            "sources": sorted({item.source for item in report.added}),
            "sum": int(frame.a.sum()),
            "html": frame._repr_html_()[:4],
            "report": report._repr_html_()[:7],
            "phases": sorted({event["phase"] for event in events}),
            "bytes": max(event["done"] for event in events),
        }
        """
    )
    assert result["names"] == ["numpy", "pandas", "python-dateutil", "pytz", "six"]
    assert result["sources"] == ["Pyodide distribution"]
    assert result["sum"] == 6
    assert result["html"] == "<div"
    assert result["report"] == "<table>"
    assert result["phases"] == ["done", "download", "place", "resolve"]
    assert result["bytes"] > 7_000_000
    assert page.server.paths("/simple/*") == []


def test_load_package_finds_ours(page: Page) -> None:
    page.server.requests.clear()
    result = page.run(
        """
        import pyodide_js
        said = []
        await pyodide_js.loadPackage("pandas", messageCallback=said.append)
        result = said
        """
    )
    assert "No new packages to load" in result
    assert page.server.requests == []


def test_dry_run_and_verbs(page: Page) -> None:
    page.server.add(*make_wheel("verbs", "1.0", requires=["verbs-dep"], headers=[("Summary", "all verbs")]))
    page.server.add(*make_wheel("verbs-dep", "2.0"))
    result = page.run(
        """
        plan = await wasminstall.install("verbs", dry_run=True)
        before = [item.name for item in wasminstall.list()]
        await wasminstall.install("verbs")
        shown = wasminstall.show("verbs")
        dep = wasminstall.show("verbs_dep")
        frozen = wasminstall.freeze().splitlines()
        alone = await wasminstall.uninstall("Verbs.Dep")
        await wasminstall.install("verbs")
        removed = await wasminstall.uninstall(["verbs", "Verbs.Dep"])
        result = {
            "plan": repr(plan),
            "before": "verbs" in before,
            "summary": shown.summary,
            "required_by": dep.required_by,
            "requested": [shown.requested, dep.requested],
            "frozen": [line for line in frozen if "verbs" in line],
            "removed": [removed, removed.warnings],
            "alone": repr(alone),
            "after": [item.name for item in wasminstall.list() if "verbs" in item.name],
        }
        """
    )
    assert "add verbs 1.0" in result["plan"]
    assert result["before"] is False
    assert result["summary"] == "all verbs"
    assert result["required_by"] == ["verbs"]
    assert result["requested"] == [True, False]
    assert result["frozen"] == ["verbs==1.0", "verbs-dep==2.0"]
    assert result["removed"] == [["verbs==1.0", "verbs-dep==2.0"], []]
    assert result["alone"] == "Removed verbs-dep==2.0\n  warning: verbs-dep is needed by verbs"
    assert result["after"] == []


def test_placement_of_everything_a_wheel_may_hold(page: Page) -> None:
    page.server.add(
        *make_wheel(
            "holdall",
            "1.0",
            data={
                "data/share/holdall/table.csv": "1,2",
                "scripts/holdall": "#!python\nprint(1)\n",
                "headers/holdall.h": "int x;",
                "purelib/holdall_more.py": "more = 1\n",
            },
            entry_points="[holdall.plugins]\na = holdall:b\n",
        )
    )
    result = page.run(
        """
        import importlib.metadata, importlib.resources, os
        await wasminstall.install("holdall")
        import holdall_more
        about = importlib.metadata.distribution("holdall")
        result = {
            "more": holdall_more.more,
            "data": open("/share/holdall/table.csv").read(),
            "script": open("/bin/holdall").read(),
            "points": [p.value for p in importlib.metadata.entry_points(group="holdall.plugins")],
            "installer": about.read_text("INSTALLER"),
            "requested": about.read_text("REQUESTED"),
            "direct": about.read_text("direct_url.json"),
            "record": sorted(str(f) for f in about.files),
            "there": all(f.locate().exists() for f in about.files),
        }
        """
    )
    assert result["more"] == 1
    assert result["data"] == "1,2"
    assert result["script"].startswith("#!/usr/bin/env python\n")
    assert result["points"] == ["holdall:b"]
    assert result["installer"].strip() == "wasminstall"
    assert result["requested"] == ""
    assert result["direct"] is None
    assert "../../../share/holdall/table.csv" in result["record"]
    assert result["there"]


def test_a_wheel_by_url_and_one_in_the_file_system(page: Page) -> None:
    filename, data = make_wheel("by-url", "1.0")
    served = page.server.add(filename, data, project="elsewhere")
    url = f"{page.server.file_url(filename, 'elsewhere')}#sha256={served.claimed_hashes()['sha256']}"
    local, content = make_wheel("by-path", "1.0")
    page.server.mount("/raw/", lambda path: content if path == local else None)
    result = page.run(
        f"""
        from pyodide.http import pyfetch
        await wasminstall.install({url!r})
        open("/tmp/{local}", "wb").write(await (await pyfetch("{page.server.origin}/raw/{local}")).bytes())
        await wasminstall.install("emfs:/tmp/{local}")
        import by_url, by_path
        result = [line for line in wasminstall.freeze().splitlines() if line.startswith("by-")]
        """
    )
    assert result == [f"by-path @ file:///tmp/{local}", f"by-url @ {url.partition('#')[0]}"]


def test_a_compiled_wheel_of_our_own(page: Page) -> None:
    page.server.add(*make_compiled_wheel("ours", "1.0", library=True))
    assert page.run("await wasminstall.install('ours')\nfrom ours import twice\nresult = twice(21)") == 42


# --- bad input: one clear typed error each, environment untouched -------------------------------------------------


def test_errors_in_the_page(page: Page) -> None:
    index = page.server
    index.add(*make_wheel("native", "1.0", tag="cp314-cp314-manylinux_2_17_x86_64"))
    index.add(*make_wheel("too-old", "1.0", requires_python="<3.9"), requires_python="<3.9")
    filename, data = make_wheel("forged", "1.0")
    index.add(filename, data, hashes={"sha256": "0" * 64})
    index.add(*make_wheel("broken-index", "1.0"))
    index.fault("/simple/broken-index/*", "status:503")
    index.add(*make_wheel("no-cors", "1.0"))
    index.fault("/simple/no-cors/*", "no_cors")
    before = page.run("result = wasminstall.freeze()")
    cases = {
        "no-such-project": ("UnknownProject", "no project named 'no-such-project'"),
        "native": ("NoCompatibleWheel", "manylinux"),
        "too-old": ("PythonMismatch", "needs Python <3.9"),
        "pandas==": ("InvalidRequirement", "pandas=="),
        "forged": ("HashMismatch", "0000"),
        "broken-index": ("HTTPStatusError", "503"),
        "no-cors": ("NetworkError", "CORS"),
    }
    for requirement, (kind, text) in cases.items():
        error = page.error_of(f"await wasminstall.install({requirement!r})")
        assert error["type"] == kind, error
        assert text in error["text"]
        assert error["hint"]
    assert page.run("result = wasminstall.freeze()") == before


@pytest.mark.parametrize(
    ("record", "by_url"),
    [
        ("unsafe/gone.py,sha256=AAAA,1\n", False),
        # Where no hash of the whole vouches for the wheel, every member is compared with RECORD before it is placed.
        ("unsafe/__init__.py,sha256=AAAA,1\n", True),
    ],
)
def test_unsafe_wheels_write_nothing(page: Page, record: str, by_url: bool) -> None:
    before = page.run("import os\nresult = sorted(os.listdir(wasminstall.show('six').location))")
    filename, data = make_wheel("unsafe", "1.0", record=record)
    page.server.add(filename, data)
    error = page.error_of(f"await wasminstall.install({page.server.file_url(filename) if by_url else 'unsafe'!r})")
    assert error["type"] == "UnsafeWheel"
    assert page.run("result = sorted(os.listdir(wasminstall.show('six').location))") == before


def test_tags_of_the_page(page: Page) -> None:
    tags = page.run("result = wasminstall.tags()")
    assert tags[:2] == ["cp314-cp314-pyemscripten_2026_0_wasm32", "cp314-cp314-pyodide_2026_0_wasm32"]
    assert tags[-1] == "py30-none-any"
