"""Progress as text: one line that is written over on a terminal, one line for each phase anywhere else."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from ..progress import Event
from .wording import line_of

__all__ = ["ENDS", "TextReporter"]

ENDS = frozenset(("done", "failed", "cancelled"))
"""The phases after which nothing comes."""


class TextReporter:
    """Writes to ``stream``, or to whatever ``sys.stdout`` is at that moment."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._told: set[str] = set()
        self._width = 0

    def __call__(self, event: Event) -> None:
        """Write what there is to say."""
        stream = self._stream or sys.stdout
        if stream.isatty():
            self._write_over(stream, event)
        elif event.phase not in self._told:
            self._told.add(event.phase)
            stream.write(f"{line_of(event)}\n")
        stream.flush()

    def _write_over(self, stream: TextIO, event: Event) -> None:
        """Nothing of a longer line may stay; a line that wraps could not be written over."""
        line = line_of(event)[: shutil.get_terminal_size().columns - 1]
        stream.write("\r" + line.ljust(self._width) + ("\n" if event.phase in ENDS else ""))
        self._width = len(line)
