"""Which part is what. The cases stand in the corpus; here is what they cannot tell."""

from __future__ import annotations

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.gathering import Body, Gatherer
from gateway.channels.email.mime import read_mime
from gateway.channels.email.texts import MOST_TEXT
from tests.channels.email.cases.made import multi, part, photo, text_part, top


def gathered(raw: bytes) -> tuple[Gatherer, Body]:
    charsets = Charsets(set())
    gatherer = Gatherer(charsets)
    return gatherer, gatherer.body(read_mime(raw, charsets))


def test_html_alone_is_turned_into_words_only_when_asked() -> None:
    _, body = gathered(top(multi(part("text/html; charset=utf-8", "<p>一</p>"), kind="alternative")))
    assert body.text is None
    assert body.words() == "一"


def test_what_does_not_fit_any_more_is_a_file() -> None:
    large = text_part("字" * MOST_TEXT)
    gatherer, _ = gathered(top(multi(large, large, text_part("尾"))))
    assert [len(one.body) for one in gatherer.files("")] == [3 * MOST_TEXT, 3]
    assert "truncated" not in gatherer.flags or gatherer.files("")


def test_a_picture_is_inline_only_when_it_is_shown() -> None:
    shown = photo("filename=a.jpg", "Content-ID: <p1@x>")
    gatherer, _ = gathered(top(multi(text_part("x"), shown)))
    assert [one.inline for one in gatherer.files("")] == [False]
    assert [one.inline for one in gatherer.files('<img src="cid:p1@x">')] == [True]


def test_the_embedded_messages_id_is_kept_for_bounces() -> None:
    inner = part("message/rfc822", b"Message-ID: <ours@x>\r\nSubject: y\r\n\r\nz")
    gatherer, _ = gathered(top(multi(text_part("x"), inner)))
    assert gatherer.original_id == "ours@x"
