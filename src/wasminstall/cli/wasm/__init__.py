"""Compiled wheels: what a WebAssembly side module holds, whether its wheel says so, and how it gets smaller."""

__all__: list[str] = []
