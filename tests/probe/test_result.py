"""What is asked is checked before any process starts; what is told reads in both languages."""

from __future__ import annotations

import pytest

from gateway.probe.result import ProbeConfig, ProbeResult


@pytest.mark.parametrize(
    "wrong",
    [
        {"dial": "12345\r\nVia: x"},
        {"dial": "sip:12345"},
        {"dial": ""},
        {"user": "probe\n"},
        {"server": "host\0"},
        {"password": "a\rb"},
        {"limit_s": 0.5},
        {"limit_s": 301},
    ],
)
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).removesuffix("_s")):
        ProbeConfig(**{"server": "127.0.0.1", "port": 5060, "user": "probe", "password": "x"} | wrong)


def test_the_password_does_not_show():
    assert "hush" not in repr(ProbeConfig("127.0.0.1", 5060, "probe", "hush"))


def test_only_answered_with_audio_is_good():
    assert ProbeResult("12345", "answered", answered=True, audio=True).good
    assert not ProbeResult("12345", "no_audio", answered=True).good
    assert not ProbeResult("12345", "no_reply", audio=True).good


def test_the_line_has_both_languages_seconds_and_status():
    line = ProbeResult("12345", "answered", answered=True, audio=True, seconds=1.234, status=200).line()
    assert line == "12345: 接通并听到声音 / answered, audio heard · 1.23 s · SIP 200"
