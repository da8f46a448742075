"""The archive over HTTP: who finds which recordings, what of it is audited, pictures and marks, holds, the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.model.archive import GoneRecording
from gateway.model.ids import AgentId, CallId, QueueId, SeatId
from gateway.model.records import Stretch
from gateway.model.transfers import Transfer
from gateway.model.virtual import VirtualCall
from tests.web.number_stage import CITIZEN, DAY, NumberSite, number_site
from tests.web.sounds import silence, tone, wav

AT = "/api/v1/recordings"
STRETCHES = [
    Stretch("waiting", DAY, DAY + 5, queue=QueueId("hotline")),
    Stretch("talking", DAY + 5, DAY + 7, agent=AgentId("8001")),
    Stretch("held", DAY + 7, DAY + 8, agent=AgentId("8001")),
    Stretch("talking", DAY + 8, DAY + 9, agent=AgentId("8001")),
]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path) as opened:
        await opened.call(
            queue=QueueId("hotline"), talk_s=3.0, hold_s=1.0, stretches=STRETCHES, ended_at=DAY + 9
        )  # fmt: skip
        opened.recorded("7.1", wav(tone(2) + silence(1) + tone(1)))
        await opened.call(
            call_id=CallId("7.2"), started_at=DAY + 100, agent=AgentId("8002"), queue=QueueId("legal"), talk_s=90.0,
            hold_s=0.0, entry_number="12348", caller_number="13900001111", recording_id="7.2", direction="out",
        )  # fmt: skip
        await opened.call(call_id=CallId("7.3"), started_at=DAY + 200, recording_id="", outcome="abandoned_queue")
        yield opened


async def found(site: NumberSite, query: str = "", login: str = "lead", client: Any = None) -> list[str]:
    client = client or await site.logged_in(login)
    status, page, _ = await client.get(f"{AT}?{query}")
    assert status == 200, page
    return [one["call_id"] for one in page["items"]]


# The search -------------------------------------------------------------------------------------------------------


async def test_calls_are_found_by_what_is_asked(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    for query, calls in (
        ("", ["7.2", "7.1"]),
        (f"since={DAY + 50}", ["7.2"]),
        (f"until={DAY + 50}", ["7.1"]),
        ("agent=8002", ["7.2"]),
        ("queue=hotline", ["7.1"]),
        ("entry_number=12348", ["7.2"]),
        (f"number={CITIZEN}", ["7.1"]),
        ("number=13812345679", []),
        ("least_s=4", ["7.2", "7.1"]),
        ("least_s=4.5", ["7.2"]),
        ("most_s=4", ["7.1"]),
        ("outcome=answered&direction=out", ["7.2"]),
        ("outcome=no_answer", []),
        ("after=7.2", ["7.1"]),
    ):
        assert await found(site, query, client=client) == calls, query


async def test_a_ticket_finds_its_call_and_the_calls_about_it(site: NumberSite) -> None:
    ticket = await site.ticket(call_id="7.1")
    await site.call(call_id=CallId("7.4"), started_at=DAY + 300, ticket_no=ticket.ticket_no, recording_id="7.4")
    assert await found(site, f"ticket_no={ticket.ticket_no}") == ["7.4", "7.1"]


async def test_what_is_shown_is_masked_and_says_what_became_of_the_file(site: NumberSite) -> None:
    ticket = await site.ticket(call_id="7.1", is_secret=True)
    await site.ledger.write(lambda tx: tx.save_gone([GoneRecording("7.2", "20261121", 1, DAY + 999)]))
    client = await site.logged_in("lead")
    _, page, _ = await client.get(AT)
    second, first = page["items"]
    assert (first["caller"], first["caller_name"], first["state"]) == ("138****5678", "张**", "there")
    assert (first["ticket_no"], first["is_secret"], first["holds"]) == (ticket.ticket_no, True, 1)
    assert (second["state"], second["deleted_at"], second["ticket_no"]) == ("deleted", DAY + 999, "")
    assert page["next"] is None and CITIZEN not in str(page)


async def test_pages_follow_each_other(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    _, page, _ = await client.get(f"{AT}?limit=1")
    assert [one["call_id"] for one in page["items"]] == ["7.2"] and page["next"] == "7.2"
    _, page, _ = await client.get(f"{AT}?limit=1&after=7.2")
    assert [one["call_id"] for one in page["items"]] == ["7.1"] and page["next"] is None
    assert (await client.get(f"{AT}?after=nobody"))[0] == 400


async def test_an_agent_finds_the_own_calls_alone(site: NumberSite) -> None:
    assert await found(site, login="agent1") == ["7.1"]
    assert await found(site, "agent=8001", login="agent1") == ["7.1"]
    client = await site.logged_in("agent1")
    for query in ("agent=8002", f"number={CITIZEN}"):
        assert (await client.get(f"{AT}?{query}"))[0] == 403
    assert (await site.machine().get(AT))[0] == 403


async def test_a_search_by_number_is_audited_without_the_number(site: NumberSite) -> None:
    await found(site, f"number={CITIZEN}")
    [entry] = await site.audited("recordings.searched")
    assert (entry.login, entry.subject) == ("lead", "138****5678")
    assert CITIZEN not in str(entry.detail)
    await found(site, "agent=8001")
    assert len(await site.audited("recordings.searched")) == 1


async def test_what_is_misspelt_is_named(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    for query in ("number=13", "ticket_no=1", "least_s=-1", "limit=0", "outcome=x", "who=me"):
        status, said, _ = await client.get(f"{AT}?{query}")
        assert (status, said["field"]) == (400, query.partition("=")[0])


async def test_a_gateway_without_recordings_says_so(tmp_path: Path) -> None:
    async with number_site(tmp_path / "other", retention=None) as site:
        client = await site.logged_in("lead")
        for path in (AT, f"{AT}/storage", f"{AT}/holds", f"{AT}/7.1/peaks"):
            assert (await client.get(path))[0] == 404


# For the player ---------------------------------------------------------------------------------------------------


async def test_the_picture_is_of_the_sound_and_kept_beside_it(site: NumberSite) -> None:
    client = await site.logged_in("agent1")
    status, said, _ = await client.get(f"{AT}/7.1/peaks")
    assert (status, said["seconds"], len(said["peaks"])) == (200, 4.0, 1000)
    assert min(said["peaks"][:490]) > 10 and max(said["peaks"][510:740]) == 0
    beside = site.folder / "20261121" / "7.1.peaks"
    beside.write_bytes(beside.read_bytes().replace(b'"seconds":4.0', b'"seconds":4.5'))
    assert (await client.get(f"{AT}/7.1/peaks"))[1]["seconds"] == 4.5
    beside.write_bytes(b"{broken")
    assert (await client.get(f"{AT}/7.1/peaks"))[1]["seconds"] == 4.0


async def test_a_recording_that_grew_gets_a_new_picture(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    assert (await client.get(f"{AT}/7.1/peaks"))[1]["seconds"] == 4.0
    site.recorded("7.1", wav(tone(5)))
    assert (await client.get(f"{AT}/7.1/peaks"))[1]["seconds"] == 5.0


async def test_marks_say_where_somebody_was_on_hold_and_handed_over(site: NumberSite) -> None:
    handed = Transfer(
        "t1", "k", CallId("7.1"), "three_way", "110", SeatId("A001"), AgentId("8001"), DAY + 6, partner="110",
        joined_at=DAY + 8, ended_at=DAY + 9, phase="ended", outcome="completed",
    )  # fmt: skip
    await site.ledger.write(lambda tx: tx.save_transfer(handed))
    client = await site.logged_in("agent1")
    status, said, _ = await client.get(f"{AT}/7.1/marks")
    assert (status, said["seconds"], said["exact"]) == (200, 4.0, True)
    kinds = [(one["kind"], one["start_s"], one["end_s"], one["by"]) for one in said["marks"]]
    assert ("hold", 2.0, 3.0, "8001") in kinds
    assert ("transfer", 1.0, 4.0, "110") in kinds and ("three_way", 3.0, 4.0, "110") in kinds


async def test_rights_are_those_of_listening_and_looking_is_no_listening(site: NumberSite) -> None:
    client = await site.logged_in("agent2")
    for part in ("peaks", "marks"):
        assert (await client.get(f"{AT}/7.1/{part}"))[0] == 403
        assert (await client.get(f"{AT}/7.2/{part}"))[0] == 404  # the disk has no such file
    assert not await site.audited("recording.played")


async def test_a_call_over_a_virtual_number_has_a_picture_and_no_marks(site: NumberSite) -> None:
    ticket = await site.ticket(agent_id="8001")
    over = VirtualCall(CallId("9.1"), "b", ticket.ticket_no, "66001", "citizen", DAY, recording_id="9.1")
    await site.ledger.write(lambda tx: tx.save_virtual_call(over))
    site.recorded("9.1", wav(tone(1)))
    client = await site.logged_in("agent1")
    assert (await client.get(f"{AT}/9.1/marks"))[1] == {"seconds": 1.0, "exact": True, "marks": []}


async def test_a_file_that_is_no_sound_is_said_to_be_none(site: NumberSite) -> None:
    site.recorded("7.2", b"<html>")
    client = await site.logged_in("lead")
    assert (await client.get(f"{AT}/7.2/peaks"))[0] == 422


# Holds ------------------------------------------------------------------------------------------------------------


async def held(site: NumberSite, **body: Any) -> tuple[int, Any]:
    client = await site.logged_in("lead")
    status, said, _ = await client.post(f"{AT}/holds", {"why": "诉讼保全", **body})
    return status, said


async def test_a_hold_is_kept_shown_audited_and_lifted(site: NumberSite) -> None:
    status, made = await held(site, call_id="7.1")
    assert (status, made["kind"], made["by"], made["in_force"]) == (201, "call", "lead", True)
    client = await site.logged_in("lead")
    assert [one["held"] for one in (await client.get(AT))[1]["items"]] == [False, True]
    _, listed, _ = await client.get(f"{AT}/holds?subject=7.1")
    assert listed["items"] == [made]
    assert [one.subject for one in await site.audited("recording.held")] == ["7.1"]
    assert "诉讼" not in str(await site.audited("recording.held"))
    status, lifted, _ = await client.ask("DELETE", f"{AT}/holds/{made['id']}", json={})
    assert (status, lifted["lifted_by"], lifted["in_force"]) == (200, "lead", False)
    again = await client.ask("DELETE", f"{AT}/holds/{made['id']}", json={})
    assert again[1]["lifted_at"] == lifted["lifted_at"]
    assert [one.subject for one in await site.audited("recording.hold_lifted")] == ["7.1"]
    assert (await client.get(f"{AT}/holds"))[1]["items"] == []
    assert len((await client.get(f"{AT}/holds?lifted=true"))[1]["items"]) == 1
    assert (await client.ask("DELETE", f"{AT}/holds/nobody", json={}))[0] == 404


async def test_a_held_ticket_holds_its_calls(site: NumberSite) -> None:
    ticket = await site.ticket(call_id="7.1")
    assert (await held(site, ticket_no=ticket.ticket_no, until=DAY * 2))[0] == 201
    client = await site.logged_in("lead")
    assert [one["held"] for one in (await client.get(AT))[1]["items"]] == [False, True]


async def test_what_cannot_be_held_is_said(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    for body, status in (
        ({"call_id": "nobody"}, 404),
        ({"call_id": "7.3"}, 404),
        ({"ticket_no": "460000-20261121-0000099"}, 404),
        ({"call_id": "7.1", "until": 5}, 400),
        ({"call_id": "7.1", "ticket_no": "460000-20261121-0000001"}, 400),
        ({}, 400),
        ({"call_id": "7.1", "why": " \n "}, 400),
    ):
        said = await client.post(f"{AT}/holds", {"why": "诉讼保全", **body})
        assert said[0] == status, body


async def test_what_is_deleted_can_be_held_no_more(site: NumberSite) -> None:
    await site.ledger.write(lambda tx: tx.save_gone([GoneRecording("7.2", "20261121", 1, DAY)]))
    assert (await held(site, call_id="7.2"))[0] == 410


async def test_holds_and_the_disk_are_for_shift_leads(site: NumberSite) -> None:
    client = await site.logged_in("agent1")
    assert (await client.post(f"{AT}/holds", {"call_id": "7.1", "why": "ok"}))[0] == 403
    for path in (f"{AT}/holds", f"{AT}/storage"):
        assert (await client.get(path))[0] == 403


async def test_the_disk_is_told(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    status, said, _ = await client.get(f"{AT}/storage")
    assert (status, said["keep_months"], said["used"]) == (200, 24, None)
    await held(site, call_id="7.1")
    await site.retention.measure()
    _, said, _ = await client.get(f"{AT}/storage")
    assert said["used"] > 64_000 and said["budget"] > said["used"]
    assert (said["oldest"], said["holds"]) == ("2026-11-21", 1)
