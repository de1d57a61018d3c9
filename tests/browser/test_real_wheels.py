"""Real compiled wheels from PyPI in a real page: resolved, installed, imported and used."""

from __future__ import annotations

import pytest

from support.page import Page
from support.real_wheels import PINS, real_wheel

FROM_PYPI = ("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection",
             "css-inline", "contourpy", "simplejson")  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def wheels(page: Page) -> None:
    for project in FROM_PYPI:
        page.server.add(*real_wheel(project))


def test_pydantic_with_its_compiled_core(page: Page) -> None:
    """A newer one than the distribution's, which needs exactly its own pydantic-core from the same index."""
    version = PINS["pydantic"].filename.split("-")[1]
    result = page.run(
        f"""
        report = await wasminstall.install("pydantic=={version}")
        from pydantic import BaseModel, ValidationError
        class Point(BaseModel):
            x: int
            y: int
        try:
            Point(x="a", y=1)
        except ValidationError as error:
            count = error.error_count()
        result = {{
            "point": Point(x="3", y=4).model_dump(),
            "errors": count,
            "files": {{item.name: item.filename for item in report.added}},
        }}
        """
    )
    assert result["point"] == {"x": 3, "y": 4}
    assert result["errors"] == 1
    assert result["files"]["pydantic-core"] == PINS["pydantic-core"].filename
    assert "pyemscripten_2026_0" in result["files"]["pydantic-core"]


def test_css_inline_abi3(page: Page) -> None:
    result = page.run(
        """
        report = await wasminstall.install("css-inline")
        import css_inline
        html = "<html><head><style>p {color: red}</style></head><body><p>x</p></body></html>"
        result = [report.added[0].filename, css_inline.inline(html)]
        """
    )
    assert "-abi3-" in result[0]
    assert 'style="color: red' in result[1]


def test_contourpy_with_numpy(page: Page) -> None:
    """The module from PyPI, numpy from the distribution: both sources in one plan."""
    version = PINS["contourpy"].filename.split("-")[1]
    result = page.run(
        f"""
        report = await wasminstall.install("contourpy=={version}")
        from contourpy import contour_generator
        lines = contour_generator(z=[[0, 1], [1, 2]]).lines(0.5)
        result = [{{item.name: item.source for item in report.added}}, len(lines), lines[0].shape]
        """
    )
    assert result[0] == {"contourpy": page.server.url, "numpy": "Pyodide distribution"}
    assert result[1:] == [1, [2, 2]]


def test_simplejson_with_its_speedups(page: Page) -> None:
    """It has a pure and a compiled wheel: the better tag wins."""
    result = page.run(
        """
        report = await wasminstall.install("simplejson>=4")
        import simplejson, simplejson._speedups
        result = [report.added[0].filename, simplejson.loads('{"a": [1.5]}')]
        """
    )
    assert "pyemscripten_2026_0" in result[0]
    assert result[1] == {"a": [1.5]}
