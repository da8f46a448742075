from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.ledger import SqlLedger
from gateway.model.ids import TicketNo
from gateway.model.messages import Conversation
from gateway.model.records import Ticket
from gateway.tickets.acts import push_id
from gateway.tickets.config import RepliesConfig
from gateway.tickets.ports import NotFound, Refused, StaleRevision, TicketDraft
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates
from tests.tickets.conftest import AT, DAY, Clock, shipped_categories, working_days

PARTNERS = {"110": "公安报警服务台", "12315": "市场监管热线"}


class Desk:
    """A service on a ledger, and what a test wants to see of both."""

    def __init__(self, ledger: SqlLedger, clock: Clock, replies: RepliesConfig) -> None:
        self.ledger, self.clock = ledger, clock
        self.woken = 0
        policy = ticket_policy(replies, shipped_categories(), working_days)
        self.service = TicketService(
            ledger, policy, Templates(replies), self.wake, PARTNERS.get, {"110": 60.0}.get, clock
        )

    def wake(self) -> None:
        self.woken += 1

    async def open(self, channel: str = "wechat", **fields: Any) -> TicketNo:
        account = fields.pop("account", "hainan")
        draft = TicketDraft(channel, "460000", AT - 60, AT - 60, account=account, fields={"user_id": "oABC", **fields})
        ticket, _ = await self.ledger.write(lambda tx: tx.open_ticket(draft, f"{channel}:{fields}"))
        return ticket.ticket_no

    async def ticket(self, number: TicketNo) -> Ticket:
        found = await self.ledger.ticket(number)
        assert found is not None
        return found

    async def types(self) -> list[str]:
        return [e.type.removeprefix("hotline.").removesuffix(".v1") for e in await self.ledger.events(0, 1000)]

    async def last(self) -> dict[str, Any]:
        return (await self.ledger.events(0, 1000))[-1].data

    async def acts(self) -> list[tuple[str, str]]:
        return [(entry.login, entry.act) for entry in reversed(await self.ledger.audits())]


@pytest.fixture
def desk(ledger: SqlLedger, clock: Clock) -> Desk:
    return Desk(ledger, clock, RepliesConfig.model_validate({"quiet": [{"channel": "sms", "hours": "22:00-07:30"}]}))


# -- replies -----------------------------------------------------------------------------------------------------------


async def test_a_reply_is_kept_and_waits_for_its_channel(desk):
    number = await desk.open()
    reply, delivery = await desk.service.reply(number, "已安排维修。", "1001")
    assert (reply.author, reply.text, reply.at) == ("1001", "已安排维修。", AT)
    assert (delivery.state, delivery.channel, delivery.account, delivery.target) == (
        "waiting", "wechat", "hainan", "oABC",
    )  # fmt: skip
    assert (delivery.due_at, delivery.reply_id) == (AT, reply.id)
    assert delivery.text == f"关于您的工单 {number}：\n已安排维修。"
    assert await desk.ledger.due_deliveries(AT) == [delivery]
    assert await desk.ledger.replies(number) == [reply]
    assert (await desk.types(), await desk.acts(), desk.woken) == (
        ["ticket.replied"], [("1001", "ticket.reply")], 1,
    )  # fmt: skip
    told = await desk.last()
    assert (told["delivery_id"], told["delivery_state"], told["author"]) == (delivery.id, "waiting", "1001")
    assert "维修" not in str(told)


async def test_a_text_from_a_template_goes_out_as_it_is(desk):
    number = await desk.open()
    reply, delivery = await desk.service.reply(number, "您的诉求已收到。", "system", template="received")
    assert (delivery.text, reply.template) == ("您的诉求已收到。", "received")


@pytest.mark.parametrize(("author", "responds"), [("1001", True), ("110", True), ("system", False)])
async def test_the_first_response_is_not_a_machines(desk, author, responds):
    number = await desk.open()
    await desk.service.reply(number, "在办。", author)
    assert (await desk.ticket(number)).first_response_at == (AT if responds else None)


async def test_the_first_response_stays_the_first(desk):
    number = await desk.open()
    await desk.service.reply(number, "在办。", "1001")
    desk.clock.now = AT + 500
    await desk.service.reply(number, "办好了。", "1001")
    assert (await desk.ticket(number)).first_response_at == AT


@pytest.mark.parametrize(
    ("channel", "fields", "way"),
    [
        ("sms", {"calling_number": "13812345678"}, ("sms", "13812345678")),
        ("sms", {"calling_number": "13812345678", "contact_number": "13900000000"}, ("sms", "13900000000")),
        ("email", {"email": "a@b.cn"}, ("email", "a@b.cn")),
        ("weibo", {}, ("weibo", "oABC")),
        ("partner", {"account": "110"}, ("partner", "110")),
    ],
)
async def test_a_reply_leaves_the_way_the_request_came(desk, channel, fields, way):
    number = await desk.open(channel, **fields)
    _, delivery = await desk.service.reply(number, "在办。", "1001")
    assert (delivery.channel, delivery.target, delivery.state) == (*way, "waiting")


@pytest.mark.parametrize(
    ("channel", "fields", "why"),
    [
        ("web", {}, "进度页"),
        ("open311", {}, "进度页"),
        ("email", {}, "没有可以送达"),
        ("wechat", {"user_id": ""}, "没有可以送达"),
    ],
)
async def test_where_no_way_leads_back_it_says_why_at_once(desk, channel, fields, why):
    number = await desk.open(channel, **fields)
    _, delivery = await desk.service.reply(number, "在办。", "1001")
    assert (delivery.state, delivery.due_at, delivery.done_at) == ("impossible", None, AT)
    assert why in delivery.error
    assert await desk.types() == ["ticket.replied", "delivery.failed"]
    assert len(await desk.ledger.replies(number)) == 1


async def test_the_same_key_by_the_same_author_says_it_once(desk):
    number = await desk.open()
    first = await desk.service.reply(number, "已安排维修。", "1001", key="k")
    assert await desk.service.reply(number, "已安排维修。", "1001", key="k") == first
    other = await desk.service.reply(number, "已安排维修。", "1002", key="k")
    again = await desk.service.reply(number, "已安排维修。", "1001")
    assert [one.id for one in await desk.ledger.replies(number)] == [first[0].id, other[0].id, again[0].id]
    assert len(await desk.ledger.due_deliveries(AT)) == 3 and desk.woken == 3


async def test_a_call_has_a_reply_without_a_delivery(desk):
    number = await desk.open("phone", calling_number="13812345678")
    reply, delivery = await desk.service.reply(number, "已电话答复。", "1001")
    assert (delivery, await desk.ledger.replies(number)) == (None, [reply])


async def test_a_call_is_answered_by_sms_where_an_account_is_named(ledger, clock):
    desk = Desk(ledger, clock, RepliesConfig(fallback_sms="main"))
    _, delivery = await desk.service.reply(await desk.open("phone", calling_number="13812345678"), "在办。", "1001")
    assert (delivery.channel, delivery.account, delivery.target) == ("sms", "main", "13812345678")


async def test_who_opted_out_is_left_alone(desk):
    number = await desk.open()
    gone = Conversation("wechat:hainan:oABC", "wechat", "hainan", "oABC", number, stopped=True)
    await desk.ledger.write(lambda tx: tx.save_conversation(gone))
    _, delivery = await desk.service.reply(number, "在办。", "1001")
    assert (delivery.state, "退订" in delivery.error) == ("impossible", True)


NIGHT = AT + 11 * 3600  # 23:00 in Shanghai


async def test_quiet_hours_wait_for_the_morning_unless_it_is_urgent(desk):
    desk.clock.now = NIGHT
    number = await desk.open("sms", calling_number="13812345678")
    urgent = await desk.open("sms", calling_number="13812345678", urgency="特急")
    _, delivery = await desk.service.reply(number, "在办。", "1001")
    assert delivery.due_at == NIGHT + 8.5 * 3600
    assert (await desk.service.reply(urgent, "在办。", "1001"))[1].due_at == NIGHT
    chat = await desk.open()
    assert (await desk.service.reply(chat, "在办。", "1001"))[1].due_at == NIGHT


async def test_who_just_wrote_is_awake(desk):
    desk.clock.now = NIGHT
    number = await desk.open("sms", calling_number="13812345678")
    awake = Conversation("sms:hainan:13812345678", "sms", "hainan", "13812345678", number, last_in_at=NIGHT - 60)
    await desk.ledger.write(lambda tx: tx.save_conversation(awake))
    assert (await desk.service.reply(number, "在办。", "1001"))[1].due_at == NIGHT


async def test_a_reply_that_the_channel_does_not_carry_is_refused_with_its_limit(ledger, clock):
    desk = Desk(ledger, clock, RepliesConfig(longest={"wechat": 100}))
    number = await desk.open()
    with pytest.raises(Refused, match="at most 68 characters") as refused:
        await desk.service.reply(number, "字" * 69, "1001")
    assert refused.value.field == "text"
    assert (await desk.service.reply(number, "字" * 68, "1001"))[1].state == "waiting"
    assert len(await ledger.replies(number)) == 1


async def test_a_reply_has_words_and_a_ticket_at_the_revision_that_was_read(desk):
    number = await desk.open()
    with pytest.raises(Refused):
        await desk.service.reply(number, " ", "1001")
    with pytest.raises(StaleRevision):
        await desk.service.reply(number, "在办。", "1001", revision=7)
    with pytest.raises(NotFound):
        await desk.service.reply(TicketNo("460000-20261121-0009999"), "在办。", "1001")
    assert (await desk.ledger.replies(number), await desk.types()) == ([], [])


# -- reports -----------------------------------------------------------------------------------------------------------


async def test_a_ticket_goes_its_way_and_the_citizen_is_told(desk):
    number = await desk.open()
    await desk.service.report(number, "accepted", "1001")
    desk.clock.now = AT + 60
    sent = await desk.service.report(number, "sent", "1001", department="美兰区城管局")
    assert (sent.state, sent.sent_at, sent.department) == ("sent", AT + 60, "美兰区城管局")
    desk.clock.now = AT + 120
    await desk.service.report(number, "acknowledged", "oa", external_no="OA-77")
    desk.clock.now = AT + 180
    closed = await desk.service.report(number, "closed", "oa", result="路灯已修复")
    assert (closed.state, closed.closed_at, closed.result) == ("closed", AT + 180, "路灯已修复")
    assert closed.external_nos == {"oa": "OA-77"}
    texts = [delivery.text for delivery in reversed(await desk.ledger.deliveries(ticket_no=number))]
    assert texts[0] == f"您的工单 {number} 已转办理。\n承办单位：美兰区城管局"
    assert texts[1].startswith(f"您的工单 {number} 已办结。\n办理结果：路灯已修复\n请对工单")
    assert closed.first_response_at is None
    assert await desk.types() == [
        "ticket.state", "ticket.state", "ticket.replied", "ticket.state", "ticket.state", "ticket.replied",
    ]  # fmt: skip
    assert (await desk.ledger.events(0, 100))[0].data["from"] == "received"
    assert (await desk.acts())[:2] == [("1001", "ticket.report")] * 2


async def test_notices_are_as_configured_and_need_a_way_back(ledger, clock):
    silent = {"notices": {"sent_on": False, "closed": False, "satisfaction": False}}
    desk = Desk(ledger, clock, RepliesConfig.model_validate(silent))
    number = await desk.open()
    await desk.service.report(number, "sent", "1001", department="甲局")
    await desk.service.report(number, "closed", "1001", result="好")
    assert await ledger.replies(number) == []
    desk = Desk(ledger, clock, RepliesConfig())
    number = await desk.open("web")
    await desk.service.report(number, "closed", "1001", result="好")
    assert await ledger.replies(number) == []


async def test_a_long_result_is_shortened_for_its_channel(ledger, clock):
    desk = Desk(ledger, clock, RepliesConfig(longest={"wechat": 100}))
    number = await desk.open()
    ticket = await desk.service.report(number, "closed", "1001", result="字" * 500)
    (delivery,) = await ledger.deliveries(ticket_no=number)
    assert (len(delivery.text), delivery.text[-1], len(ticket.result)) == (100, "…", 500)


async def test_a_report_is_guarded_by_the_revision(desk):
    number = await desk.open()
    first = await desk.service.report(number, "accepted", "1001", revision=1)
    with pytest.raises(StaleRevision):
        await desk.service.report(number, "sent", "1002", revision=1)
    assert (await desk.ticket(number)).revision == first.revision


async def test_the_same_state_again_only_mends_what_is_known(desk):
    number = await desk.open()
    await desk.service.report(number, "sent", "1001", department="甲局")
    ticket = await desk.service.report(number, "sent", "1001", department="乙局", note="转错了")
    assert (ticket.department, ticket.sent_at) == ("乙局", AT)
    assert (await desk.last())["changed"] == ["department"]
    assert len(await desk.ledger.replies(number)) == 1


@pytest.mark.parametrize(
    ("state", "author", "words"),
    [("finished", "1001", "not a state"), ("received", "1001", "cannot be"), ("accepted", "110", "may not report")],
)
async def test_what_the_table_does_not_allow_is_refused(desk, state, author, words):
    number = await desk.open(state="closed", closed_at=AT)
    with pytest.raises(Refused, match=words) as refused:
        await desk.service.report(number, state, author)
    assert refused.value.field == "state"
    assert refused.value.zh


async def test_a_partner_reports_only_on_its_own_tickets(desk):
    number = await desk.open()
    with pytest.raises(Refused):
        await desk.service.report(number, "closed", "12315", result="x")
    await desk.service.push(number, "12315", "1001")
    assert (await desk.service.report(number, "closed", "12315", result="已处理")).state == "closed"
    theirs = await desk.open("partner", account="110")
    assert (await desk.service.report(theirs, "closed", "110", result="已处理")).state == "closed"


# -- push --------------------------------------------------------------------------------------------------------------


async def test_a_ticket_is_pushed_to_a_partner_once(desk):
    number = await desk.open()
    delivery = await desk.service.push(number, "110", "1001")
    assert (delivery.kind, delivery.channel, delivery.account, delivery.target) == ("push", "partner", "110", "110")
    assert (delivery.id, delivery.due_at, delivery.answer_by) == (push_id(number, "110"), AT, AT + 60)
    desk.clock.now = AT + 5
    assert await desk.service.push(number, "110", "1002") == delivery
    other = await desk.service.push(number, "12315", "1002")
    assert (other.id != delivery.id, other.answer_by) == (True, None)
    assert len(await desk.ledger.deliveries(ticket_no=number)) == 2
    assert (await desk.acts(), desk.woken) == ([("1001", "ticket.push"), ("1002", "ticket.push")], 3)


async def test_a_push_that_failed_for_good_is_queued_anew(desk):
    number = await desk.open()
    delivery = await desk.service.push(number, "110", "1001")
    failed = {"state": "failed", "due_at": None, "attempts": 9, "error": "x"}
    await desk.ledger.write(lambda tx: tx.save_delivery(replace(delivery, **failed)))
    again = await desk.service.push(number, "110", "1001")
    assert (again.id, again.state, again.attempts, again.error) == (delivery.id, "waiting", 0, "")


async def test_a_stranger_gets_no_ticket(desk):
    number = await desk.open()
    with pytest.raises(Refused) as refused:
        await desk.service.push(number, "10086", "1001")
    assert refused.value.field == "partner"
    with pytest.raises(NotFound):
        await desk.service.push(TicketNo("460000-20261121-0009999"), "110", "1001")


async def test_a_partners_report_answers_the_push(desk):
    number = await desk.open()
    await desk.service.push(number, "110", "1001")
    assert len(await desk.ledger.unanswered(AT + 61)) == 1
    await desk.service.report(number, "acknowledged", "110", external_no="A-9")
    assert await desk.ledger.unanswered(AT + 61) == []
    assert (await desk.types())[-2:] == ["ticket.state", "push.acknowledged"]
    await desk.service.report(number, "closed", "110", result="已出警")
    assert (await desk.types()).count("push.acknowledged") == 1
    assert (await desk.ticket(number)).external_nos == {"110": "A-9"}


# -- changes -----------------------------------------------------------------------------------------------------------


async def test_a_change_is_told_with_the_names_of_the_fields(desk):
    number = await desk.open()
    ticket = await desk.service.change(number, {"kind": "求助", "title": "路灯", "content": ""}, "1001", revision=1)
    assert (ticket.kind, ticket.limit_days, ticket.deadline_at, ticket.revision) == ("求助", 3, AT - 60 + 3 * DAY, 2)
    assert (await desk.last())["changed"] == ["deadline_at", "kind", "limit_days", "title"]
    (entry,) = await desk.ledger.audits()
    assert (entry.act, entry.subject, entry.detail["fields"][1]) == ("ticket.change", number, "kind")
    with pytest.raises(StaleRevision):
        await desk.service.change(number, {"title": "井盖"}, "1001", revision=1)


async def test_nothing_changed_is_nothing_written(desk):
    number = await desk.open(title="路灯")
    ticket = await desk.service.change(number, {"title": "路灯"}, "1001")
    assert (ticket.revision, await desk.types(), await desk.acts()) == (1, [], [])


async def test_a_link_made_by_hand_is_told(desk):
    number, other = await desk.open(), await desk.open("sms")
    await desk.service.change(number, {"duplicate_of": other}, "1001")
    assert (await desk.types(), (await desk.last())["duplicate_of"]) == (["ticket.updated", "ticket.linked"], other)


async def test_what_is_not_open_to_change_is_refused_by_name(desk):
    number = await desk.open()
    with pytest.raises(Refused) as refused:
        await desk.service.change(number, {"received_at": 1.0}, "1001")
    assert refused.value.field == "received_at"


# -- rating ------------------------------------------------------------------------------------------------------------


async def test_a_closed_ticket_is_rated_once(desk):
    number = await desk.open()
    with pytest.raises(Refused):
        await desk.service.rate(number, 5)
    await desk.service.report(number, "closed", "1001", result="好")
    ticket = await desk.service.rate(number, 5, "很好")
    assert (ticket.satisfaction, ticket.state, ticket.more["rating_comment"]) == (5, "closed", "很好")
    told = await desk.last()
    assert (told["score"], told["reopened"]) == (5, False)
    with pytest.raises(Refused):
        await desk.service.rate(number, 4)


@pytest.mark.parametrize("score", [0, 6, True])
async def test_a_score_is_one_to_five(desk, score):
    with pytest.raises(Refused):
        await desk.service.rate(await desk.open(), score)


async def test_a_citizen_who_is_not_satisfied_opens_it_again_and_rates_anew(desk):
    number = await desk.open()
    await desk.service.report(number, "closed", "1001", result="好")
    ticket = await desk.service.rate(number, 2)
    assert (ticket.state, ticket.closed_at, ticket.satisfaction) == ("accepted", None, 2)
    assert (await desk.types())[-2:] == ["ticket.rated", "ticket.state"]
    again = await desk.service.report(number, "closed", "1001", result="真的好")
    assert (again.satisfaction, again.more["ratings"]) == (None, [2])
    assert (await desk.service.rate(number, 5)).state == "closed"


async def test_too_late_a_bad_rating_is_only_a_rating(desk):
    number = await desk.open()
    await desk.service.report(number, "closed", "1001", result="好")
    desk.clock.now = AT + 16 * DAY
    ticket = await desk.service.rate(number, 1)
    assert (ticket.state, ticket.satisfaction) == ("closed", 1)


def test_authors_are_who_they_are(desk):
    roles = [desk.service.role_of(author) for author in ("1001", "oa", "110", "system", "citizen")]
    assert roles == ["staff", "staff", "partner", "system", "citizen"]


async def test_a_new_policy_decides_from_now_on(desk):
    desk.service.use(ticket_policy(RepliesConfig(longest={"wechat": 100}), shipped_categories(), working_days))
    with pytest.raises(Refused):
        await desk.service.reply(await desk.open(), "字" * 200, "1001")
