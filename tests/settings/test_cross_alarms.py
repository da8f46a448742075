"""What config/alarms.toml names must be there, and every error says file, line and key."""

from __future__ import annotations

from typing import Any

import pytest

ALARMS = "alarms.toml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "unstaffed"', 'id = "waited"', 'the rule id "waited" is given twice'),
        ('watch = "unstaffed"', 'watch = "unstafed"', "unstafed"),
        ('watch = "unstaffed"', 'watch = "unstaffed"\nqueues = ["hotlin"]', 'unknown queue "hotlin"'),
        ('channels = ["email", "web"]', 'channels = ["mail"]', 'no tickets come over "mail"'),
        ('watch = "rest"', 'watch = "rest"\nreasons = ["brake"]', 'unknown reason of rest "brake"'),
        ('tell = ["leader"]', 'tell = ["leaders"]', 'nobody has the role "leaders"'),
        ('tell = ["shift_lead", "leader"]', 'tell = ["boss"]', 'nobody has the role "boss"'),
        ("clear_at = 0.955", "clear_at = 0.9", "clear_at 0.9 must be at least raise_at 0.95"),
        ("days = 14", "days = 140", "140 is not allowed"),
        ('# sms = "hainan-aliyun"', 'sms = "hainan-aliyum"', 'unknown sms account "hainan-aliyum"'),
        ('# email = "hainan"', 'email = "hainan"', 'the email account "hainan" is switched off'),
        ('quiet = "22:30-07:00"', 'quiet = "late"', '"late" is not allowed'),
        ("keep_days = 400", "keep_dayz = 400", "unknown key"),
    ],
)
def test_each_mistake_is_found_with_its_line(config: Any, old: str, new: str, message: str) -> None:
    config.edit(ALARMS, old, new)
    error = config.only()
    assert error.startswith(f"{ALARMS}:") and message in error


def test_somebody_with_an_address_needs_an_account_that_sends_there(config: Any) -> None:
    config.append(ALARMS, '[[recipient]]\nname = "技术值班"\nrole = "engineer"\nsms = "13800000000"')
    assert "names no account that sends by sms" in config.only()


def test_all_errors_are_listed_at_once(config: Any) -> None:
    config.edit(ALARMS, 'id = "unstaffed"', 'id = "waited"')
    config.edit(ALARMS, 'tell = ["leader"]', 'tell = ["leaders"]')
    assert len(config.errors()) == 2


def test_without_the_file_there_are_no_alarms_and_a_misnamed_one_is_noticed(config: Any) -> None:
    (config.directory / ALARMS).rename(config.directory / "alarm.toml")
    assert 'Did you mean "alarms.toml"' in config.only()
    (config.directory / "alarm.toml").unlink()
    assert config.load().alarms.rules == ()
