"""The [reports] table: what it takes and what it refuses. Names across files: tests/settings/test_cross.py."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.web.reports.config import ReportsConfig


def test_without_a_word_all_three_are_made_at_half_past_seven_and_go_to_nobody() -> None:
    config = ReportsConfig()
    assert (config.time, config.kinds, config.recipients) == (time(7, 30), ("day", "week", "month"), ())


def test_a_recipient_named_twice_gets_one_mail() -> None:
    assert ReportsConfig(recipients=("a@b.cn", "a@b.cn", "c@d.cn")).recipients == ("a@b.cn", "c@d.cn")


@pytest.mark.parametrize(
    "wrong",
    [{"at": "24:00"}, {"at": "7:30"}, {"kinds": ("year",)}, {"recipients": ("王@b.cn",)}, {"recipients": ("a@b",)},
     {"recipients": ("a@b.cn\r\nBcc: x@y.cn",)}, {"kept_days": 0}, {"recipients": ("a@b.cn",), "kinds": ()}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReportsConfig.model_validate(wrong)


def test_mails_are_in_chinese_unless_english_is_asked_for() -> None:
    assert (ReportsConfig().lang, ReportsConfig.model_validate({"lang": "en"}).lang) == ("zh", "en")
    with pytest.raises(ValidationError):
        ReportsConfig.model_validate({"lang": "de"})
