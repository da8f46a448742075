"""The roster over HTTP: imported or put from the page, all or nothing, masked, audited; who is on duty now."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway.people import files
from tests.web.number_stage import ZONE, NumberSite, number_site

AT = "/api/v1/roster"
TODAY = datetime.now(ZONE).date()
PHONE = "13800001111"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path) as opened:
        yield opened


def a_file(*rows: str) -> bytes:
    """Yesterday to tomorrow: who runs the hall by day and by night, whatever the time of the test."""
    lines = ["日期,班次,岗位,姓名,工号,电话,备注"]
    for n in (-1, 0, 1):
        day = (TODAY + timedelta(days=n)).isoformat()
        lines += [
            f"{day},白班,值班长,陈班长,8100,{PHONE},",
            f"{day},夜班,值班长,陈班长,8100,,",
            f"{day},00:00-24:00,备班,李强,8002,,",
        ]
    return "\n".join([*(line.replace("00:00-24:00", "00:00-00:00") for line in lines), *rows]).encode("gb18030")


async def sent(site: NumberSite, data: bytes, query: str = "", login: str = "lead") -> tuple[int, Any]:
    client = await site.logged_in(login)
    status, said, _ = await client.ask("POST", f"{AT}/import?{query}", data=data, headers={"Content-Type": "text/csv"})
    return status, said


async def test_a_file_is_looked_at_and_taken(site: NumberSite) -> None:
    status, said = await sent(site, a_file(), "dry_run=true")
    assert (status, said["done"], said["added_count"], said["people_new"]) == (200, False, 9, ["陈班长", "李强"])
    assert not await site.audited("roster.imported") and await site.ledger.people() == []
    status, taken = await sent(site, a_file(), f"expect={said['expect']}")
    assert (status, taken["done"], taken["kept_count"]) == (200, True, 0)
    assert len(await site.audited("roster.imported")) == 1
    status, again = await sent(site, a_file(), f"expect={said['expect']}")
    assert status == 409
    status, again = await sent(site, a_file(), "dry_run=true")
    assert (again["added_count"], again["removed_count"], again["kept_count"]) == (0, 0, 9)


async def test_every_fault_is_told_and_nothing_is_taken(site: NumberSite) -> None:
    status, said = await sent(site, a_file("2026-13-01,白班,热线员,甲,1,,", "2026-11-22,中班,热线员,,2,12,"))
    assert (status, said["count"]) == (422, 4)
    assert [(one["row"], one["column"]) for one in said["errors"]] == [(11, 1), (12, 2), (12, 4), (12, 6)]
    assert all(one["zh"] and one["en"] for one in said["errors"])
    assert await site.ledger.people() == []


async def test_what_is_no_roster_is_said(site: NumberSite) -> None:
    for data, zh in (
        (b"", "表头"),
        (b"PK\x03\x04xx", "损坏"),
        ("日期,班次,岗位,姓名\n".encode(), "没有排班"),
        ("日期,班次,岗位,血型\n".encode(), "血型"),
    ):
        status, said = await sent(site, data)
        assert status == 422 and zh in said["errors"][0]["zh"]


async def test_a_file_that_is_too_large_is_not_read_on(site: NumberSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    assert (await sent(site, b"x" * 1001))[0] == 413


async def test_double_bookings_are_told_and_taken(site: NumberSite) -> None:
    status, said = await sent(site, a_file(f"{TODAY},19:00-21:00,律师,陈班长,8100,,"))
    assert status == 200 and {one["name"] for one in said["clashes"]} == {"陈班长"}


async def test_who_is_on_duty_now_is_told_to_agents_masked(site: NumberSite) -> None:
    await sent(site, a_file())
    client = await site.logged_in("agent1")
    status, said, _ = await client.get(f"{AT}/now")
    assert status == 200 and said["shift"]["id"] in ("day", "night")
    assert [(one["name"], one["phone"]) for one in said["lead"]] == [("陈班长", "138****1111")]
    assert [one["agent"] for one in said["standby"]] == ["8002"]
    assert said["next"]["lead"][0]["name"] == "陈班长"
    assert PHONE not in str(said)
    assert (await client.get(AT))[0] == 403


async def test_days_are_shown_with_gaps_and_masked(site: NumberSite) -> None:
    await sent(site, a_file())
    client = await site.logged_in("lead")
    status, said, _ = await client.get(f"{AT}?from={TODAY}&to={TODAY}")
    assert (status, said["first"], len(said["people"])) == (200, TODAY.isoformat(), 2)
    assert {one["day"] for one in said["duties"]} == {TODAY.isoformat(), (TODAY - timedelta(days=1)).isoformat()}
    assert ("agent", 6, 0) in [(one["role"], one["needed"], one["there"]) for one in said["gaps"]]
    assert PHONE not in str(said)
    for query in (f"from={TODAY}&to={TODAY - timedelta(days=1)}", "from=2026-01-01&to=2027-01-01", "from=x"):
        assert (await client.get(f"{AT}?{query}"))[0] == 400


async def test_a_day_is_put_from_the_page(site: NumberSite) -> None:
    await sent(site, a_file())
    client = await site.logged_in("lead")
    row = {"date": TODAY.isoformat(), "shift": "day", "role": "agent", "name": "王小芳", "agent": "8001"}
    _, shown, _ = await client.get(f"{AT}?from={TODAY}&to={TODAY}")
    status, said, _ = await client.ask("PUT", AT, json={"days": [f"{TODAY}"], "rows": [row], "expect": shown["mark"]})
    assert (status, said["added_count"], said["removed_count"]) == (200, 1, 3)
    stale = await client.ask("PUT", AT, json={"days": [f"{TODAY}"], "rows": [], "expect": shown["mark"]})
    assert stale[0] == 409
    outside = await client.ask("PUT", AT, json={"days": [f"{TODAY}"], "rows": [row | {"date": "2026-01-01"}]})
    assert (outside[0], outside[1]["errors"][0]["column"]) == (422, 1)
    dry = await client.ask("PUT", AT, json={"days": [f"{TODAY}"], "rows": [], "dry_run": True})
    assert (dry[0], dry[1]["done"], dry[1]["removed_count"]) == (200, False, 1)
    assert [one.detail["added"] for one in await site.audited("roster.changed")] == [1]


async def test_an_export_comes_in_again_and_contacts_in_it_are_audited(site: NumberSite) -> None:
    await sent(site, a_file())
    client = await site.logged_in("lead")
    days = f"from={TODAY - timedelta(days=1)}&to={TODAY + timedelta(days=1)}"
    async with client.http.get(f"{AT}/export?{days}&format=csv") as response:
        text = await response.read()
        assert "attachment" in response.headers["Content-Disposition"]
    assert PHONE not in text.decode() and not await site.audited("roster.exported")
    _, said = await sent(site, text, "dry_run=true")
    assert (said["kept_count"], said["added_count"], said["people_changed"]) == (9, 0, [])
    async with client.http.get(f"{AT}/export?{days}&contacts=true") as response:
        book = openpyxl.load_workbook(io.BytesIO(await response.read()))
    assert PHONE in [cell.value for row in book.active.iter_rows() for cell in row]
    assert [one.login for one in await site.audited("roster.exported")] == ["lead"]


async def test_a_contact_is_revealed_and_audited(site: NumberSite) -> None:
    await sent(site, a_file())
    lead = next(one for one in await site.ledger.people() if one.agent == "8100")
    client = await site.logged_in("lead")
    status, said, _ = await client.post(f"/api/v1/people/{lead.id}/reveal", {"reason": "故障联系"})
    assert (status, said["phone"]) == (200, PHONE)
    [entry] = await site.audited("contact.revealed")
    assert (entry.subject, entry.detail) == (lead.id, {"reason": "故障联系"})
    assert (await client.post("/api/v1/people/nobody/reveal", {"reason": "xx"}))[0] == 404
    agent = await site.logged_in("agent1")
    assert (await agent.post(f"/api/v1/people/{lead.id}/reveal", {"reason": "xx"}))[0] == 403


async def test_a_note_goes_from_shift_to_shift(site: NumberSite) -> None:
    agent, lead = await site.logged_in("agent1"), await site.logged_in("lead")
    status, note, _ = await agent.post("/api/v1/handovers", {"text": "停电三件\n已派单"})
    assert (status, note["author_name"], note["text"], note["read_at"]) == (201, "王小芳", "停电三件\n已派单", None)
    status, taken, _ = await lead.post(f"/api/v1/handovers/{note['id']}/acknowledge")
    assert (status, taken["read_by"], taken["read_by_name"]) == (200, "lead", "陈班长")
    assert (await lead.post("/api/v1/handovers/nobody/acknowledge"))[0] == 404
    assert (await agent.get("/api/v1/handovers"))[1]["items"] == [taken]
    assert (await agent.post("/api/v1/handovers", {"text": " "}))[0] == 400
    assert [one.act for one in await site.ledger.audits(subject=note["id"])] == ["handover.taken", "handover.written"]


async def test_a_gateway_without_a_roster_says_so(tmp_path: Path) -> None:
    async with number_site(tmp_path / "other", roster=None) as site:
        client = await site.logged_in("lead")
        for path in (AT, f"{AT}/now", f"{AT}/export", "/api/v1/handovers"):
            assert (await client.get(path))[0] == 404
