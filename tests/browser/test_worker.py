"""Python in a worker: the same API from the page, what crosses between the two, and how it ends."""

from __future__ import annotations

import pytest
from selenium import webdriver

from support.engines import WebDriverEngine, show
from support.index_server import IndexServer
from support.wheel_factory import make_wheel


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    for name in ("hello-worker", "hello-first", "hello-element", "hello-function"):
        server.add(*make_wheel(name, "1.0"))


@pytest.fixture(scope="module")
def tab(browser: webdriver.Chrome) -> WebDriverEngine:
    return WebDriverEngine("chromium", browser)


@pytest.fixture(scope="module")
def page(tab: WebDriverEngine, server: IndexServer) -> WebDriverEngine:
    """A page with a Python in a worker as ``py``; what it printed and told is in ``out``, ``err`` and ``steps``."""
    show(tab, server, "<p id=place></p>", at="/worker/")
    tab.run(
        """
        Object.assign(globalThis, { out: [], err: [], steps: [], events: [] });
        addEventListener("wasminstall:progress", ({ detail }) => events.push(detail));
        const { boot, BootError, WasmInstallError } = await import("/wasminstall/wasminstall.mjs");
        Object.assign(globalThis, { BootError, WasmInstallError });
        globalThis.py = await boot({
            worker: true, pyodide: "../pyodide/", index: "/simple/", packages: ["hello-first"],
            stdout: (text) => out.push(text), stderr: (text) => err.push(text), onProgress: (step) => steps.push(step),
        });
        globalThis.failure = async (work) => {
            try { await work; } catch (error) {
                const { name, message, type, code } = error;
                return { name, message, type, code, isError: error instanceof Error, ours: error instanceof BootError };
            }
        };
        """
    )
    return tab


def test_the_page_has_no_interpreter_and_the_worker_has_the_packages(page: WebDriverEngine) -> None:
    found = page.run(
        """
        const value = await py.run("import js, hello_first; [hello_first.__version__, hasattr(js, 'document')]");
        return [value, Object.keys(py).sort(), py.version, steps.map((step) => step.phase), events.length];
        """
    )
    value, keys, version, phases, events = found
    assert value == ["1.0", False]
    assert keys == ["close", "execute", "install", "interrupt", "run", "start", "version"]
    assert version
    assert phases[0] == "runtime"
    assert phases[-1] == "done"
    assert events == len(phases)


def test_install_reports_and_fails_as_in_the_page(page: WebDriverEngine) -> None:
    report, version, failure, ours = page.run(
        """
        const report = await py.install("hello-worker");
        const version = await py.run("import hello_worker; hello_worker.__version__");
        const failed = await py.install("no-such-thing").catch((error) => error);
        const { hint, traceback } = failed;
        const told = { ...(await failure(Promise.reject(failed))), hint, traceback };
        return [report, version, told, failed instanceof WasmInstallError];
        """
    )
    assert [(item["name"], item["version"]) for item in report["packages"]] == [("hello-worker", "1.0")]
    assert version == "1.0"
    assert ours
    assert (failure["name"], failure["type"]) == ("WasmInstallError", "UnknownProject")
    assert failure["message"].startswith("there is no project named 'no-such-thing'; asked: ")
    assert failure["hint"].startswith("check the spelling")
    assert failure["traceback"].startswith("Traceback (most recent call last):")


def test_a_path_is_not_of_the_web_site(page: WebDriverEngine) -> None:
    hint = page.run("return await py.install([], { file: '/x.txt' }).catch((error) => error.hint);")
    assert hint.endswith("for a file of the web site give its whole address: new URL(..., location.href).href")


def test_progress_goes_to_a_function_or_an_element_of_the_page(page: WebDriverEngine) -> None:
    phases, text, missing = page.run(
        """
        const phases = [];
        await py.install("hello-function", { progress: (step) => phases.push(step.phase) });
        await py.install("hello-element", { progress: "#place" });
        const bar = document.querySelector("#place > wasminstall-progress");
        return [phases, bar?.shadowRoot !== null, await failure(py.install("x", { progress: "#nowhere" }))];
        """
    )
    assert phases[-1] == "done"
    assert text is True
    assert "no element '#nowhere'" in missing["message"]


VALUES = {
    "None": "undefined",
    "41 + 1": "42",
    "2 ** 70": "1180591620717411303424n",
    "'text'": '"text"',
    "[1, (2.5, None)]": "[1,[2.5,undefined]]",
    "{'a': {'b': [True]}, 1: 2}": '{"1":2,"a":{"b":[true]}}',
    "b'ab'": "Uint8Array:97,98",
    "{1, 2}": "Set:1,2",
    "import js; js.Date.new(0)": "Date:1970",
    "object": "\"<class 'object'>\"",
    "[1, int]": "[1,\"<class 'int'>\"]",
    "range(3)": '"range(0, 3)"',
    "from decimal import Decimal; Decimal('1.5')": "\"Decimal('1.5')\"",
    "js.fetch": '"function fetch()',
    "[js.fetch]": '"[function fetch()',
    "js.Object.fromEntries([['f', js.fetch]])": '"[object Object]"',
    "x = []; x.append(x); x": "cycle",
}


def test_values_cross_as_copies(page: WebDriverEngine) -> None:
    found = page.run(
        f"""
        const show = (value) => {{
            if (value === undefined) return "undefined";
            if (typeof value === "bigint") return `${{value}}n`;
            if (value instanceof Date) return `Date:${{value.getUTCFullYear()}}`;
            if (value instanceof Set || ArrayBuffer.isView(value)) return `${{value.constructor.name}}:${{[...value]}}`;
            if (Array.isArray(value)) return value[0] === value ? "cycle" : `[${{value.map(show)}}]`;
            if (typeof value !== "object") return JSON.stringify(value);
            return `{{${{Object.entries(value).map(([name, item]) => `"${{name}}":${{show(item)}}`)}}}}`;
        }};
        const found = {{}};
        for (const code of {list(VALUES)}) found[code] = show(await py.run(code));
        return found;
        """
    )
    assert {code: text[: len(VALUES[code])] for code, text in found.items()} == VALUES


def test_no_proxy_stays_in_the_worker(page: WebDriverEngine) -> None:
    grown = page.run(
        """
        await py.run("import sys\\nclass Thing: pass\\nthing = Thing()");
        const before = await py.run("sys.getrefcount(thing)");
        for (let count = 0; count < 20; count++) await py.run("[thing, {'a': thing}]");
        for (let count = 0; count < 20; count++) await py.run("thing");
        return (await py.run("sys.getrefcount(thing)")) - before;
        """
    )
    assert grown == 0


def test_output_comes_while_the_code_still_runs(page: WebDriverEngine) -> None:
    """The page's own timers go on meanwhile."""
    times, text, ticks = page.run(
        """
        out.length = 0;
        const times = [];
        out.push = (text) => (times.push(performance.now()), Array.prototype.push.call(out, text));
        let ticks = 0;
        const timer = setInterval(() => ticks++, 4);
        const work = py.run(`
import time
for number in range(4):
    print("step", number, flush=True)
    time.sleep(0.15)
import sys
print("bad", file=sys.stderr)
`).then(() => times.push(performance.now()));
        await work;
        clearInterval(timer);
        delete out.push;
        return [times, out.join(""), ticks];
        """
    )
    assert text.split() == ["step", "0", "step", "1", "step", "2", "step", "3"]
    assert times[-1] - times[0] > 400
    assert ticks > 20
    assert page.run("return err.join('')") == "bad\n"


def test_output_is_what_was_written_and_not_only_lines(page: WebDriverEngine) -> None:
    pieces = page.run(
        """
        out.length = 0;
        await py.run("print('50 %', end='\\\\r', flush=True); print('100 %', end='', flush=True)");
        return out;
        """
    )
    assert pieces == ["50 %\r", "100 %"]


def test_errors_of_python(page: WebDriverEngine) -> None:
    failure = page.run("return await failure(py.run('def f():\\n    1 / 0\\n\\nf()'))")
    assert failure["name"] == "PythonError"
    assert failure["type"] == "ZeroDivisionError"
    assert failure["message"].startswith("Traceback (most recent call last):")
    assert failure["message"].rstrip().endswith("ZeroDivisionError: division by zero")
    failure = page.run("return await failure(py.run('import js; js.eval(\"throw new TypeError(1)\")'))")
    assert "TypeError: 1" in failure["message"]


def test_what_an_object_says_of_itself_may_fail(page: WebDriverEngine) -> None:
    code = "class Bad:\\n    def __repr__(self): raise ValueError('no')\\nBad()"
    assert page.run(f"return await failure(py.run(`{code}`))")["type"] == "ValueError"


def test_calls_at_once_are_answered_each(page: WebDriverEngine) -> None:
    code = "import asyncio; await asyncio.sleep({}); {}"
    calls = ", ".join(f"py.run('{code.format((5 - n) / 50, n)}')" for n in range(5))
    assert page.run(f"return await Promise.all([{calls}])") == [0, 1, 2, 3, 4]


def test_execute_hands_over_outputs(page: WebDriverEngine) -> None:
    fine, kinds, failed = page.run(
        """
        const outputs = [];
        const fine = await py.execute("print('hello')\\n[1, 2]", (output) => outputs.push(output));
        const failed = await py.execute("1 / 0", (output) => outputs.push(output));
        const shown = ({ kind, text, data, type }) => [kind, text ?? data?.["text/plain"] ?? type];
        return [fine, outputs.map(shown), failed];
        """
    )
    assert (fine, failed) == (True, False)
    assert kinds == [["stdout", "hello"], ["stdout", "\n"], ["display", "[1, 2]"], ["error", "ZeroDivisionError"]]


def test_messages_of_the_code_itself_disturb_nothing(page: WebDriverEngine) -> None:
    assert page.run("return await py.run('import js; js.postMessage(None); js.postMessage(5); 6')") == 6


def test_without_isolation_there_is_no_interrupt(page: WebDriverEngine) -> None:
    assert page.run("return [crossOriginIsolated, py.interrupt(), await py.run('1')]") == [False, False, 1]


def test_a_second_worker_and_a_python_in_the_page(page: WebDriverEngine) -> None:
    """Each has its own world; what one kept the others find."""
    found = page.run(
        """
        const { boot } = await import("/wasminstall/wasminstall.mjs");
        const options = { pyodide: "/pyodide/", index: "/simple/", packages: "hello-worker" };
        const [second, here] = await Promise.all([boot({ ...options, worker: true }), boot(options)]);
        const all = [py, second, here];
        await Promise.all(all.map((python, number) => python.run(`mine = ${number}`)));
        const found = await Promise.all(all.map((python) => python.run("import hello_worker; mine")));
        second.close();
        return [...found, await py.run("mine")];
        """
    )
    assert found == [0, 1, 2, 0]


def test_close_rejects_what_is_pending_and_what_comes_after(page: WebDriverEngine, server: IndexServer) -> None:
    first, second = page.run(
        """
        const { boot } = await import("/wasminstall/wasminstall.mjs");
        const python = await boot({ worker: true, pyodide: "/pyodide/" });
        const endless = failure(python.run("while True: pass"));
        python.close();
        python.close();
        return [await endless, await failure(python.run("1"))];
        """
    )
    assert first == second
    assert (first["name"], first["code"], first["ours"]) == ("BootError", "worker-closed", True)


def test_a_worker_that_ends_by_itself_is_noticed(page: WebDriverEngine) -> None:
    found = page.run(
        """
        const { boot } = await import("/wasminstall/wasminstall.mjs");
        const python = await boot({ worker: true, pyodide: "/pyodide/" });
        return await failure(python.run("import asyncio, js; js.close(); await asyncio.sleep(60)"));
        """
    )
    assert (found["code"], found["ours"]) == ("worker-failed", True)
    assert "has ended by itself" in found["message"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("pyodide: await import('/pyodide/pyodide.mjs')", "pyodide cannot be sent to a worker: give the address"),
        ("config: { stdout: console.log }", "config.stdout cannot be sent to a worker: use the option stdout"),
        ("config: { env: {}, fsInit: () => {} }", "config.fsInit cannot be sent"),
    ],
)
def test_options_that_no_worker_can_have(page: WebDriverEngine, options: str, named: str) -> None:
    found = page.run(
        f"""
        const {{ boot }} = await import("/wasminstall/wasminstall.mjs");
        return await failure(boot({{ worker: true, {options} }}));
        """
    )
    assert found["code"] == "not-for-workers"
    assert named in found["message"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("pakages: 'six'", "boot() has no option pakages: did you mean packages?"),
        ("onprogress: console.log", "did you mean onProgress?"),
        ("lockFileURL: '/lock.json'", "goes into config: { config: { lockFileURL: ... } }"),
        ("colour: 'red'", "there are archive, pyodide, "),
        ("onProgress: 5", "The option onProgress of boot() must be a function, not 5."),
        ("pyodide: {}", "must be an address or an imported Pyodide, not an object."),
        ("packages: ['six', 5]", "must be a requirement or an array of them, not an array."),
        ("offline: 'yes'", 'must be true or false, not "yes".'),
    ],
)
def test_an_option_that_is_wrong_is_named(page: WebDriverEngine, option: str, said: str) -> None:
    script = 'const { boot } = await import("/wasminstall/wasminstall.mjs");'
    found = page.run(f"{script} return await failure(boot({{ worker: true, {option} }}));")
    assert (found["code"], found["ours"]) == ("invalid-option", True)
    assert said in found["message"]
