"""What PyPI asks of a wheel besides its platform: the rules of its upload form that can be seen from outside.

Whether the name is free, whether the classifiers exist and whether the description renders, only PyPI knows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from configparser import ConfigParser, Error

from packaging.metadata import InvalidMetadata, Metadata

from ...wheels.wheel import WheelArchive
from .report import Finding
from .tag_rules import tags_of

__all__ = ["check_publishing"]

_LARGEST = 100 * 1000 * 1000
_METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5")
_SUMMARY = 512
_LABEL = 32
_ENTRY_POINT = re.compile(r"[\w.-]+")
_PLATFORM = re.compile(
    r"any|win32|win_(?:amd64|arm64)|pyemscripten_\d+_\d+_wasm32|linux_armv[67]l"
    r"|macosx_\d+_\d+_\w+|(?:many|musl)linux\w*|ios_\w+|android_\w+"
)


def check_publishing(wheel: WheelArchive) -> Iterator[Finding]:
    """Everything PyPI would refuse the wheel for; what ``check_tags`` says of its platforms is left to that."""
    name, version, *_ = wheel.filename.split("-")
    expected = f"{name}-{version}.dist-info"
    if wheel.dist_info != expected:
        yield _refused(f"its {wheel.dist_info} folder would have to be named as the file is: {expected}")
    if len(wheel.body) > _LARGEST:
        yield _refused(f"it has {len(wheel.body) / 1e6:.0f} MB, above the 100 MB that a project has without asking")
    for platform in sorted({tag.platform for tag in tags_of(wheel.filename)}):
        if not _PLATFORM.fullmatch(platform) and "wasm32" not in platform:
            yield _refused(f"PyPI does not know the platform {platform}")
    yield from _record(wheel)
    yield from _metadata(wheel)
    yield from _entry_points(wheel)


def _refused(text: str, where: str = "", hint: str = "") -> Finding:
    return Finding("refused", text, where, hint)


def _record(wheel: WheelArchive) -> Iterator[Finding]:
    """RECORD has to list every member (that all it lists are there is looked at when the wheel is opened)."""
    where = f"{wheel.dist_info}/RECORD"
    listed = {row[0] for row in csv.reader(wheel.read(where).decode().splitlines()) if row}
    exempt = {f"{where}.jws", f"{where}.p7s"}
    unlisted = sorted(name for name in wheel.members if name not in listed and name not in exempt)
    if unlisted:
        more = f" and {len(unlisted) - 3} more" if len(unlisted) > 3 else ""
        yield _refused(
            f"RECORD does not list {', '.join(unlisted[:3])}{more}", where, "`wasminstall wheel shrink` does"
        )
    bare = sorted(name for name, row in wheel.record.items() if not row.algorithm and name != where)
    if bare:
        yield Finding("warning", f"RECORD has no hash of {', '.join(bare[:3])}", where)


def _metadata(wheel: WheelArchive) -> Iterator[Finding]:
    where = f"{wheel.dist_info}/METADATA"
    content = wheel.read(where)
    try:
        metadata = Metadata.from_email(content)
    except ExceptionGroup as group:
        findings = [_metadata_finding(error, where) for error in _flat(group)]
        yield from findings
        if any(finding.level == "refused" for finding in findings):
            return
        metadata = Metadata.from_email(content, validate=False)
    if metadata.metadata_version not in _METADATA_VERSIONS:
        yield _refused(f"METADATA: Metadata-Version {metadata.metadata_version} is not one PyPI knows", where)
    if metadata.version.local:
        yield _refused(
            f"METADATA: {metadata.version} is a local version", where, f"leave +{metadata.version.local} out"
        )
    if metadata.summary and len(metadata.summary) > _SUMMARY:
        yield _refused(f"METADATA: the Summary is longer than {_SUMMARY} characters", where)
    for requirement in metadata.requires_dist or []:
        if requirement.url is not None:
            yield _refused(f"METADATA: {requirement} depends on an address", where, "name a version in place of it")
    for label in metadata.project_urls or {}:
        if not 0 < len(label) <= _LABEL:
            yield _refused(f"METADATA: the label {label!r} of a Project-URL has not 1 to {_LABEL} characters", where)
    for classifier in metadata.classifiers or []:
        if classifier.startswith("Private ::"):
            yield _refused(f"METADATA: the classifier {classifier!r} says that it is not to be published", where)
        elif classifier.startswith("License ::") and metadata.license_expression:
            yield _refused(f"METADATA: {classifier!r} beside a License-Expression", where, "leave the classifier out")


def _metadata_finding(error: Exception, where: str) -> Finding:
    """Many build backends wrote License-File into metadata that is too old for it; PyPI has many such wheels."""
    text = f"METADATA: {error}"
    if str(error).startswith("license-file introduced in"):
        return Finding(
            "warning", text, where, "PyPI takes it all the same; newer build backends write Metadata-Version 2.4"
        )
    return _refused(text, where)


def _flat(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _flat(error)
        elif isinstance(error, InvalidMetadata):
            # Some messages name the field, and some do not.
            yield ValueError(str(error) if error.field in str(error) else f"{error.field}: {error}")
        else:
            yield error


def _entry_points(wheel: WheelArchive) -> Iterator[Finding]:
    where = f"{wheel.dist_info}/entry_points.txt"
    if where not in wheel.members:
        return
    parser = ConfigParser(delimiters=("=",), interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment]  # names are case-sensitive
    try:
        parser.read_string(wheel.read(where).decode())
    except (Error, UnicodeDecodeError) as error:
        yield _refused(f"entry_points.txt cannot be read: {str(error).partition(chr(10))[0]}", where)
        return
    for section in parser.sections():
        for name in parser[section]:
            if not _ENTRY_POINT.fullmatch(name):
                yield _refused(f"entry_points.txt: {name!r} in [{section}] is no name of an entry point", where)
