"""Property tests are the same at each run, and none is failed by a slow machine."""

from hypothesis import settings

settings.register_profile("unit", derandomize=True, deadline=None)
settings.load_profile("unit")
