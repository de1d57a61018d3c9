"""Where an installed distribution came from: ``wasminstall.json`` in its ``.dist-info``, without which no lock can be.

PEP 610 records direct URLs only, and no size; a lock needs address, hash and size of everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..addresses import without_credentials
from ..indexes import Candidate
from ..transport import Body
from ..wheels.record import STRONG_ALGORITHMS

__all__ = ["PROVENANCE_FILE", "Provenance", "provenance_json", "read_provenance"]

PROVENANCE_FILE = "wasminstall.json"
"""Its name in the ``.dist-info`` folder. It goes with that folder when the distribution is removed."""


@dataclass(frozen=True)
class Provenance:
    """The wheel a distribution was placed from.

    ``url`` is free of credentials and absolute, a ``file:`` URL for a local file; ``hashes`` maps algorithm to hex
    digest, never empty; ``size`` is in bytes; ``source`` is the index's name; ``direct`` says that it was named by its
    address (PEP 610).
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(hash=False)
    size: int
    source: str = ""
    direct: bool = False


def provenance_json(candidate: Candidate, data: Body) -> bytes:
    """The content of ``wasminstall.json`` for a wheel with these verified bytes: the same bytes every time."""
    hashes = dict(candidate.hashes)
    if "sha256" not in hashes:  # a Pyodide lock knows no other
        hashes["sha256"] = hashlib.sha256(bytes(data)).hexdigest()
    is_file = candidate.origin == "file"
    url = Path(candidate.url).absolute().as_uri() if is_file else without_credentials(candidate.url)
    direct = candidate.origin in ("url", "file")
    source = without_credentials(candidate.source)
    provenance = Provenance(candidate.filename, url, hashes, len(data), source, direct)
    return json.dumps(asdict(provenance), sort_keys=True, separators=(",", ":")).encode()


def read_provenance(dist_info: Path) -> Provenance | None:
    """What ``wasminstall.json`` in this folder says; ``None`` when there is none that can be read."""
    try:
        found = json.loads((dist_info / PROVENANCE_FILE).read_bytes())
        hashes = {str(key): str(value) for key, value in found["hashes"].items() if key in STRONG_ALGORITHMS}
        if not hashes:
            return None
        return Provenance(
            filename=str(found["filename"]),
            url=str(found["url"]),
            hashes=hashes,
            size=int(found["size"]),
            source=str(found.get("source", "")),
            direct=bool(found.get("direct", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
