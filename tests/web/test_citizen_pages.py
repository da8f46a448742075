"""The pages that only show: times of the hall's zone, every state in words, and emergencies on top of each."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.web.citizen_pages import STATES, look_up, progress, receipt, trouble
from gateway.web.ticket_views import progress_view

TITLE = ("海南省12345政务服务便民热线", "Hainan 12345 government hotline")
ZONE = ZoneInfo("Asia/Shanghai")


def test_receipt_has_number_code_and_the_halls_time(fakes: Any) -> None:
    text = receipt(TITLE, fakes.ticket(1, received_at=1_763_766_000.0), ZONE, "").decode()
    for shown in ("460000-20261121-0000001", "8K2M", "2025-11-22 07:00", TITLE[0], TITLE[1]):
        assert shown in text
    assert fakes.number not in text and "张三" not in text


def test_urgent_words_keep_their_lines_and_are_only_text(fakes: Any) -> None:
    text = receipt(TITLE, fakes.ticket(1), ZONE, "一<b>\n二").decode()
    assert "一&lt;b&gt;<br>二" in text


@pytest.mark.parametrize("state", list(STATES))
def test_every_state_has_its_words_and_its_place_on_the_way(fakes: Any, state: str) -> None:
    ticket = fakes.ticket(1, state=state, deadline_at=1_763_766_000.0)
    text = progress(progress_view(ticket, []), "8K2M", ZONE)
    assert STATES[state][0] in text and text.count("aria-current") == 1
    assert ("办理时限 2025-11-22" in text) == (state != "closed")


def test_satisfaction_is_asked_once_the_ticket_is_closed(fakes: Any) -> None:
    asked = progress(progress_view(fakes.ticket(1, state="closed"), []), "8K2M", ZONE)
    assert asked.count('name="score"') == 5
    rated = progress(progress_view(fakes.ticket(1, state="closed", satisfaction=5), []), "8K2M", ZONE)
    assert 'name="score"' not in rated and "非常满意" in rated


def test_trouble_says_what_to_do_and_every_page_has_the_emergency_numbers() -> None:
    pages = [trouble(TITLE, 503, "暂时不可用", "not now", "id-1"), look_up(TITLE, number='"><script>')]
    for made in pages:
        for number in ("110", "119", "120"):
            assert f'href="tel:{number}"' in made.decode()
    assert "id-1" in pages[0].decode() and "503" in pages[0].decode()
    assert "<script>" not in pages[1].decode()
