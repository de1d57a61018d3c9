"""Where a command writes: its answer to the standard output, everything else to the standard error."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from ..errors import WasmInstallError

__all__ = ["Screen"]


class Screen:
    """The two consoles of a command, and how much it tells."""

    def __init__(self, *, color: str = "auto", quiet: bool = False, verbose: bool = False) -> None:
        force = {"always": True, "never": False}.get(color)
        no_color = True if color == "never" else None
        self.out = Console(force_terminal=force, no_color=no_color, highlight=False, soft_wrap=True)
        self.err = Console(force_terminal=force, no_color=no_color, highlight=False, soft_wrap=True, stderr=True)
        self.quiet = quiet
        self.verbose = verbose

    def note(self, text: str) -> None:
        """One line besides the answer."""
        if not self.quiet:
            self.err.print(escape(text))

    def fail(self, error: Exception) -> None:
        """What went wrong, and the way out."""
        message = error.message if isinstance(error, WasmInstallError) else str(error)
        hint = error.hint if isinstance(error, WasmInstallError) else ""
        self.err.print(f"[bold red]error:[/] {escape(message)}")
        if hint:
            self.err.print(f"[bold]hint:[/] {escape(hint)}")
