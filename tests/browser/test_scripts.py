"""``<script type="text/python">`` in real pages: what is installed, what runs in which order, and what is shown where.

A start of Python takes seconds: one page has many scripts, each with an id that names its test.
"""

from __future__ import annotations

import hashlib
import textwrap

import pytest
from selenium import webdriver

from support.engines import WebDriverEngine, show
from support.index_server import IndexServer
from support.script_page import RECORDER, TAG, Site
from support.wheel_factory import make_wheel


@pytest.fixture(scope="module")
def tab(browser: webdriver.Chrome) -> WebDriverEngine:
    return WebDriverEngine("chromium", browser)


MANY = r"""
  <script type="text/python" id="first">
    order = ["first"]
    print("one", end="")
    print(" and the same line")
    40 + 2
  </script>
  <script type="text/python" id="versions" data-packages="hello-versions>=1,<2" data-index="INDEX">
    import hello_versions
    hello_versions.__version__
  </script>
  <script type="text/python" id="block" data-index="INDEX">
    # /// script
    # dependencies = ["hello-block"]
    # ///
    import hello_block
    hello_block.__version__
  </script>
  <script type="text/python" id="file" data-requirements="../parts/needs.txt" data-index="INDEX">
    import hello_file, hello_second
    hello_second.__version__
  </script>
  <script type="text/python" id="locked" data-lock="/parts/pylock.toml">
    import hello_locked
    hello_locked.__version__
  </script>
  <script type="text/python" id="src" src="/parts/part.py"></script>
  <script type="text/python" id="missing" src="/parts/nowhere.py"></script>
  <script type="text/python" id="markup" src="/parts/page.html"></script>
  <script type="text/python" id="altered" src="/parts/part.py" integrity="sha384-AAAA"></script>
  <script type="text/python" id="lost" data-packages="cycler" data-index="INDEX">
    print("not reached")
  </script>
  <script type="text/python" id="newest" data-packages="cycler" data-index="INDEX" data-prefer="newest">
    import cycler
    cycler.__version__
  </script>
  <script type="text/python" id="wish" data-packages="cycler" data-prefer="newset">
    print("not reached")
  </script>
  <script type="text/python" id="aimed" data-target="#place">
    print("over there")
  </script>
  <script type="text/python" id="astray" data-target="#nowhere">
    print("shown here")
  </script>
  <script type="text/python" id="both" data-lock="/parts/pylock.toml" data-packages="hello-file">
    print("not reached")
  </script>
  <script type="text/python" id="broken" data-index="INDEX">
    # /// script
    # dependencies = ["hello-block"
    # ///
    print("not reached")
  </script>
  <script type="text/python" id="unknown" data-packages="no-such-project" data-index="INDEX">
    print("not reached")
  </script>
  <script type="text/python" id="failing">
    def ratio(a, b):
        return a / b

    ratio(1, 0)
  </script>
  <script type="text/python" id="module">
    import sklearn.base
  </script>
  <script type="text/python" id="odd" data-pakages="x" data-worker="flase" data-prefer="newset">
    order.append("odd")
  </script>
  <script type="text/phyton">
    print("not reached")
  </script>
  <script type="text/plain">no Python at all</script>
  <script type="text/python" id="empty"></script>
  <script type="text/python" id="streams">
    import os, sys
    print("\x1b[31mred\x1b[0m", end="", file=sys.stderr)
    print("1 %\r100 %")
    written = os.write(1, b"raw")
  </script>
  <script type="text/python" id="escaped">
    print("<b id=injected>no markup</b>")
    "<i id=injected>"
  </script>
  <script type="text/python" id="late">
    import asyncio
    async def later():
        await asyncio.sleep(0.3)
        print("later")
    task = asyncio.ensure_future(later())
  </script>
  <script type="text/python" id="end">
    order.append("end")
    order
  </script>
  <p id="place">before</p>
"""


@pytest.fixture(scope="module", autouse=True)
def parts(server: IndexServer) -> None:
    """Packages on the index, and files for the pages."""
    for version in ("1.0", "1.5", "2.0"):
        server.add(*make_wheel("hello-versions", version))
    for name in ("hello-block", "hello-file", "hello-second"):
        server.add(*make_wheel(name, "1.0"))
    server.add(*make_wheel("cycler", "99.0"))  # the distribution has an older one, and does not give it
    server.fault("*/cycler-0*.whl", "status:502")
    filename, wheel = make_wheel("hello-locked", "1.0")
    server.add(filename, wheel)
    lock = f"""
        lock-version = "1.0"
        created-by = "test"
        [[packages]]
        name = "hello-locked"
        version = "1.0"
        [[packages.wheels]]
        url = "{server.file_url(filename)}"
        hashes = {{ sha256 = "{hashlib.sha256(wheel).hexdigest()}" }}
    """
    files = {
        "pylock.toml": textwrap.dedent(lock).encode(),
        "needs.txt": b"hello-file==1.0  # one\nhello-second\n",
        "part.py": b"order.append('src')\nprint(__name__)\n",
        "page.html": b"<!doctype html>",
    }
    server.mount("/parts/", files.get)


@pytest.fixture(scope="module")
def site(tab: WebDriverEngine, server: IndexServer) -> Site:
    """The page with many scripts."""
    tag = TAG.replace("<script ", '<script data-packges="six" data-cache="no" data-offline="false" ')
    show(tab, server, RECORDER + tag + MANY.replace("INDEX", server.url), at="/scripts/")
    made = Site(tab)
    made.settle(25)
    server.heal()
    return made


def test_streams_and_values_are_shown_in_place(site: Site) -> None:
    assert site.of("first", "[...out.children].map((node) => node.textContent)") == ["one and the same line\n", "42"]
    assert site.of("first", "out.getAttribute('aria-live')") == "polite"


def test_order_is_document_order_and_failures_stop_nothing(site: Site) -> None:
    assert site.text("end") == "['first', 'src', 'odd', 'end']"


@pytest.mark.parametrize(
    ("name", "version"),
    [("versions", "'1.5'"), ("newest", "'99.0'"), ("block", "'1.0'"), ("file", "'1.0'"), ("locked", "'1.0'")],
)
def test_what_a_script_names_is_installed(site: Site, name: str, version: str) -> None:
    assert site.text(name) == version


def test_a_file_runs_in_the_same_namespace(site: Site) -> None:
    assert site.text("src").strip() == "__main__"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "The server answered 404 for"),
        ("markup", "no Python"),
        ("altered", 'is not the file that integrity="sha384-AAAA" names: nothing of it was run.'),
        ("wish", "'distribution' or 'newest'"),
        ("lost", 'has cycler 99.0, which fits as well: data-prefer="newest" takes it from there'),
        ("both", "leave out data-packages"),
        ("broken", "broken:4 is not valid TOML"),
        ("unknown", 'name the index that has it with data-index="..."'),
    ],
)
def test_what_cannot_run_says_why_to_all(site: Site, name: str, said: str) -> None:
    """A person in the page, a program by the event, a developer in the console."""
    assert said.lower() in site.text(name).lower()
    assert "not reached" not in site.text(name)
    (event,) = site.tab.run(f"return errors.filter(([, id]) => id === {name!r});")
    assert event[0] == "ScriptError"
    assert said.lower() in event[2].lower()
    assert "Traceback" not in event[2]
    assert "__import__" not in event[2]
    assert any(
        message.startswith("Uncaught ScriptError: ") and event[2] in message
        for message in site.tab.run("return reported;")
    )


def test_an_exception_is_readable(site: Site) -> None:
    """In the page where it happened; for the developer as Python prints it; no event, as it is the code's own."""
    assert (
        site.of("failing", "out.querySelector('.wasminstall-headline').textContent")
        == "ZeroDivisionError division by zero"
    )
    assert site.of("failing", "[...out.querySelectorAll('.wasminstall-where')].map((n) => n.textContent)") == [
        "failing, line 5",
        "failing, line 3, in ratio",
    ]
    assert site.of("failing", "out.querySelectorAll('.wasminstall-here mark')[0].textContent") == "a / b"
    (message,) = [text for text in site.tab.run("return reported;") if "division" in text]
    assert "Traceback (most recent call last):" in message
    assert "_pyodide" not in message
    assert site.tab.run("return errors.filter(([, id]) => id === 'failing');") == []


def test_a_missing_module_names_the_attribute(site: Site) -> None:
    """It knows the project by the module, as Pyodide's lock does."""
    assert 'Hint: add data-packages="scikit-learn" to the script' in site.text("module")


def test_the_target_has_the_output(site: Site) -> None:
    place = site.tab.run("return document.querySelector('#place').innerText.split('\\n').filter(Boolean);")
    assert place == ["before", "over there"]
    assert (
        site.text("astray").split("\n")[0]
        == 'data-target="#nowhere" selects nothing in this page; the output is shown here.'
    )
    assert "shown here" in site.of("astray", "out.querySelector('.wasminstall-stdout').textContent")


def test_the_developer_hears_of_slips(site: Site) -> None:
    warnings = "\n".join(site.tab.run("return warnings;"))
    assert "odd has data-pakages, which means nothing here" in warnings
    assert "the script tag of wasminstall has data-packges, which means nothing here" in warnings
    assert 'odd has data-worker="flase", which means nothing here; it can be "true" or "false"' in warnings
    assert 'odd has data-prefer="newset", which means nothing here; it can be "newest" or "distribution"' in warnings
    assert 'wasminstall has data-cache="no"' in warnings
    assert "data-offline=" not in warnings
    assert 'a script has type="text/phyton" and is not run' in warnings
    assert "text/plain" not in warnings
    assert "empty is empty" in warnings
    assert "#nowhere" in warnings


def test_escapes_and_returns_and_what_compiled_code_writes(site: Site) -> None:
    assert site.of("streams", "[...out.children].map((node) => node.textContent)") == ["red", "100 %\nraw"]


def test_text_is_never_markup(site: Site) -> None:
    assert site.of("escaped", "document.querySelectorAll('#injected').length") == 0
    assert "<b id=injected>" in site.text("escaped")


def test_a_task_writes_to_its_own_script(site: Site) -> None:
    site.tab.run("await new Promise((done) => setTimeout(done, 500));")
    assert site.text("late").strip() == "later"


def test_a_script_that_is_added_runs(site: Site) -> None:
    site.tab.run(
        """
        const added = Object.assign(document.createElement("script"), { type: "text/python", id: "added" });
        added.text = "order.append('added')\\nlen(order)";
        document.body.append(added);
        """
    )
    site.settle(26)
    assert site.text("added") == "5"


def test_the_page_has_the_same_python(site: Site) -> None:
    assert site.python("order[0]") == "first"
    shown = site.tab.run(
        """
        const seen = [];
        const good = await wasminstall.execute("print('a')\\n1 + 1", (output) => seen.push(output));
        return [good, seen.map((output) => output.text ?? output.data["text/plain"]).join("")];
        """
    )
    assert shown == [True, "a\n2"]


def test_the_pages_own_rules_win(site: Site) -> None:
    """All of ours are in a layer."""
    colour = site.tab.run(
        """
        const style = document.createElement("style");
        style.textContent = ".wasminstall-value { color: rgb(1, 2, 3) }";
        document.head.append(style);
        return getComputedStyle(document.querySelector(".wasminstall-value")).color;
        """
    )
    assert colour == "rgb(1, 2, 3)"
