"""Hosts: the places a wheel can be put into. ``port.py`` is what they share; every other file is one of them."""

__all__: list[str] = []
