from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from gateway.ledger import SqlLedger
from gateway.model.messages import Attachment, Conversation, Person, Place
from gateway.model.records import Event, Ticket
from gateway.tickets.config import AbuseConfig, WindowConfig
from gateway.tickets.intake import QUERY_CODE_LENGTH, Intake, new_query_code
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.ports import Taken, Tx
from tests.tickets.conftest import AT, DAY, Clock, Sends, shipped_categories, shipped_intake, working_days
from tests.tickets.fake_ledger import FakeLedger


@pytest.fixture
def intake(ledger: SqlLedger, policy: IntakePolicy, clock: Clock) -> Intake:
    return Intake(ledger, policy, clock)


def limited(*windows: tuple[int, int], exempt: tuple[str, ...] = ()) -> IntakePolicy:
    window = tuple(WindowConfig(messages=messages, seconds=seconds) for messages, seconds in windows)
    config = shipped_intake().model_copy(update={"abuse": AbuseConfig(window=window, exempt=exempt)})
    return IntakePolicy.of(config, shipped_categories(), {}, working_days, "460000")


async def events(ledger: SqlLedger) -> list[Event]:
    return list(await ledger.events(0, 1000))


async def types(ledger: SqlLedger) -> list[str]:
    return [event.type.removeprefix("hotline.").removesuffix(".v1") for event in await events(ledger)]


def ticket_of(taken: Taken) -> Ticket:
    assert taken.ticket is not None
    return taken.ticket


async def test_a_message_becomes_one_ticket_with_its_original_message_and_event(intake, ledger, chat):
    raw, message = chat("美兰区海甸岛夜间施工噪音扰民，电话13812345678")
    taken = await intake.take(raw, message)
    ticket = await ledger.ticket(ticket_of(taken).ticket_no)
    assert taken.outcome == "opened"
    assert (ticket.channel, ticket.account, ticket.user_id, ticket.raw_id) == ("wechat", "hainan", "oABC", raw.id)
    assert ticket.title == "美兰区海甸岛夜间施工噪音扰民，电话13812345678"
    assert (ticket.contact_number, ticket.flags) == ("13812345678", ["contact_from_text"])
    assert len(ticket.query_code) == QUERY_CODE_LENGTH
    assert (await ledger.raw(raw.id)).body == raw.body
    kept = await ledger.message(taken.message_id)
    assert (kept.ticket_no, kept.raw_id, kept.message) == (ticket.ticket_no, raw.id, message)
    conversation = await ledger.conversation(message.conversation)
    assert conversation == Conversation(
        message.conversation, "wechat", "hainan", "oABC", ticket.ticket_no, last_in_at=AT
    )
    assert await types(ledger) == ["ticket.opened"]


async def test_the_opened_event_tells_no_number_in_full(intake, ledger, chat):
    await intake.take(*chat("请回电13812345678", person=Person("oABC", number="13987654321")))
    event = (await events(ledger))[0]
    assert event.data["title"] == "请回电138****5678"
    assert event.data["calling_number"] == "139****4321"
    assert event.data["message_kind"] == "text"
    assert "content" not in event.data
    assert "13812345678" not in str(event.data)


async def test_a_secret_ticket_tells_no_title(intake, ledger, form):
    await intake.take(*form("我们单位的事情", given={"is_secret": True}))
    assert (await events(ledger))[0].data["title"] == ""


async def test_what_was_sent_three_times_is_one_ticket_and_answers_the_same(intake, ledger, chat):
    raw, message = chat("路灯不亮")
    first, *again = [await intake.take(raw, message) for _ in range(3)]
    assert first.outcome == "opened"
    assert [one.outcome for one in again] == ["known", "known"]
    assert {one.message_id for one in again} == {first.message_id}
    assert {ticket_of(one).ticket_no for one in again} == {ticket_of(first).ticket_no}
    assert await types(ledger) == ["ticket.opened"]
    assert len(await ledger.messages(ticket_no=ticket_of(first).ticket_no)) == 1


async def test_three_at_the_same_moment_are_one_ticket(intake, ledger, chat):
    raw, message = chat("路灯不亮")
    taken = await asyncio.gather(*(intake.take(raw, message) for _ in range(3)))
    assert Counter(one.outcome for one in taken) == {"opened": 1, "known": 2}
    assert len(await ledger.tickets()) == 1


async def test_what_else_is_to_be_done_shares_the_transaction_also_for_a_known_message(intake, ledger, chat):
    async def cursor(tx: Tx, taken: Taken) -> None:
        await tx.save_state("cursor", {"outcome": taken.outcome})

    raw, message = chat("路灯不亮")
    await intake.take(raw, message, cursor)
    assert await ledger.state("cursor") == {"outcome": "opened"}
    await intake.take(raw, message, cursor)
    assert await ledger.state("cursor") == {"outcome": "known"}


async def test_what_fails_leaves_nothing_and_may_be_sent_again(intake, ledger, chat):
    async def fails(_tx: Tx, _taken: Taken) -> None:
        raise OSError("no")

    raw, message = chat("路灯不亮")
    with pytest.raises(OSError, match="no"):
        await intake.take(raw, message, fails)
    assert (await ledger.raw(raw.id), await ledger.tickets(), await types(ledger)) == (None, [], [])
    assert (await intake.take(raw, message)).outcome == "opened"


async def test_the_work_may_be_run_twice(policy, clock, chat):
    class Twice(FakeLedger):
        async def write(self, work):
            async def rolled_back(tx):
                await work(tx)
                raise ConnectionError

            with pytest.raises(ConnectionError):
                await super().write(rolled_back)
            return await super().write(work)

    ledger = Twice()
    taken = await Intake(ledger, policy, clock).take(*chat("路灯不亮"))
    assert taken.outcome == "opened"
    assert (len(ledger.kept.tickets), len(ledger.kept.messages), len(ledger.feed)) == (1, 1, 1)


# -- joining -----------------------------------------------------------------------------------------------------------


async def test_what_follows_soon_joins_and_fills_gaps(intake, ledger, chat):
    first = await intake.take(*chat("小区门口路灯不亮"))
    place = Place("海甸岛人民大道1号", 110.3, 20.1, "GCJ-02")
    raw, message = chat("是3号楼前面那盏，电话13812345678", at=AT + 60, place=place)
    second = await intake.take(raw, message)
    ticket = ticket_of(second)
    assert (second.outcome, ticket.ticket_no) == ("joined", ticket_of(first).ticket_no)
    assert ticket.content == "小区门口路灯不亮\n补充 12:01：是3号楼前面那盏，电话13812345678"
    assert (ticket.contact_number, ticket.address, ticket.crs) == ("13812345678", "海甸岛人民大道1号", "GCJ-02")
    assert ticket.longitude == 110.3
    assert (await ledger.message(second.message_id)).ticket_no == ticket.ticket_no
    assert await types(ledger) == ["ticket.opened", "ticket.joined", "ticket.updated"]
    assert (await events(ledger))[2].data["changed"] == [
        "address", "contact_number", "content", "crs", "flags", "latitude", "longitude",
    ]  # fmt: skip


async def test_what_is_known_is_not_written_over_by_what_joins(intake, chat):
    await intake.take(*chat("路灯不亮，电话13812345678", place=Place("甲路1号")))
    ticket = ticket_of(await intake.take(*chat("或者打13987654321", at=AT + 5, place=Place("乙路2号"))))
    assert (ticket.contact_number, ticket.address, ticket.flags) == ("13812345678", "甲路1号", ["contact_from_text"])


async def test_a_picture_joins_without_changing_the_ticket(intake, ledger, chat):
    first = ticket_of(await intake.take(*chat("路灯不亮")))
    picture = Attachment("a1", "1.jpg", "image/jpeg", state="wanted", source={"media_id": "m"})
    taken = await intake.take(*chat(kind="image", at=AT + 5, attachments=(picture,)))
    assert (taken.outcome, ticket_of(taken).revision) == ("joined", first.revision)
    kept = await ledger.attachments(first.ticket_no)
    assert [(one.attachment, one.due_at, one.message_id) for one in kept] == [(picture, AT, taken.message_id)]
    assert (await events(ledger))[1].data["attachments"] == 1


async def test_the_text_after_a_picture_gives_the_ticket_its_title(intake, chat):
    first = ticket_of(await intake.take(*chat(kind="image")))
    assert first.title == "图片来件"
    ticket = ticket_of(await intake.take(*chat("井盖不见了。很危险", at=AT + 5)))
    assert (ticket.ticket_no, ticket.title, ticket.content) == (first.ticket_no, "井盖不见了", "井盖不见了。很危险")


async def test_an_emergency_that_joins_makes_the_ticket_urgent(intake, ledger, chat):
    first = ticket_of(await intake.take(*chat("小区里有味道")))
    assert first.urgency == "一般"
    ticket = ticket_of(await intake.take(*chat("是煤气泄漏", at=AT + 5)))
    assert (ticket.urgency, ticket.proposed["urgency"]["dial"]) == ("特急", ["119"])
    later = ticket_of(await intake.take(*chat("有人被困", at=AT + 9)))
    assert later.urgency == "特急"


async def test_after_the_window_a_new_ticket_opens(intake, chat):
    first = ticket_of(await intake.take(*chat("小区门口路灯不亮")))
    at = AT + 31 * 60
    taken = await intake.take(*chat("公交车站牌倒了", at=at))
    assert (taken.outcome, ticket_of(taken).urge_of, ticket_of(taken).ticket_no != first.ticket_no) == (
        "opened", "", True,
    )  # fmt: skip


async def test_each_message_keeps_the_window_open(intake, chat):
    first = ticket_of(await intake.take(*chat("路灯不亮")))
    for minutes in (25, 50, 75):
        assert ticket_of(await intake.take(*chat("在海甸岛", at=AT + minutes * 60))).ticket_no == first.ticket_no


async def test_a_closed_ticket_is_not_joined(intake, ledger, chat):
    first = ticket_of(await intake.take(*chat("小区门口路灯不亮")))
    await ledger.write(lambda tx: tx.update_ticket(first.ticket_no, {"state": "closed"}))
    taken = await intake.take(*chat("小区门口路灯又不亮了", at=AT + 60))
    assert (taken.outcome, ticket_of(taken).related_nos) == ("opened", [first.ticket_no])


@pytest.mark.parametrize("text", ["另外，我家楼下有人乱倒垃圾", "还有一件事，公交车总是不停站"])
async def test_words_that_say_so_open_a_new_topic(intake, chat, text):
    await intake.take(*chat("路灯不亮"))
    assert (await intake.take(*chat(text, at=AT + 60))).outcome == "opened"


@pytest.mark.parametrize("text", ["另外", "另外补充：在3号楼，就是那盏最高的", "还有照片", "地址是海甸岛"])
async def test_in_doubt_it_joins(intake, chat, text):
    await intake.take(*chat("路灯不亮"))
    assert (await intake.take(*chat(text, at=AT + 60))).outcome == "joined"


async def test_a_long_text_about_something_else_is_a_new_topic(intake, chat):
    await intake.take(*chat("小区门口路灯不亮好几天了"))
    other = "我在某某建筑公司上班，老板拖欠工资已经三个月，打了很多次电话都不接，十几个农民工等钱回家过年，请帮忙讨薪"
    taken = await intake.take(*chat(other, at=AT + 60))
    assert (taken.outcome, ticket_of(taken).proposed["category"]["value"]) == ("opened", "0201")


async def test_an_answer_to_our_question_joins_however_it_reads(intake, ledger, chat):
    raw, message = chat("小区门口路灯不亮好几天了")
    first = await intake.take(raw, message)
    conversation = await ledger.conversation(message.conversation)
    await ledger.write(lambda tx: tx.save_conversation(replace(conversation, step="where")))
    other = (
        "就在某某建筑公司旁边，那个公司拖欠工资上过新闻，农民工天天在那里，从公司大门往东走两百米就看到了，第三根灯杆"
    )
    taken = await intake.take(*chat(other, at=AT + 60))
    assert (taken.outcome, ticket_of(taken).ticket_no) == ("joined", ticket_of(first).ticket_no)
    assert (await ledger.conversation(message.conversation)).step == "where"


async def test_an_answer_to_a_ticket_joins_it_when_the_person_fits(intake, form):
    person = Person(email="a@b.cn")
    first = ticket_of(await intake.take(*form("路灯不亮", channel="email", kind="text", person=person)))
    answer = form("现在好了", channel="email", kind="text", person=Person(email="A@b.cn"), reply_to=first.ticket_no)
    taken = await intake.take(*answer)
    assert (taken.outcome, ticket_of(taken).ticket_no) == ("joined", first.ticket_no)
    stranger = form("现在好了", channel="email", kind="text", person=Person(email="x@y.cn"), reply_to=first.ticket_no)
    taken = await intake.take(*stranger)
    assert (taken.outcome, ticket_of(taken).ticket_no != first.ticket_no) == ("opened", True)


async def test_an_answer_to_a_closed_ticket_opens_a_related_one(intake, ledger, form):
    person = Person(email="a@b.cn")
    first = ticket_of(await intake.take(*form("路灯不亮", channel="email", kind="text", person=person)))
    await ledger.write(lambda tx: tx.update_ticket(first.ticket_no, {"state": "closed"}))
    again = form("一点都没有修好", channel="email", kind="text", person=person, reply_to=first.ticket_no)
    taken = await intake.take(*again)
    assert (taken.outcome, ticket_of(taken).related_nos) == ("opened", [first.ticket_no])
    assert "ticket.linked" in await types(ledger)


async def test_an_unknown_ticket_to_answer_does_no_harm(intake, form):
    taken = await intake.take(*form("路灯不亮", reply_to="460000-20261121-9999999"))
    assert taken.outcome == "opened"


async def test_forms_never_join(intake, form):
    fields = {"conversation": "web:portal:u1", "person": Person(user_id="u1")}
    first = ticket_of(await intake.take(*form("路灯不亮", **fields)))
    taken = await intake.take(*form("公交车不停站", at=AT + 5, **fields))
    assert (taken.outcome, ticket_of(taken).ticket_no != first.ticket_no) == ("opened", True)


async def test_the_content_has_a_bound_and_the_messages_none(intake, ledger, chat):
    raw, message = chat("字" * 5000)
    first = await intake.take(raw, message)
    assert len(ticket_of(first).content) == 4000
    assert ticket_of(first).content.endswith("…（全文见原消息）")
    assert len((await ledger.message(first.message_id)).message.text) == 5000
    for n in range(3):
        taken = await intake.take(*chat("再说一句" * 20, at=AT + n))
    assert ticket_of(taken).content.count("（以下补充见各条消息）") == 1


# -- greetings, events, what cannot be read ----------------------------------------------------------------------------


async def test_a_greeting_opens_no_ticket_but_is_kept(intake, ledger, chat):
    raw, message = chat("你好！")
    taken = await intake.take(raw, message)
    assert (taken.outcome, taken.reason, taken.ticket) == ("noted", "courtesy", None)
    assert (await ledger.message(taken.message_id)).ticket_no == ""
    assert (await ledger.conversation(message.conversation)).last_in_at == AT
    assert (await intake.take(raw, message)).outcome == "known"


async def test_thanks_join_without_becoming_content(intake, chat):
    first = ticket_of(await intake.take(*chat("路灯不亮")))
    taken = await intake.take(*chat("谢谢", at=AT + 5))
    assert (taken.outcome, ticket_of(taken).content) == ("joined", first.content)


async def test_an_event_is_noted_and_leaves_the_conversation_alone(intake, ledger, chat):
    raw, message = chat(kind="event", more={"event": "subscribe"})
    taken = await intake.take(raw, message)
    assert (taken.outcome, taken.reason) == ("noted", "event")
    event = (await events(ledger))[0]
    assert (event.type, event.subject) == ("hotline.message.noted.v1", taken.message_id)
    assert (event.data["event"], event.data["outcome"]) == ("subscribe", "noted")
    assert await ledger.conversation(message.conversation) is None
    assert (await ledger.raw(raw.id)).body == raw.body


async def test_what_cannot_be_read_is_a_ticket_with_its_original(intake, ledger, chat):
    await intake.take(*chat("路灯不亮"))
    raw, message = chat(kind="unreadable", at=AT + 5, flags=("bad_cipher",))
    taken = await intake.take(raw, message)
    ticket = ticket_of(taken)
    assert (taken.outcome, ticket.title, ticket.flags) == ("opened", "无法识别的来件", ["bad_cipher", "unreadable"])
    assert (await ledger.raw(ticket.raw_id)).body == raw.body


# -- repeats -----------------------------------------------------------------------------------------------------------

LAMP = "海甸岛人民大道三号楼门口的路灯已经坏了一个星期，晚上一片漆黑"


async def test_the_same_text_within_hours_is_a_duplicate(intake, ledger, form):
    person = Person(contact_number="13812345678")
    first = ticket_of(await intake.take(*form(LAMP, person=person)))
    taken = await intake.take(*form(LAMP + "。", person=person, at=AT + 3600))
    ticket = ticket_of(taken)
    assert (taken.outcome, ticket.duplicate_of, ticket.urge_of) == ("opened", first.ticket_no, "")
    linked = (await events(ledger))[-1]
    assert (linked.type, linked.subject) == ("hotline.ticket.linked.v1", ticket.ticket_no)
    assert linked.data["duplicate_of"] == first.ticket_no
    assert linked.data["why"]


async def test_a_repeat_while_the_first_is_open_urges_it_over_any_channel(intake, chat, form):
    first = ticket_of(await intake.take(*form(LAMP, person=Person(contact_number="13812345678"))))
    again = LAMP.replace("一个星期", "两个星期") + "，怎么还没修，13812345678"
    ticket = ticket_of(await intake.take(*chat(again, at=AT + 5 * DAY)))
    assert ticket.urge_of == first.ticket_no


async def test_a_word_of_urging_is_enough_while_one_is_open(intake, ledger, chat):
    first = ticket_of(await intake.take(*chat(LAMP)))
    ticket = ticket_of(await intake.take(*chat("怎么还没人来，催一下", at=AT + 2 * DAY)))
    assert ticket.urge_of == first.ticket_no
    third = ticket_of(await intake.take(*chat("还没处理吗，要多久", at=AT + 3 * DAY)))
    assert third.urge_of == first.ticket_no


async def test_other_people_are_not_linked(intake, chat):
    await intake.take(*chat(LAMP))
    ticket = ticket_of(await intake.take(*chat(LAMP, who="oXYZ", at=AT + 60)))
    assert (ticket.duplicate_of, ticket.urge_of, ticket.related_nos) == ("", "", [])


async def test_nothing_is_linked_after_the_days(intake, chat):
    await intake.take(*chat(LAMP))
    ticket = ticket_of(await intake.take(*chat(LAMP, at=AT + 16 * DAY)))
    assert (ticket.duplicate_of, ticket.urge_of) == ("", "")


# -- what is stated and proposed ---------------------------------------------------------------------------------------


async def test_what_was_stated_wins_and_is_marked(intake, form):
    given = {"kind": "建议", "category": "物业管理", "is_anonymous": True, "colour": "red", "sex": "x"}
    ticket = ticket_of(await intake.take(*form("投诉施工噪音，电话13812345678", given=given)))
    assert (ticket.kind, ticket.category, ticket.is_anonymous) == ("建议", "0301", True)
    assert ticket.proposed["kind"] == {"value": "建议", "why": "来件注明", "stated": True}
    assert (ticket.limit_days, ticket.deadline_at) == (10, AT + 10 * DAY)
    assert ticket.contact_number == ""
    assert (ticket.flags, ticket.more) == (["given_refused"], {"given": {"colour": "red", "sex": "x"}})


async def test_proposals_wait_for_an_agent_with_their_reason(intake, chat):
    ticket = ticket_of(await intake.take(*chat("美兰区施工噪音扰民")))
    assert (ticket.kind, ticket.category, ticket.area_code, ticket.deadline_at) == ("", "", "460000", None)
    assert ticket.proposed["category"] == {"value": "0701", "name": "噪声", "why": "关键词 噪音 → 噪声"}
    assert ticket.proposed["area_code"]["value"] == "460108"


async def test_the_area_of_the_matter_does_not_change_the_series_of_numbers(intake, form):
    taken = await intake.take(*form("路灯不亮", place=Place("海甸岛", area_code="460108")))
    ticket = ticket_of(taken)
    assert (ticket.area_code, ticket.ticket_no) == ("460108", "460000-20261121-0000001")


async def test_a_partners_number_is_the_key_and_kept(intake, ledger, form):
    raw, message = form("街头斗殴", channel="partner", account="110", key="partner:110:A-1", external_id="A-1")
    ticket = ticket_of(await intake.take(raw, message))
    assert ticket.external_nos == {"110": "A-1"}
    assert await ledger.ticket_by_key("partner:110:A-1") == ticket


# -- abuse -------------------------------------------------------------------------------------------------------------


async def test_too_much_is_denied_for_a_time_and_kept(ledger, clock, chat):
    intake = Intake(ledger, limited((3, 60)), clock)
    taken = [await intake.take(*chat(f"第{n}句", at=AT + n)) for n in range(5)]
    assert [one.outcome for one in taken] == ["opened", "joined", "joined", "denied", "denied"]
    assert taken[3].reason == "60 秒内超过 3 条"
    kept = await ledger.message(taken[4].message_id)
    assert (kept.ticket_no, kept.message.flags, kept.message.text) == ("", ("denied",), "第4句")
    (denial,) = await ledger.denials()
    assert (denial.user_id, denial.by, denial.until) == ("oABC", "system", AT + 3600)
    assert Counter(await types(ledger))["sender.denied"] == 1
    assert (await intake.take(*chat("别人", who="oXYZ"))).outcome == "opened"
    clock.now = AT + 3601
    assert (await intake.take(*chat("又来了", at=clock.now))).outcome == "opened"


async def test_a_denial_that_was_lifted_stays_lifted(ledger, clock, chat):
    intake = Intake(ledger, limited((2, 3600)), clock)
    for n in range(4):
        await intake.take(*chat(f"第{n}句", at=AT + n))
    (denial,) = await ledger.denials()
    await ledger.write(lambda tx: tx.lift_denial(denial.id))
    assert (await intake.take(*chat("现在可以了吗", at=AT + 9))).outcome == "joined"


async def test_repetitions_do_not_count(ledger, clock, chat):
    intake = Intake(ledger, limited((2, 60)), clock)
    for raw_message in [chat("一"), chat("二")]:
        assert [(await intake.take(*raw_message)).outcome for _ in range(5)][1:] == ["known"] * 4


async def test_exempt_channels_and_nameless_senders_have_no_limit(ledger, clock, chat, form):
    intake = Intake(ledger, limited((1, 60), exempt=("wechat",)), clock)
    assert {(await intake.take(*chat(f"第{n}句话", who="oABC"))).outcome for n in range(4)} == {"opened", "joined"}
    assert {(await intake.take(*form(f"第{n}件事"))).outcome for n in range(4)} == {"opened"}


async def test_a_new_policy_counts_from_now_on(ledger, policy, clock, chat):
    intake = Intake(ledger, policy, clock)
    await intake.take(*chat("一"))
    intake.use(limited((1, 60)))
    assert (await intake.take(*chat("二"))).outcome == "denied"


def test_query_codes_can_be_read_out():
    codes = {new_query_code() for _ in range(500)}
    assert len(codes) > 490
    assert not set("".join(codes)) & set("ILO01ilo")
    assert {len(code) for code in codes} == {QUERY_CODE_LENGTH}


def test_it_warms_up_without_a_ledger(policy):
    Intake(FakeLedger(), policy).warm()  # type: ignore[arg-type]


def test_sends_are_typed(chat: Sends):
    assert chat("一")[1].key != chat("一")[1].key


# -- kept originals once more ------------------------------------------------------------------------------------------


async def test_what_can_be_read_after_a_mend_fills_the_ticket_of_its_original(intake, ledger, chat):
    raw, message = chat(kind="unreadable", person=Person(), conversation="")
    first = ticket_of(await intake.take(raw, message))
    _, now_read = chat("井盖不见了，电话13812345678", key=f"{message.key}:again")
    taken = await intake.again(raw, now_read, first.ticket_no)
    ticket = ticket_of(taken)
    assert (taken.outcome, ticket.ticket_no) == ("joined", first.ticket_no)
    assert (ticket.title, ticket.content) == ("井盖不见了，电话13812345678", "井盖不见了，电话13812345678")
    assert (ticket.user_id, ticket.contact_number) == ("oABC", "13812345678")
    assert ticket.flags == ["contact_from_text", "replayed"]
    assert [kept.raw_id for kept in await ledger.messages(ticket_no=ticket.ticket_no)] == [raw.id, raw.id]
    assert await ledger.conversation(now_read.conversation) is None
    assert (await intake.again(raw, now_read, first.ticket_no)).outcome == "known"


async def test_an_original_without_a_ticket_opens_one_when_it_is_taken_again(ledger, clock, chat):
    intake = Intake(ledger, limited((1, 60)), clock)
    await intake.take(*chat("一"))
    raw, message = chat("路灯不亮")
    assert (await intake.take(raw, message)).outcome == "denied"
    taken = await intake.again(raw, replace(message, key=f"{message.key}:again"), "")
    assert (taken.outcome, ticket_of(taken).content) == ("opened", "路灯不亮")
    _, event = chat(kind="event")
    assert (await intake.again(raw, event, "")).outcome == "noted"


async def test_half_a_surrogate_pair_loses_nothing(intake, form):
    assert (await intake.take(*form("路灯\ud83d不亮"))).outcome == "opened"
