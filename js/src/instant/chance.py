"""From now on note which generators begin with a seed that is left to chance: each start is to have another."""

import random
from typing import Any
from weakref import ref

noted: list[ref[random.Random]] = []
original = random.Random.seed


def seed(self: random.Random, a: Any = None, version: int = 2) -> None:  # noqa: ANN401 - as it is declared
    """As ever."""
    if a is None:
        noted.append(ref(self))
    original(self, a, version)


random.Random.seed = seed  # type: ignore[method-assign]
random.__dict__["_left_to_chance"] = noted, original
""
