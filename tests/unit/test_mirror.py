"""The content-addressed mirror: against the test index, and once against the real PyPI."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import mirror
from mirror import CARRIER_FOLDER, BlobStore, Carrier, DistributionMirror, NotToBeHad, PyodideCDN, PyPI, Source
from support.index_server import IndexServer
from support.wheel_factory import make_wheel

NAME, DATA = make_wheel("thing", "1.0", files={"thing.py": "pass\n" * 200})
SHA256 = hashlib.sha256(DATA).hexdigest()
OTHER = f"{CARRIER_FOLDER}other.zip"
CARRIER, CARRIER_DATA = make_wheel(
    "open_webui",
    "1.0",
    files={"before.txt": b"x" * 50, f"{CARRIER_FOLDER}{NAME}": DATA, OTHER: b"other" * 100, "large": b"y" * 99},
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=2) as session:
        yield session


def make_mirror(folder: Path, client: httpx.AsyncClient, *sources: Source) -> DistributionMirror:
    return DistributionMirror(cache=folder, client=client, sources=sources)


async def test_the_cdn_is_asked_once_then_the_cache_knows(
    index: IndexServer, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "CDN", index.origin + "/v{version}/full/{file_name}")
    index.mount("/v1/full", lambda path: DATA if path == NAME else None)
    first = make_mirror(tmp_path, client, PyodideCDN(client, "1"))
    assert set(await asyncio.gather(*(first.wheel(NAME, SHA256) for _ in range(5)))) == {DATA}
    assert await make_mirror(tmp_path, client).wheel("any name", SHA256.upper()) == DATA
    assert index.paths() == [f"/v1/full/{NAME}"]


async def test_an_unreachable_cdn_is_left_alone(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IndexServer() as gone:
        monkeypatch.setattr(mirror, "CDN", gone.origin + "/{version}/{file_name}")
    mirrored = make_mirror(tmp_path, client, PyodideCDN(client, "1"))
    with pytest.raises(NotToBeHad, match="cannot be reached"):
        await mirrored.wheel(NAME, SHA256)
    with pytest.raises(NotToBeHad, match="a moment ago"):
        await mirrored.wheel(NAME, SHA256)


async def test_a_carrier_is_read_by_ranges(
    index: IndexServer, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "_TAIL", 100)  # so that the directory does not come with the tail
    index.add(CARRIER, CARRIER_DATA)
    sources = [Carrier(client, PyPI(client, index.url), "1.0", tmp_path / "listings")]
    mirrored = make_mirror(tmp_path, client, *sources)
    assert await mirrored.wheel(NAME, SHA256) == DATA
    wheels = [seen for seen in index.requests if seen.path.endswith(".whl")]
    assert [seen.status for seen in wheels] == [206, 206, 206]
    assert sum(seen.size for seen in wheels) < len(CARRIER_DATA)
    # The listing was kept: one more member is one more request.
    index.requests.clear()
    again = make_mirror(tmp_path, client, Carrier(client, PyPI(client, index.url), "1.0", tmp_path / "listings"))
    assert await again.wheel("other.zip", hashlib.sha256(b"other" * 100).hexdigest()) == b"other" * 100
    assert len(index.requests) == 1
    with pytest.raises(NotToBeHad, match="has no such member"):
        await again.wheel("third.zip", "0" * 64)


async def test_a_damaged_listing_is_read_again(index: IndexServer, client: httpx.AsyncClient, tmp_path: Path) -> None:
    index.add(CARRIER, CARRIER_DATA)
    (tmp_path / f"{CARRIER}.json").write_text(json.dumps({"url": "x"}))
    mirrored = make_mirror(tmp_path, client, Carrier(client, PyPI(client, index.url), "1.0", tmp_path))
    assert await mirrored.wheel(NAME, SHA256) == DATA


@pytest.mark.parametrize("kind", ["truncated", "reset", "flipped_byte", "empty", "captive_portal", "status:503"])
async def test_a_bad_source_is_passed_over_and_named(
    index: IndexServer, client: httpx.AsyncClient, tmp_path: Path, kind: str
) -> None:
    index.add(NAME, DATA)
    index.fault("*.whl", kind, times=1)
    mirrored = make_mirror(tmp_path, client, PyPI(client, index.url))
    with pytest.raises(NotToBeHad) as refusal:
        await mirrored.wheel(NAME, SHA256)
    assert list(refusal.value.tried) == ["PyPI under the same name"]
    assert NAME in str(refusal.value)
    assert await mirrored.wheel(NAME, SHA256) == DATA


async def test_pypi_is_not_asked_for_other_builds(
    index: IndexServer, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    index.add(NAME, DATA)
    mirrored = make_mirror(tmp_path, client, PyPI(client, index.url))
    for name, reason in ((NAME, "another build"), ("thing-2.0-py3-none-any.whl", "no file"), ("a.zip", "wheels only")):
        with pytest.raises(NotToBeHad, match=reason):
            await mirrored.wheel(name, "0" * 64)
    assert index.paths() == ["/simple/thing/"]


def test_the_store_heals_itself_and_refuses_other_names(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert store.get(SHA256) is None
    assert store.put(DATA) == SHA256
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    kept.write_bytes(DATA[:-1])
    assert store.get(SHA256) is None
    assert not kept.exists()
    with pytest.raises(ValueError, match="not a sha256"):
        store.get("../" * 21 + "x")


def test_dependencies_are_found_under_any_spelling() -> None:
    packages: dict[str, dict[str, list[str]]] = {
        "a-b": {"depends": ["C_d"]},
        "c-d": {"depends": ["a.b"]},
        "e": {"depends": []},
    }
    assert mirror.with_dependencies(packages, ["A_B"]) == ["a-b", "c-d"]


async def test_the_script_fills_the_folder_and_tells(
    index: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"file_name": NAME, "sha256": SHA256, "depends": ["lost"]}
    lost = {"file_name": "lost.zip", "sha256": "0" * 64, "depends": []}
    (tmp_path / "pyodide-lock.json").write_text(json.dumps({"packages": {"thing": entry, "lost": lost}}))
    (tmp_path / "package.json").write_text('{"version": "1"}')
    monkeypatch.setenv("WASMINSTALL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mirror, "CDN", index.origin + "/v{version}/full/{file_name}")
    monkeypatch.setattr(mirror, "CARRIERS", {"1": "1.0"})
    monkeypatch.setattr(PyPI.__init__, "__defaults__", (index.url,))
    index.mount("/v1/full", lambda path: DATA if path == NAME else None)
    assert not await mirror.fill(tmp_path / "pyodide-lock.json", tmp_path / "wheels", ["thing"])
    told = capsys.readouterr().out
    assert f"{NAME}: {len(DATA)} bytes" in told
    assert "nobody has lost.zip" in told
    assert BlobStore(tmp_path / "cache").get(SHA256) == (tmp_path / "wheels" / NAME).read_bytes() == DATA


async def test_a_real_wheel_of_the_distribution(tmp_path: Path) -> None:
    """six of the 314.0.3 lock, wherever it comes from, into an empty cache."""
    sha256 = "c6681057bd87fdec57e811b8e4007bad38deea284052817fa400d542c6423e2d"
    async with DistributionMirror("314.0.3", cache=tmp_path) as mirrored:
        try:
            data = await mirrored.wheel("six-1.17.0-py2.py3-none-any.whl", sha256)
        except NotToBeHad as error:
            if "answered" in str(error) or "build" in str(error):
                raise
            pytest.skip(f"no network: {error}")
    assert len(data) == 11050
