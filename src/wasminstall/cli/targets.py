"""``wasminstall targets``: the runtimes that can be named with ``--target``."""

from __future__ import annotations

import json
from typing import Any

import click
from rich import box
from rich.table import Table

from ..targets import Target, named_target, pyodide_release, target_names
from .screen import Screen

__all__ = ["targets"]


@click.command
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@click.pass_obj
def targets(screen: Screen, as_json: bool) -> None:
    r"""List the runtimes that can be named with --target.

    Each row is what a real interpreter says about itself. The last column is the platform tag that a compiled wheel
    needs to work there; pure wheels work everywhere.

    \b
    wasminstall targets
    wasminstall targets --json
    """
    short = {name: named_target(name).name for name in target_names() if named_target(name).name != name}
    found = [named_target(name) for name in target_names() if name not in short]
    if as_json:
        click.echo(json.dumps([_facts(target, short) for target in found], indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for title in ("Target", "Also", "Python", "Pyodide", "Compiled wheels"):
        table.add_column(title, no_wrap=True)
    for target in found:
        facts = _facts(target, short)
        also, pyodide = ", ".join(facts["aliases"]), facts["pyodide"] or ""
        compiled = facts["platform"] or "[dim]none can be loaded[/]"
        table.add_row(f"[bold]{target.name}[/]", also, facts["python"], pyodide, compiled)
    screen.show(table, soft_wrap=False)


def _facts(target: Target, short: dict[str, str]) -> dict[str, Any]:
    best = target.tags[0].split("-")
    return {
        "name": target.name,
        "aliases": [alias for alias, name in short.items() if name == target.name],
        "python": target.python_version,
        "sys_platform": target.environment["sys_platform"],
        "pyodide": pyodide_release(target.name) or None,
        "platform": None if best[1] == "none" else best[2],
        "best_tag": target.tags[0],
    }
