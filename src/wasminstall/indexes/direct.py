"""A wheel named by its address: a URL, or a path in the virtual file system."""

from __future__ import annotations

from urllib.parse import unquote, urldefrag, urlsplit

from ..addresses import hide_credentials, without_credentials
from ..errors import InvalidRequirement
from ..requirements import Requirement
from ..requirements.slips import BUILD_FIRST
from ..targets import Target
from .filenames import best_rank, wheel_name
from .model import Candidate
from .simple import hashes_of_fragment

__all__ = ["direct_candidate", "local_path"]


def direct_candidate(requirement: Requirement, target: Target) -> Candidate:
    """The one candidate behind ``requirement.url``.

    Raises ``InvalidRequirement`` when the address is no wheel's, the wheel is another project's, or the target
    cannot load it.
    """
    written = hide_credentials(requirement.text)
    try:
        url, fragment = urldefrag(requirement.url)
        filename = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    except ValueError:
        raise InvalidRequirement(written, "its address cannot be read") from None
    parsed = wheel_name(filename)
    if parsed is None:
        raise InvalidRequirement(
            written,
            f"{filename!r} is not the file name of a wheel",
            hint=f"only wheels can be installed: {BUILD_FIRST}",
        )
    if parsed.name != requirement.name:
        raise InvalidRequirement(written, f"the wheel is of {parsed.name}, not of {requirement.name}")
    rank = best_rank(filename, target)
    if rank is None:
        raise InvalidRequirement(
            written,
            f"{target.name} cannot load a wheel for {parsed.tag}",
            hint=f"the best tag here is {target.tags[0]}, the most general py3-none-any",
        )
    path = local_path(url)
    return Candidate(
        name=parsed.name,
        version=parsed.version,
        filename=filename,
        url=path or url,
        source=path or without_credentials(url),
        origin="file" if path else "url",
        hashes=hashes_of_fragment(fragment),
        rank=rank,
        build=parsed.build,
    )


def local_path(url: str) -> str:
    """The file system path an address means (``/x``, ``./x``, ``emfs:x``, ``file:///x``), empty for a real URL."""
    scheme, separator, rest = url.partition(":")
    if not separator or "/" in scheme:
        return url
    if scheme == "emfs":
        return rest
    return unquote(urlsplit(url).path) if scheme == "file" else ""
