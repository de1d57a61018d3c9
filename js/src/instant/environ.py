"""The environment of this page, in a Python that was made elsewhere."""

import os
from collections.abc import Mapping


def update_environ(variables: Mapping[str, str]) -> None:
    """Set these, over what was there."""
    os.environ.update(variables)
