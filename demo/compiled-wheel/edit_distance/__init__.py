"""How many letters have to be put in, taken out or changed to make one word another (Levenshtein's distance)."""

from ._native import edit_distance

__all__ = ["edit_distance"]
