"""Text of safe HTML. The forms stand in the corpus."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.html import safe_html
from gateway.channels.email.htmltext import text_of


def read(source: str) -> str:
    return text_of(safe_html(source)[0])


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=100))
@settings(deadline=None)
def test_any_words_come_through_as_they_are(words: str) -> None:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")
    assert read(f"<p>{escaped}</p>") == words


@given(
    st.lists(
        st.sampled_from(
            [
                "<div>",
                "</div>",
                "<br>",
                "<blockquote>",
                "</blockquote>",
                "<ul><li>",
                "<td>",
                "<table>",
                "</a>",
                "<a href='http://x.example'>",
                "字",
                " ",
                "<pre>",
                "\n",
                "<hr>",
                "<ol start=99999999>",
                "<p hidden>",
            ]
        ),
        max_size=40,
    ).map("".join)
)
@settings(deadline=None, max_examples=300)
def test_any_structure_has_a_tidy_text(source: str) -> None:
    text = read(source)
    assert "\n\n\n" not in text
    assert not any(line != line.rstrip() for line in text.split("\n"))
    assert text.count("字") <= source.count("字")


def test_its_length_is_bounded() -> None:
    assert len(text_of("<p>路灯不亮</p>" * 10_000, 1000)) < 1100


def test_a_file_name_is_no_word_for_a_picture() -> None:
    assert read('a<img alt="IMG_1.jpg" src="cid:x">b<img alt="[微笑]" src="cid:y">') == "ab[微笑]"


def test_hidden_parts_end_where_they_end() -> None:
    assert read('<div style="display: none">a<br><b>b</b><img src="cid:x"></div>c') == "c"


def test_cells_of_inner_tables_do_not_shift_the_outer_ones() -> None:
    assert read("<table><tr><td>a<table><tr><td>b<td>c</table><td>d</table>") == "a\nb\tc\nd"
