"""Folders, the distribution and the whole of the development server, each against real servers on this machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from serving import SHA256, WHEEL, WHEEL_NAME, running

from wasminstall.serve import Answer, ContentStore, Distribution, Folder, Part, create_app

# Folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    for name in ("index.html", "a.mjs", "a.js", "a.wasm", "a.whl", "a.json", "a.unknown", "sub/index.html"):
        (root / name).write_text(f"this is {name}")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.whl", "application/zip"),
        ("a.json", "application/json"),
        ("a.unknown", "application/octet-stream"),
        ("", "text/html; charset=utf-8"),
        ("sub/", "text/html; charset=utf-8"),
    ],
)
async def test_folder_gives_the_right_type(folder: Path, path: str, content_type: str) -> None:
    async with running(create_app([Folder("/files/", folder)])) as client:
        answer = await client.get(f"/files/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.headers["cache-control"] == "no-cache"


async def test_folder_revalidates_by_etag(folder: Path) -> None:
    async with running(create_app([Folder("/", folder)])) as client:
        etag = (await client.get("/a.js")).headers["etag"]
        again = await client.get("/a.js", headers={"If-None-Match": etag})
        (folder / "a.js").write_text("rebuilt, and longer")
        rebuilt = await client.get("/a.js", headers={"If-None-Match": etag})
    assert (again.status_code, rebuilt.text) == (304, "rebuilt, and longer")


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/sub/..%2f..%2fsecret.txt", "/link.txt", "/a%00.js", "/nothing"]
)
async def test_folder_gives_nothing_else(folder: Path, path: str) -> None:
    async with running(create_app([Folder("/", folder)])) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.split()[1] in {b"404", b"400"}
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2].replace(path.encode(), b"").replace(b"/secret.txt", b"")


async def test_folder_without_its_last_slash_redirects(folder: Path) -> None:
    async with running(create_app([Folder("/", folder)])) as client:
        answer = await client.get("/sub")
    assert (answer.status_code, answer.headers["location"]) == (301, "/sub/")


# The distribution


@pytest.fixture
def core(tmp_path: Path) -> Path:
    core = tmp_path / "core"
    core.mkdir()
    (core / "pyodide.mjs").write_text("export {}")
    packages = {"demo": {"name": "demo", "file_name": WHEEL_NAME, "sha256": SHA256}}
    (core / "pyodide-lock.json").write_text(json.dumps({"info": {}, "packages": packages}))
    return core


async def test_distribution_is_core_files_and_locked_wheels(core: Path, tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    async def source(file_name: str, sha256: str) -> bytes:
        asked.append((file_name, sha256))
        await asyncio.sleep(0.02)
        return WHEEL

    parts: list[Part] = [Distribution(core, source, ContentStore(tmp_path / "sha256"))]
    async with running(create_app(parts)) as client:
        module = await client.get("/pyodide/pyodide.mjs")
        wheels = await asyncio.gather(*(client.get("/pyodide/demo-1.0%2Blocal-py3-none-any.whl") for _ in range(3)))
        unknown = await client.get("/pyodide/other-1.0-py3-none-any.whl")
        outside = await client.get("/pyodide/..%2fsecret")
    assert module.headers["content-type"].startswith("text/javascript")
    assert {wheel.content for wheel in wheels} == {WHEEL}
    assert (unknown.status_code, outside.status_code) == (404, 404)
    assert asked == [(WHEEL_NAME, SHA256)]


async def test_distribution_refuses_other_bytes(core: Path, tmp_path: Path) -> None:
    async def wrong(file_name: str, sha256: str) -> bytes:
        return b"not what the lock says"

    async def absent(file_name: str, sha256: str) -> bytes:
        raise LookupError("nobody has it")

    for source, text in ((wrong, "other bytes"), (absent, "nobody has it")):
        async with running(create_app([Distribution(core, source, ContentStore(tmp_path / "sha256"))])) as client:
            answer = await client.get("/pyodide/demo-1.0%2Blocal-py3-none-any.whl")
        assert answer.status_code == 502
        assert text in answer.text


def test_store_takes_nothing_but_a_sha256_for_a_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        ContentStore(tmp_path).path("../../etc/passwd")


# The whole


async def test_headers_that_concern_all_parts(folder: Path) -> None:
    parts: list[Part] = [Answer("/config.json", {"proxy": True}), Folder("/", folder)]
    async with running(create_app(parts, cors=True, isolated=True)) as client:
        answers = [await client.get("/config.json"), await client.get("/a.js"), await client.get("/nothing")]
        preflight = await client.options("/a.js", headers={"Access-Control-Request-Method": "GET"})
    assert answers[0].json() == {"proxy": True}
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
    assert preflight.status_code == 204
    assert "GET" in preflight.headers["access-control-allow-methods"]


async def test_no_headers_unless_told(folder: Path) -> None:
    async with running(create_app([Folder("/", folder)])) as client:
        answer = await client.get("/a.js")
    assert not [name for name in answer.headers if name.startswith(("access-control", "cross-origin"))]
