"""How long resolving takes inside Pyodide (Node), on metadata that is already there; beside it, a big index page.

    PYTHONPATH=tests:demo .venv/bin/python tests/bench/resolve.py [--build pyodide] [--runs 5]

- ``graph``: 300 distributions, 20 versions each, four dependencies with ranges;
- ``backtracking``: a chain whose newest 60 versions all end in a contradiction;
- ``page``: the index page of numpy (some 4,400 files) into candidates, JSON included.

Then a whole install over HTTP beside micropip's: 120 small distributions, 5 versions each, METADATA beside the wheels,
20 ms before every answer; and one that needs backtracking, which micropip cannot do.
"""

from __future__ import annotations

import argparse
import random

import httpx
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.node import run_in_node
from support.wheel_factory import make_wheel

CODE = """
    import json, random, statistics, time
    from wasminstall._vendor.packaging.version import Version
    from wasminstall.indexes import Candidate, Listing, SimpleIndex
    from wasminstall.pages import Pages
    from wasminstall.requirements import read_requirements
    from wasminstall.resolution import Knowledge, NeedListing, Problem, Wish, resolve
    from wasminstall.resolution.knowledge import Listings
    from wasminstall.targets import running_target
    from wasminstall.transport import Client, default_transport
    from wasminstall.wheels.metadata import Metadata

    target = running_target()

    def universe_of(table):
        listings = {}
        for (name, version), requires in table.items():
            candidate = Candidate(name, Version(version), f"{name}-{version}.whl", f"{name}-{version}", "table",
                                  metadata=Metadata(name, version, tuple(requires)))
            listings.setdefault(name, []).append(candidate)
        return {name: Listing(name, "table", tuple(found)) for name, found in listings.items()}

    def solve(listings, wanted):
        knowledge = Knowledge()
        search = resolve(Problem(Wish(read_requirements(wanted)), target), knowledge)
        rounds = 0
        try:
            while True:
                rounds += 1
                for need in next(search):
                    listing = listings.get(need.name)
                    knowledge.listings[need] = Listings((listing,) if listing else (), complete=True)
        except StopIteration as end:
            return rounds, len(end.value.candidates)

    def graph():
        rng = random.Random(7)
        table = {}
        for number in range(300):
            for minor in range(20):
                later = [rng.randrange(number + 1, 300) for _ in range(4)] if number < 299 else []
                low = rng.randrange(0, 8)
                table[f"p{number}", f"1.{minor}"] = [f"p{other}>=1.{low},<2" for other in dict.fromkeys(later)]
            if number < 299:
                table[f"p{number}", "1.19"].append(f"p{number + 1}>=1.0")
        return table

    def backtracking():
        table = {}
        for number in range(5):
            for minor in range(80):
                last = "end>1.5" if minor >= 20 else "end<=1.5"
                table[f"c{number}", f"1.{minor}"] = [f"c{number + 1}" if number < 4 else last]
        for minor in range(10):
            table["end", f"1.{minor}"] = []
        return table

    def timed(work):
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            found = work()
            times.append((time.perf_counter() - started) * 1000)
        return [round(times[0], 1), round(statistics.median(times), 1), found]

    big, chain = universe_of(graph()), universe_of(backtracking())
    answer = await Client(default_transport()).get(raw)

    class Fetched:  # the page is here already: what is measured is what is made of it
        has_http_cache = True
        def headers_for(self, origin):
            return {}
        async def get(self, url, **options):
            return answer

    pages = []
    for _ in range(runs):
        started = time.perf_counter()
        listing = await SimpleIndex(Pages(Fetched()), "https://index.example/simple/", target).listing("numpy")
        pages.append((time.perf_counter() - started) * 1000)
    result = {
        "graph": timed(lambda: solve(big, ["p0"])),
        "backtracking": timed(lambda: solve(chain, ["c0", "end<=1.5"])),
        "page": [round(pages[0], 1), round(statistics.median(pages), 1),
                 [len(listing.candidates), len(listing.refused)]],
    }
"""


OURS = """
    import time, wasminstall
    started = time.perf_counter()
    try:
        report = await wasminstall.install(wanted, index_urls=index)
        outcome = len(report.added)
    except Exception as error:
        outcome = type(error).__name__
    result = [outcome, time.perf_counter() - started]
"""
THEIRS = """
    import time, pyodide_js
    await pyodide_js.loadPackage("micropip")
    import micropip
    started = time.perf_counter()
    try:
        await micropip.install(wanted, index_urls=index)
        outcome = len(set(micropip.list())) - 1 - ("packaging" in micropip.list())
    except Exception as error:
        outcome = type(error).__name__
    result = [outcome, time.perf_counter() - started]
"""


def publish(server: IndexServer) -> None:
    """A graph in which the newest of everything fits, and a chain in which it does not."""
    rng = random.Random(3)
    for number in range(120):
        for minor in range(5):
            later = {rng.randrange(number + 1, 120) for _ in range(3)} if number < 119 else set()
            later |= {number + 1} if number < 119 else set()
            requires = [f"wide{other}>=1.{rng.randrange(0, 3)}" for other in sorted(later)]
            server.add(*make_wheel(f"wide{number}", f"1.{minor}", requires=requires))
    for minor in range(40):
        requires = ["back-base<1" if minor > 4 else "back-base>=1"]
        server.add(*make_wheel("back-app", f"1.{minor}", requires=requires))
    server.add(*make_wheel("back-base", "0.9"))
    server.add(*make_wheel("back-base", "1.0"))


def beside_micropip(build: str) -> None:
    """Print seconds and requests of both, for the same wish on the same index."""
    print(f"\n{'install':<22}{'wasminstall':>14}{'requests':>10}{'micropip':>14}{'requests':>10}")
    with IndexServer() as server:
        publish(server)
        packages, index = mount_distribution(server, build), server.url.rstrip("/")  # micropip adds the slash
        server.behave(delay=lambda path: 0.02 if path.startswith(("/simple/", "/files/")) else 0)
        for name, wanted in {"graph of 120": ["wide0"], "backtracking": ["back-app", "back-base>=1"]}.items():
            cells = []
            for code in (OURS, THEIRS):
                server.requests.clear()
                outcome, seconds = run_in_node(build, code, packages=packages, wanted=wanted, index=index)
                asked = sum(seen.path.startswith(("/simple/", "/files/")) for seen in server.requests)
                shown = f"{seconds:.2f} s" if isinstance(outcome, int) else outcome
                cells += [f"{shown:>14}", f"{asked:>10}"]
            print(f"{name:<22}{''.join(cells)}")


def main() -> None:
    """Print a line a case: first run and median in ms, and what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="pyodide", help="npm alias of the Pyodide build")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    headers = {"Accept": "application/vnd.pypi.simple.v1+json"}
    page = httpx.get(f"{PYPI_SIMPLE_ENDPOINT}numpy/", headers=headers, timeout=60).raise_for_status().content
    with IndexServer() as server:
        server.mount("/big/numpy/", lambda path: page if path == "page.json" else None)
        found = run_in_node(
            options.build,
            CODE,
            runs=options.runs,
            raw=f"{server.origin}/big/numpy/page.json",
        )
    print(f"{'case':<14}{'first ms':>10}{'median ms':>11}  result")
    for case, (first, median, outcome) in found.items():
        print(f"{case:<14}{first:>10}{median:>11}  {outcome}")
    print(f"(the page has {len(page):,} bytes and is there already)")
    beside_micropip(options.build)


if __name__ == "__main__":
    main()
