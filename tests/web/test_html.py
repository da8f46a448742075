"""No text can become markup."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from gateway.web.html import both, h, join, lines


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"))


@given(TEXT, TEXT)
def test_text_and_attributes_are_read_back_as_they_were(inner: str, value: str) -> None:
    seen = read(h("p", inner, title=value))
    assert seen.tags == [("p", {"title": value})] and seen.text == inner


def test_script_in_text_is_only_text() -> None:
    assert h("p", "<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert h("input", value='" onfocus="x') == '<input value="&quot; onfocus=&quot;x">'


def test_attributes_are_named_and_left_out() -> None:
    assert h("label", for_="a", class_="b", data_x=1, hidden=None, open=False, required=True) == (
        '<label for="a" class="b" data-x="1" required></label>'
    )


def test_pieces_and_lists_follow_each_other() -> None:
    assert join("a", None, [h("b", "c"), "<"], both("中", "en")) == 'a<b>c</b>&lt;中 <small lang="en">en</small>'
    assert lines("a\n<b>") == "a<br>&lt;b&gt;"
