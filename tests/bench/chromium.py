"""A Chromium for benchmarks: a profile that can be opened again, stages of JavaScript in a page, profiles, memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver

from support.page import CHROMIUM_FLAGS

__all__ = ["PRELUDE", "Memory", "Tab", "chromium"]

PRELUDE = """
globalThis.bench = {
  async measured(work) {
    let longest = 0, last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 4);
    bench.first = {};
    bench.last = {};
    bench.began = performance.now();
    await work();
    const after = performance.now();
    clearInterval(timer);
    const block = Math.max(longest, after - last);
    return { ms: after - bench.began, block, since: after, first: bench.first, last: bench.last };
  },
  python: (code) => pyodide.runPythonAsync(code),
};
addEventListener("wasminstall:progress", ({ detail }) => {
  if (bench.began === undefined) return;
  bench.first[detail.phase] ??= performance.now() - bench.began;
  bench.last[detail.phase] = performance.now() - bench.began;
});
"""
"""What every page of a benchmark has. ``block`` is the longest time a 4 ms timer had to wait, ``since`` the end of the
work in milliseconds since navigation, ``first`` and ``last`` when wasminstall spoke of each phase."""

STAGE = """
const done = arguments[arguments.length - 1];
(async () => { %s })().then((value) => done({ value: value ?? null }), (error) => done({ error: String(error) }));
"""

Memory = dict[str, float]
"""Megabytes: ``js`` and ``buffers`` (V8's heap and what hangs on it outside, after a collection; wasm memory counts
among the buffers), ``wasm`` (Python's heap), ``process`` and ``peak`` (what the page's process has in RAM, and had)."""


class Tab:
    """One page."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def go(self, address: str) -> None:
        """Go there."""
        self._driver.get(address)

    def open(self, address: str) -> None:
        """Go there, and be ready for stages."""
        self.go(address)
        self.command("Performance.enable")
        self.run(PRELUDE)

    def run(self, code: str) -> Any:
        """Run the body of an async function; what it returns. Raises ``RuntimeError`` with what it throws."""
        answer = self._driver.execute_async_script(STAGE % code)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def measured(self, code: str) -> dict[str, Any]:
        """Run the body of an async function with a clock beside it; see ``PRELUDE``.

        ``cpu`` are the milliseconds for which the main thread really ran, ``cpu_process`` all threads of the page's
        process: on a busy machine these say more than the clock.
        """
        thread, process = self._cpu()
        found: dict[str, Any] = self.run(f"return await bench.measured(async () => {{ {code} }});")
        now = self._cpu()
        return {**found, "cpu": now[0] - thread, "cpu_process": now[1] - process}

    def _cpu(self) -> tuple[float, float]:
        metrics = {each["name"]: float(each["value"]) for each in self.command("Performance.getMetrics")["metrics"]}
        return metrics["ThreadTime"] * 1000, metrics["ProcessTime"] * 1000

    def command(self, name: str, **arguments: object) -> dict[str, Any]:
        """A command of the DevTools protocol."""
        answer: dict[str, Any] = self._driver.execute_cdp_cmd(name, arguments)
        return answer

    def memory(self) -> Memory:
        """What the page holds now."""
        self.command("HeapProfiler.collectGarbage")
        heap = self.command("Runtime.getHeapUsage")
        wasm = self.run("return globalThis.pyodide?._module.HEAP8.length ?? 0;")
        assert self._driver.service.process is not None
        process = _page_process(self._driver.service.process.pid)
        return {
            "js": heap["usedSize"] / 1e6,
            "buffers": heap.get("backingStorageSize", 0) / 1e6,
            "wasm": wasm / 1e6,
            "process": process.get("VmRSS", 0) / 1e3,
            "peak": process.get("VmHWM", 0) / 1e3,
        }


@contextmanager
def chromium(profile: Path, spki: str, timeout: float = 300) -> Iterator[Tab]:
    """A browser with this profile folder, that takes the certificate with this key for a good one."""
    os.environ["SE_OFFLINE"] = "true"
    os.environ["SE_CHROMEDRIVER"] = shutil.which("chromedriver") or ""
    options = webdriver.ChromeOptions()
    own = (f"--user-data-dir={profile}", f"--ignore-certificate-errors-spki-list={spki}")
    for flag in (*CHROMIUM_FLAGS, *own):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options)
    try:
        driver.set_script_timeout(timeout)
        driver.set_page_load_timeout(60)
        yield Tab(driver)
    finally:
        driver.quit()


def _page_process(ancestor: int) -> Mapping[str, int]:
    """Kilobytes from ``/proc`` of the largest renderer below a process; empty where there is no ``/proc``."""
    parents: dict[int, int] = {}
    found: list[tuple[int, Mapping[str, int]]] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            parents[int(folder.name)] = int(status["PPid"])
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                sizes = {str(key): int(status[key].split()[0]) for key in ("VmRSS", "VmHWM") if key in status}
                found.append((int(folder.name), sizes))
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return max((sizes for pid, sizes in found if _descends(pid, ancestor, parents)), key=_resident, default={})


def _resident(sizes: Mapping[str, int]) -> int:
    return sizes.get("VmRSS", 0)


def _descends(pid: int, ancestor: int, parents: Mapping[int, int]) -> bool:
    while pid in parents and pid != ancestor:
        pid = parents[pid]
    return pid == ancestor
