"""What importlib compiles, seen without changing it: nothing is slower, and no traceback looks different.

A function put around importlib's would be a frame in the traceback of every SyntaxError. So importlib's own
``source_to_code`` runs on, with a ``_call_with_frames_removed`` that does the same as the real one, and tells.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import _bootstrap as _typed_bootstrap
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType, SimpleNamespace
from typing import Any, cast

__all__ = ["Told", "tell_of_compiled"]

_bootstrap: Any = _typed_bootstrap

Told = Callable[[str, int, CodeType], None]
"""Called with the path of a source, its size in bytes and its code, in the middle of an import. Must not raise."""

Take = Callable[[object, object], CodeType | None]
"""Called with a source and its path before that is compiled: its code, if that is known. Must not raise."""


def tell_of_compiled(told: Told, take: Take = lambda _source, _path: None) -> Callable[[], None]:
    """Call ``told`` for every module that an import compiles, or finds compiled by ``take``; returns what ends it.

    Only for what importlib's own loader read from a file and compiled as it was: not for loaders derived from it, which
    may change the source before, and not for those who call it for purposes of their own. Nothing is told where
    importlib is another one than expected.
    """
    original: Any = SourceFileLoader.source_to_code
    if not isinstance(original, FunctionType):
        return lambda: None
    bootstrap = SimpleNamespace(**{**vars(_bootstrap), "_call_with_frames_removed": _telling(told, take)})
    hook: Any = FunctionType(
        original.__code__, {**original.__globals__, "_bootstrap": bootstrap}, "source_to_code", original.__defaults__
    )
    hook.__kwdefaults__ = original.__kwdefaults__
    hook.__doc__ = original.__doc__
    had_its_own = "source_to_code" in vars(SourceFileLoader)
    SourceFileLoader.source_to_code = hook  # type: ignore[method-assign]

    def end() -> None:
        if vars(SourceFileLoader).get("source_to_code") is not hook:
            return  # somebody has put a function of his own around this one
        if had_its_own:
            SourceFileLoader.source_to_code = original  # type: ignore[method-assign]
        else:
            del SourceFileLoader.source_to_code

    return end


def _telling(told: Told, take: Take) -> FunctionType:
    """``_call_with_frames_removed`` for ``source_to_code``, at the same line of the same file for tracebacks."""
    real: CodeType = _bootstrap._call_with_frames_removed.__code__
    get_code = SourceFileLoader.get_code.__code__

    def _call_with_frames_removed(f: Any, *args: Any, **kwds: Any) -> Any:  # noqa: ANN401
        code = (take(*args[:2]) if kwds.get("optimize") == -1 else None) or f(*args, **kwds)
        caller = sys._getframe(1)
        if caller.f_back and caller.f_back.f_code is get_code and type(caller.f_locals["self"]) is SourceFileLoader:
            data, path = args[:2]
            told(path, len(data), code)
        return code

    lines = [line for *_, line in real.co_lines() if line is not None]
    _call_with_frames_removed.__code__ = _call_with_frames_removed.__code__.replace(
        co_filename=real.co_filename, co_firstlineno=max(lines) - 1, co_qualname=real.co_qualname
    )
    return cast("FunctionType", _call_with_frames_removed)
