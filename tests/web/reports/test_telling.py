"""The sentences that a leader reads: every number is the figures', and nothing is said that is not known."""

from __future__ import annotations

from gateway.web.reports.telling import sentences
from tests.web.reports.samples import Figures, content_of, period


async def test_a_day_in_sentences() -> None:
    calls, waits, lost, tickets, transfers = sentences(await content_of())
    assert calls == (
        "2026年11月21日（星期六），热线共受理人工请求 1,801 次，较前一日下降 44.9 %；接通 1,746 次，"
        "接通率 96.9 %，达到国家标准要求的 95 %（GB/T 33358-2016），较前一日下降 0.5 个百分点。"
        "15 秒内接通的占全部请求的 94.1 %，较前一日下降 0.5 个百分点，占接通来电的 97 %。"
    )
    assert waits.startswith(
        "接通来电平均等待 6.9 秒，较前一日上升 1.4 秒；95 % 的接通来电等待不超过 14 秒；平均通话 2:51；"
    )
    assert lost == (
        "呼损 55 次，较前一日下降 32.9 %，其中排队中放弃 27 次，振铃中放弃 28 次；进入队列 5 秒内即挂机的 18 次。"
    )
    assert "形成工单 616 件，与前一日持平；直接解答率 71.4 %" in tickets
    assert transfers == "一键转接 64 次，成功 54 次。"


async def test_a_rate_that_only_rounds_to_the_line_is_under_it() -> None:
    text = sentences(await content_of(figures=Figures(more={"connection_rate": 0.9499})))[0]
    assert "接通率 95 %，低于国家标准要求的 95 %" in text


async def test_what_is_not_known_is_not_said() -> None:
    nothing = {"wait_mean": None, "wait_p95": None, "talk_mean": None, "handling_mean": None, "occupancy": None,
               "tickets": None, "transfers": None, "rate_15s": None}  # fmt: skip
    text = "".join(sentences(await content_of(figures=Figures(more=nothing))))
    assert all(word not in text for word in ("等待", "工单", "转接", "15 秒", "—", "None"))


async def test_a_period_without_anything_is_said_in_one_sentence() -> None:
    assert sentences(await content_of(figures=Figures(quiet=True))) == [
        "2026年11月21日（星期六），没有人工请求、工单和转接的记录。"
    ]


async def test_nobody_lost_is_good_news() -> None:
    assert "没有呼损。" in sentences(await content_of(figures=Figures(more={"lost": 0})))


async def test_a_period_that_runs_says_so_and_compares_the_same_hours() -> None:
    text = sentences(await content_of(now=period().since + 12 * 3600))[0]
    assert "（截至制作时）" in text and "较前一日同时段下降" in text


async def test_a_day_in_english() -> None:
    calls, waits, lost, tickets, transfers = sentences(await content_of(), "en")
    assert calls == (
        "Saturday, 21 November 2026: the hotline took 1,801 requests for a person, down 44.9 % on the day before; "
        "it answered 1,746, a connection rate of 96.9 %, which meets the national standard's 95 % (GB/T 33358-2016), "
        "down 0.5 points on the day before. Answered within 15 s: 94.1 % of all requests, down 0.5 points on the day "
        "before; 97 % of those answered."
    )
    assert waits.startswith("Those answered waited 6.9 s in the mean, up 1.4 s on the day before; 95 % of them")
    assert lost == (
        "55 callers were lost, down 32.9 % on the day before: 27 abandoned in the queue, 28 abandoned while ringing; "
        "18 hung up within 5 s of entering the queue."
    )
    assert tickets.startswith("616 tickets were written, unchanged from the day before; answered directly 71.4 %")
    assert transfers == "64 one-press transfers, 54 completed."


async def test_in_english_too_a_sentence_begins_as_one_and_a_period_that_runs_says_so() -> None:
    (_, waits, *_) = sentences(await content_of(figures=Figures(more={"wait_mean": None, "wait_p95": None})), "en")
    assert waits.startswith("Mean talk 2:51; mean handling")
    text = sentences(await content_of(now=period().since + 12 * 3600), "en")[0]
    assert "(until this was made)" in text and "on the same part of the day before" in text
    assert sentences(await content_of(figures=Figures(quiet=True)), "en") == [
        "Saturday, 21 November 2026: no requests, tickets or transfers are on record."
    ]
