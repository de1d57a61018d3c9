"""A wheel by its file name, and what it says of itself inside: the ``.dist-info`` folder, METADATA and WHEEL."""

from __future__ import annotations

from typing import Literal

from .._vendor.packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from .._vendor.packaging.version import InvalidVersion, Version
from ..errors import InvalidWheel
from .metadata import Metadata, parse_headers, parse_metadata

__all__ = ["NamedWheel", "Root"]

Root = Literal["purelib", "platlib"]
"""Where the root of a wheel goes (Root-Is-Purelib)."""


class NamedWheel:
    """``name`` is normalised, ``version`` canonical (PEP 440), both from the file name; all the rest has to agree.

    Everything here raises ``InvalidWheel``.
    """

    def __init__(self, filename: str) -> None:
        try:
            name, version, _, _ = parse_wheel_filename(filename)
        except InvalidWheelFilename:
            reason = "its name does not follow NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl"
            raise InvalidWheel(filename, reason) from None
        self.name: str = name
        self.version = str(version)
        self._filename = filename
        self._version = version

    def check_folder(self, dist_info: str) -> None:
        """Judge the name of the ``.dist-info`` folder."""
        name, _, version = dist_info[: -len(".dist-info")].partition("-")
        self._agree(dist_info, name, version)

    def read_metadata(self, text: str) -> Metadata:
        """METADATA."""
        try:
            metadata = parse_metadata(text)
        except ValueError as error:
            raise InvalidWheel(self._filename, f"its METADATA has {error}") from None
        self._agree("METADATA", metadata.name, metadata.version)
        return metadata

    def read_root(self, text: str) -> Root:
        """What WHEEL says of the root."""
        headers = parse_headers(text)
        major = headers.get("wheel-version", ("",))[0].partition(".")[0]
        if major != "1":
            raise InvalidWheel(self._filename, f"its Wheel-Version is {major or 'missing'!r}; this installer knows 1")
        answer = headers.get("root-is-purelib", ("",))[0].lower()
        if answer not in ("true", "false"):
            raise InvalidWheel(self._filename, "WHEEL does not say whether Root-Is-Purelib is true or false")
        return "purelib" if answer == "true" else "platlib"

    def _agree(self, where: str, name: str, version: str) -> None:
        """Raise unless this name and version are those of the file name."""
        try:
            same_version = Version(version) == self._version
        except InvalidVersion:
            same_version = False
        if canonicalize_name(name) != self.name or not same_version:
            raise InvalidWheel(self._filename, f"its {where} is about {name} {version}")
