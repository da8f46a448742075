"""What Asterisk's console says of seats becomes one word each, and only what two looks agree on is a difference."""

from __future__ import annotations

from tools.lab.truth import Compared, seats_of

QUEUES = """\
hotline has 1 calls (max unlimited) in 'leastrecent' strategy (2s holdtime, 4s talktime), W:0, C:3, A:0, SL:100.0%, SL2:100.0% within 15s
   Members:
      1001 (PJSIP/8001 from hotline) (ringinuse disabled) (dynamic) (Not in use) has taken no calls yet (login was 3 secs ago)
      1002 (PJSIP/8002) (ringinuse disabled) (dynamic) (paused:meal was 9 secs ago) (Not in use) has taken 2 calls (last was 4 secs ago)
      1003 (PJSIP/8003) (ringinuse disabled) (dynamic) (paused:wrap_up was 1 secs ago) (Not in use) has taken 1 calls
      1004 (PJSIP/8004) (ringinuse disabled) (dynamic) (Unavailable) has taken no calls yet
      1005 (PJSIP/8005w) (ringinuse disabled) (dynamic) (in call) (In use) has taken 3 calls
      1006 (PJSIP/8006) (ringinuse disabled) (dynamic) (Ringing) has taken 3 calls
   Callers:
      1. PJSIP/trunk-00000004 (wait: 0:03, prio: 0)
"""  # noqa: E501
CHANNELS = """\
PJSIP/8005w-00000002!gw-agent!!1!Up!AppQueue!(Outgoing Line)!12345!!!3!12!6f1a!1795349281.2
PJSIP/8006-00000005!gw-agent!!1!Ringing!AppQueue!(Outgoing Line)!12345!!!3!2!!1795349281.5
PJSIP/trunk-00000004!gw-queue!s!3!Up!Queue!hotline,c!138!12345!!3!14!!1795349281.1
"""
SEATS = [str(8000 + n) for n in range(1, 8)]


def test_each_seat_has_the_word_that_members_and_channels_give_it() -> None:
    assert seats_of(QUEUES, CHANNELS, SEATS) == {
        "8001": "ready", "8002": "not_ready", "8003": "wrap_up", "8004": "offline", "8005": "talking",
        "8006": "ringing", "8007": "signed_out",
    }  # fmt: skip


def test_a_difference_counts_when_two_looks_agree_on_it() -> None:
    compared = Compared()
    assert compared.look({"8001": "ready"}, {"8001": "talking"}) == {("8001", "ready", "talking")}
    compared.again({"8001": "talking"}, {"8001": "talking"})
    compared.look({"8001": "ready"}, {"8001": "talking"})
    compared.again({"8001": "ready"}, {"8001": "wrap_up"})
    assert (compared.looks, compared.differences) == (2, [])
    compared.look({}, {"8001": "talking"})
    compared.again({}, {"8001": "talking"})
    assert compared.differences == [("8001", "missing", "talking")]
