"""More real work for real packages (see ``instant_checks``): compiled ones that are not scientific, and pure ones."""

# mypy: disable-error-code="import-not-found, import-untyped, no-untyped-call, untyped-decorator, misc"

from __future__ import annotations

import io
from typing import Any

from support.instant_checks import again, fails

# -- the others, compiled ----------------------------------------------------------------------------------------------


def check_pydantic() -> Any:
    """Rust: models, validators in Python that are called by it, errors in both directions."""
    import datetime

    from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

    class Point(BaseModel):
        x: int
        when: datetime.date = datetime.date(2026, 1, 2)
        names: list[str] = Field(default_factory=list, max_length=2)

        @field_validator("x")
        @classmethod
        def small(cls, value: int) -> int:
            if value == 13:
                raise ZeroDivisionError("of the validator")
            if value > 99:
                raise ValueError("too large")
            return value

    def errors(data: object) -> Any:
        try:
            Point.model_validate(data)
        except ValidationError as error:
            return error.errors(include_url=False, include_context=False)

    return [
        Point.model_validate({"x": "3"}).model_dump_json(),
        Point.model_validate_json('{"x": 4, "when": "2026-05-06"}').when.isoformat(),
        errors({"x": 100, "names": ["a", "b", "c"]}),
        errors({}),
        fails(lambda: Point(x=13)),
        fails(lambda: Point.model_validate_json("{")),
        Point.model_json_schema(),
        TypeAdapter(dict[str, list[int]]).validate_python({"a": ["1", 2]}),
        TypeAdapter(datetime.timedelta).dump_json(datetime.timedelta(hours=1)).decode(),
    ]


def check_lxml() -> Any:
    """Cython over C libraries: trees, XPath with functions in Python, XSLT."""
    from lxml import etree, html, objectify

    root = etree.fromstring("<r><a n='1'>x</a><a n='2'/></r>")
    style = etree.XML(
        '<s:stylesheet version="1.0" xmlns:s="http://www.w3.org/1999/XSL/Transform"><s:template match="/">'
        '<o><s:value-of select="count(//a)"/></o></s:template></s:stylesheet>'
    )

    def twice(context: object, number: float) -> float:
        return 2 * number

    def broken(context: object) -> None:
        raise ZeroDivisionError("in XPath")

    functions = {(None, "twice"): twice, (None, "broken"): broken}
    return [
        root.xpath("//a[@n > 1]/@n"),
        root.xpath("twice(count(//a))", extensions=functions),
        fails(lambda: root.xpath("broken()", extensions=functions)),
        str(etree.XSLT(style)(root)),
        fails(lambda: etree.fromstring("<a><b></a>")),
        fails(lambda: root.xpath("//[")),
        html.fromstring("<p>Hé<b>y</p>").text_content(),
        html.tostring(html.fragment_fromstring("<a href=x>y</a>")).decode(),
        objectify.fromstring("<r><n>3</n></r>").n + 1,
        [event for event, _ in etree.iterparse(io.BytesIO(b"<a><b/></a>"), events=("start", "end"))],
        etree.RelaxNG(etree.XML('<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><empty/></element>'))(
            etree.XML("<a/>")
        ),
    ]


def check_contourpy() -> Any:
    """C++ with pybind11."""
    import numpy as np
    from contourpy import contour_generator

    lines = contour_generator(z=np.add.outer(np.arange(4), np.arange(4))).lines(2.5)

    class Broken:
        def __array__(self, *given: object, **named: object) -> Any:
            raise ZeroDivisionError("in an array")

    return [
        [line.tolist() for line in lines],
        fails(lambda: contour_generator(z=Broken())),
        fails(lambda: contour_generator(z=[[1, 2], [3, 4]], name="none")),
        fails(lambda: contour_generator(z=[[1, 2], [3, 4]]).filled(2, 1)),
    ]


def check_uharfbuzz() -> Any:
    """C++ with Cython; the font is one that matplotlib brings."""
    from importlib.resources import files

    import uharfbuzz

    font = uharfbuzz.Font(uharfbuzz.Face((files("matplotlib") / "mpl-data/fonts/ttf/DejaVuSans.ttf").read_bytes()))
    buffer = uharfbuzz.Buffer()
    buffer.add_str("fia")
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    return [[(info.codepoint, info.cluster) for info in buffer.glyph_infos], buffer.script]


def check_css_inline() -> Any:
    """Rust, for the stable ABI."""
    import css_inline

    page = "<html><head><style>p {color: red}</style></head><body><p>x</p></body></html>"
    broken = page.replace("</head>", "<link rel='stylesheet' href='file:///none.css'></head>")
    return [css_inline.inline(page), fails(lambda: css_inline.inline(broken)), fails(lambda: css_inline.inline(1))]


def check_jiter() -> Any:
    """Rust."""
    import jiter

    return [jiter.from_json(b'{"a": [1, 2.5, null, "\\u00e9"]}'), fails(lambda: jiter.from_json(b"[1, }"))]


def check_tiktoken() -> Any:
    """Rust: an encoding of our own, as the real ones are downloaded."""
    import tiktoken

    ranks = {bytes([byte]): byte for byte in range(256)} | {b"th": 256, b"the": 257}
    encoding = tiktoken.Encoding("own", pat_str=r"\w+|\W+", mergeable_ranks=ranks, special_tokens={"<end>": 300})
    return [
        encoding.encode("the path"),
        encoding.decode([257, 32, 300]),
        fails(lambda: encoding.encode("a <end>")),
        fails(lambda: encoding.decode([999])),
    ]


def check_regex() -> Any:
    """C."""
    import regex

    return [
        regex.findall(r"\p{Lu}\p{Ll}+", "Ähre und Ölung"),
        regex.fullmatch(r"(?:hello){e<=1}", "helo") is not None,
        fails(lambda: regex.compile("(")),
        again(regex.compile(r"a+")).sub(lambda found: found[0] * 2, "caat"),
    ]


def check_simplejson() -> Any:
    """C, which calls back."""
    import decimal

    import simplejson

    return [
        simplejson.loads('{"a": 1.10}', use_decimal=True)["a"] == decimal.Decimal("1.10"),
        simplejson.dumps({"b": [1, {2}]}, default=sorted),
        fails(lambda: simplejson.loads("[1,")),
        fails(lambda: simplejson.dumps(object())).partition(" at ")[0].partition("<")[0],
    ]


def check_cbor2() -> Any:
    import cbor2

    return [cbor2.loads(cbor2.dumps({"a": [1, -2.5, b"x", None]})), fails(lambda: cbor2.loads(b"\x82\x01"))]


# -- pure ones ---------------------------------------------------------------------------------------------------------


def check_sympy() -> Any:
    import sympy

    x, y = sympy.symbols("x y")
    return [
        str(sympy.integrate(sympy.exp(-(x**2)), (x, -sympy.oo, sympy.oo))),
        str(sympy.solve(x**2 - 2, x)),
        str(sympy.factor(x**3 - y**3)),
        str(sympy.limit(sympy.sin(x) / x, x, 0)),
        sympy.latex(sympy.Matrix([[1, x], [y, 2]]).inv()),
        sympy.lambdify(x, x**2 + 1)(3),
        str(sympy.dsolve(sympy.Function("f")(x).diff(x) - sympy.Function("f")(x))),
        str(sympy.N(sympy.pi, 30)),
        again(sympy.sin(x) + y) == sympy.sin(x) + y,
        sympy.sympify("a + b").free_symbols == set(sympy.symbols("a b")),
        fails(lambda: sympy.sympify("a +")),
    ]


def check_networkx() -> Any:
    import networkx

    graph = networkx.karate_club_graph()
    return [
        networkx.shortest_path(graph, 15, 16),
        networkx.density(graph),
        max(networkx.betweenness_centrality(graph).items(), key=lambda item: item[1]),
        sorted(networkx.minimum_spanning_tree(graph).edges)[:4],
        [sorted(each)[:3] for each in networkx.community.greedy_modularity_communities(graph)],
        fails(lambda: networkx.shortest_path(graph, 0, 99)),
        sorted(again(graph).nodes) == sorted(graph.nodes),
        "\n".join(networkx.generate_gml(networkx.path_graph(2))),
    ]


def check_bs4() -> Any:
    import bs4

    soup = bs4.BeautifulSoup("<p class='a'>x <b>y</b></p>", "html.parser")
    return [soup.select("p.a b")[0].text, soup.prettify(), str(again(soup))]


def check_dateutil() -> Any:
    """Its time zones are a file in the package."""
    import datetime

    from dateutil import parser, rrule, tz, zoneinfo

    when = parser.parse("3 March 2026 10:00", default=datetime.datetime(2026, 1, 1))
    return [
        when.isoformat(),
        [each.isoformat() for each in rrule.rrule(rrule.MONTHLY, count=3, dtstart=when)],
        when.replace(tzinfo=zoneinfo.get_zonefile_instance().get("Asia/Tokyo")).isoformat(),
        tz.UTC.utcoffset(when),
        fails(lambda: parser.parse("no date")),
    ]


def check_httpx() -> Any:
    """Requests that need no network."""
    import httpx

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/none":
            raise ZeroDivisionError("in the transport")
        return httpx.Response(200, json={"path": request.url.path})

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://host.test")
    return [
        client.get("/a", params={"b": "é"}).json(),
        str(client.build_request("POST", "/x", json=[1]).headers),
        fails(lambda: client.get("/none")),
        str(httpx.URL("https://a.test:8443/ü?x=1#y").copy_with(port=None)),
    ]


def check_openai() -> Any:
    """pydantic models, jiter and httpx together."""
    import httpx
    import openai

    def answer(request: httpx.Request) -> httpx.Response:
        if b"fail" in request.content:
            return httpx.Response(400, json={"error": {"message": "no"}})
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}
        return httpx.Response(
            200, json={"id": "1", "created": 1, "model": "m", "object": "chat.completion", "choices": [choice]}
        )

    http = httpx.Client(transport=httpx.MockTransport(answer))
    chat = openai.OpenAI(api_key="none", base_url="http://host.test", http_client=http, max_retries=0).chat.completions

    def ask(text: str) -> Any:
        return chat.create(model="m", messages=[{"role": "user", "content": text}]).choices[0].message.content

    return [ask("?"), fails(lambda: ask("fail"))]


def check_rich() -> Any:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.syntax import Syntax
    from rich.table import Table

    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=60, color_system="truecolor", legacy_windows=False)
    table = Table("a", "b")
    table.add_row("1", "[bold]x[/bold] ✓")
    console.print(table, Markdown("# Title\n* item"), Syntax("x = 1  # y", "python"))
    return written.getvalue()


def check_black() -> Any:
    import black

    return [
        black.format_str("x = {  'a':1 }\nlambda  x:x\n", mode=black.Mode()),
        fails(lambda: black.format_str("x = (", mode=black.Mode())),
    ]
