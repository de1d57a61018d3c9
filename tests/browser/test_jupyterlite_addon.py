"""A JupyterLite site built with the add-on: every kernel has our ``%pip``, the site's wheels, and starts with its own.

One site and one browser for all. The site has what its requirements ask for; another package is on an index of its
own origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.index_server import IndexServer
from support.jupyterlite_site import Cell, Kernel, save_notebook, serve_jupyterlite
from support.store_tab import chromium
from support.wheel_factory import make_wheel

PREFIX = "/lite-with-addon/"
REQUIREMENTS = "course\npytz\n"
# Where what is not wasminstall's own start comes from.
OUTSIDE = ("/simple/", "/files/", "/pyodide/")


@pytest.fixture(scope="module")
def site(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    before = server.behaviour
    server.behave(cache_control="max-age=600")
    server.add(*make_wheel("course", "2.0", requires=["course-data>=1"]))
    server.add(*make_wheel("course-data", "1.1"))
    for version in ("1.0", "1.1", "2.0"):
        server.add(*make_wheel("later", version))
    server.add(*make_wheel("toolz", "0.1"))  # the distribution has another one
    own = [make_wheel("sited", version) for version in ("1.0", "2.0")]
    yield serve_jupyterlite(
        server,
        tmp_path_factory.mktemp("addon"),
        server.origin + "/pyodide/",
        prefix=PREFIX,
        apps=("lab", "notebooks", "repl"),
        addon={"requirements": "requirements.txt", "index_urls": [server.url]},
        files={"requirements.txt": REQUIREMENTS, **{f"pypi/{name}": data for name, data in own}},
    )
    server.behaviour = before


@pytest.fixture(scope="module")
def driver(site: str) -> Iterator[Any]:
    with chromium("--window-size=1200,900") as running:
        running.set_script_timeout(120)
        yield running


@pytest.fixture(scope="module")
def kernel(driver: Any, site: str, server: IndexServer) -> Kernel:
    """That of the REPL, whose requests are counted from its start."""
    server.requests.clear()
    return Kernel(driver, site)


def run(kernel: Kernel, code: str) -> Cell:
    cell = kernel.run(code)
    assert cell.error == ""
    return cell


def outside(server: IndexServer) -> list[str]:
    return [seen.path for seen in server.requests if seen.path.startswith(OUTSIDE)]


def test_a_kernel_starts_with_what_the_site_requires(kernel: Kernel, server: IndexServer) -> None:
    cell = run(kernel, "import course, course_data, pytz\nprint(course.__version__, course_data.__version__)")
    assert cell.text == "2.0 1.1\n"
    assert outside(server) == [], "it is all in the site"
    assert any(seen.path.startswith(f"{PREFIX}pypi/course-2.0") for seen in server.requests)


# What JupyterLite's own does without a word, not at all, or in another order; `later` 1.0 is there each time.
PIP = {
    "it says what it did": ("%pip install later==1.1", "Installed 1", "later 1.1"),
    "-U upgrades": ("%pip install -U later", "Installed 1", "later 2.0"),
    "-c limits": ("%pip install -U -c limits.txt later", "Installed 1", "later 1.1"),
    "an old version and its import": ("%pip install toolz==0.1\nimport toolz\nprint(toolz.__version__)", "0.1"),
    "--index-url is asked": (
        "%pip install --index-url http://127.0.0.1:1/simple/ not-here",
        "NetworkError",
        "http://127.0.0.1:1/simple/not-here/",
    ),
    "list lists": ("%pip list", "<table>", "course-data"),
    "its result is a value": ("x = %pip list\nprint(len(x) > 10)", "True"),
    "lines go on": ("%pip install \\\n  --upgrade \\\n  later", "Installed 1", "later 2.0"),
    "without the percent sign": ("pip show course", "course", "2.0"),
    "an option that is none": ("%pip install --frobnicate later", "InvalidInput", "--frobnicate"),
    "a command that is none": ("%pip frobnicate", "InvalidInput", "frobnicate"),
    "uninstall uninstalls": ("%pip uninstall -y later\n%pip list", "Removed", "later"),
}


@pytest.mark.parametrize("case", PIP)
def test_pip_does_what_it_says(kernel: Kernel, case: str) -> None:
    run(kernel, "from pathlib import Path\n_ = Path('limits.txt').write_text('later<2')\n%pip install -q later==1.0")
    code, *expected = PIP[case]
    cell = kernel.run(code)
    shown = cell.text + "".join(cell.html)
    assert [part for part in expected if part not in shown] == []
    assert bool(cell.error) == ('role="alert"' in shown)


def test_the_wheels_of_the_site_come_first(kernel: Kernel, server: IndexServer) -> None:
    """Several versions of one project; the index is not asked."""
    server.requests.clear()
    run(kernel, "%pip install 'sited<2'")
    assert run(kernel, "import sited\nprint(sited.__version__)").text == "1.0\n"
    assert [path for path in outside(server) if "sited" in path] == []


def test_piplite_itself_works(kernel: Kernel) -> None:
    cell = run(kernel, "import piplite\nawait piplite.install('later>1', index_urls=[])\nprint(piplite.__name__)")
    assert cell.text == "piplite\n"
    assert "later" in run(kernel, "%pip freeze").html[0]


def test_the_api_is_there_too(kernel: Kernel) -> None:
    run(kernel, "import wasminstall\nreport = await wasminstall.install('later', upgrade=True)")
    assert run(kernel, "print(wasminstall.show('later').version)").text == "2.0\n"


@pytest.mark.parametrize("again", ["restart", "reload"])
def test_a_new_kernel_asks_nobody(driver: Any, site: str, kernel: Kernel, server: IndexServer, again: str) -> None:
    run(kernel, "%pip install later==1.1")
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    server.requests.clear()
    if again == "restart":
        kernel.restart()
    else:
        kernel = Kernel(driver, site)
    run(kernel, "%pip install later==1.1")
    assert run(kernel, "import course, later\nprint(course.__version__, later.__version__)").text == "2.0 1.1\n"
    wheels = [seen.path for seen in server.requests if seen.path.endswith(".whl")]
    assert [path for path in wheels if "/wasminstall-" not in path and "/micropip-" not in path] == []
    assert outside(server) == []


@pytest.mark.parametrize("app", ["lab", "notebooks"])
def test_a_notebook_page(driver: Any, site: str, kernel: Kernel, app: str) -> None:
    cells = ["%pip install later", "import course, later\n'the course', course.__version__, later.__version__"]
    save_notebook(driver, f"{app}.ipynb", cells)
    Kernel(driver, site, f"{app}/index.html?path={app}.ipynb").run_notebook()
    shown = [each.text for each in driver.find_elements("css selector", ".jp-OutputArea-output")]
    began = [text.partition(" in ")[0] for text in shown]
    assert began == ["Installed 1", "('the course', '2.0', '2.0')"], "nothing is left of what the site brings"
