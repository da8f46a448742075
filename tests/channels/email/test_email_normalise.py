"""From a mail to a message: who wrote, what it belongs to, and a key that is the same whichever way the mail came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.mail import Address, Mail, MailFile, Report
from gateway.channels.email.normalise import TEXT_LIMIT, key_of, normalise, title_of, unreadable, with_files
from gateway.channels.email.reading import read_mail
from gateway.channels.email.tags import ReplyTags
from gateway.model.messages import Attachment, Message

NOW = 1_795_233_600.0
TAGS = ReplyTags("k" * 16)
OURS = ("12345@example.gov.cn",)
NO = "460000-20261118-0000123"
TAGGED = TAGS.address(OURS[0], NO)
OWN_ID = TAGS.message_id(NO, "0199", "example.gov.cn")
RAW = b"Message-ID: <m1@example.com>\r\nFrom: Wang <wang@example.com>\r\nSubject: x\r\nDate: y\r\n\r\nbody\r\n"


def mail(**more: Any) -> Mail:
    usual: dict[str, Any] = {
        "subject": "回复：Re: 路灯", "sender": Address("Wang@Example.com", "王小明"), "to": (Address(OURS[0]),),
        "date": NOW - 60, "message_id": "m1@example.com", "text": "路灯坏了",
    }  # fmt: skip
    return Mail(**(usual | more))


def message(one: Mail, raw: bytes = RAW, **more: Any) -> Message:
    usual: dict[str, Any] = {"account": "a", "addresses": OURS, "tags": TAGS, "received_at": NOW}
    return normalise(raw, one, **(usual | more))[0]


def test_a_mail_becomes_a_message() -> None:
    found = message(mail(), area_code="460100")
    assert (found.channel, found.account, found.kind, found.external_id) == ("email", "a", "text", "m1@example.com")
    assert (found.title, found.text, found.full_text) == ("路灯", "路灯坏了", "")
    assert (found.person.user_id, found.person.email, found.person.name) == (
        "wang@example.com",
        "wang@example.com",
        "王小明",
    )
    assert found.conversation == "email:a:wang@example.com"
    assert (found.occurred_at, found.received_at, found.flags) == (NOW - 60, NOW, ())
    assert found.given == {"area_code": "460100"} and found.reply_to == ""
    assert found.more["verdict"] == "request" and found.more["message_id"] == "m1@example.com"


def test_its_files_are_given_to_be_kept_and_put_back() -> None:
    file = MailFile("灯.jpg", "image/jpeg", b"x")
    found, files = normalise(RAW, mail(text="", files=(file,)), account="a", addresses=OURS, tags=None, received_at=NOW)
    assert (found.kind, files, found.attachments) == ("image", (file,), ())
    kept = Attachment("1", "灯.jpg")
    assert with_files(found, [kept]).attachments == (kept,)
    assert message(mail(text="", files=(file, MailFile("a.pdf", "application/pdf", b"")))).kind == "file"
    assert message(mail(text="")).flags == ("empty",)


@pytest.mark.parametrize(
    "other",
    [
        b"Received: from b\r\nReturn-Path: <x@y>\r\n" + RAW,
        RAW.replace(b"\r\n", b"\n"),
        RAW + b"\r\n\r\n",
        RAW.replace(b"From: Wang <", b"From: Wang\r\n <"),
        b"From mbox Sat Nov 21\n" + RAW.replace(b"\r\n", b"\n"),
        RAW.replace(b"Message-ID", b"MESSAGE-id"),
    ],
)
def test_the_key_is_the_same_whichever_way_a_mail_comes(other: bytes) -> None:
    assert key_of(other, "a") == key_of(RAW, "a")
    assert key_of(RAW, "a").startswith("email:a:m1@example.com:") and key_of(RAW, "b") != key_of(RAW, "a")


@pytest.mark.parametrize(
    "other",
    [
        RAW.replace(b"body", b"another"),
        RAW.replace(b"Subject: x", b"Subject: z"),
        RAW.replace(b"m1@", b"m2@"),
        RAW.replace(b"Date: y", b"Date: z"),
        RAW.replace(b"wang@", b"li@"),
    ],
)
def test_another_mail_has_another_key_even_under_the_same_message_id(other: bytes) -> None:
    assert key_of(other, "a") != key_of(RAW, "a")


def test_a_key_stays_short_and_clean() -> None:
    long = RAW.replace(b"m1@example.com", b"x:y /" + b"m" * 900)
    name = key_of(long, "a").split(":")[2]
    assert len(name) == 80 and set(name) <= set("xym")
    assert key_of(b"no headers at all", "a") != key_of(b"none", "a")


@pytest.mark.parametrize(
    ("sender", "reply_to", "who"),
    [
        ("wang@corp.cn", "li@corp.cn", "li@corp.cn"),
        ("wang@corp.cn", "li@other.cn", "wang@corp.cn"),
        ("1@qq.com", "2@qq.com", "1@qq.com"),
        ("noreply@forms.cn", "li@other.cn", "li@other.cn"),
        ("12345@example.gov.cn", "li@other.cn", "li@other.cn"),
        ("", "li@other.cn", "li@other.cn"),
        ("wang@corp.cn", "12345@example.gov.cn", "wang@corp.cn"),
        ("wang@corp.cn", "", "wang@corp.cn"),
    ],
)
def test_reply_to_counts_only_where_it_may(sender: str, reply_to: str, who: str) -> None:
    assert message(mail(sender=Address(sender), reply_to=Address(reply_to))).person.user_id == who


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("路灯", "路灯"), ("Re: Re: 路灯", "路灯"), ("回复：转发: FW：路灯", "路灯"),
        ("Re[2]: 路灯", "路灯"),
        ("回复(3)：路灯", "路灯"), ("答复: 路灯", "路灯"),
        ("回覆：轉寄: 路燈", "路燈"), ("Re:", ""), ("回复慢", "回复慢"),
        ("关于Re: 的问题", "关于Re: 的问题"), ("a" * 300, "a" * 200), ("", ""), ("路 灯\n坏", "路 灯 坏"),
    ],
)  # fmt: skip
def test_a_title_is_a_subject_without_its_prefixes(subject: str, title: str) -> None:
    assert title_of(subject) == title


@pytest.mark.parametrize("date", [None, NOW + 90_000, NOW - 91 * 86_400, float("nan"), float("inf"), 0.0])
def test_a_date_that_cannot_be_is_replaced_and_flagged(date: float | None) -> None:
    found = message(mail(date=date))
    assert found.occurred_at == NOW and "time_unclear" in found.flags


def test_the_tag_of_the_reply_address_names_its_ticket() -> None:
    assert message(mail(to=(Address("x@y.cn"), Address(TAGGED.upper())))).more["tag_ticket"] == NO
    assert message(mail(), envelope_to=TAGGED).more["tag_ticket"] == NO
    assert message(mail(headers=(("delivered-to", TAGGED),))).more["tag_ticket"] == NO
    forged = TAGGED.replace("+o", "+p")
    assert message(mail(to=(Address(forged),))).more["tag_ticket"] == ""


def test_our_own_message_ids_are_proved_nearest_first() -> None:
    other = TAGS.message_id("460000-20261119-0000007", "d2", "example.gov.cn")
    found = message(mail(in_reply_to=(OWN_ID,), references=("first@x", other, OWN_ID)))
    assert found.more["ours"] == [[NO, "0199"], ["460000-20261119-0000007", "d2"]]
    assert found.more["references"] == [OWN_ID, other, "first@x"]
    assert message(mail(in_reply_to=(OWN_ID,)), tags=None).more["ours"] == []


def test_a_number_in_the_subject_is_a_hint_only() -> None:
    found = message(mail(subject=f"补充 {NO}"))
    assert (found.more["subject_ticket"], found.more["tag_ticket"], found.reply_to) == (NO, "", "")


def test_what_programs_send_opens_no_ticket() -> None:
    away = message(mail(subject="自动回复：路灯", in_reply_to=(OWN_ID,)))
    assert (away.kind, away.more["verdict"], away.flags) == ("event", "auto_reply", ("auto_reply",))
    assert away.more["ours"] == [[NO, "0199"]]
    bulk = message(mail(headers=(("precedence", "bulk"),)))
    assert (bulk.kind, bulk.flags) == ("text", ("bulk",))


def test_a_bounce_names_the_delivery_that_did_not_arrive() -> None:
    report = Report("failed", "wang@example.com", "5.1.1", "user unknown", OWN_ID)
    found = message(mail(sender=Address("mailer-daemon@example.com"), report=report))
    assert (found.kind, found.more["verdict"]) == ("event", "bounce")
    assert found.more["bounce"] == [
        {
            "action": "failed", "recipient": "wang@example.com", "status": "5.1.1", "diagnostic": "user unknown",
            "ticket_no": NO, "delivery_id": "0199",
        }
    ]  # fmt: skip
    stranger = message(mail(sender=Address("mailer-daemon@x.cn"), report=replace(report, original_id="x@y")))
    assert stranger.more["bounce"][0]["ticket_no"] == ""


def test_a_number_in_the_signature_is_to_be_called_when_the_text_has_none() -> None:
    text = "灯坏了\n\n-- \n王小明\n13800138001"
    found = message(mail(text=text))
    assert (found.text, found.full_text, found.person.contact_number) == ("灯坏了", text, "13800138001")
    assert "contact_from_signature" in found.flags
    stated = message(mail(text="灯坏了，电话13900139002\n\n-- \n王小明\n13800138001"))
    assert stated.person.contact_number == "" and "contact_from_signature" not in stated.flags


def test_only_a_quotation_is_shown_as_it_is_and_flagged() -> None:
    found = message(mail(text="> 您好\n> 请补充"))
    assert found.text == "> 您好\n> 请补充" and found.flags == ("only_quoted",)


def test_a_mail_that_could_not_be_read_is_kept() -> None:
    found = unreadable(RAW, "a", NOW, "body: why")
    assert (found.kind, found.flags, found.key) == ("unreadable", ("unreadable",), key_of(RAW, "a"))
    assert message(mail(flags=("unreadable",))).kind == "unreadable"


_TEXT = st.text(max_size=60) | st.sampled_from([TAGGED, OWN_ID, "Re: x", "> x\ny", "a@qq.com", "\ud800", "\x00"])
_ADDRESS = st.builds(Address, _TEXT, _TEXT)
_MAILS = st.builds(
    Mail,
    headers=st.lists(
        st.tuples(st.sampled_from(["auto-submitted", "delivered-to", "return-path", "list-id"]), _TEXT)
    ).map(tuple),
    subject=_TEXT,
    sender=_ADDRESS,
    reply_to=_ADDRESS,
    to=st.lists(_ADDRESS, max_size=3).map(tuple),
    date=st.none() | st.floats(),
    message_id=_TEXT,
    in_reply_to=st.lists(_TEXT, max_size=3).map(tuple),
    references=st.lists(_TEXT, max_size=3).map(tuple),
    text=_TEXT,
    html=_TEXT,
    files=st.lists(st.builds(MailFile, _TEXT, _TEXT, st.binary(max_size=5)), max_size=2).map(tuple),
    report=st.none() | st.builds(Report, st.just("failed"), _TEXT, _TEXT, _TEXT, _TEXT, _TEXT),
    flags=st.lists(st.sampled_from(["empty", "unreadable", "truncated"])).map(tuple),
)


@given(st.binary(max_size=80), _MAILS, st.none() | _TEXT, _TEXT)
def test_any_mail_is_a_message_that_can_be_kept(raw: bytes, one: Mail, sender: str | None, recipient: str) -> None:
    found = message(one, raw, envelope_from=sender, envelope_to=recipient)
    assert found.key and found.occurred_at > 0
    for text in (
        found.text,
        found.full_text,
        found.title,
        found.external_id,
        found.person.name,
        *found.more["references"],
    ):
        assert "\x00" not in text and text.encode("utf-8") is not None


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda body: RAW + body))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    found = message(read_mail(raw), raw)
    assert found.key == key_of(raw, "a")


def test_a_long_text_is_cut_and_flagged() -> None:
    found = message(mail(text="灯" * (TEXT_LIMIT + 5)))
    assert len(found.text) == TEXT_LIMIT and "cut" in found.flags
