"""The npm package as it would be published: what is in it, and what strict compilers and Node make of it."""

from __future__ import annotations

import json
import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.distribution import ROOT
from support.package import packed_files, project_with_package, run_tool
from wasminstall.cli.bundling.bootstrap import COMPILED, FIRST_VISIT, bootstrap_files

CONSUMERS = ROOT / "tests/support/consumers"
STRICTEST = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "noPropertyAccessFromIndexSignature": False,
    "isolatedModules": True,
    "skipLibCheck": False,
    "noEmit": True,
    "target": "ES2022",
}
BUNDLER = {"module": "ESNext", "moduleResolution": "bundler"}
NODE16 = {"module": "node16", "moduleResolution": "node16"}
NODENEXT = {"module": "nodenext", "moduleResolution": "nodenext"}
PAGE = {"lib": ["ES2022", "DOM", "DOM.Iterable"], "types": []}
NODE = {"lib": ["ES2022"], "types": ["node"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tools = ["typescript", "@types/node", "undici-types", "pyodide"]
    return project_with_package(tmp_path_factory.mktemp("packaging") / "project", tools)


def compile_with(project: Path, source: Path, options: dict[str, Any]) -> None:
    shutil.copy(source, project)
    config = {"compilerOptions": {**STRICTEST, **options}, "files": [source.name]}
    (project / "tsconfig.json").write_text(json.dumps(config), "utf-8")
    run_tool(project, "node_modules/typescript/bin/tsc", "--project", ".", "--pretty", "false")


@pytest.mark.parametrize("resolution", [BUNDLER, NODE16, NODENEXT], ids=["bundler", "node16", "nodenext"])
@pytest.mark.parametrize(
    ("consumer", "library"), [("page.ts", PAGE), ("node.ts", NODE), ("script.ts", PAGE)], ids=["page", "node", "script"]
)
def test_strict_users_compile(
    project: Path, consumer: str, library: dict[str, Any], resolution: dict[str, Any]
) -> None:
    compile_with(project, CONSUMERS / consumer, {**library, **resolution})


def test_a_wrong_program_does_not_compile(project: Path) -> None:
    """The types are there: with `any` in their place the `@ts-expect-error` of the consumers would fail as well."""
    (project / "wrong").mkdir()
    wrong = project / "wrong/wrong.ts"
    wrong.write_text('import { boot } from "wasminstall";\nexport const answer: number = await boot();\n', "utf-8")
    with pytest.raises(AssertionError, match="Type 'Wasminstall<Interpreter>' is not assignable to type 'number'"):
        compile_with(project, wrong, {**PAGE, **BUNDLER})


def test_nothing_in_the_types_is_any(project: Path) -> None:
    for path in (project / "node_modules/wasminstall").rglob("*.d.ts"):
        code = re.sub(r'/\*.*?\*/|//[^\n]*|"[^"\n]*"', "", path.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"\b(?:any|Function|Object)\b", code) == [], path.name


def test_every_public_name_is_explained(project: Path) -> None:
    """A section of the reference is a heading, what it is, and a comment."""
    sections: dict[str, str] = json.loads(run_tool(ROOT, "js/build/reference.mjs"))
    assert {"boot", "attach", "BootOptions", "WorkerPython", "WasminstallProgress", "ScriptTagApi"} <= sections.keys()
    silent = [name for name, text in sections.items() if not re.search(r"^[A-Z][^|]*[.:]", text, re.MULTILINE)]
    assert silent == []


def test_the_package_holds_what_is_needed_and_nothing_else(project: Path) -> None:
    files = packed_files(project)
    package = json.loads((project / "node_modules/wasminstall/package.json").read_text("utf-8"))
    entries = [package[key] for key in ("exports", "jsdelivr", "unpkg")]
    named = set(re.findall(r'"\./([^"*]+)"(?!:)', json.dumps(entries)))
    assert named <= files
    assert all(next(iter(entry)) == "types" for entry in package["exports"].values() if isinstance(entry, dict))
    built = {f"js/dist/{path.name}" for path in (ROOT / "js/dist").iterdir() if path.is_file()}
    types = {name for name in files if name.startswith("js/dist/types/")}
    tools = {f"js/build/{name}" for name in ("project.mjs", "snapshot.mjs", "stdlib.mjs", "stdlib.py")}
    assert files - types == built | tools | {"package.json", "README.md", "LICENSE"}
    assert not any(re.search(r"types/(page|store|stdlib|wheelfs)/", name) for name in types)


def test_bundlers_see_every_archive(project: Path) -> None:
    """js/src/home.ts writes each address out."""
    dist = project / "node_modules/wasminstall/js/dist"
    seen = re.findall(r'new URL\("\./([^"]+)",\s*import\.meta\.url\)', (dist / "wasminstall.mjs").read_text("utf-8"))
    assert sorted(seen) == sorted(path.name for path in dist.glob("*.gz"))


def test_node_runs_it(project: Path) -> None:
    script = project / "run.mjs"
    script.write_text(
        'import { boot } from "wasminstall";\n'
        'import "./node_modules/wasminstall/js/build/stdlib.mjs";\n'  # tools: they have all they import
        'import "./node_modules/wasminstall/js/build/snapshot.mjs";\n'
        "const python = await boot({ cache: false });\n"
        'console.log(await python.run("import wasminstall; wasminstall.__version__"), "wasminstall" in globalThis);\n',
        "utf-8",
    )
    version = json.loads((ROOT / "package.json").read_text("utf-8"))["version"]
    assert run_tool(project, "run.mjs").split("\n")[-2] == f"{version} false"


def test_the_wheel_brings_what_bundles_are_made_of() -> None:
    """All that a browser loads; but not the bytecode for a first visit, which is larger than all the rest."""
    put_in = {path.name for path in runpy.run_path(str(ROOT / "hatch_build.py"))["built_files"]()}
    assert put_in == {*bootstrap_files(), "stdlib.py"} - {FIRST_VISIT, *COMPILED.values()}
