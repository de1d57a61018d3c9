"""The graph of what is installed: what ``tree()`` and ``why()`` show for hand-written environments."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from wasminstall import errors, graph
from wasminstall.context import Context
from wasminstall.environment import Environment
from wasminstall.graph import InstalledGraph
from wasminstall.hosts.folder import FolderHost
from wasminstall.pages import Pages
from wasminstall.tables import escape
from wasminstall.targets import named_target
from wasminstall.transport import Client
from wasminstall.transport.desktop import DesktopTransport


class Site:
    """A folder with nothing but ``.dist-info`` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        version: str,
        *requires: str,
        extras: Mapping[str, Sequence[str]] | None = None,
        requested: bool = False,
        installer: str = "wasminstall",
        url: str = "",
    ) -> None:
        info = self.folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {text}" for text in requires]
        for extra, texts in (extras or {}).items():
            lines += [f"Provides-Extra: {extra}", *(f'Requires-Dist: {text}; extra == "{extra}"' for text in texts)]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "INSTALLER").write_text(installer + "\n")
        if requested:
            (info / "REQUESTED").touch()
        if url:
            (info / "direct_url.json").write_text(f'{{"url": "{url}", "archive_info": {{}}}}')

    @property
    def environment(self) -> Environment:
        return Environment(FolderHost(self.folder))

    def graph(self, **libraries: str) -> InstalledGraph:
        return InstalledGraph(self.environment.installed(), named_target("pyodide-314"), libraries)

    def shows(self, text: str) -> None:
        assert repr(self.graph().tree()) == dedent(text).strip()

    def explains(self, name: str, text: str) -> None:
        assert repr(self.graph().why(name)) == dedent(text).strip()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def test_nothing(site: Site) -> None:
    site.shows("")
    assert site.graph().tree()._repr_html_() == ""


def test_a_tree(site: Site) -> None:
    site.add("app", "1.0", "lib>=1", "other", requested=True)
    site.add("lib", "2.0", "deep")
    site.add("other", "3.0", "deep<9")
    site.add("deep", "4.0")
    site.add("alone", "5.0")
    site.shows("""
        alone 5.0
        app 1.0
        ├── lib 2.0 (lib>=1)
        │   └── deep 4.0
        └── other 3.0
            └── deep 4.0 (deep<9)
    """)


def test_what_is_unfolded_once_is_not_unfolded_again(site: Site) -> None:
    site.add("app", "1", "a", "b")
    site.add("a", "1", "shared")
    site.add("b", "1", "shared")
    site.add("shared", "1", "leaf")
    site.add("leaf", "1")
    site.shows("""
        app 1
        ├── a 1
        │   └── shared 1
        │       └── leaf 1
        └── b 1
            └── shared 1 (shown above)
    """)


def test_why(site: Site) -> None:
    site.add("app", "1.0", "lib>=1", requested=True)
    site.add("tool", "2.0", "mid", requested=True)
    site.add("mid", "1.5", "Lib<3")
    site.add("lib", "2.0")
    site.explains(
        "lib",
        """
        lib 2.0
        ├── app 1.0 needs lib>=1, asked for by you
        └── mid 1.5 needs lib<3
            └── tool 2.0 needs mid, asked for by you
        """,
    )
    site.explains("app", "app 1.0, asked for by you")


def test_why_nobody(site: Site) -> None:
    site.add("orphan", "1.0")
    site.explains("orphan", "orphan 1.0: nothing that is installed needs it")


def test_why_something_that_is_not_there(site: Site) -> None:
    site.add("app", "1.0", "gone>=3")
    site.explains(
        "gone",
        """
        gone is not installed
        └── app 1.0 needs gone>=3, which is missing
        """,
    )
    with pytest.raises(errors.NotInstalled) as caught:
        site.graph().why("never")
    assert caught.value.name == "never"


def test_missing_and_unsatisfied_are_marked(site: Site) -> None:
    site.add("app", "1.0", "gone", "old>=2", "fine>=1")
    site.add("old", "1.0")
    site.add("fine", "1.0")
    site.shows("""
        app 1.0
        ├── fine 1.0 (fine>=1)
        ├── gone (missing)
        └── old 1.0 (old>=2: unsatisfied)
    """)
    site.explains(
        "old",
        """
        old 1.0
        └── app 1.0 needs old>=2, which is unsatisfied
        """,
    )
    html = site.graph().tree()._repr_html_()
    assert "<strong>gone (missing)</strong>" in html
    assert "<strong>old 1.0 (old&gt;=2: unsatisfied)</strong>" in html


def test_a_cycle_ends(site: Site) -> None:
    site.add("a", "1", "b")
    site.add("b", "1", "c")
    site.add("c", "1", "a", requested=True)
    site.shows("""
        c 1
        └── a 1
            └── b 1
                └── c 1 (a cycle)
    """)
    site.explains(
        "a",
        """
        a 1
        └── c 1 needs a, asked for by you
            └── b 1 needs c
                └── a 1 needs b (a cycle)
        """,
    )


def test_a_cycle_below_something(site: Site) -> None:
    site.add("top", "1", "a")
    site.add("a", "1", "b")
    site.add("b", "1", "a", "b")
    site.shows("""
        top 1
        └── a 1
            └── b 1
                └── a 1 (a cycle)
    """)


def test_a_chain_longer_than_the_stack_is_deep(site: Site) -> None:
    for number in range(1500):
        site.add(f"p{number}", "1", f"p{number + 1}")
    rows = site.graph().tree()
    assert (rows[-1].name, rows[-1].depth, rows[-1].version) == ("p1500", 1500, "")
    assert len(repr(rows).splitlines()) == 1501
    assert rows._repr_html_().endswith("</ul>")


# --- markers (PEP 508) and extras -----------------------------------------------------------------------------------


def test_markers_are_those_of_the_target(site: Site) -> None:
    site.add(
        "app", "1", "posix; os_name == 'posix'", "win; sys_platform == 'win32'", "wasm; sys_platform=='emscripten'"
    )
    site.shows("""
        app 1
        ├── posix (missing)
        └── wasm (missing)
    """)


def test_what_cannot_be_read_is_left_out(site: Site) -> None:
    site.add("app", "1", "what is this?", "gone; python_version ~= 'x'", "fine")
    site.add("fine", "not-a-version")
    site.shows("""
        app 1
        └── fine not-a-version
    """)


def test_an_extra_counts_when_somebody_asks_for_it(site: Site) -> None:
    """PEP 685 on both sides."""
    site.add("app", "1", "lib[Foo_Bar]>=1", requested=True)
    site.add("lib", "2", "base", extras={"foo-bar": ["more>=1"], "never": ["nothing"]})
    site.add("base", "1")
    site.add("more", "1")
    site.shows("""
        app 1
        └── lib 2 (lib[foo-bar]>=1)
            ├── base 1
            └── more 1 (more>=1 for lib[foo-bar])
    """)
    site.explains(
        "more",
        """
        more 1
        └── lib 2 needs more>=1 for lib[foo-bar]
            └── app 1 needs lib[foo-bar]>=1, asked for by you
        """,
    )


def test_extras_that_refer_to_their_own_project(site: Site) -> None:
    site.add("app", "1", "lib[all]")
    site.add("lib", "1", extras={"x": ["b"], "y": ["c"], "all": ["lib[x]", "lib[y,all]"]})
    site.add("b", "1")
    site.shows("""
        app 1
        └── lib 1 (lib[all])
            ├── b 1 (b for lib[x])
            └── c (c for lib[y]: missing)
    """)


def test_an_extra_counts_when_nothing_else_explains_what_is_there(site: Site) -> None:
    """Nobody writes down that a person asked for ``pandas[excel]``."""
    site.add(
        "pandas",
        "3",
        extras={"excel": ["openpyxl"], "plot": ["matplotlib"], "odd": ["openpyxl", "gone"]},
        requested=True,
    )
    site.add("openpyxl", "3")
    site.add("matplotlib", "1", requested=True)
    site.shows("""
        matplotlib 1
        pandas 3
        └── openpyxl 3 (openpyxl for pandas[excel])
    """)


def test_nothing_is_guessed_about_other_installers(site: Site) -> None:
    site.add("pandas", "3", extras={"excel": ["openpyxl"]})
    site.add("openpyxl", "3", installer="pyodide.loadPackage")
    site.shows("""
        openpyxl 3
        pandas 3
    """)


def test_several_requirements_on_one_project_are_one_row(site: Site) -> None:
    site.add("app", "1", "lib>=1", "lib[x]<3; os_name == 'posix'")
    site.add("lib", "3", extras={"x": []})
    site.shows("""
        app 1
        └── lib 3 (lib>=1, lib[x]<3: unsatisfied)
    """)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/lib-1-py3-none-any.whl", "lib 1 (lib @ https://host/lib-1-py3-none-any.whl)"),
        ("https://else/lib-1-py3-none-any.whl", "lib 1 (lib @ https://host/lib-1-py3-none-any.whl: unsatisfied)"),
        ("", "lib 1 (lib @ https://host/lib-1-py3-none-any.whl: unsatisfied)"),
    ],
)
def test_direct_urls_without_their_secrets(site: Site, url: str, shown: str) -> None:
    site.add("app", "1", "lib @ https://user:secret@host/lib-1-py3-none-any.whl#sha256=00")
    site.add("lib", "1", url=url)
    assert repr(site.graph().tree()) == f"app 1\n└── {shown}"


def test_libraries_without_metadata(site: Site) -> None:
    site.add("scipy", "1", "libopenblas")
    found = site.graph(libopenblas="0.3")
    assert repr(found.tree()) == "scipy 1\n└── libopenblas 0.3"
    assert found.dependencies("scipy") == ("libopenblas",)


def test_html_is_nested_and_escaped(site: Site) -> None:
    site.add("app", "1", "a<2", "b")
    site.add("a", "1", "c")
    site.add("b", "1")
    site.add("c", "1")
    site.add("z", "1")
    assert site.graph().tree()._repr_html_() == (
        "<ul><li>app 1<ul><li>a 1 (a&lt;2)<ul><li>c 1</li></ul></li><li>b 1</li></ul></li><li>z 1</li></ul>"
    )


def test_escape_is_that_of_the_standard_library() -> None:
    text = """<a href="&amp;">'&'</a>"""
    assert escape(text) == html.escape(text)


async def test_the_public_verbs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("app", "1", "lib")
    site.add("lib", "1")
    transport = DesktopTransport()
    context = Context(named_target("pyodide-314"), site.environment, Pages(Client(transport)), ())
    monkeypatch.setattr(graph, "current_context", lambda: context)
    assert [row.name for row in graph.tree()] == ["app", "lib"]
    assert [row.name for row in graph.why("LIB")] == ["lib", "app"]
    with pytest.raises(errors.InvalidRequirement):
        graph.why("not a name")
    await transport.close()
