"""``python demo/serve.py`` says what is missing, also with a Python that has nothing installed and before any build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.distribution import ROOT


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The demo's command in a folder where nothing was built; ``-S`` is a Python without any packages."""
    shutil.copytree(ROOT / "demo", tmp_path / "demo", ignore=shutil.ignore_patterns("dist", "node_modules"))
    return [sys.executable, "-S", str(tmp_path / "demo" / "serve.py")]


def test_help_needs_nothing(command: list[str]) -> None:
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "--port" in done.stdout


def test_what_is_not_built_is_named(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "npm ci" in done.stderr
    assert "Traceback" not in done.stderr
