"""What servers answer becomes "later" or "never", with words for agents and no address in them."""

from __future__ import annotations

import ssl

import pytest
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPReadTimeoutError,
    SMTPRecipientRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.refusals import BUSY_S, GREYLIST_S, MEND_S, judged, meaning, refusal
from gateway.channels.port import Permanent, Retryable


@pytest.mark.parametrize(
    ("code", "text", "says"),
    [
        (550, "5.1.1 <wang@example.com>: user unknown", "地址不存在"),
        (550, "Mailbox not found. http://service.mail.qq.com/cgi-bin/help", "地址不存在"),
        (552, "5.2.2 mailbox full", "邮箱已满"),
        (552, "too much", "邮件太大"),
        (554, "DT:SPM 163 smtp3,DNKowAB", "垃圾邮件"),
        (550, "5.7.1 rejected", "垃圾邮件"),
        (553, "sorry", "拒收"),
    ],
)
def test_refusals_for_good_say_why_in_chinese_with_the_code(code: int, text: str, says: str) -> None:
    verdict = judged(SMTPRecipientRefused(code, text, "wang@example.com"))
    assert isinstance(verdict, Permanent)
    assert says in verdict.why and str(code) in verdict.why
    assert "wang@example.com" not in verdict.why


@pytest.mark.parametrize(
    ("text", "pause"),
    [("4.2.0 greylisted", GREYLIST_S), ("Greylisted for 300 seconds", 300.0), ("try in 5 min", 300.0),
     ("请5分钟后重试", 300.0), ("wait 9999 minutes", 3600.0)],
)  # fmt: skip
def test_put_off_mails_wait_as_long_as_the_server_says(text: str, pause: float) -> None:
    for error in (
        SMTPRecipientRefused(450, text, "a@b.cn"),
        SMTPDataError(451, text),
        SMTPSenderRefused(452, text, ""),
    ):
        verdict = judged(error)
        assert isinstance(verdict, Retryable) and verdict.after_s == pause


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (SMTPAuthenticationError(535, "no"), MEND_S),
        (SMTPSenderRefused(530, "5.7.0 authentication required", ""), MEND_S),
        (SMTPConnectResponseError(554, "no service"), BUSY_S),
        (SMTPServerDisconnected("gone"), BUSY_S),
        (SMTPConnectError("refused"), BUSY_S),
        (SMTPReadTimeoutError("slow"), BUSY_S),
        (ssl.SSLCertVerificationError("self-signed"), BUSY_S),
        (SMTPException("SMTP STARTTLS extension not supported by server."), MEND_S),
        (SMTPDataError(421, "closing"), BUSY_S),
        (SMTPDataError(-1, "nonsense"), GREYLIST_S),
    ],
)
def test_what_is_ours_or_the_networks_loses_no_mail(error: Exception, pause: float) -> None:
    verdict = judged(error)
    assert isinstance(verdict, Retryable) and verdict.after_s == pause


def test_what_cannot_be_written_is_never_tried_again() -> None:
    assert isinstance(judged(ValueError("control")), Permanent)


@given(st.integers(-1, 999), st.text(max_size=500))
def test_any_answer_has_a_verdict_of_bounded_length(code: int, text: str) -> None:
    verdict = judged(SMTPDataError(code, text))
    assert len(verdict.why) < 400 and "\n" not in verdict.why
    assert isinstance(verdict, Permanent) == (500 <= code <= 599 and code not in (530, 534, 535, 538))


def test_an_enhanced_code_counts_more_than_the_words() -> None:
    assert meaning(550, "too large, they say", "5.1.1")[0] == "对方邮箱地址不存在"
    assert "550 5.2.1" in refusal(550, "5.2.1 disabled").why
