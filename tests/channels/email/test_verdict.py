"""What a mail is: a program is known by signs that no person's mail bears, and no request is taken for one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.mail import Address, Mail, Report
from gateway.channels.email.tags import ReplyTags
from gateway.channels.email.verdict import RECEIVED_LIMIT, Verdict, is_own, is_robot, judge

TAGS = ReplyTags("k" * 16)
OURS = ("12345@example.gov.cn", "hotline@example.gov.cn")
OWN_ID = TAGS.message_id("460000-20261121-0000001", "d1", "example.gov.cn")


def mail(subject: str = "求助", sender: str = "wang@example.com", answers: bool = False, **headers: str) -> Mail:
    return Mail(
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        subject=subject,
        sender=Address(sender),
        in_reply_to=("x@example.gov.cn",) if answers else (),
        text="路灯坏了",
    )


def judged(one: Mail, **more: Any) -> Verdict:
    return judge(one, addresses=OURS, tags=TAGS, **more)


@pytest.mark.parametrize(
    "one",
    [
        mail(),
        mail(answers=True),
        mail("自动回复的内容看不懂"),
        mail("你们的自动回复有错", answers=True),
        mail("回复：自动回复：您的来信收到", answers=True),
        mail("外出期间家里漏水", answers=True),
        mail("自动回复：收到了吗"),
        mail("休假中的问题"),
        mail("求助", auto_submitted="no"),
        mail(auto_submitted="No (human)"),
        mail(x_auto_response_suppress="All"),
        mail(precedence="normal"),
        mail(x_autoreply="no"),
        mail("我司门前积水", sender="postmaster@corp.example.com"),
        mail(x_ms_exchange_inbox_rules_loop="a@b.c"),
        mail("您的邮件被退回是怎么回事"),
        mail(return_path="<wang@example.com>"),
        mail(x_loop="someone@else.example"),
        mail(sender="noreply@forms.example.com"),
        replace(mail(), report=Report("failed", original_id=OWN_ID)),
    ],
)
def test_a_persons_mail_is_a_request(one: Mail) -> None:
    assert judged(one) == Verdict("request", "", True)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (mail(auto_submitted="auto-replied"), "auto-replied"),
        (mail(auto_submitted="Auto-Replied (vacation)"), "auto-replied"),
        (mail(auto_submitted="auto-generated", answers=True), "auto-generated"),
        (mail(x_autoreply="yes"), "x-autoreply"),
        (mail(x_autorespond="1"), "x-autorespond"),
        (mail(x_autoreply_from="a@b.c"), "x-autoreply-from"),
        (mail(precedence="auto_reply"), "Precedence"),
        (mail("自动回复: 求助", answers=True), "subject"),
        (mail("自动回复：求助", precedence="bulk"), "subject"),
        (mail("Automatic reply: 求助", answers=True), "subject"),
        (mail("Out of Office: 求助", answers=True), "subject"),
        (mail("自動回覆：求助", answers=True), "subject"),
        (mail("外出", answers=True), "subject"),
        (mail("我正在休假中，", answers=True), "subject"),
        (mail("自动答复: x", sender="noreply@example.com"), "subject"),
        (mail(answers=True, return_path="<>"), "empty"),
        (mail("已读", content_type="multipart/report; report-type=disposition-notification"), "read receipt"),
    ],
)
def test_an_answering_program_is_an_auto_reply(one: Mail, why: str) -> None:
    found = judged(one)
    assert (found.verdict, found.opens) == ("auto_reply", False) and why in found.why


@pytest.mark.parametrize(
    "one",
    [
        replace(
            mail("Undelivered Mail", sender="MAILER-DAEMON@mx.example.com"), report=Report("failed", original_id=OWN_ID)
        ),
        mail("退信通知", sender="postmaster@qq.com"),
        mail("failure notice", sender="mailer-daemon@mx.example.com"),
        mail("系统退信", sender="Postmaster@163.com", return_path="<>"),
        mail("邮件无法投递", sender="", return_path="<>"),
        replace(mail(content_type="multipart/report; report-type=delivery-status"), report=Report("delayed")),
        replace(mail(return_path="<>"), report=Report("delivered")),
    ],
)
def test_a_returned_mail_is_a_bounce(one: Mail) -> None:
    found = judged(one)
    assert (found.verdict, found.opens) == ("bounce", False)


@pytest.mark.parametrize(
    "one",
    [
        replace(mail(), message_id=OWN_ID),
        mail(sender="12345@Example.gov.cn"),
        mail(sender=TAGS.address("12345@example.gov.cn", "460000-20261121-0000001")),
        mail(x_loop="<12345@example.gov.cn>"),
        replace(mail(), headers=(("received", "from x"),) * (RECEIVED_LIMIT + 1)),
        replace(mail(sender="12345@example.gov.cn"), reply_to=Address("hotline@example.gov.cn")),
    ],
)
def test_what_we_have_sent_ourselves_is_a_loop(one: Mail) -> None:
    found = judged(one)
    assert (found.verdict, found.opens) == ("loop", False)


def test_our_own_sites_form_is_a_request_by_who_is_to_be_answered() -> None:
    form = replace(mail(sender="12345@example.gov.cn"), reply_to=Address("wang@example.com"))
    assert judged(form).verdict == "request"
    found = judged(replace(form, headers=(("auto-submitted", "auto-generated"),)))
    assert (found.verdict, found.opens) == ("bulk", True)


@pytest.mark.parametrize(
    ("one", "opens"),
    [
        (mail(precedence="bulk"), True),
        (mail(precedence="junk", answers=True), True),
        (mail(list_id="<g.example>"), True),
        (mail(list_unsubscribe="<mailto:x@y.z>"), True),
        (mail(auto_submitted="auto-generated"), True),
        (mail(return_path="<>"), True),
        (mail(list_unsubscribe="<mailto:x@y.z>", list_id="<n.example>"), False),
        (mail(list_unsubscribe="<mailto:x@y.z>", precedence="bulk"), False),
        (mail(list_unsubscribe="<mailto:x@y.z>", list_id="<n.example>", answers=True), True),
    ],
)
def test_bulk_opens_a_ticket_unless_it_is_a_newsletter(one: Mail, opens: bool) -> None:
    found = judged(one)
    assert (found.verdict, found.opens) == ("bulk", opens) and found.why


def test_the_envelope_goes_before_return_path() -> None:
    assert judged(mail(return_path="<>"), envelope_from="wang@example.com").verdict == "request"
    assert judged(mail(return_path="<wang@example.com>"), envelope_from="").verdict == "bulk"
    assert judged(mail(), envelope_from="", proved=True).verdict == "auto_reply"


def test_senders_are_told_by_name() -> None:
    assert is_robot("no-reply@x.cn") and is_robot("webform@x.cn") and is_robot("site.noreply@x.cn")
    assert not is_robot("wang@x.cn") and not is_robot("reply@x.cn") and not is_robot("information@x.cn")
    known = frozenset(OURS)
    assert is_own("12345+abc@example.gov.cn", known) and not is_own("x12345@example.gov.cn", known)


_WORD = st.text(max_size=30)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["auto-submitted", "precedence", "return-path", "x-loop", "list-id", "x-autoreply"]), _WORD
        )
    ),
    _WORD,
    _WORD,
    st.none() | _WORD,
)
def test_any_headers_are_judged(headers: list[tuple[str, str]], subject: str, sender: str, path: str | None) -> None:
    one = Mail(headers=tuple(headers), subject=subject, sender=Address(sender), message_id=subject)
    found = judge(one, addresses=OURS, tags=TAGS, envelope_from=path)
    assert found.opens or found.why
