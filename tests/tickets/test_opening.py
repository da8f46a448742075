from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.messages import Message, Person, Place
from gateway.model.records import Ticket
from gateway.tickets.config import ApplyConfig
from gateway.tickets.opening import TITLES, draft, read, supplement
from gateway.tickets.policy import IntakePolicy
from tests.tickets.conftest import AT, DAY, shipped_categories, shipped_intake, shipped_policy, working_days

POLICY = shipped_policy()


def message(text: str = "", **fields) -> Message:
    return replace(Message("k", "web", "portal", "form", AT, AT, text=text), **fields)


def opened(sent: Message, policy: IntakePolicy = POLICY) -> dict:
    return dict(draft(read(sent, policy), "raw", "ABC234", policy).fields)


def applying(**apply: bool) -> IntakePolicy:
    config = shipped_intake().model_copy(update={"apply": ApplyConfig(**apply)})
    return IntakePolicy.of(config, shipped_categories(), {}, working_days, "460000")


@pytest.mark.parametrize(
    ("sent", "title"),
    [
        (message("您好，路灯不亮。已经三天了"), "路灯不亮"),
        (message("\n\n路灯不亮\n三天了"), "路灯不亮"),
        (message("您好！ 。 ？\u3000路灯 不亮 ！三天了"), "路灯 不亮"),
        (message("字" * 60), "字" * 39 + "…"),
        (message("路灯不亮", title="海甸岛路灯"), "海甸岛路灯"),
        (message(""), "空白来件"),
        (message("。！"), "空白来件"),
        (message(kind="voice"), "语音来件"),
        (message("乱码", kind="unreadable", title="x"), "无法识别的来件"),
        (message("路灯不亮", given={"title": "市民写的"}), "市民写的"),
    ],
)
def test_a_title_is_the_first_sentence(sent, title):
    assert opened(sent)["title"] == title


def test_every_kind_of_message_has_a_title_without_words():
    assert all(TITLES.values())


def test_the_person_and_the_place_come_along():
    person = Person("u", "张三", "0898123", "13812345678", "a@b.cn", "男")
    place = Place("海甸岛", 110.3, 20.1, "WGS-84", "460108", "pole-7")
    fields = opened(message("路灯不亮", person=person, place=place))
    wanted = {
        "user_id": "u", "name": "张三", "calling_number": "0898123", "contact_number": "13812345678", "email": "a@b.cn",
        "sex": "男", "address": "海甸岛", "longitude": 110.3, "latitude": 20.1, "crs": "WGS-84", "area_code": "460108",
        "asset_id": "pole-7", "raw_id": "raw", "query_code": "ABC234", "category_scheme": "hainan",
    }  # fmt: skip
    assert {name: fields[name] for name in wanted} == wanted


def test_half_a_coordinate_is_none():
    assert "longitude" not in opened(message(place=Place(longitude=110.3)))


def test_what_cannot_be_read_is_not_read():
    reading = read(message("煤气泄漏 13812345678", kind="unreadable"), POLICY)
    assert (reading.proposals, reading.contact) == ({}, "")


def test_the_title_speaks_too():
    assert read(message("见照片", title="路灯不亮"), POLICY).proposals["category"]["value"] == "0402"


def test_proposals_are_set_where_the_configuration_says_so():
    sent = message("投诉美兰区施工噪音，震得山体滑坡")
    assert "kind" not in opened(sent)
    assert opened(sent)["urgency"] == "紧急"
    fields = opened(sent, applying(kind=True, category=True, area=True, urgency=False))
    assert (fields["kind"], fields["category"], fields["area_code"]) == ("投诉", "0701", "460108")
    assert "urgency" not in fields
    assert fields["deadline_at"] == AT + 10 * DAY


def test_a_matter_is_compared_by_what_was_stated():
    sent = message("路灯不亮", given={"category": "0701", "address": "人民大道1号"})
    matter = read(sent, POLICY).matter
    assert (matter.text, matter.category, matter.place) == ("路灯不亮", "0701", "人民大道1号")


def test_the_entry_number_and_track_are_facts_of_the_way_in():
    made = draft(read(message("x", given={"entry_number": "12315", "track": "dual"}), POLICY), "r", "c", POLICY)
    assert (made.entry_number, made.fields["track"], "entry_number" in made.fields) == ("12315", "dual", False)


@pytest.fixture
def ticket() -> Ticket:
    return Ticket(
        "460000-20261121-0000001", "1", 1, "received", "web", "portal", "", "own", "460000", AT, AT,
        title="路灯", content="路灯不亮",
    )  # fmt: skip


def test_what_adds_nothing_changes_nothing(ticket):
    assert supplement(read(message(kind="image"), POLICY), ticket, POLICY) == {}


def test_an_urgency_is_raised_and_never_lowered(ticket):
    raised = supplement(read(message("有人被困"), POLICY), ticket, POLICY)
    assert (raised["urgency"], raised["proposed"]["urgency"]["value"]) == ("紧急", "紧急")
    ticket.urgency, ticket.proposed = "特急", {"urgency": {"value": "特急"}}
    assert "urgency" not in supplement(read(message("有人被困"), POLICY), ticket, POLICY)


def test_what_an_agent_set_stays(ticket):
    policy = applying(kind=True, category=True)
    ticket.kind, ticket.category = "咨询", "0402"
    changes = supplement(read(message("投诉施工噪音"), policy), ticket, policy)
    assert not changes.keys() & {"kind", "category", "deadline_at"}
    assert changes["proposed"].keys() == {"kind", "category"}


def test_a_kind_that_becomes_known_brings_its_deadline(ticket):
    policy = applying(kind=True)
    changes = supplement(read(message("我要投诉"), policy), ticket, policy)
    assert (changes["kind"], changes["limit_days"]) == ("投诉", 10)


def test_who_stays_anonymous_gets_no_number(ticket):
    ticket.is_anonymous = True
    assert "contact_number" not in supplement(read(message("13812345678"), POLICY), ticket, POLICY)
