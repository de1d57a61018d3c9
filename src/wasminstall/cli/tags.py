"""``wasminstall tags``: the tags a target accepts, best first."""

from __future__ import annotations

import json

import click

from ..targets import Target
from .options import target_option

__all__ = ["tags"]


@click.command
@target_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
def tags(target: Target, as_json: bool) -> None:
    r"""List the tags that a runtime accepts, best first.

    A wheel works there if one of the tags in its file name is in this list (PEP 425, PEP 783).

    \b
    wasminstall tags --target pyodide-314
    wasminstall tags --target wasi --json
    """
    click.echo(json.dumps(target.tags, indent=2) if as_json else "\n".join(target.tags))
