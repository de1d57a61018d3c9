"""Makes a folder that any web server can serve: a package index with the wheels, and the page that installs from it.

``python publish.py [WHEELS [FOLDER]]``. An index is a page of links for each project (PEP 503), nothing more.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(wheels: Path, folder: Path) -> None:
    """Put every wheel of a folder into the index of another, and the page beside it."""
    shutil.copytree(HERE / "page", folder, dirs_exist_ok=True)
    projects: dict[str, list[str]] = {}
    for wheel in sorted(wheels.glob("*.whl")):
        project = re.sub(r"[-_.]+", "-", wheel.name.partition("-")[0]).lower()
        place = folder / "simple" / project
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wheel, place / wheel.name)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        projects.setdefault(project, []).append(f"{wheel.name}#sha256={digest}")
    if not projects:
        raise SystemExit(f"there is no wheel in {wheels}: first run build.py")
    for project, files in projects.items():
        write_links(folder / "simple" / project, {address.partition("#")[0]: address for address in files})
    write_links(folder / "simple", {project: f"{project}/" for project in projects})
    print(folder)


def write_links(folder: Path, links: dict[str, str]) -> None:
    """A page with these links, text to address."""
    lines = [f'<a href="{escape(address)}">{escape(text)}</a><br>' for text, address in links.items()]
    (folder / "index.html").write_text("\n".join(["<!DOCTYPE html>", *lines, ""]), "utf-8")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(*given, *(HERE / "dist", HERE / "site")[len(given) :])
