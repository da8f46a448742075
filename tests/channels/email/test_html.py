"""Safe HTML. What is let through and what is not stands in the corpus."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email import html
from gateway.channels.email.html import flattened, has_tags, is_html, safe_html

PIECES = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<script>",
        "</script>",
        "<style>",
        "<img src=x onerror=y>",
        '<a href="javascript:x">',
        "<svg><style>",
        "&lt;",
        "<!--",
        "-->",
        "<![CDATA[",
        "<math><mi>",
        "<noscript>",
        '<p style="display:none">',
        "<textarea>",
        "您好",
        "<iframe srcdoc=",
        "<template>",
        '"',
        "'",
        ">",
        "<",
        "<table><td>",
        "<title>",
        "<img src='http://t.example/x'>",
        "<base href=//x>",
        "<form action=x>",
        "<a title='<img>'>",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_the_html_nothing_runs_or_fetches(source: str) -> None:
    safe, _ = safe_html(source)
    tags = re.findall(r"<[^>]*>", re.sub(r'"[^"]*"', '""', safe))
    names = {re.sub(r"[</>]", " ", one).split()[0] for one in tags}
    assert names <= html._TAGS
    assert not any(re.search(r"\son[a-z]+=|srcdoc|action", one) for one in tags)
    assert not re.search(r'(?:src|href)="(?!cid:|https?:|mailto:|tel:)', safe)
    assert '<img src="http' not in safe


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=100, deadline=None)
def test_safe_html_stays_as_it_is_when_made_safe_again(source: str) -> None:
    once, _ = safe_html(source)
    again, _ = safe_html(once.replace('id="mail-', 'id="'))
    assert again == once


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000,
        "".join(f"<b id={number}>" for number in range(20_000)),
        "<a><b><i></a>" * 30_000,
        "".join(f"<i id={number}></b>" for number in range(20_000)),
        "<div><table></div></table>" * 20_000,
        "<svg>" + "<td>" * 50_000,
        "<p>" + "".join(f"<font id={number}>" for number in range(100)) + "</p>" + "<p>x" * 50_000,
        "<blockquote><p>" * 30_000,
    ],
    ids=["divs", "formats", "adoption", "false-ends", "tables", "foreign", "reopened", "quotations"],
)
def test_trees_that_cost_a_parser_minutes_cost_a_moment(source: str) -> None:
    started = time.process_time()
    safe, _ = safe_html(source)
    assert time.process_time() - started < 3
    assert len(safe) <= 3 * html.MOST_HTML


def test_a_long_word_document_is_still_html() -> None:
    line = (
        '<p class=MsoNormal><span lang=EN-US style="color:red"><b><font face=x>您好</font></b><o:p></o:p></span></p>\n'
    )
    safe, flags = safe_html(line * 5000)
    assert not flags
    assert safe.count("您好") == 5000


def test_a_parser_that_gives_up_leaves_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    class Broken:
        def clean(self, source: str) -> str:
            raise Panic(source)

    monkeypatch.setattr(html, "_cleaner", Broken)
    assert safe_html("<p>路灯 &lt;b&gt;</p><p>不亮</p>") == (
        "<pre>路灯 &lt;b&gt;\n不亮</pre>",
        frozenset({"html_flattened"}),
    )


def test_images_inside_are_handed_over() -> None:
    kept: list[tuple[str, bytes]] = []

    def keep(kind: str, body: bytes) -> str:
        kept.append((kind, body))
        return "c1"

    assert safe_html('<img src="data:image/png;base64,QUJD">', keep)[0] == '<img src="cid:c1">'
    assert kept == [("png", b"ABC")]


def test_html_is_told_from_plain_text() -> None:
    assert is_html("  <!DOCTYPE html><p>x")
    assert not is_html("a < b > c")
    assert has_tags("x<br>")
    assert not has_tags("1 < 2")
    assert flattened("<p>a</p><p>b &amp; c</p>") == "a\nb & c"
