"""JupyterLite: an add-on for those who build a site, and what it puts into the site's kernels.

``addon``, ``site_wheel`` and ``seeding`` run at the build, on a desktop; ``kernel`` and ``piplite`` in the browser.
"""

__all__: list[str] = []
