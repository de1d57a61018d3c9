"""From now on note what modules ask of JavaScript: a page has names that the worker where they are imported lacks."""

import json
import sys
from types import ModuleType
from typing import Any

import js


class Asked(ModuleType):
    """Stands for `js`."""

    def __init__(self) -> None:
        super().__init__("js")
        self.__dict__["__asked__"] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - JavaScript has no types
        if not name.startswith("__"):
            self.__dict__["__asked__"][name] = hasattr(js, name)
        return getattr(js, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(js, name, value)


def told() -> str:
    """What was asked, and whether it is there: JSON."""
    return json.dumps(sys.modules["js"].__dict__["__asked__"])


sys.modules["js"] = Asked()
sys.modules["js"].__dict__["__told__"] = told
""
