"""What people write in place of a requirement, and how to write what they meant: hints, and nothing is guessed."""

from __future__ import annotations

import re

from ..errors import InvalidRequirement

__all__ = ["BUILD_FIRST", "refuse_other_files", "writing_hint"]

BUILD_FIRST = "what is no wheel has to be built into one first (pip wheel, pyodide build), outside of the browser"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_SOURCES = re.compile(r"[^\s;]*\.(tar\.gz|tgz|tar\.bz2|zip)(#.*)?")
_LISTS = re.compile(r"([^\s;@]*/)?[\w.-]*\.txt|([^\s;@]*/)?(pyproject|pylock)\.toml")
_REPOSITORY = re.compile(r"(git|hg|svn|bzr)\+")
_OTHER_SCHEME = re.compile(r"(?!(?:https?|file|emfs):)([A-Za-z][A-Za-z0-9+.-]+):")


def refuse_other_files(text: str) -> None:
    """Raise ``InvalidRequirement`` for the path or address of something that is no wheel."""
    if _REPOSITORY.match(text):
        raise InvalidRequirement(text, "it is a repository, and only wheels are installed", hint=BUILD_FIRST)
    if _SOURCES.fullmatch(text):
        raise InvalidRequirement(text, "it is an archive of sources, and only wheels are installed", hint=BUILD_FIRST)
    if _LISTS.fullmatch(text):
        option = "lock" if "pylock" in text else "file"
        raise InvalidRequirement(text, "it is the name of a file, not of a project", hint=f'{option}="{text}" reads it')
    if scheme := _OTHER_SCHEME.match(text):
        raise InvalidRequirement(
            text, f"nothing can be fetched from {scheme[1]}:", hint="an address begins with https:// or http://"
        )
    if text.startswith((".", "/")) and not text.partition("#")[0].endswith(".whl"):
        raise InvalidRequirement(
            text,
            "it is a folder or a file, and only wheels are installed",
            hint=f'{BUILD_FIRST}; what a project or a script needs is installed with file="..."',
        )


def writing_hint(text: str) -> str:
    """How to write what was probably meant."""
    if re.match(r"(pip3?|micropip|uv pip) install\s", text):
        return "give the requirements alone: " + _as_list(text.partition("install")[2])
    if text.startswith("-"):
        return "options are arguments here: -r is file=..., -c constraints=..., --index-url index_urls=..."
    if re.match(rf"{_NAME}\s*=\s*[0-9]", text):
        return "an exact version is written with two equals signs: " + re.sub(r"\s*=\s*", "==", text, count=1)
    if re.fullmatch(rf"{_NAME}(\s*[,;\s]\s*{_NAME})+", text):
        return "give several requirements as a list: " + _as_list(text)
    if re.match(rf"{_NAME}\s+{_NAME}", text):
        return "give several requirements as a list: " + _as_list(text)
    return 'a requirement looks like "pandas", "pandas>=2,<3" or "pandas[excel]==2.2.3"'


def _as_list(text: str) -> str:
    return "[" + ", ".join(repr(part) for part in re.split(r"[,;\s]+", text.strip()) if part) + "]"
