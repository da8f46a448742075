"""A report over the whole gateway, without Asterisk: calls in a real ledger, counted by the figures' side, read by the
maker of reports as a page, a PDF and a workbook, and corrected when a call changes."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from openpyxl import load_workbook

from gateway.app import Node
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import Account, CallRecord
from gateway.settings import load, load_secrets
from gateway.web.reports.periods import period_of
from gateway.web.sessions import new_token
from tests.web.reports.pdf_text import read_pdf
from tools.lab.ports import Ports
from tools.lab.site import CONFIG, free_environ


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.setattr("gateway.web.staff.hash_password", lambda password: f"hash of {len(password)}")
    ports = Ports()
    yield free_environ(ports, tmp_path / "var")
    ports.close()


def a_call(number: int, at: float, *, answered: bool) -> CallRecord:
    """Twenty seconds of waiting if nobody answered, else five and a minute of talk."""
    call = CallRecord(CallId(f"1700000{number:03d}.1"), at)
    call.entry_number, call.queue, call.queued_at = "12345", QueueId("hotline"), at
    call.caller_number, call.ended_at = "13812345678", at + 65
    if answered:
        call.answered_at, call.wait_s, call.talk_s, call.outcome = at + 5, 5.0, 60.0, "answered"
        call.agent, call.hold_s, call.wrap_s = AgentId("8001"), 0.0, 10.0
    else:
        call.wait_s, call.outcome, call.ended_at = 20.0, "abandoned_queue", at + 20
    return call


@pytest.mark.timeout(240)
async def test_a_day_of_calls_becomes_a_report_and_a_correction_makes_it_again(environ: dict[str, str]) -> None:
    settings = load(CONFIG, environ)
    node = Node(settings, load_secrets(settings.state_dir, settings), environ)
    async with asyncio.timeout(220), node:
        reports = node.lead.reporting.reports
        reports.printer.limit_s = 180.0  # a loaded machine is no fault
        day = period_of("day", datetime.now(reports.zone).date() - timedelta(days=2), reports.zone)
        calls = [a_call(n, day.since + 36_000 + 60 * n, answered=n % 5 > 0) for n in range(20)]
        for call in calls:
            await node.ledger.write(lambda tx, call=call: tx.save_call(call))
        made = await reports.report(day)
        total = made.content.total
        assert made.note is not None  # its tables agree with each other: it is kept
        assert (total["requests"], total["answered"], total["lost"]) == (20, 16, 4)
        assert total["connection_rate"] == pytest.approx(0.8) and total["wait_mean"] == pytest.approx(5)
        assert [row.name for row in made.content.tables["queue"].rows] == ["综合受理"]

        token, hashed = new_token()
        await node.ledger.write(lambda tx: tx.save_account(Account("book", "统计", "reader", AgentId(""))))
        await node.ledger.write(lambda tx: tx.save_token("book", hashed, "", time.time()))
        headers = {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{node.web.port}/reports/day/{day.id}"
        async with aiohttp.ClientSession(headers=headers) as http:
            async with http.get(url) as page:
                assert page.status == 200 and "接通率 80\u00a0%，低于国家标准要求的 95\u00a0%" in await page.text()
            async with http.get(f"{url}.pdf") as pdf:
                assert "80 %" in read_pdf(await pdf.read()).text.replace("\u00a0", " ")
            async with http.get(f"{url}.xlsx") as xlsx:
                sheet = load_workbook(io.BytesIO(await xlsx.read()))["按队列"]
                assert [cell.value for cell in sheet[2]][:3] == ["综合受理", 20, 16]

        late = replace(calls[0], answered_at=calls[0].started_at + 8, wait_s=8.0, talk_s=30.0, outcome="answered")
        await node.ledger.write(lambda tx: tx.save_call(late))
        reports._lately.clear()  # as after its seconds
        async with asyncio.timeout(60):
            while not (again := await reports.report(day)).corrected:  # what was read lately is good for some seconds
                reports._lately.clear()
                await asyncio.sleep(0.2)
        assert again.content.total["answered"] == 17
