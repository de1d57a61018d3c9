"""The command that makes a snapshot ahead, in Node: what is in the file, and a Python that starts from it."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from support.distribution import ROOT, mount_distribution
from support.index_server import IndexServer
from support.prepared import CORE, make_prepared

SECRET = "correct-horse-battery-staple"
START = """
const [dist, pyodide, snapshot] = process.argv.slice(1);
const { boot } = await import(dist);
const python = await boot({ pyodide, snapshot });
const value = await python.run("import sys; f'{sys.modules.get('pydantic').__name__} {sys.executable}'");
console.log(JSON.stringify({ start: python.start, value }));
process.exit();
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The file, and what the command said."""
    folder = tmp_path_factory.mktemp("made")
    with IndexServer() as server:
        base = mount_distribution(server, "pyodide")
        said = make_prepared(folder, base, ["pydantic"], ["pydantic"], TOKEN=SECRET, LANG="tlh_QQ.UTF-8")
    [path] = folder.glob("*.gz")
    return path, said


def test_the_name_says_what_is_in_it(made: tuple[Path, str]) -> None:
    path, said = made
    content = gzip.decompress(path.read_bytes())
    assert path.name == f"pydantic.{hashlib.sha256(content).hexdigest()[:16]}.snapshot.gz"
    assert f'boot({{ snapshot: "{path.name}"' in said
    header = json.loads(content[128 : 128 + int(content[:128].split()[2])])
    assert header["preload"] == ["pydantic"]
    assert f"Pyodide {header['pyodide']}: {', '.join(header['packages'])}" in said


def test_nothing_of_this_machine_is_in_it(made: tuple[Path, str]) -> None:
    path, _ = made
    content = gzip.decompress(path.read_bytes())
    for own in (SECRET, "tlh_QQ", "snapshot.mjs", "node_modules", str(ROOT), str(path.parent)):
        assert own.encode() not in content, own


def test_node_starts_from_it(made: tuple[Path, str]) -> None:
    path, _ = made
    given = [(ROOT / "js/dist/wasminstall.mjs").as_uri(), CORE.resolve().as_uri() + "/", path.as_uri()]
    command = ["node", "--input-type=module", "--eval", START, *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found == {"start": {"instant": True, "reason": ""}, "value": "pydantic /home/pyodide/this.program"}


def test_what_is_wrong_is_said_in_a_line() -> None:
    command = ["node", str(ROOT / "js/build/snapshot.mjs"), "--pyodide", str(CORE), "--lock", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith("wasminstall-snapshot: ")
    assert "File " not in done.stderr
