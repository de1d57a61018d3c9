"""A snapshot that Node made ahead, in the three browsers: a first visit that has its packages imported."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest
from selenium import webdriver

from support.distribution import mount_distribution
from support.engines import Engine, WebDriverEngine, show
from support.index_server import IndexServer
from support.instant_page import InstantPage
from support.prepared import make_prepared
from support.store_tab import serve_store

WORK = """
import json, os, random, sys, time
from pydantic import BaseModel
class Planet(BaseModel):
    name: str
    moons: int
json.dumps(dict(
    planet=Planet.model_validate_json('{"name": "Mars", "moons": "2"}').model_dump(),
    imported="pydantic_core" in sys.modules,
    python=sys.executable,
    folder=os.getcwd(),
    environment=dict(os.environ),
    random=random.random(),
    zone=time.strftime("%z", time.localtime(1_700_000_000)),
))
"""
BOOT = """
const warned = [];
const { warn } = console;
console.warn = (...words) => { warned.push(words.join(" ")); };
try {
  const { boot } = await import("/wasminstall/wasminstall.mjs");
  const python = await boot({ pyodide: "/pyodide/", ...OPTIONS });
  return { start: python.start, found: JSON.parse(await python.run(WORK)), warned };
} finally {
  console.warn = warn;
}
"""
ZONE = """
const minutes = -new Date(1_700_000_000_000).getTimezoneOffset();
const two = (number) => String(Math.trunc(number)).padStart(2, "0");
const sign = minutes < 0 ? "-" : "+";
return [navigator.language, sign + two(Math.abs(minutes) / 60) + two(Math.abs(minutes) % 60)];
"""


@pytest.fixture(scope="module")
def prepared(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file, which lies at ``/prepared/pydantic.gz``, damaged in several ways at other names beside it."""
    folder = tmp_path_factory.mktemp("prepared")
    make_prepared(folder, mount_distribution(server, "pyodide"), ["pydantic"], ["pydantic"])
    [path] = folder.glob("*.gz")
    whole = path.read_bytes()
    content = gzip.decompress(whole)
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 1
    magic, recipe, size, _ = content[:128].split()
    length = int(size)
    header = {**json.loads(content[128 : 128 + length]), "pyodide": "314.0.0"}
    foreign = json.dumps(header, separators=(",", ":")).encode()
    words = [magic, recipe, str(len(foreign)).encode(), hashlib.sha256(foreign).hexdigest().encode()]
    foreign = b" ".join(words).ljust(127) + b"\n" + foreign
    files = {
        "pydantic.gz": whole,
        "pydantic.snapshot": content,
        "cut.gz": whole[: len(whole) // 2],
        "damaged.gz": gzip.compress(bytes(damaged), 1),
        "foreign.gz": gzip.compress(foreign + content[128 + length :], 1),
        "page.gz": b"<!doctype html><title>Nothing here</title>" * 9,
    }
    server.mount("/prepared/", files.get)
    return whole


def boot(engine: Engine, **options: object) -> dict[str, Any]:
    """What a Python that is started with these options finds, and how it started."""
    script = BOOT.replace("OPTIONS", json.dumps(options)).replace("WORK", json.dumps(WORK))
    found: dict[str, Any] = engine.run(script)
    return found


@pytest.mark.parametrize("worker", [False, True], ids=["page", "worker"])
def test_a_first_visit_is_instant(engine: Engine, server: IndexServer, prepared: bytes, worker: bool) -> None:
    show(engine, server, "")
    first = boot(engine, snapshot="/prepared/pydantic.gz", packages=["pydantic"], worker=worker)
    found = first["found"]
    assert found["planet"] == {"name": "Mars", "moons": 2}
    if engine.name == "webkit":  # it fills the table of functions in an order of its own
        assert first["start"] == {"instant": False, "reason": "its libraries are not where they were"}
        return
    assert first["start"] == {"instant": True, "reason": ""}, first
    assert found["imported"]
    language, zone = engine.run(ZONE)
    assert found["environment"]["LANG"] == f"{language.replace('-', '_')}.UTF-8"
    assert found["zone"] == zone
    second = boot(engine, snapshot="/prepared/pydantic.gz", worker=worker)
    assert second["start"]["instant"]
    assert second["found"].pop("random") != found.pop("random")
    assert second["found"] == found
    normal = boot(engine, packages=["pydantic"], preload=["pydantic"], worker=worker)
    assert not normal["start"]["instant"]
    for told in ("environment", "python", "folder", "zone"):
        assert normal["found"][told] == found[told]


def test_a_server_may_decompress_it(browser: webdriver.Chrome, server: IndexServer, prepared: bytes) -> None:
    engine = WebDriverEngine("chromium", browser)
    show(engine, server, "")
    found = boot(engine, snapshot="/prepared/pydantic.snapshot", config={"env": {"MOONS": "2"}})
    assert found["start"]["instant"]
    assert found["found"]["environment"]["MOONS"] == "2"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cut.gz", ""),
        ("damaged.gz", "what was kept is damaged"),
        ("foreign.gz", "it was made by Pyodide 314.0.0"),
        ("page.gz", "what was found is no snapshot"),
        ("missing.gz", "gives HTTP 404"),
    ],
)
def test_what_cannot_be_used_is_a_normal_start(
    browser: webdriver.Chrome, server: IndexServer, prepared: bytes, name: str, reason: str
) -> None:
    engine = WebDriverEngine("chromium", browser)
    show(engine, server, "")
    found = boot(engine, snapshot=f"/prepared/{name}", packages=["pydantic"])
    assert not found["start"]["instant"]
    assert reason in found["start"]["reason"]
    assert found["found"]["planet"] == {"name": "Mars", "moons": 2}
    [warning] = found["warned"]
    assert warning == f"wasminstall: Python does not start from a snapshot: {found['start']['reason']}"


def test_a_file_that_crashes_its_page(browser: webdriver.Chrome, server: IndexServer, prepared: bytes) -> None:
    """Twice; then it is left alone for a day."""
    page = InstantPage(browser, server)
    show(WebDriverEngine("chromium", browser), server, "")
    options = page.options("pydantic", snapshot="/prepared/pydantic.gz?crash", instant=False)
    serve_store(server)
    server.fault("*/pyodide.asm.mjs", "hang")
    for failures in (1, 2):
        tab = InstantPage(browser, server, new=True)
        tab.begin(f"return start({options});")
        page.run(f"await until(async () => (await kept()).some(([, , facts]) => facts.failures === {failures}));")
        tab.crash()
    server.heal()
    for _ in range(2):
        report = page.visit(options)
        assert not report["instant"]
        assert "without a word" in report["reason"]
    page.forget()
    assert page.visit(options)["instant"]


def test_a_python_that_dies(browser: webdriver.Chrome, server: IndexServer, prepared: bytes) -> None:
    """Then the file is left alone for a day, by the page as by its worker."""
    page = InstantPage(browser, server)
    serve_store(server)
    page.forget()
    options = page.options("pydantic", snapshot="/prepared/pydantic.gz?dies", instant=False)
    assert page.visit(options)["instant"]
    # Of a dead Python one hears nothing more.
    page.run("python.run('import ctypes; ctypes.string_at(0xFFFFFF00, 100)').catch(() => {});")
    page.run("await until(async () => (await kept()).some(([, , { refused }]) => refused));")
    for worker in (False, True):
        report = page.visit(
            page.options("pydantic", snapshot="/prepared/pydantic.gz?dies", instant=False, worker=worker)
        )
        assert report == {"instant": False, "reason": "a Python that was restored has died"}
        assert page.run("return python.run('import pydantic; pydantic.__name__');") == "pydantic"
    assert page.visit(options.replace("?dies", "?lives"))["instant"]
    page.forget()
    assert page.visit(options)["instant"]
