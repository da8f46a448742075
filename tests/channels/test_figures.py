"""What channels count is summed by name over all accounts, with its meaning, beside channels that count nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.channels.email.figures import MEANINGS as EMAIL
from gateway.channels.figures import MEANINGS, channel_figures
from gateway.channels.sms.figures import MEANINGS as SMS
from tests.channels.email.email_stage import open_email
from tests.channels.outgoing_stage import ScriptedChannel


class Counting(ScriptedChannel):
    def __init__(self, **counted: float) -> None:
        super().__init__()
        self.counted = counted

    def figures(self) -> Mapping[str, float]:
        return self.counted


def test_a_figure_of_several_accounts_is_their_sum_as_it_is_when_asked() -> None:
    one, two = Counting(email_sent=2, sms_unread=1), Counting(email_sent=3)
    sent, unread = sorted(channel_figures([one, ScriptedChannel(), two]), key=lambda figure: figure.name)
    assert (sent.name, sent.read(), unread.name, unread.read()) == ("email_sent", 5, "sms_unread", 1)
    one.counted["email_sent"] = 10
    assert sent.read() == 13


@pytest.mark.parametrize("channels", [[], [ScriptedChannel()], [Counting()]])
def test_channels_that_count_nothing_have_no_figures(channels: list[ScriptedChannel]) -> None:
    assert channel_figures(channels) == []


def test_all_rise_but_those_that_tell_how_things_stand_now() -> None:
    figures = channel_figures([Counting(**dict.fromkeys(MEANINGS, 1.0))])
    assert {one.name for one in figures if not one.rises} == {"sms_link_up", "sms_link_waiting"}


def test_no_figure_of_one_channel_is_anothers() -> None:
    assert not SMS.keys() & EMAIL.keys()
    assert all(name.startswith(("sms_", "email_")) and meaning for name, meaning in MEANINGS.items())


async def test_all_that_a_mail_account_counts_is_explained_and_nothing_else(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        assert set(stage.channel.figures()) == set(EMAIL)
        told = {one.name: (one.meaning, one.read(), one.rises) for one in channel_figures([stage.channel])}
        assert told == {name: (meaning, 0, True) for name, meaning in EMAIL.items()}
