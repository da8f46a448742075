from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.partner import normalise
from gateway.model.messages import Raw
from tests.channels.door_stage import START, ZONE
from tests.channels.partner.partners import partner, police

CODES = frozenset({"0101"})
CASE = {
    "caseNumber": "J4601-2026-0001",
    "address": "海口市美兰区和平大道",
    "longitude": "110.35",
    "latitude": 20.02,
    "caseClass": "噪音扰民",
    "callingNumber": "13876543210",
    "contactNumber": 13876543211,
    "personName": "王小明",
    "sex": "1",
    "jurisdiction": "美兰分局",
    "caseText": "邻居装修，夜间施工。",
    "callTime": "2026-11-21 11:58:03",
    "taker": "警号 0123",
    "level": "三级",
    "recordingAddress": "http://10.1.1.1/rec/77.mp3?x=1",
    "instruction": "请转住建部门",
    "extra": {"policeStation": "和平派出所"},
}


def ticket(body, config=None):
    return normalise.ticket(config or police(), body, at=START, zone=ZONE, categories=CODES)


def feedback(body, config=None):
    return normalise.feedback(config or police(), body, at=START, zone=ZONE)


def test_a_police_case_becomes_a_message_under_its_number():
    message, faults = ticket(CASE)
    assert faults == ()
    assert message.key == "partner:110:J4601-2026-0001"
    assert (message.channel, message.account, message.kind) == ("partner", "110", "form")
    assert message.external_id == "J4601-2026-0001"
    assert message.text == "邻居装修，夜间施工。"
    assert message.occurred_at == datetime(2026, 11, 21, 11, 58, 3, tzinfo=ZONE).timestamp()
    person = message.person
    assert (person.name, person.sex, person.number, person.contact_number) == (
        "王小明", "男", "13876543210", "13876543211",
    )  # fmt: skip
    place = message.place
    assert place is not None
    assert (place.address, place.longitude, place.latitude, place.crs) == (
        "海口市美兰区和平大道", 110.35, 20.02, "WGS-84",
    )  # fmt: skip


def test_what_is_not_known_to_us_is_kept():
    message, _ = ticket(CASE)
    assert message.more["partner"] == {
        "caseClass": "噪音扰民",
        "jurisdiction": "美兰分局",
        "level": "三级",
        "taker": "警号 0123",
        "instruction": "请转住建部门",
        "extra": {"policeStation": "和平派出所"},
    }


def test_words_of_ours_become_fields():
    body = CASE | {"caseClass": "0101", "level": "紧急", "jurisdiction": "460108", "kind": "投诉", "is_secret": "是"}
    message, faults = ticket(body)
    assert faults == ()
    assert message.given == {"category": "0101", "urgency": "紧急", "kind": "投诉", "is_secret": True}
    assert message.place is not None
    assert message.place.area_code == "460108"
    assert "jurisdiction" not in message.more["partner"]


def test_the_recording_is_wanted_by_its_address():
    message, _ = ticket(CASE)
    (file,) = message.attachments
    assert (file.state, file.source, file.name) == (
        "wanted", {"url": "http://10.1.1.1/rec/77.mp3?x=1"}, "录音 recording",
    )  # fmt: skip
    message, faults = ticket(CASE | {"recordingAddress": "REC-77"})
    assert (message.attachments, faults) == ((), ())
    assert message.more["partner"]["recordingAddress"] == "REC-77"


def test_files_are_given_as_addresses_or_objects():
    files = ["https://x.example/a/1.jpg", {"url": "https://x.example/2", "name": "照片"}]
    message, faults = ticket(CASE | {"attachments": files, "recordingAddress": None})
    assert faults == ()
    assert [file.name for file in message.attachments] == ["1.jpg", "照片"]


@pytest.mark.parametrize("files", [["ftp://x.example/1"], [1], [{"name": "x"}], ["https://x.example/1"] * 21, "x"])
def test_files_without_an_address_are_a_fault(files):
    message, faults = ticket(CASE | {"attachments": files})
    assert [fault.field for fault in faults] == ["attachments"]
    assert message.flags == ("unreadable",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"caseNumber": ""}, "caseNumber"),
        ({"caseNumber": "   "}, "caseNumber"),
        ({"caseText": None}, "caseText"),
        ({"caseText": {"a": 1}}, "caseText"),
        ({"caseText": True}, "caseText"),
        ({"longitude": "east"}, "longitude"),
        ({"latitude": 91}, "latitude"),
        ({"latitude": True}, "latitude"),
        ({"callTime": "yesterday"}, "callTime"),
        ({"callTime": [1]}, "callTime"),
        ({"personName": "王" * 101}, "personName"),
        ({"address": ["x"]}, "address"),
    ],
)
def test_a_fault_has_the_partners_own_name_and_the_rest_is_kept(change, field):
    message, faults = ticket(CASE | change)
    assert [fault.field for fault in faults] == [field]
    assert (message.kind, message.flags) == ("unreadable", ("unreadable",))
    assert "邻居装修" in message.text or field == "caseText"


def test_all_faults_are_told_at_once():
    _, faults = ticket({"longitude": "x"})
    assert {fault.field for fault in faults} == {"caseNumber", "caseText", "longitude"}


def test_an_unreadable_push_without_a_number_has_its_content_as_key():
    one, _ = ticket({"caseText": "a"})
    other, _ = ticket({"caseText": "b"})
    assert one.key.startswith("partner:110:unreadable:")
    assert one.key == ticket({"caseText": "a"})[0].key != other.key
    raw = normalise.unreadable(police(), b"\xff", at=START)
    assert raw.key == normalise.unreadable(police(), b"\xff", at=START + 9).key
    assert raw.flags == ("unreadable",)


def test_a_kept_original_gives_the_same_message_again():
    raw = Raw("r", "partner", "110", START, "application/json", json.dumps(CASE).encode())
    again = normalise.read_raw(raw, police(), ZONE, CODES)
    wanted, _ = ticket(CASE)
    assert replace(again, attachments=()) == replace(wanted, attachments=())
    assert again.attachments[0].source == wanted.attachments[0].source
    assert normalise.read_raw(replace(raw, body=b"{"), police(), ZONE, CODES).flags == ("unreadable",)


def test_names_go_into_inner_objects():
    config = partner(fields={"external_no": "data.no", "content": "data.case.text"})
    message, faults = ticket({"data": {"no": 7, "case": {"text": "停电", "more": 1}}}, config)
    assert faults == ()
    assert (message.external_id, message.text) == ("7", "停电")
    assert message.more["partner"] == {"data": {"case": {"more": 1}}}


def test_half_a_point_is_no_point_and_a_stated_system_wins():
    body = {"external_no": "1", "content": "停电", "longitude": 110.3}
    assert ticket(body, partner())[0].place is None
    body |= {"latitude": 20.0, "crs": "gcj02"}
    place = ticket(body, partner(push={"crs": "WGS-84"}))[0].place
    assert place is not None
    assert place.crs == "GCJ-02"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("2026-11-21T04:00:00Z", START),
        ("2026-11-21T12:00:00+08:00", START),
        ("2026/11/21 12:00:00", START),
        (str(int(START)), START),
        (int(START) * 1000, START),
        (START, START),
        ("0", None),
        (-1, None),
        (True, None),
        (None, None),
        ("99999999999999999999", None),
        (10**400, None),
        ("9999-99-99", None),
    ],
)
def test_times_are_read_as_platforms_write_them(given, seconds):
    assert normalise.moment(given, ZONE) == seconds


@pytest.mark.parametrize(
    ("word", "kind"), [("签收", "acknowledged"), ("处警", "progress"), ("退回", "returned"), ("result", "result")]
)
def test_feedback_is_understood_in_the_partners_words(word, kind):
    said, faults = feedback({"hotlineNumber": "460000-20261121-0000001", "state": word, "caseText": "已到场"})
    assert faults == ()
    assert said is not None
    assert (said.kind, said.text, said.ticket_no) == (kind, "已到场", "460000-20261121-0000001")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"state": "签收"}, ["hotlineNumber"]),
        ({"caseNumber": "1", "state": "办"}, ["state"]),
        ({"caseNumber": "1"}, ["state"]),
        ({"caseNumber": "1", "state": "反馈"}, ["result"]),
        ({"caseNumber": "1", "state": "退回", "result": " "}, ["result"]),
        ({"caseNumber": "1", "state": "签收", "callTime": "x"}, ["callTime"]),
    ],
)
def test_feedback_that_says_nothing_is_told_so(body, fields):
    said, faults = feedback(body)
    assert said is None
    assert [fault.field for fault in faults] == fields


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = [*CASE, "attachments", "crs", "state", "result", "hotlineNumber", "is_secret", "email"]


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), json_values, max_size=8))
def test_no_body_raises_and_what_was_not_understood_is_not_lost(body):
    message, faults = ticket(body)
    assert message.key.startswith("partner:110:")
    assert (message.flags == ("unreadable",)) == bool(faults)
    for name in body.keys() - set(NAMES):
        assert name in message.more["partner"]
    said, faults = feedback(body)
    assert (said is None) == bool(faults)
