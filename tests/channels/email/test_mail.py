"""A read mail as a value."""

from __future__ import annotations

from gateway.channels.email.mail import Mail


def test_the_first_header_of_a_name_counts() -> None:
    mail = Mail(headers=(("received", "b"), ("subject", "路灯"), ("received", "a")))
    assert mail.header("received") == "b"
    assert mail.header("subject") == "路灯"


def test_a_header_that_is_not_there_is_empty() -> None:
    assert Mail().header("subject") == ""
