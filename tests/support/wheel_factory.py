"""Small wheels and zips for tests, good ones and bad ones, built in memory and the same bytes every time.

``make_wheel`` writes what a build backend would write; its last keywords each break one rule of the wheel
specification. ``make_zip`` takes ``Member`` values and can write what no tool would.
"""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Member", "make_wheel", "make_zip", "record_row"]

_WHEN = (2026, 1, 2, 3, 4, 6)


@dataclass(frozen=True)
class Member:
    """One zip member. ``mode`` is the whole Unix mode; ``claimed_size`` is what the central directory says instead."""

    name: str
    data: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    compression: int = zipfile.ZIP_DEFLATED
    encrypted: bool = False
    claimed_size: int | None = None


def make_zip(members: Iterable[Member]) -> bytes:
    """A zip with exactly these members, duplicates and impossible names included."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as file:
        warnings.simplefilter("ignore", UserWarning)
        for member in members:
            info = zipfile.ZipInfo("x", _WHEN)
            info.filename = member.name
            info.create_system = 3
            info.external_attr = member.mode << 16
            info.compress_type = member.compression
            file.writestr(info, member.data)
            # The central directory is written on closing, from these values.
            info.flag_bits |= 0x1 if member.encrypted else 0
            info.file_size = info.file_size if member.claimed_size is None else member.claimed_size
    return buffer.getvalue()


def record_row(path: str, data: bytes, algorithm: str = "sha256") -> str:
    """``path,sha256=...,size``, quoted as CSV where needed."""
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode()
    quoted = '"' + path.replace('"', '""') + '"' if any(char in path for char in ',"\r\n') else path
    return f"{quoted},{algorithm}={digest},{len(data)}"


def make_wheel(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str = "",
    extras: Mapping[str, Sequence[str]] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    data: Mapping[str, str | bytes] | None = None,
    tag: str = "py3-none-any",
    build: str = "",
    entry_points: str = "",
    headers: Sequence[tuple[str, str]] = (),
    description: str = "",
    purelib: bool | None = None,
    executable: Sequence[str] = (),
    metadata_name: str | None = None,
    metadata_version: str | None = None,
    wheel_version: str = "1.0",
    dist_info: str | None = None,
    algorithm: str = "sha256",
    record: str | None = None,
    unlisted: Sequence[str] = (),
    omit: Sequence[str] = (),
    members: Sequence[Member] = (),
) -> tuple[str, bytes]:
    """The file name and the bytes of a wheel.

    What a publisher chooses: ``requires`` (PEP 508 strings), ``extras`` (extra -> its PEP 508 strings), ``files``
    (member -> content; by default one package named like the project, with ``__version__``), ``data`` (path below
    ``.data/``, such as ``scripts/run`` -> content), ``tag``, ``build``, ``entry_points`` (text), ``headers`` (more
    METADATA headers), ``purelib`` (Root-Is-Purelib; by default true for ``none-any``), ``executable`` (member names).

    What goes wrong: another name or version in METADATA, another Wheel-Version, another ``.dist-info`` stem, another
    RECORD ``algorithm``, a whole other ``record`` text, members ``unlisted`` in RECORD, files ``omit``-ted
    (``"RECORD"``, ``"WHEEL"``, ``"METADATA"`` or a member name; they stay listed in RECORD), raw ``members`` appended
    and not listed in RECORD.
    """
    stem = name.replace("-", "_").replace(".", "_")
    filename = "-".join(filter(None, (stem, version, build, tag))) + ".whl"
    base = dist_info or f"{stem}-{version}"
    contents = {path: _bytes(text) for path, text in _files(stem, version, files).items()}
    contents |= {f"{base}.data/{path}": _bytes(text) for path, text in (data or {}).items()}
    metadata = _metadata(
        metadata_name or name, metadata_version or version, requires, requires_python, extras or {}, headers
    )
    contents[f"{base}.dist-info/METADATA"] = (metadata + "\n" + description).encode()
    pure = tag.endswith("none-any") if purelib is None else purelib
    contents[f"{base}.dist-info/WHEEL"] = _wheel(wheel_version, pure, tag, build).encode()
    if entry_points:
        contents[f"{base}.dist-info/entry_points.txt"] = entry_points.encode()
    rows = [record_row(path, body, algorithm) for path, body in contents.items() if path not in unlisted]
    rows.append(f"{base}.dist-info/RECORD,,")
    contents[f"{base}.dist-info/RECORD"] = ("\n".join(rows) + "\n" if record is None else record).encode()
    left_out = {*omit, *(f"{base}.dist-info/{path}" for path in omit)}
    good = [
        Member(path, body, stat.S_IFREG | (0o755 if path in executable else 0o644))
        for path, body in contents.items()
        if path not in left_out
    ]
    return filename, make_zip([*good, *members])


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _files(stem: str, version: str, files: Mapping[str, str | bytes] | None) -> Mapping[str, str | bytes]:
    return {f"{stem.lower()}/__init__.py": f"__version__ = {version!r}\n"} if files is None else files


def _metadata(
    name: str,
    version: str,
    requires: Sequence[str],
    requires_python: str,
    extras: Mapping[str, Sequence[str]],
    headers: Sequence[tuple[str, str]],
) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, wanted in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_only_for(extra, requirement)}" for requirement in wanted]
    lines += [f"{key}: {value}" for key, value in headers]
    return "".join(f"{line}\n" for line in lines)


def _only_for(extra: str, requirement: str) -> str:
    """The requirement with ``extra == "..."`` added to its marker."""
    what, _, marker = (part.strip() for part in requirement.partition(";"))
    return f'{what} ; ({marker}) and extra == "{extra}"' if marker else f'{what} ; extra == "{extra}"'


def _wheel(wheel_version: str, pure: bool, tag: str, build: str) -> str:
    pythons, abis, platforms = (part.split(".") for part in tag.split("-", 2))
    tags = [f"Tag: {py}-{abi}-{platform}\n" for py in pythons for abi in abis for platform in platforms]
    head = f"Wheel-Version: {wheel_version}\nGenerator: wheel_factory 1\nRoot-Is-Purelib: {str(pure).lower()}\n"
    return head + (f"Build: {build}\n" if build else "") + "".join(tags)
