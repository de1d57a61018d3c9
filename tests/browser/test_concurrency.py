"""Many ``install()`` calls at once in one page, and calls that are given up half-way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from support.page import Page
from support.wheel_factory import make_wheel

SIDES = tuple(f"side-{number}" for number in range(6))


@pytest.fixture(scope="module", autouse=True)
def published(page: Page) -> None:
    index = page.server
    for version in ("1.0", "2.0", "3.0"):
        index.add(*make_wheel("shared", version, requires=["base"]))
    index.add(*make_wheel("base", "1.0"))
    for number, name in enumerate(SIDES):
        wanted = "shared<3" if number % 2 else "shared>=2"  # together only shared 2.0 will do
        index.add(*make_wheel(name, "1.0", requires=[wanted, "base"]))
    for name in ("slow", "slow-dep", "fine"):
        index.add(*make_wheel(name, "1.0", requires=["slow-dep"] if name == "slow" else []))


@pytest.fixture(autouse=True)
def healthy(page: Page) -> Iterator[None]:
    """Every test begins and ends with a server that does what it should, and has to be asked."""
    before = page.server.behaviour
    page.run("await wasminstall.cache.clear()\nresult = None")
    page.server.behave(cache_control="no-store")
    page.server.requests.clear()
    yield
    page.server.behaviour = before
    page.server.heal()


STATE = """
def state():
    import os, pyodide_js
    import sysconfig
    site = sysconfig.get_path("purelib")
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(site) for name in names)
    return [wasminstall.freeze(), sorted(pyodide_js.loadedPackages.to_py()), files]
result = None
"""


def test_a_hundred_calls_at_once_give_one_consistent_environment(page: Page) -> None:
    page.server.behave(delay=0.01)
    result = page.run(
        f"""
        import asyncio, importlib, importlib.metadata
        sides = {SIDES!r}
        calls = [[sides[n % 6], sides[(n * 5 + 1) % 6]] + (["shared"] if n % 4 == 0 else []) for n in range(100)]
        reports = await asyncio.gather(*(wasminstall.install(call) for call in calls))
        placed = [item.name for report in reports for item in report.added if not item.replaced]
        replaced = [item.name for report in reports for item in report.added if item.replaced]
        importlib.invalidate_caches()
        result = {{
            "versions": {{item.name: item.version for item in wasminstall.list() if item.name in placed}},
            "placed": sorted(placed),
            "replaced": replaced,
            "imported": importlib.import_module("shared").__version__,
            "metadata": importlib.metadata.version("shared"),
            "folders": len([d for d in importlib.metadata.distributions() if d.name == "shared"]),
        }}
        """
    )
    assert result["versions"] == dict.fromkeys(SIDES, "1.0") | {"base": "1.0", "shared": "2.0"}
    assert result["placed"] == sorted([*SIDES, "base", "shared"])  # each once, whoever came first
    assert set(result["replaced"]) <= {"shared"}
    assert (result["imported"], result["metadata"], result["folders"]) == ("2.0", "2.0", 1)
    wheels = Counter(page.server.paths("*.whl"))
    assert all(count == 1 for path, count in wheels.items() if "shared" not in path), wheels


@pytest.mark.parametrize("what", ["/simple/slow/", "/simple/slow-dep/", "*/slow-*.metadata", "*/slow_dep-*.whl"])
def test_a_call_given_up_changes_nothing_and_the_next_one_works(page: Page, what: str) -> None:
    """Whatever the server is silent about: the page, the metadata, or one wheel of two."""
    page.run(STATE)
    page.server.fault(what, "hang")
    result = page.run(
        """
        import asyncio
        before = state()
        task = asyncio.ensure_future(wasminstall.install("slow"))
        waiting = asyncio.ensure_future(wasminstall.install("fine", dry_run=True))  # behind it
        await asyncio.sleep(0.5)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            outcome = "cancelled"
        plan = await waiting
        result = [outcome, state() == before, [action.name for action in plan.changes]]
        """
    )
    assert result == ["cancelled", True, ["fine"]]
    assert page.server.paths(what), "the server was never silent"
    page.server.heal()
    after = page.run(
        """
        await wasminstall.install("slow")
        import slow, slow_dep
        removed = await wasminstall.uninstall(["slow", "slow-dep"])
        for name in ("slow", "slow_dep"):
            import sys
            del sys.modules[name]
        result = [sorted(removed), state()[1] == before[1]]
        """
    )
    assert after == [["slow-dep==1.0", "slow==1.0"], True]


@pytest.mark.parametrize(
    ("phase", "what"),
    [
        ("resolve", "/simple/slow/"),
        ("resolve", "*/slow-*.metadata"),
        ("download", "*/slow_dep-*.whl"),
        ("place", "*/big_one-*.whl"),
    ],
)
def test_cancelling_is_prompt_and_leaves_nothing_behind(page: Page, phase: str, what: str) -> None:
    """No request on the server, no task, no word in the console; the stream of progress ends with the news."""
    page.run(STATE)
    index = page.server
    others = index.in_flight  # a test before this one let the server hang
    if phase == "place":
        files = {f"big_one/{number}.py": f"x = {number}\n" * 100 for number in range(500)}
        index.add(*make_wheel("big-one", "1.0", files=files))
    else:
        index.fault(what, "slow_drip")  # for 20 seconds
    result = page.run(
        f"""
        import asyncio, js, time
        from pyodide.ffi import create_proxy
        problems = []
        listener = create_proxy(lambda event: problems.append(str(event.reason)))
        js.addEventListener("unhandledrejection", listener)
        told, started = [], None
        def cancel():
            global started
            started = time.perf_counter()
            task.cancel()
        def watch(event):
            told.append(event.phase)
            if event.phase == "place":
                cancel()
        before, tasks = state(), asyncio.all_tasks()
        task = asyncio.ensure_future(wasminstall.install({"big-one" if phase == "place" else "slow"!r}, progress=watch))
        if {phase!r} != "place":
            await asyncio.sleep(0.7)
            cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        seconds, phases = time.perf_counter() - started, told[:]
        await asyncio.sleep(0.3)
        left = len(asyncio.all_tasks() - tasks)  # what was fetched before is written into the cache
        js.removeEventListener("unhandledrejection", listener)
        listener.destroy()
        result = {{
            "same": state() == before, "seconds": seconds, "phases": phases, "later": len(told) - len(phases),
            "left": left, "problems": problems,
        }}
        """
    )
    assert index.paths(what), "the server was not asked"
    deadline = time.monotonic() + 3
    while index.in_flight > others and time.monotonic() < deadline:
        time.sleep(0.05)
    assert index.in_flight == others
    assert result["phases"][-2:] == [phase, "cancelled"]
    assert result["seconds"] < 0.5
    assert (result["same"], result["left"], result["later"], result["problems"]) == (True, 0, 0, [])


def test_cancelled_while_placing_is_all_or_nothing(page: Page) -> None:
    """However many turns of the event loop later: who hears that it was cancelled finds nothing of it."""
    page.run(STATE)
    files = {f"in_pieces/{number}.py": f"x = {number}\n" for number in range(50)}
    page.server.add(*make_wheel("in-pieces", "1.0", files=files, requires=["fine"]))
    ends = page.run(
        """
        import asyncio
        async def cancelled_after(turns):
            task, left = None, turns
            def turn():
                nonlocal left
                if left == 0:
                    task.cancel()
                else:
                    left -= 1
                    asyncio.get_running_loop().call_soon(turn)
            def watch(event):
                if event.phase == "place" and left == turns:
                    turn()
            before = state()
            task = asyncio.ensure_future(wasminstall.install("in-pieces", progress=watch))
            try:
                await task
            except asyncio.CancelledError:
                return "nothing" if state() == before else "some"
            everything = all(f"{name}==1.0" in wasminstall.freeze() for name in ("in-pieces", "fine"))
            await wasminstall.uninstall(["in-pieces", "fine"])
            return "all" if everything else "some"
        result = [await cancelled_after(turns) for turns in range(25)]
        """
    )
    assert set(ends) == {"nothing", "all"}


def test_giving_up_one_of_many_leaves_the_others(page: Page) -> None:
    page.server.fault("*/slow-*.whl", "hang")
    result = page.run(
        """
        import asyncio
        tasks = [asyncio.ensure_future(wasminstall.install(name)) for name in ("slow", "fine", "slow")]
        await asyncio.sleep(0.3)
        tasks[2].cancel()  # has not begun
        tasks[0].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        result = [type(item).__name__ for item in done] + [wasminstall.show("fine").version]
        result.append("slow" in [item.name for item in wasminstall.list()])
        await wasminstall.uninstall("fine")
        """
    )
    assert result == ["CancelledError", "Report", "CancelledError", "1.0", False]


def test_a_time_limit_is_a_call_given_up(page: Page) -> None:
    page.server.fault("/simple/slow/", "hang")
    result = page.run(
        """
        import asyncio
        before = state()
        try:
            await asyncio.wait_for(wasminstall.install("slow"), 0.3)
        except TimeoutError:
            result = ["TimeoutError", state() == before]
        """
    )
    assert result == ["TimeoutError", True]


def test_given_up_at_any_moment_it_is_all_or_nothing(page: Page) -> None:
    """From the first question to the last file: whenever the cancellation comes, nothing is half there."""
    page.run(STATE)
    for name in ("many-files", "many-more"):
        files = {f"{name.replace('-', '_')}/{number}.py": f"x = {number}\n" * 200 for number in range(400)}
        page.server.add(*make_wheel(name, "1.0", files=files))
    ends = page.run(
        """
        import asyncio, time
        both = ["many-files", "many-more"]
        before = state()
        started = time.perf_counter()
        await wasminstall.install(both)
        whole = time.perf_counter() - started
        after = state()
        await wasminstall.uninstall(both)
        assert state()[:2] == before[:2]
        before = state()  # without what the first import left behind
        ends = []
        for moment in range(30):
            task = asyncio.ensure_future(wasminstall.install(both))
            await asyncio.sleep(whole * moment / 25)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            now = state()
            ends.append("before" if now == before else "after" if now == after else "between")
            if ends[-1] == "after":
                await wasminstall.uninstall(both)
        await wasminstall.install(both)
        assert state() == after
        result = ends
        await wasminstall.uninstall(both)
        """
    )
    assert len(ends) == 30
    assert set(ends) <= {"before", "after"}, ends
    assert "before" in ends
