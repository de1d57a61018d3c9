"""The Pyodide distribution that a command takes: from the network, or a folder, which may lack wheels."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.desktop import Desktop
from support.index_server import IndexServer


@pytest.fixture
def desk(desk: Desktop) -> Desktop:
    desk.distribution(packages=[("num", "2.0")])
    return desk


def test_without_a_network_for_the_distribution(index: IndexServer, tmp_path: Path) -> None:
    """One error that names the way out; the second time it is in the cache, and nobody is asked."""
    desktop = Desktop(index, tmp_path)
    folder = desktop.distribution(packages=[("num", "2.0")])
    index.mount("/pyodide", folder)
    place = f"{index.origin}/pyodide/"
    words = ["check", "num", "--index-url", index.url, "--distribution"]
    lost = desktop.run(*words, f"{index.origin}/nothing/")
    assert lost.exit_code == 1
    assert lost.stderr.count("error:") == 1
    assert "--distribution PLACE" in lost.stderr
    assert desktop.run(*words, place).exit_code == 0
    asked = len(index.requests)
    assert desktop.run(*words, place, "--offline").exit_code == 0
    assert len(index.requests) == asked


def test_wheels_beside_the_lock_are_not_fetched(desk: Desktop) -> None:
    """An extra is known to the wheel alone; it has the address on the CDN, and lies in the folder."""
    result = desk.ask("check", "num[fast]", "--no-cache")
    assert result.exit_code == 0
    assert "num 2.0 has no extra named 'fast'" in result.stderr


def test_a_wheel_that_the_folder_lacks(desk: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is needed for the extra: what needs it is not known, the way out is named, and the rest is checked."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # so that nobody has a CDN
    folder = desk.distribution("pyodide-0.29", [("num", "2.0"), ("lib", "1.0")])
    (folder / "num-2.0-py3-none-any.whl").unlink()
    result = desk.ask("check", "num[fast]", "lib", "--no-cache", target="pyodide-0.29")
    assert result.exit_code == 1
    assert "✗ not known" in result.stdout
    assert "1.0 Pyodide" in result.stdout
    assert "--distribution FOLDER or URL" in result.stdout


def test_a_distribution_for_another_target(desk: Desktop) -> None:
    place = str(desk.distribution("pyodide-0.29"))
    result = desk.run("check", "num", "--distribution", place)
    assert result.exit_code == 1
    assert "not for pyodide-314" in result.stderr
    mistyped = desk.run("check", "num", "--distribution", f"pyodide-31={place}")
    assert "unknown target 'pyodide-31'" in mistyped.stderr


@pytest.mark.parametrize("content", [None, "{", '{"packages": []}'])
def test_no_distribution_at_that_place(desk: Desktop, content: str | None) -> None:
    place = desk.folder / "somewhere.json"
    if content is not None:
        place.write_text(content)
    result = desk.run("check", "num", "--distribution", str(place))
    assert result.exit_code == 1
    assert "somewhere.json" in result.stderr
    assert "--distribution PLACE" in result.stderr
