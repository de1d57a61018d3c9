"""MkDocs hook: puts into pages what is said once, elsewhere.

- ``<!-- include: CHANGELOG.md -->``: a file of the repository, ``... until ## More`` a part of it;
- ``<!-- example: NAME -->``: code and output of an example that was run, from ``docs/examples/verbs.json``;
- ``<!-- error tree -->``: the tree in the docstring of ``wasminstall.errors``;
- ``<!-- errors -->``: every error with a message that was raised, from ``docs/examples/errors.json``;
- ``<!-- message: NAME -->``: one message with what made it happen, from ``docs/examples/messages.json``;
- ``<!-- other verbs -->``, ``<!-- other results -->``: the public names that the page does not list itself;
- ``<!-- typescript: NAMES -->``: what these names of the JavaScript side are, from its types and their comments;
- ``<!-- other types -->``: the same for the names that the page does not list itself;
- ``<!-- targets -->``: the table of targets, computed by ``wasminstall.targets``.

Before each stands a link to where that is, for those who read the page as a file; it is left out.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import textwrap
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

import wasminstall
from wasminstall import errors
from wasminstall.targets import named_target, target_names

__all__ = ["on_page_markdown"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "licence.md",
}
"""The page that shows a file of the repository."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace the comments."""
    markdown = re.sub(r"^\[[^\]]*\]\([^)]*\) (?=<!-- )", "", markdown, flags=re.MULTILINE)
    markdown = re.sub(r"<!-- include: (\S+)(?: until (.+?))? -->", lambda found: included(*found.groups()), markdown)
    markdown = re.sub(r"<!-- example: (\S+) -->", lambda found: example(found[1]), markdown)
    markdown = re.sub(r"<!-- message: (.+?) -->", lambda found: message(found[1]), markdown)
    markdown = re.sub(r"<!-- other (verbs|results) -->", lambda found: others(found[1], markdown), markdown)
    markdown = markdown.replace("<!-- other types -->", f"<!-- typescript: {other_types(markdown)} -->")
    markdown = re.sub(r"<!-- typescript: (.+?) -->", lambda found: typescript(found[1].split()), markdown)
    markdown = markdown.replace("<!-- error tree -->", error_tree()) if "<!-- error tree -->" in markdown else markdown
    markdown = markdown.replace("<!-- errors -->", all_errors()) if "<!-- errors -->" in markdown else markdown
    return markdown.replace("<!-- targets -->", targets()) if "<!-- targets -->" in markdown else markdown


def included(path: str, until: str | None = None) -> str:
    """A file whose links are written for the repository: here they lead to the pages that show those files."""
    text = (ROOT / path).read_text("utf-8").partition(f"\n{until}\n" if until else "\0")[0]
    text = text.replace("](docs/", "](")
    return re.sub(r"\]\((LICENSE|[A-Z]+\.md)\)", lambda found: f"]({PAGES[found[1]]})", text)


def example(name: str) -> str:
    """A code block and a block with its output."""
    examples = kept("verbs.json")
    if name not in examples:
        raise PluginError(f"docs/examples/verbs.json has no example named {name!r}")
    output = examples[name]["output"].rstrip("\n")
    shown = f"\n\n```{{ .text .output }}\n{output}\n```" if output else ""
    return f"```python\n{examples[name]['code']}\n```{shown}"


def message(name: str) -> str:
    """When it comes, what was asked, and what was said."""
    messages = kept("messages.json")
    if name not in messages:
        raise PluginError(f"docs/examples/messages.json has no message named {name!r}")
    happened = messages[name]
    said = f"{happened['type']}: {happened['said']}" if happened["type"] else happened["said"]
    return f"{happened['when']}\n\n```python\n{happened['code']}\n```\n\n```{{ .text .output }}\n{said}\n```"


def others(kind: str, page: str) -> str:
    """References for the functions (verbs) or classes (results) in ``wasminstall.__all__`` that the page leaves out."""
    listed = re.findall(r"^::: wasminstall\.(\w+)$", page, re.MULTILINE)
    left_out = [name for name in wasminstall.__all__ if name not in (*listed, "errors")]
    chosen = [name for name in left_out if isinstance(getattr(wasminstall, name), type) == (kind == "results")]
    return "\n".join(f"::: wasminstall.{name}" for name in chosen)


def typescript(names: Sequence[str]) -> str:
    """A section a name."""
    unknown = [name for name in names if name not in types()]
    if unknown:
        raise PluginError(f"the JavaScript side has no public {', '.join(unknown)}")
    return "\n\n".join(types()[name] for name in names)


def other_types(page: str) -> str:
    """The public names of the JavaScript side that the page leaves out, in alphabetical order."""
    listed = {name for names in re.findall(r"<!-- typescript: (.+?) -->", page) for name in names.split()}
    return " ".join(sorted(types().keys() - listed)) if "<!-- other types -->" in page else ""


@cache
def types() -> dict[str, str]:
    """The section of each public name."""
    command = ["node", "js/build/reference.mjs"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise PluginError(f"{' '.join(command)} failed: is everything of `npm ci` there?")
    sections: dict[str, str] = json.loads(done.stdout)
    return sections


def all_errors() -> str:
    """A section an error, in the order of the tree."""
    happened = kept("errors.json")
    classes = [found for name in family_order() if (found := getattr(errors, name)).__name__ in happened]
    return "\n\n".join(error_section(found, happened[found.__name__]) for found in classes)


def family_order() -> list[str]:
    """The class names as the tree in the module's docstring lists them."""
    return [name for name in re.findall(r"\b[A-Z]\w+\b", error_tree()) if name in errors.__all__]


def error_tree() -> str:
    """The classes and what they mean, as text."""
    return textwrap.dedent((errors.__doc__ or "").partition("::\n\n")[2].partition("\n\nEvery")[0])


def error_section(kind: type[errors.WasmInstallError], happened: dict[str, str]) -> str:
    """What it means, when it happens, an example, and the facts it carries."""
    meaning = " ".join((inspect.getdoc(kind) or "").split()).replace("``", "`")
    facts = [f"`{name}`" for name in inspect.signature(kind.__init__).parameters if name not in ("self", "hint")]
    own = f"\n\nFacts: {', '.join(facts)}." if facts and facts != ["`message`"] else ""
    said = f"{kind.__name__}: {happened['said']}"
    return (
        f"### {kind.__name__}\n\n{meaning}\n\n{happened['when']}\n\n"
        f"```python\n{happened['code']}\n```\n\n```{{ .text .output }}\n{said}\n```{own}"
    )


def targets() -> str:
    """A row a target; its aliases stand in the same row."""
    aliases: dict[str, list[str]] = {}
    for name in target_names():
        aliases.setdefault(named_target(name).name, []).append(name)
    head = "| Name | Python | Platform tags, best first | Compiled modules | Tags |\n| --- | --- | --- | --- | --- |"
    return "\n".join([head, *(target_row(names) for names in aliases.values())])


def target_row(names: Sequence[str]) -> str:
    """Names, Python, platform tags in order of preference, what is compiled for it, how many tags."""
    target = named_target(names[0])
    platforms = dict.fromkeys(tag.split("-")[2] for tag in target.tags if not tag.endswith("-any"))
    best = target.tags[0].rpartition("-")[0]
    compiled = "none" if best.endswith("-none") else f"`{best}`, `abi3`"
    cells = (in_lines(names), target.python_version, in_lines(platforms), compiled, str(len(target.tags)))
    return f"| {' | '.join(cells)} |"


def in_lines(names: Iterable[str]) -> str:
    """Names as code, one a line."""
    return "<br>".join(f"`{name}`" for name in names)


def kept(name: str) -> dict[str, Any]:
    """One of the files the examples write."""
    found: dict[str, Any] = json.loads((EXAMPLES / name).read_text("utf-8"))
    return found
