"""Mails of ours as bytes: the standard library's parser reads back what is written, and nobody gets a header in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.composing import (
    Enclosed,
    Letter,
    bare_title,
    compose,
    deliverable,
    is_message_id,
    subject_of,
)
from gateway.channels.port import Permanent
from tests.channels.email.email_stage import body, parsed

LETTER = Letter(
    "12345@hotline.example", "海南12345热线", "wang@example.com", "Re: 路灯坏了", "您好", "gw.1@hotline.example",
    datetime(2026, 11, 21, 4, tzinfo=UTC),
)  # fmt: skip
NUMBER = "460000-20261121-0000001"

TEXTS = st.text(max_size=300) | st.text('路灯\r\n\0 =?utf-8?B?Zm9v?=\x85\u2028\ud800:<>,;"', max_size=80)


def one_line(text: str) -> str:
    """What a header keeps of a text."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text.encode("utf-8", "replace").decode())
    return " ".join(text.split())


def headers_of(made: bytes) -> list[str]:
    return re.findall(r"(?m)^([A-Za-z-]+):", made.partition(b"\r\n\r\n")[0].decode("ascii"))


def name_in(made: bytes) -> str:
    """From's name by the library's older reader: its newer one puts blanks between encoded words of a name."""
    whole = str(make_header(decode_header(str(message_from_bytes(made)["From"]))))
    return whole.removesuffix("<12345@hotline.example>")


USUAL = headers_of(compose(LETTER))


@given(TEXTS, TEXTS, TEXTS)
def test_any_subject_name_and_text_are_read_back_and_add_no_header(subject: str, name: str, text: str) -> None:
    made = compose(replace(LETTER, subject=subject, name=name, text=text))
    assert made.isascii()
    assert b"\n" not in made.replace(b"\r\n", b"") and b"\r" not in made.replace(b"\r\n", b"")
    assert headers_of(made) == USUAL
    assert all(len(line) <= 80 for line in made.split(b"\r\n"))
    read = parsed(made)
    assert one_line(str(read["Subject"])) == one_line(subject)
    (sender,) = read["From"].addresses
    assert sender.addr_spec == "12345@hotline.example"
    assert one_line(name_in(made)) == one_line(name)
    kept = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", re.sub(r"\r\n?", "\n", text.encode("utf-8", "replace").decode()))
    assert body(read) == kept.rstrip("\n") + "\n"
    assert not read.defects


@pytest.mark.parametrize("field", ["message_id", "in_reply_to", "sender", "recipient", "reply_to"])
@given(value=st.text(max_size=40))
def test_what_must_be_an_address_or_id_is_one_or_refused(field: str, value: str) -> None:
    try:
        made = compose(replace(LETTER, **{field: value}))
    except ValueError:
        return
    extra = {"In-Reply-To", "References", "Reply-To"}
    assert [name for name in headers_of(made) if name not in extra] == USUAL


def test_a_reply_names_what_it_answers_and_its_ancestors_once() -> None:
    read = parsed(compose(replace(LETTER, in_reply_to="c@x", references=["a@x", "bad id", "b@x", "a@x", "c@x"])))
    assert read["In-Reply-To"] == "<c@x>"
    assert str(read["References"]).split() == ["<a@x>", "<b@x>", "<c@x>"]


def test_of_a_long_thread_the_nearest_twenty_are_kept() -> None:
    read = parsed(compose(replace(LETTER, in_reply_to="last@x", references=[f"{n}@x" for n in range(200)])))
    assert str(read["References"]).split() == [f"<{n}@x>" for n in range(180, 200)] + ["<last@x>"]


def test_automatic_mails_say_so_and_others_do_not() -> None:
    read = parsed(compose(replace(LETTER, automatic="auto-replied")))
    assert (read["Auto-Submitted"], read["Precedence"]) == ("auto-replied", "auto_reply")
    read = parsed(compose(LETTER))
    assert read["Auto-Submitted"] is None and read["Precedence"] is None
    assert "OOF" in str(read["X-Auto-Response-Suppress"]) and "All" not in str(read["X-Auto-Response-Suppress"])


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("wang@example.com", "wang@example.com"),
        ("Wang.Xiao+a@Example.COM", "Wang.Xiao+a@example.com"),
        ("wang@海南.中国", "wang@xn--6qq79v.xn--fiqs8s"),
    ],
)
def test_addresses_become_what_smtp_takes(address: str, expected: str) -> None:
    if "xn--" in expected:
        expected = "wang@" + "海南.中国".encode("idna").decode()
    assert deliverable(address) == expected


@pytest.mark.parametrize(
    "address",
    ["", "wang", "@example.com", "wang@", "王@example.com", "wang@localhost", "wang@127.0.0.1", "a b@example.com",
     "wang@example.com\r\nRCPT TO:<x@y.cn>", '"a b"@example.com', "a..b@example.com", "a@b..c", "a@-b.com",
     "x" * 65 + "@example.com", "a@" + "b." * 130 + "cn", "<a@b.cn>", "a@[1.2.3.4]"],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(address: str) -> None:
    with pytest.raises(Permanent, match="邮箱"):
        deliverable(address)


@given(st.text(max_size=60))
def test_no_address_raises_anything_else(address: str) -> None:
    try:
        assert re.fullmatch(r"[!-~]+@[a-z0-9.-]+", deliverable(address))
    except Permanent:
        return


def test_the_subject_is_the_citizens_with_the_number_once() -> None:
    first = subject_of("路灯坏了", NUMBER, answers=True)
    assert first == f"Re: 路灯坏了 [{NUMBER}]"
    assert subject_of(f"路灯坏了 [{NUMBER}]", NUMBER, answers=True) == first
    assert subject_of("", NUMBER, answers=False) == f"12345热线答复 [{NUMBER}]"
    assert len(subject_of("灯" * 900, NUMBER, answers=True)) <= 200
    assert bare_title(f"a\r\nb [{NUMBER}] c") == "a b c"


def test_message_ids_are_told_from_what_is_none() -> None:
    assert is_message_id("a.b+c@d")
    assert not any(is_message_id(one) for one in ("", "a b", "a>b", "a\r\nb", "路@x", "x" * 901))


@given(st.text(max_size=120) | st.text('日报\r\n\0"=_;\\\ud800', max_size=40), st.binary(max_size=400))
def test_a_file_of_any_name_and_bytes_is_read_back_beside_the_text(name: str, content: bytes) -> None:
    made = compose(replace(LETTER, text="您好", enclosed=[Enclosed(name, "application/pdf", content)]))
    assert made.isascii() and b"\n" not in made.replace(b"\r\n", b"")
    assert headers_of(made) == [one for one in USUAL if one != "Content-Transfer-Encoding"]
    text, file = parsed(made).iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "您好\n"
    assert (file.get_content_type(), file.get_content_disposition()) == ("application/pdf", "attachment")
    assert file.get_content() == content
    assert one_line(str(file.get_filename())) == (re.sub(r'["<>/\\|?*:]', "_", one_line(name))[:100].strip() or "file")


def test_a_mail_that_looks_like_its_own_boundary_still_has_two_parts() -> None:
    first = compose(replace(LETTER, enclosed=[Enclosed("a.pdf", "application/pdf", b"x")]))
    boundary = str(parsed(first).get_boundary())
    again = compose(
        replace(LETTER, text=f"--{boundary}--", enclosed=[Enclosed("a.pdf", "application/pdf", boundary.encode())])
    )
    assert [part.get_content_type() for part in parsed(again).iter_parts()] == ["text/plain", "application/pdf"]


def test_a_content_type_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError):
        compose(replace(LETTER, enclosed=[Enclosed("a", 'text/plain"\r\nX: y', b"")]))
