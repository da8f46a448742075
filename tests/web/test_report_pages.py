"""Made reports over HTTP: the page, its files, who may, and what is said when there is none."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook

from gateway.web.reports.maker import Reports
from gateway.web.reports.printer import NoPdf, Printer
from gateway.web.reports.shelf import Shelf
from tests.web.reports.samples import HOTLINE, ZONE, Figures


class Press(Printer):
    """Prints at once, or cannot."""

    fails = False

    async def print(self, page: bytes) -> bytes:
        if self.fails:
            self.missing = True
            raise NoPdf("缺少生成 PDF 的库或字体 / libraries for PDF are missing", missing=True)
        return b"%PDF-1.7"


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
def press() -> Press:
    return Press(60.0)


@pytest.fixture
def services(figures: Figures, press: Press, tmp_path: Path) -> dict[str, Any]:
    return {"reports": Reports(figures, Shelf(tmp_path / "reports"), press, ZONE, lambda: HOTLINE, time.time)}


DAY = "/reports/day/2026-11-20"


async def test_a_lead_reads_the_page_and_takes_the_files_which_is_audited(open_site: Any, services: Any) -> None:
    async with open_site(more=services) as site:
        lead = await site.logged_in("lead")
        async with lead.http.get(DAY) as page:
            text = await page.text()
            assert page.status == 200 and "运行日报" in text and HOTLINE in text
            assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        async with lead.http.get(f"{DAY}.pdf") as pdf:
            assert (pdf.status, pdf.content_type, await pdf.read()) == (200, "application/pdf", b"%PDF-1.7")
            assert pdf.headers["Content-Disposition"].endswith("%E8%BF%90%E8%A1%8C%E6%97%A5%E6%8A%A5-2026-11-20.pdf")
        async with lead.http.get(f"{DAY}.xlsx") as xlsx:
            assert load_workbook(io.BytesIO(await xlsx.read())).sheetnames[0] == "概述"
        taken = [one for one in site.ledger.rows.audits if one.act == "report.downloaded"]
        assert [(one.login, one.subject, one.detail["file"]) for one in taken] == [
            ("lead", "day/2026-11-20", "pdf"), ("lead", "day/2026-11-20", "xlsx"),
        ]  # fmt: skip


async def test_a_machine_with_a_token_takes_the_files(open_site: Any, services: Any) -> None:
    async with open_site(more=services) as site:
        machine = site.client(token=site.tokens["machine"])
        async with machine.http.get("/reports/week/2026-W46.pdf") as pdf:
            assert pdf.status == 200
        status, made, _ = await machine.get("/api/v1/reports/made")
        assert status == 200 and made["pdf"] is True
        assert [(one["kind"], one["id"], one["name"], one["title"]) for one in made["reports"]] == [
            ("week", "2026-W46", "周报", "2026年第46周（11月9日至11月15日）")
        ]


async def test_whoever_is_not_logged_in_goes_to_the_log_in_and_an_agent_is_refused(
    open_site: Any, services: Any
) -> None:
    async with open_site(more=services) as site:
        _, _, sent = await site.client().get(DAY)
        assert (sent.status, sent.headers["Location"]) == (303, f"/login?next={DAY}")
        status, _, _ = await site.client(token="wrong").get(f"{DAY}.pdf")
        assert status == 401
        agent = await site.logged_in("agent1")
        for path in (DAY, f"{DAY}.pdf", "/api/v1/reports/made"):
            status, _, _ = await agent.get(path)
            assert status == 403, path


@pytest.mark.parametrize(
    "path",
    ["/reports/day/2026-02-30", "/reports/day/2099-01-01", "/reports/year/2026", "/reports/day/2026-11-20.doc",
     "/reports/week/2026-47", "/reports/day/%2e%2e%2fsecrets"],
)  # fmt: skip
async def test_what_is_no_report_is_said_on_a_page(open_site: Any, services: Any, path: str) -> None:
    async with open_site(more=services) as site:
        lead = await site.logged_in("lead")
        async with lead.http.get(path) as answer:
            assert answer.status == 404 and "没有" in await answer.text()


async def test_a_ledger_that_is_away_and_a_missing_library_are_said(
    open_site: Any, services: Any, figures: Figures, press: Press
) -> None:
    async with open_site(more=services) as site:
        lead = await site.logged_in("lead")
        figures.fails = OSError("away")
        async with lead.http.get(DAY) as answer:
            assert answer.status == 503 and "台账或磁盘暂时不可用" in await answer.text()
        figures.fails, press.fails = None, True
        async with lead.http.get(f"{DAY}.pdf") as answer:
            assert answer.status == 503 and "缺少生成 PDF 的库" in await answer.text()
        async with lead.http.get(DAY) as answer:
            assert answer.status == 200 and f"{DAY}.pdf" not in await answer.text()


async def test_a_gateway_without_reports_says_that_there_are_none(site: Any) -> None:
    lead = await site.logged_in("lead")
    status, _, _ = await lead.get(DAY)
    assert status == 404
    status, made, _ = await lead.get("/api/v1/reports/made")
    assert (status, made) == (200, {"reports": [], "pdf": False})


async def test_a_report_in_english_as_page_and_files(open_site: Any, services: Any) -> None:
    async with open_site(more=services) as site:
        lead = await site.logged_in("lead")
        async with lead.http.get(f"{DAY}?lang=en") as page:
            text = await page.text()
            assert page.status == 200 and "Daily report" in text and "Friday, 20 November 2026" in text
        async with lead.http.get(f"{DAY}.pdf?lang=en") as pdf:
            assert pdf.status == 200
            assert pdf.headers["Content-Disposition"].endswith("Daily%20report-2026-11-20.pdf")
        async with lead.http.get(f"{DAY}.xlsx?lang=en") as xlsx:
            assert load_workbook(io.BytesIO(await xlsx.read())).sheetnames[0] == "Overview"
        async with lead.http.get(f"{DAY}?lang=de") as other:
            assert other.status == 400 and "lang=en" in await other.text()
        _, _, sent = await site.client().get(f"{DAY}?lang=en")
        asked = parse_qs(urlsplit(sent.headers["Location"]).query)
        assert (sent.status, asked) == (303, {"next": [f"{DAY}?lang=en"]})
