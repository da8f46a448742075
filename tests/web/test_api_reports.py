"""Reports over HTTP: who may read them, what they count, and CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

from gateway.model.ids import AgentId, CallId, SeatId
from gateway.model.transfers import Transfer
from gateway.web import api_reports

AT = "/api/v1/reports/transfers"


def kept(site: Any, number: int, partner: str, outcome: str, started_at: float) -> None:
    site.ledger.rows.transfers[f"t{number}"] = Transfer(
        f"t{number}", f"k{number}", CallId("1"), "attended", partner or "legal", SeatId("A001"), AgentId("1"),
        started_at, partner=partner, phase="ended", outcome=outcome, ended_at=started_at + 30,  # type: ignore[arg-type]
        answered_at=started_at + 5 if outcome == "completed" else None,
    )  # fmt: skip


async def test_a_shift_lead_reads_outcomes_by_partner(site: Any) -> None:
    for number, (partner, outcome) in enumerate([("110", "completed"), ("110", "busy"), ("", "completed")]):
        kept(site, number, partner, outcome, 100.0 + number)
    kept(site, 9, "119", "busy", 5000.0)
    client = await site.logged_in("lead")
    status, report, _ = await client.get(f"{AT}?since=1&until=1000")
    assert status == 200 and (report["total"], report["by"]) == (3, "partner")
    police, others = report["groups"]
    assert (police["group"], police["name"], police["total"]) == ("110", "公安", 2)
    assert police["outcomes"] == {"completed": 1, "busy": 1} and police["reached"] == 0.5
    assert (others["group"], others["name"], others["answer_s"]) == ("", "", 5.0)
    _, by_mode, _ = await client.get(f"{AT}?since=1&until=1000&by=mode")
    assert [(one["group"], one["total"]) for one in by_mode["groups"]] == [("attended", 3)]


async def test_all_pages_are_read(site: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(api_reports, "_PAGE", 2)
    for number in range(5):
        kept(site, number, "110", "completed", 100.0 + number)
    client = await site.logged_in("lead")
    assert (await client.get(f"{AT}?since=1&until=1000"))[1]["total"] == 5
    monkeypatch.setattr(api_reports, "_MOST", 4)
    status, problem, _ = await client.get(f"{AT}?since=1&until=1000")
    assert status == 400 and problem["field"] == "since"


async def test_a_spreadsheet_gets_a_row_a_group_and_a_column_an_outcome(site: Any) -> None:
    kept(site, 1, "110", "completed", 100.0)
    client = await site.logged_in("lead")
    async with client.http.get(f"{AT}?since=1&until=1000", headers={"Accept": "text/csv"}) as answer:
        assert answer.status == 200 and answer.content_type == "text/csv"
        text = (await answer.read()).decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(text)))
    said = dict(zip(head, row, strict=True))
    assert (said["分组 group"], said["名称 name"], said["成功 completed"], said["对方忙 busy"]) == (
        "110",
        "公安",
        "1",
        "0",
    )


async def test_a_time_that_cannot_be_and_an_agent_are_refused(site: Any) -> None:
    client = await site.logged_in("lead")
    assert (await client.get(f"{AT}?since=10&until=10"))[0] == 400
    assert (await client.get(f"{AT}?since=0&until=99999999"))[0] == 400
    assert (await client.get(f"{AT}?by=colour"))[0] == 400
    assert (await (await site.logged_in("agent1")).get(AT))[0] == 403
