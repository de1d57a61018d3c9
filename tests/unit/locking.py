"""``wasminstall lock`` as tests call it: what it writes, what it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from click.testing import Result

from support.desktop import Desktop

__all__ = ["lock", "refused", "together", "versions", "with_app"]


def with_app(desk: Desktop) -> Desktop:
    """The same, with num in the distribution, and app on the index, which needs lib."""
    desk.distribution(packages=[("num", "2.0")])
    desk.publish("app", "1.0", requires=["lib>=1", 'gone; sys_platform == "win32"'], requires_python=">=3.9")
    desk.publish("lib", "1.0")
    return desk


def lock(desk: Desktop, *words: str) -> str:
    """What is locked: printed, or in the output."""
    result = desk.ask("lock", *words)
    assert result.exit_code == 0, result.output
    return Path(words[words.index("-o") + 1]).read_text() if "-o" in words else result.stdout


def together(desk: Desktop, *words: str) -> Result:
    """For three targets at once."""
    if not (desk.folder / "pyodide-0.29").exists():
        desk.distribution("pyodide-0.29", packages=[("num", "1.5")])
    targets = [word for name in ("pyodide-314", "pyodide-0.29", "wasi-3.14") for word in ("-t", name)]
    places = [f"--distribution={name}={desk.folder / name}" for name in ("pyodide-314", "pyodide-0.29")]
    return desk.run("lock", *words, *targets, *places, "--index-url", desk.index.url)


def versions(text: str) -> dict[str, str]:
    return {package["name"]: package["version"] for package in tomllib.loads(text)["packages"]}


def refused(result: Result, status: int = 1) -> str:
    """What a refusal says, in one line."""
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return re.sub(r"\s+", " ", result.stderr)
