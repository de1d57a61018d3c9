"""What the pages of an app ask for: attributes of script elements, PEP 723 blocks, and the files they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import InvalidInput
from ...indexes import Candidate
from ...locks.reading import read_lock
from ...requirements import Requirement, read_requirements
from ...requirements.inputs import read_input
from ...requirements.requested import Read, Requested
from ...requirements.script import has_script_block, read_script
from ...targets import Target
from .page import Page, Tag, split_requirements

__all__ = ["Asked", "Asking"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """What one element asks for: all of it, what of that its attributes say, and what its lock names.

    ``newest``: it prefers the newest versions to those of the distribution.
    """

    requested: Requested = field(default_factory=Requested)
    named: tuple[Requirement, ...] = ()
    locked: tuple[Candidate, ...] = ()
    newest: bool = False

    def pinned(self, versions: Mapping[str, str], target: Target) -> tuple[str, ...]:
        """What its attributes say, with these versions by name."""
        names = dict.fromkeys(candidate.name for candidate in self.locked if candidate.filename.endswith(".whl"))
        for requirement in self.named:
            if requirement.applies(target.environment):
                extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
                names.pop(requirement.name, None)
                names[requirement.name + extras] = None
        return tuple(f"{name}=={versions[name.partition('[')[0]]}" for name in names)


class Asking:
    """Reads what elements of the pages below ``root`` ask for, with ``read`` for the files they name."""

    def __init__(self, root: Path, read: Read, target: Target) -> None:
        self._root = root
        self._read = read
        self._target = target

    async def asked(self, page: Page, tag: Tag) -> Asked:
        """What this element asks for. Raises ``InvalidInput`` that names the page."""
        try:
            return await self._asked(page, tag)
        except InvalidInput as error:
            error.args = (f"{page.address}: {error.message}",)
            error.message = f"{page.address}: {error.message}"
            raise

    async def _asked(self, page: Page, tag: Tag) -> Asked:
        said = tag.attributes
        words = [self._place(page, word) for word in split_requirements(said.get("data-packages", ""))]
        requested = Requested(read_requirements(words))
        if file := said.get("data-requirements"):
            requested += await read_input(self._place(page, file, always=True), self._read)
        named = requested.requirements
        code = await self._code(page, tag)
        if has_script_block(code):
            requested += read_script(code, f"{page.address} <script>")
        index = said.get("data-index", "")
        if _ADDRESS.match(index):
            requested = replace(requested, index_url=index)
        lock = said.get("data-lock")
        locked = await read_lock(self._place(page, lock, always=True), self._read, self._target) if lock else ()
        return Asked(requested, named, tuple(locked), said.get("data-prefer") == "newest")

    async def _code(self, page: Page, tag: Tag) -> str:
        source = tag.attributes.get("src")
        if tag.kind != "python" or not source:
            return tag.code if tag.kind == "python" else ""
        return (await self._read(self._place(page, source, always=True))).decode("utf-8", "replace")

    def _place(self, page: Page, address: str, *, always: bool = False) -> str:
        """The file that an address of the site stands for; what is no address of the site as it is."""
        if _ADDRESS.match(address) or not (always or address.startswith((".", "/"))):
            return address
        path = re.split(r"[?#]", address, maxsplit=1)[0]
        folder = self._root if path.startswith("/") else (self._root / page.address).parent
        return str(folder / path.lstrip("/"))
