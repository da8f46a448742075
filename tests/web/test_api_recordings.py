"""Recordings over HTTP: whole and in ranges, to whom they belong, audited once a listening and before it is heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.model.archive import GoneRecording
from gateway.model.ids import CallId
from gateway.model.virtual import VirtualCall
from tests.web.number_stage import DAY, NumberSite, number_site

AT = "/api/v1/calls/7.1/recording"
SOUND = b"RIFF" + bytes(range(250))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path) as opened:
        await opened.call()
        opened.recorded("7.1", SOUND)
        yield opened


async def heard(site: NumberSite, login: str, path: str = AT, **headers: str) -> tuple[int, bytes]:
    client = await site.logged_in(login)
    async with client.http.get(path, headers=headers) as response:
        return response.status, await response.read()


async def test_an_agent_hears_the_own_call_and_a_shift_lead_any(site: NumberSite) -> None:
    assert await heard(site, "agent1") == (200, SOUND)
    assert await heard(site, "lead") == (200, SOUND)
    assert (await heard(site, "agent2"))[0] == 403
    assert (await site.machine().get(AT))[0] == 403
    entries = await site.audited("recording.played")
    assert [(one.login, one.subject) for one in entries] == [("lead", "7.1"), ("agent1", "7.1")]


async def test_a_part_is_given_and_a_listening_is_noted_once(site: NumberSite) -> None:
    client = await site.logged_in("agent1")
    for first, last in ((0, 99), (100, 199), (200, 253)):
        async with client.http.get(AT, headers={"Range": f"bytes={first}-{last}"}) as response:
            assert response.status == 206
            assert response.headers["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
            assert await response.read() == SOUND[first : last + 1]
    assert len(await site.audited("recording.played")) == 1
    site.ahead["s"] = 3600.0
    assert (await client.get(AT, headers={"Range": "bytes=5-"}))[0] == 206
    assert len(await site.audited("recording.played")) == 2


async def test_a_range_beyond_the_end_is_told(site: NumberSite) -> None:
    assert (await heard(site, "agent1", Range="bytes=9999-"))[0] == 416


async def test_it_is_shown_as_sound_and_kept_by_no_cache(site: NumberSite) -> None:
    client = await site.logged_in("agent1")
    _, _, response = await client.get(AT)
    assert response.headers["Content-Type"] == "audio/wav"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in response.headers["Content-Security-Policy"]


async def test_taking_a_file_out_is_for_shift_leads_and_an_act_of_its_own(site: NumberSite) -> None:
    assert (await heard(site, "agent1", AT + "?download=true"))[0] == 403
    client = await site.logged_in("lead")
    _, _, response = await client.get(AT + "?download=true")
    assert response.headers["Content-Disposition"] == 'attachment; filename="7.1.wav"'
    assert [one.login for one in await site.audited("recording.downloaded")] == ["lead"]
    assert not await site.audited("recording.played")


async def test_one_that_was_deleted_in_time_says_when(site: NumberSite) -> None:
    gone = GoneRecording("7.1", "20261121", 254, DAY)
    await site.ledger.write(lambda tx: tx.save_gone([gone]))
    (site.folder / "20261121" / "7.1.wav").unlink()
    client = await site.logged_in("lead")
    status, said, _ = await client.get(AT)
    assert status == 410 and "2026-11-21" in said["detail"]
    assert not await site.audited("recording.played")


async def test_a_secret_call_is_for_shift_leads(site: NumberSite) -> None:
    await site.ticket(call_id="7.1", is_secret=True, agent_id="8001")
    assert (await heard(site, "agent1"))[0] == 403
    assert (await heard(site, "lead"))[0] == 200


async def test_a_call_over_a_virtual_number_belongs_to_its_ticket(site: NumberSite) -> None:
    ticket = await site.ticket(agent_id="8002")
    call = VirtualCall(
        CallId("9.1"), "b", ticket.ticket_no, "66001", "citizen", DAY, outcome="answered", recording_id="9.1"
    )  # fmt: skip
    await site.ledger.write(lambda tx: tx.save_virtual_call(call))
    site.recorded("9.1", b"RIFFv")
    path = "/api/v1/calls/9.1/recording"
    assert await heard(site, "agent2", path) == (200, b"RIFFv")
    assert (await heard(site, "agent1", path))[0] == 403
    assert (await site.audited("recording.played"))[0].detail["ticket_no"] == ticket.ticket_no


async def test_what_is_not_there_is_not_found_and_not_noted(site: NumberSite) -> None:
    await site.call(call_id=CallId("7.2"), recording_id="")
    await site.call(call_id=CallId("7.3"), recording_id="../7.1")
    for one in ("7.2", "7.3", "nobody"):
        assert (await heard(site, "agent1", f"/api/v1/calls/{one}/recording"))[0] == 404
    assert not await site.audited("recording.played")


async def test_a_gateway_without_recordings_says_so(tmp_path: Path) -> None:
    async with number_site(tmp_path / "other", recordings=None) as site:
        await site.call()
        assert (await heard(site, "agent1"))[0] == 404
