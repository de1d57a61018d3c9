"""``wasminstall bundle`` on CPython: what is read from pages, what is written, and what leaves nothing behind."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
from click.testing import CliRunner

from support.index_server import IndexServer
from support.wheel_factory import Member, make_wheel, make_zip
from wasminstall.cli.app import cli
from wasminstall.cli.bundling import bootstrap, core, writing
from wasminstall.cli.bundling.page import read_page

TAG = '<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-prefer="newest" data-instant></script>'
START_TAG = re.compile(r'<script(?:"[^"]*"|[^>"])*>')
PAGE = f"""<!doctype html>
<title>A &amp; B</title>
{TAG}
<script type="text/python" data-packages="one[more]>=1" id="first">
  import one
</script>
"""
INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}


@pytest.fixture(scope="module")
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        server.add(
            *make_wheel("one", "1.0", requires=["shared"], extras={"more": ["extra-one"]}, files={"one.py": "1"})
        )
        server.add(
            *make_wheel("one", "2.0", requires=["shared"], extras={"more": ["extra-one"]}, files={"one.py": "2"})
        )
        server.add(*make_wheel("shared", "1.0", files={"shared/__init__.py": "", "shared/tests/test_it.py": "x"}))
        server.add(*make_wheel("extra-one", "1.0", files={"extra_one.py": ""}))
        server.add(*make_wheel("two", "1.0", requires=["shared<1"]))
        yield server


class Folders:
    """An app, a small stand-in for Pyodide, one for the built bootstrap, and the place for the bundle."""

    def __init__(self, root: Path, index: IndexServer) -> None:
        self.root, self.index = root, index
        self.app, self.out, self.pyodide = root / "app", root / "site", root / "pyodide"
        built = root / "built"
        for folder in (self.app, self.pyodide, built):
            folder.mkdir()
        for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
            (self.pyodide / name).write_text(f"{name} " * 50)
        self.lock(INFO)
        for name in ("wasminstall.js", "wasminstall.mjs", "wasminstall-offline.js", "wasminstall-offline-worker.js"):
            (built / name).write_text(f"// {name}\n//# sourceMappingURL={name}.map\n")
        (built / "wasminstall.zip.gz").write_bytes(gzip.compress(b"archive"))
        self.built = built
        self.page("index.html", PAGE)

    def lock(self, info: dict[str, str], packages: dict[str, Any] | None = None) -> None:
        (self.pyodide / "pyodide-lock.json").write_text(json.dumps({"info": info, "packages": packages or {}}))

    def page(self, name: str, text: str) -> None:
        (self.app / name).parent.mkdir(parents=True, exist_ok=True)
        (self.app / name).write_text(text)

    def run(self, *more: str) -> Any:
        order = ["--pyodide", str(self.pyodide), "-i", self.index.url, *more]
        return CliRunner().invoke(cli, ["bundle", str(self.app), "-o", str(self.out), *order], catch_exceptions=False)

    def bundle(self, *more: str) -> dict[str, Any]:
        done = self.run("--json", *more)
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def refused(self, *more: str, status: int = 1) -> str:
        """What is said when nothing is made; nothing may be left, or changed, beside the app."""
        before = tree(self.root)
        done = self.run(*more)
        assert done.exit_code == status, done.output
        assert tree(self.root) == before
        return " ".join(done.stderr.split())


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folders(tmp_path: Path, index: IndexServer, monkeypatch: pytest.MonkeyPatch) -> Folders:
    found = Folders(tmp_path, index)
    monkeypatch.setattr(bootstrap, "_IN_WHEEL", found.built)
    monkeypatch.setattr(writing, "QUALITY", 1)
    monkeypatch.setenv("WASMINSTALL_CACHE", str(tmp_path / ".." / f"cache-{tmp_path.name}"))
    return found


def test_bytecode_of_the_release_goes_with_its_package(folders: Folders) -> None:
    """A page asks for the file even where this build has none; for what the bundle does not have, nobody asks."""
    for name in ("numpy", "pandas", "matplotlib"):
        (folders.built / f"wasminstall.{name}.gz").write_bytes(name.encode())
    (folders.built / "wasminstall.numpy.gz").unlink()
    for name in ("numpy", "pandas"):
        folders.index.add(*make_wheel(name, "1.0"))
    folders.page("index.html", PAGE.replace("one[more]>=1", "numpy pandas"))
    folders.bundle()
    made = {name.rpartition("/")[2]: data for name, data in tree(folders.out).items()}
    assert "wasminstall.matplotlib.gz" not in made
    assert gzip.decompress(made["wasminstall.numpy.gz"]) == b""
    assert made["wasminstall.pandas.gz"] == b"pandas"


def test_the_site(folders: Folders) -> None:
    folders.page("sub/style.css", "h1 { color: red }" * 20)
    folders.page(".hidden/secret.txt", "not for everybody")
    folders.page("node_modules/x.js", "not for everybody")
    told = folders.bundle()
    assert told["packages"] == {"one": "2.0", "shared": "1.0", "extra-one": "1.0"}
    made = tree(folders.out)
    assert not [name for name in made if "hidden" in name or "node_modules" in name]
    assert sorted(file["address"] for file in told["files"]) == sorted(
        name for name in made if not name.endswith((".br", ".gz")) or name.endswith(("zip.gz", "stdlib.gz"))
    )
    css = made["sub/style.css"]
    assert gzip.decompress(made["sub/style.css.gz"]) == brotli.decompress(made["sub/style.css.br"]) == css

    page = made["index.html"].decode()
    (tag,) = [tag for tag in read_page("index.html", page).tags if tag.kind == "bootstrap"]
    script = made[tag.attributes["src"]]
    digest = base64.b64encode(hashlib.sha384(script).digest()).decode()
    assert tag.attributes["integrity"] == f"sha384-{digest}"
    assert "data-instant" in tag.attributes
    assert "data-prefer" not in tag.attributes
    assert b"sourceMappingURL" not in script
    assert 'data-packages="one[more]==2.0" id="first"' in page or 'id="first" data-packages="one[more]==2.0"' in page
    # The rest of the page is as it was.
    assert START_TAG.sub("", page).replace("\n</script>", "", 1) == START_TAG.sub("", PAGE)

    lock = json.loads(made[f"{tag.attributes['data-pyodide']}pyodide-lock.json"])
    assert lock["info"] == INFO
    assert lock["packages"]["one"]["depends"] == ["extra-one", "shared"]
    assert lock["packages"]["shared"]["imports"] == ["shared"]
    for entry in lock["packages"].values():
        address = f"wasminstall-assets/{entry['file_name'].removeprefix('../')}"
        assert hashlib.sha256(made[address]).hexdigest() == entry["sha256"]


def test_the_service_worker_knows_every_file(folders: Folders) -> None:
    folders.page("more/index.html", "<title>no Python</title>")
    files = {file["address"] for file in folders.bundle()["files"]}
    script = (folders.out / "service-worker.js").read_text()
    first, _, rest = script.partition("\n")
    told = json.loads(first.removeprefix("self.BUNDLE=").removesuffix(";"))
    assert rest.startswith("// wasminstall-offline-worker.js")
    assert sorted(told["pages"]) == ["", "more/"]
    assert {*told["fixed"], "index.html", "more/index.html", "service-worker.js"} == files
    for address, integrity in told["fixed"].items():
        digest = hashlib.sha384((folders.out / address).read_bytes()).digest()
        assert integrity == f"sha384-{base64.b64encode(digest).decode()}"


def test_the_same_app_is_the_same_site(folders: Folders) -> None:
    folders.bundle("--trim")
    first = tree(folders.out)
    folders.out.rename(folders.root / "first")
    folders.bundle("--trim")
    assert tree(folders.out) == first


def test_only_what_changed_has_another_address(folders: Folders) -> None:
    def wheels() -> set[str]:
        return {file["address"] for file in folders.bundle()["files"] if file["group"] in ("wheel", "bootstrap")}

    first = wheels()
    folders.out.rename(folders.root / "first")
    folders.page("index.html", PAGE.replace("one[more]>=1", "one<2"))
    changed = {address.rpartition("/")[2] for address in first ^ wheels()}
    assert changed == {"one-1.0-py3-none-any.whl", "one-2.0-py3-none-any.whl", "extra_one-1.0-py3-none-any.whl"}


def test_every_way_to_ask(folders: Folders) -> None:
    block = '# /// script\n# dependencies = ["extra-one"]\n# ///\n'
    folders.page("sub/needs.txt", "one<2\n")
    folders.page("sub/code.py", block)
    folders.page(
        "sub/page.html",
        f'{TAG}<script type="text/python" data-requirements="needs.txt"></script>'
        '<SCRIPT TYPE="text/python" SRC="code.py"></SCRIPT>',
    )
    folders.page("index.html", TAG)
    assert folders.bundle()["packages"] == {"one": "1.0", "shared": "1.0", "extra-one": "1.0"}
    page = (folders.out / "sub/page.html").read_text()
    assert '<script src="code.py"' in page.lower().replace('type="text/python" ', "")
    assert 'data-packages="one==1.0"' in page
    assert 'data-pyodide="../wasminstall-assets/pyodide.' in page
    folders.out.rename(folders.root / "first")
    assert "one" in folders.bundle("one")["packages"]


def test_packages_of_the_distribution(folders: Folders) -> None:
    """What its lock says of them stays: which library a wheel needs stands nowhere else."""
    name, data = make_wheel("of_pyodide", "1.0", files={"of_pyodide.py": "", "of_pyodide.pyi": "x: int\n" * 99})
    files = {name: data, "lib-1.zip": make_zip([Member("lib.so", b"")])}
    entry = {
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": True,
        "version": "1.0",
        "imports": [],
    }
    library = {**entry, "install_dir": "dynlib", "package_type": "shared_library"}
    packages: dict[str, dict[str, Any]] = {
        "of-pyodide": {**entry, "name": "of_pyodide", "file_name": name, "depends": ["lib"]},
        "lib": {**library, "name": "lib", "file_name": "lib-1.zip", "depends": []},
        "other": {
            **entry,
            "name": "other",
            "file_name": "other-1.0-py3-none-any.whl",
            "depends": [],
            "sha256": "0" * 64,
        },
    }
    for found in packages.values():
        if found["file_name"] in files:
            content = files[found["file_name"]]
            (folders.pyodide / found["file_name"]).write_bytes(content)
            found["sha256"] = hashlib.sha256(content).hexdigest()
    folders.lock(INFO, packages)
    folders.page("index.html", PAGE.replace("one[more]>=1", "of-pyodide"))
    told = folders.bundle("--trim")
    assert told["packages"] == {"lib": "1.0", "of-pyodide": "1.0"}
    assert told["trimmed"] == {"of-pyodide": {"files": 1, "bytes": 693}}
    (lock,) = folders.out.glob("wasminstall-assets/pyodide.*/pyodide-lock.json")
    written = json.loads(lock.read_text())["packages"]
    assert written.keys() == {"lib", "of-pyodide"}
    assert written["lib"]["package_type"] == "shared_library"
    assert written["lib"]["version"] == "1.0"
    assert written["of-pyodide"]["depends"] == ["lib"]
    assert written["of-pyodide"]["unvendored_tests"] is False
    assert written["of-pyodide"]["sha256"] != packages["of-pyodide"]["sha256"]


def test_pages_in_another_encoding(folders: Folders) -> None:
    text = PAGE.encode().replace(b"A &amp; B", b"Caf\xe9\r\n")
    (folders.app / "index.html").write_bytes(text)
    folders.bundle()
    assert b"Caf\xe9\r\n" in (folders.out / "index.html").read_bytes()


def test_a_wheel_of_the_app(folders: Folders) -> None:
    name, data = make_wheel("own", "3.0", requires=["shared"])
    folders.page("index.html", f'{TAG}<script type="text/python" data-packages="./wheels/{name}"></script>')
    (folders.app / "wheels").mkdir()
    (folders.app / "wheels" / name).write_bytes(data)
    assert folders.bundle()["packages"] == {"own": "3.0", "shared": "1.0"}
    assert 'data-packages="own==3.0"' in (folders.out / "index.html").read_text()


def lock_of(index: IndexServer, *wheels: tuple[str, bytes]) -> str:
    rows = [
        f'[[packages]]\nname = "{name.split("-")[0]}"\nversion = "{name.split("-")[1]}"\nwheels = [{{ '
        f'url = "{index.file_url(name)}", hashes = {{ sha256 = "{hashlib.sha256(data).hexdigest()}" }} }}]\n'
        for name, data in wheels
    ]
    return "\n".join(['lock-version = "1.0"\ncreated-by = "test"', *rows])


def test_a_lock_decides(folders: Folders, index: IndexServer) -> None:
    one = make_wheel("one", "1.0", requires=["shared"], extras={"more": ["extra-one"]}, files={"one.py": "1"})
    lock = folders.root / "pylock.toml"
    lock.write_text(lock_of(index, one))
    folders.page("index.html", PAGE.replace("[more]", ""))
    assert folders.bundle("--lock", str(lock))["packages"] == {"one": "1.0"}
    folders.out.rename(folders.root / "first")
    folders.page("pylock.toml", lock.read_text())
    folders.page("index.html", f'{TAG}<script type="text/python" data-lock="/pylock.toml"></script>')
    assert folders.bundle()["packages"] == {"one": "1.0"}
    assert 'data-packages="one==1.0"' in (folders.out / "index.html").read_text()


def test_what_a_lock_does_not_fit(folders: Folders, index: IndexServer) -> None:
    one = make_wheel("one", "1.0", requires=["shared"], extras={"more": ["extra-one"]}, files={"one.py": "1"})
    lock = folders.root / "pylock.toml"
    lock.write_text(lock_of(index, one))
    folders.page("index.html", PAGE.replace("one[more]>=1", "one>=2 shared"))
    said = folders.refused("--lock", str(lock))
    assert "the lock has 1.0, and one>=2 is asked for" in said
    assert "shared: it is asked for (shared), and not in the lock" in said
    lock.write_text(lock_of(index, (one[0], b"other")))
    folders.page("index.html", PAGE.replace("one[more]>=1", "one"))
    assert "sha256" in folders.refused("--lock", str(lock))


def test_what_is_refused(folders: Folders) -> None:
    folders.page("index.html", PAGE.replace("one[more]", "two"))
    assert "shared<1" in folders.refused()
    folders.page("index.html", PAGE.replace("one[more]>=1", "nobody-has-this"))
    said = folders.refused()
    assert "nobody-has-this ✗ no such project" in said
    assert said.endswith("error: nothing was bundled: index.html asks for nobody-has-this")
    folders.page("index.html", PAGE.replace("one[more]>=1", "one>>1"))
    assert "index.html: " in folders.refused()
    folders.page("index.html", "<title>no Python</title>")
    assert 'add <script src="/wasminstall/wasminstall.js"' in folders.refused()
    folders.page("index.html", PAGE)
    assert "is not pyodide-0.29: it is for Python 3.14" in folders.refused("--target", "pyodide-0.29")
    (folders.pyodide / "pyodide.asm.wasm").unlink()
    assert "it has no pyodide.asm.wasm" in folders.refused()
    folders.page("service-worker.js", "")
    assert "is in the way" in folders.refused()


def test_a_folder_that_is_not_empty(folders: Folders) -> None:
    folders.out.mkdir()
    (folders.out / "precious.txt").write_text("mine")
    assert "is not empty" in folders.refused()
    (folders.out / "precious.txt").unlink()
    folders.bundle()
    assert "is not empty" in folders.refused()


def test_the_output_inside_of_the_app(folders: Folders) -> None:
    """The next bundle would have this one in it."""
    folders.out = folders.app / "dist" / "site"
    assert "is inside of" in folders.refused(status=2)
    folders.out = folders.app
    assert "is inside of" in folders.refused(status=2)


def test_pyodide_by_npm_is_compared_with_what_was_announced(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """An npm that hands over another archive than its registry announces."""
    npm = folders.root / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(
        '#!/bin/sh\nif [ "$1" = view ]; then echo \'"sha512-AAAA"\'; exit; fi\n'
        'echo bytes > "$5/pyodide.tgz"; echo \'[{"filename": "pyodide.tgz"}]\'\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    order = ["bundle", str(folders.app), "-o", str(folders.out)]
    done = CliRunner().invoke(cli, order, catch_exceptions=False)
    assert done.exit_code == 1
    assert "announced was AAAA" in done.stderr
    npm.write_text("#!/bin/sh\nprintf 'npm error code E404\\nnpm error 404 no such package\\n' >&2\nexit 1\n")
    done = CliRunner().invoke(cli, order, catch_exceptions=False)
    assert "npm could not fetch pyodide@314.0.7: 404 no such package" in done.stderr
    assert "--pyodide FOLDER" in done.stderr
    monkeypatch.setattr(core, "_SECONDS", 0.2)
    npm.write_text("#!/bin/sh\nexec sleep 60\n")
    done = CliRunner().invoke(cli, order, catch_exceptions=False)
    assert "no answer in 0.2 s" in done.stderr
    assert not folders.out.exists()
