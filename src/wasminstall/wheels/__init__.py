"""Wheels: what an archive may hold, what its metadata and RECORD say, and where each member goes."""

__all__: list[str] = []
