"""The agent's inbox over HTTP: what each may see and do, and the conversation of a written ticket."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Attachment, Conversation, KeptAttachment, Reply
from tests.web.inboxes import Citizens

BOX = "/api/v1/desk/inbox"


@pytest.fixture
def citizens(site: Any, fakes: Any) -> Citizens:
    return Citizens(site.ledger, fakes.ticket)


async def sit(site: Any, seat: str = "A001", agent: str = "8001") -> None:
    site.hall.change(seat, agent=agent, presence="ready")
    await site.inbox.look()


async def test_a_message_is_in_the_inbox_of_one_agent_masked_with_its_clock(site: Any, citizens: Citizens) -> None:
    await sit(site)
    ticket = await citizens.write("路灯坏了，请打 13812345678", ago_s=5)
    await site.inbox.look()
    one = await site.logged_in("agent1")
    status, box, _ = await one.get(BOX)
    (item,) = box["mine"]
    assert (status, box["limit"], box["waiting"]) == (200, 5, 0)
    assert (item["ticket_no"], item["state"], item["unread"], item["channel"]) == (
        ticket.ticket_no, "offered", 1, "wechat",
    )  # fmt: skip
    assert item["due_at"] - item["first_at"] == 180
    assert item["last"] == "路灯坏了，请打 138****5678"
    assert item["offer_until"] == pytest.approx(time.time() + 60, abs=10)
    two = await site.logged_in("agent2")
    assert (await two.get(BOX))[1]["mine"] == []


async def test_who_is_offered_takes_it_and_reading_it_is_having_read_it(site: Any, citizens: Citizens) -> None:
    await sit(site)
    ticket = await citizens.write("路灯坏了")
    await site.inbox.look()
    one = await site.logged_in("agent1")
    assert (await one.post(f"{BOX}/{ticket.ticket_no}/take"))[:2] == (
        200, {"ticket_no": ticket.ticket_no, "state": "taken"},
    )  # fmt: skip
    status, thread, _ = await one.get(f"{BOX}/{ticket.ticket_no}")
    assert (status, [said["from"] for said in thread["messages"]]) == (200, ["citizen"])
    assert (await one.get(BOX))[1]["mine"][0]["unread"] == 0
    assert site.ledger.rows.tickets[ticket.ticket_no].agent_id == "8001"


async def test_a_look_of_a_shift_lead_does_not_count_as_read(site: Any, citizens: Citizens) -> None:
    await sit(site)
    ticket = await citizens.write("路灯坏了")
    await site.inbox.look()
    lead = await site.logged_in("lead")
    assert (await lead.get(f"{BOX}/{ticket.ticket_no}"))[0] == 200
    assert site.ledger.rows.assignments[ticket.ticket_no].unread == 1


async def test_what_another_has_is_theirs_but_a_shift_lead_may_give_it_back(site: Any, citizens: Citizens) -> None:
    await sit(site)
    ticket = await citizens.write("路灯坏了")
    await site.inbox.look()
    await (await site.logged_in("agent1")).post(f"{BOX}/{ticket.ticket_no}/take")
    await sit(site, "A002", "8002")
    two = await site.logged_in("agent2")
    assert (await two.get(f"{BOX}/{ticket.ticket_no}"))[0] == 403
    for act in ("take", "release", "done"):
        assert (await two.post(f"{BOX}/{ticket.ticket_no}/{act}"))[0] == 409
    lead = await site.logged_in("lead")
    assert (await lead.post(f"{BOX}/{ticket.ticket_no}/release"))[1]["state"] == "waiting"


async def test_released_goes_to_the_next_and_done_is_gone(site: Any, citizens: Citizens) -> None:
    await sit(site)
    ticket = await citizens.write("路灯坏了")
    await site.inbox.look()
    one = await site.logged_in("agent1")
    assert (await one.post(f"{BOX}/{ticket.ticket_no}/release"))[0] == 200
    assert (await one.get(BOX))[1]["waiting"] == 1
    assert (await one.post(f"{BOX}/{ticket.ticket_no}/take"))[0] == 200
    assert (await one.post(f"{BOX}/{ticket.ticket_no}/done"))[1]["state"] == "done"
    status, box, _ = await one.get(BOX)
    assert (status, box["mine"], box["waiting"]) == (200, [], 0)


async def test_only_who_sits_somewhere_takes(site: Any, citizens: Citizens) -> None:
    ticket = await citizens.write("路灯坏了")
    await site.inbox.look()
    one = await site.logged_in("agent1")
    status, problem, _ = await one.post(f"{BOX}/{ticket.ticket_no}/take")
    assert (status, "签入" in problem["detail"]) == (409, True)


async def test_what_is_not_there_and_who_may_not(site: Any) -> None:
    one = await site.logged_in("agent1")
    assert (await one.get(f"{BOX}/460000-20261121-9999999"))[0] == 404
    assert (await one.post(f"{BOX}/460000-20261121-9999999/done"))[0] == 404
    assert (await site.client().get(BOX))[0] == 401
    assert (await site.client(token=site.tokens["machine"]).get(BOX))[0] == 403
    root = await site.logged_in("root")  # an admin without an agent's number has no inbox
    assert (await root.get(BOX))[1] == {"limit": 0, "mine": [], "waiting": 0}


async def test_a_conversation_is_one_line_of_time_with_files_and_what_became_of_replies(
    site: Any, citizens: Citizens, fakes: Any
) -> None:
    await sit(site)
    picture = KeptAttachment(Attachment("f1", "灯.jpg", "image/jpeg", 9, "0" * 64), "", "", "wechat", "hainan")
    ticket = await citizens.write("路灯坏了", ago_s=60, attachments=[picture])
    rows = site.ledger.rows
    receipt = Reply(new_id(), TicketNo(ticket.ticket_no), time.time() - 59, "system", "已收到", "received")
    answer = Reply(new_id(), TicketNo(ticket.ticket_no), time.time() - 30, "agent1", "请说地点", "")
    rows.replies += [receipt, answer]
    failed = fakes.delivery(ticket_no=ticket.ticket_no, reply_id=answer.id, state="failed", error="已超过48小时")
    rows.deliveries[failed.id] = failed
    await citizens.write("海秀路12号", ticket=ticket)
    await site.inbox.look()
    one = await site.logged_in("agent1")
    _, thread, _ = await one.get(f"{BOX}/{ticket.ticket_no}")
    said = thread["messages"]
    assert [one["from"] for one in said] == ["citizen", "system", "agent", "citizen"]
    assert [one["name"] for one in said[0]["attachments"]] == ["灯.jpg"]
    assert (said[1]["sent"], said[2]["sent"]["state"], said[2]["sent"]["error"]) == (None, "failed", "已超过48小时")
    assert thread["way"]["ok"]


async def test_of_a_very_long_conversation_the_newest_is_shown(
    site: Any, citizens: Citizens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.api_inbox._MESSAGES", 2)
    await sit(site)
    ticket = await citizens.write("一", ago_s=30)
    for ago_s, text in ((20, "二"), (10, "三")):
        await citizens.write(text, ticket=ticket, ago_s=ago_s)
    await site.inbox.look()
    one = await site.logged_in("agent1")
    assert (await one.get(BOX))[1]["mine"][0]["last"] == "三"
    _, thread, _ = await one.get(f"{BOX}/{ticket.ticket_no}")
    assert [said["text"] for said in thread["messages"]] == ["二", "三"]


@pytest.mark.parametrize(
    ("channel", "conversation", "ok", "why", "left"),
    [
        ("wechat", {"last_in_at": 1000.0, "out_since_in": 2}, True, "", 3),
        ("wechat", {"last_in_at": 1000.0, "stopped": True}, False, "退订", 5),
        ("wechat", None, True, "", None),
        ("web", None, False, "进度页", None),
    ],
)
async def test_it_says_whether_a_reply_has_a_way(
    site: Any, citizens: Citizens, channel: str, conversation: dict[str, Any] | None, ok: bool, why: str, left: int
) -> None:
    await sit(site)
    ticket = await citizens.write("路灯坏了", channel=channel, contact_number="", calling_number="")
    if conversation is not None:
        id_ = "wechat:hainan:oABCDEFGHIJ"
        site.ledger.rows.conversations[id_] = Conversation(id_, "wechat", "hainan", "oABCDEFGHIJ", **conversation)
    await site.inbox.look()
    _, thread, _ = await (await site.logged_in("agent1")).get(f"{BOX}/{ticket.ticket_no}")
    way = thread["way"]
    assert (way["ok"], why in way["why"], way["left"]) == (ok, True, left)
    assert way["until"] == (1000.0 + 48 * 3600 if conversation else None)
