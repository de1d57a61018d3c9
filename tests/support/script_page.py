"""Pages with Python scripts in them: how they are written, and how a test waits for them and reads what they show."""

from __future__ import annotations

import textwrap
from typing import Any

from support.engines import Engine

__all__ = ["RECORDER", "TAG", "Site", "script"]

# In a body: where a page has none yet, scripts are in its head.
TAG = '<body><script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-progress="off"></script>'
RECORDER = """<script>
Object.assign(window, { errors: [], reported: [], warnings: [] });
addEventListener("wasminstall:error", ({ detail }) => {
  errors.push([detail.name, detail.script?.id ?? "", detail.message]);
});
addEventListener("error", (event) => { reported.push(event.message); event.preventDefault(); });
console.warn = (...words) => warnings.push(words.join(" "));
</script>"""
SETTLED = """
    const states = () => [...document.querySelectorAll(".wasminstall-output")].map((node) => node.dataset.state);
    const end = Date.now() + 120000;
    while (states().length < COUNT || states().some((state) => state === "running")) {
        if (Date.now() > end) throw new Error(`still ${states()}`);
        await new Promise((done) => setTimeout(done, 50));
    }
    return states();
"""
RESULT = 'document.querySelector("#{0} + .wasminstall-output")'


def script(name: str, code: str, attributes: str = "") -> str:
    return f'<script type="text/python" id="{name}" {attributes}>\n{textwrap.indent(code, "    ")}\n  </script>\n'


class Site:
    """A page whose scripts have all come to their end."""

    def __init__(self, tab: Engine) -> None:
        self.tab = tab

    def settle(self, count: int) -> list[str]:
        return list(self.tab.run(SETTLED.replace("COUNT", str(count))))

    def text(self, name: str) -> str:
        """What is shown right after a script."""
        return str(self.tab.run(f"return {RESULT.format(name)}.innerText"))

    def of(self, name: str, expression: str) -> Any:
        """Of the output of a script, bound to ``out``."""
        return self.tab.run(f"const out = {RESULT.format(name)}; return {expression};")

    def python(self, expression: str) -> Any:
        """The text of an expression in the page's Python."""
        return self.tab.run(f"return String(await wasminstall.run({expression!r}));")
