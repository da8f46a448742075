from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.open311.normalise import keys, message, read_raw
from gateway.channels.open311.services import Services
from gateway.channels.open311.wire import Form, Part, Refusal
from gateway.model.messages import Raw
from tests.channels.door_stage import START, ZONE, categories
from tests.channels.open311.endpoint import config

CONFIG = config()
SERVICES = Services(categories(), CONFIG.attribute)
GOOD = {
    "service_code": "0102", "lat": "20.02", "long": "110.35", "address_string": "和平大道1号", "first_name": "小明",
    "last_name": "王", "phone": "13876543210", "email": "w@example.com", "device_id": "d-1", "description": "乱收费",
}  # fmt: skip


def form(values: dict[str, Any], files: tuple[Part, ...] = (), guessed: bool = False) -> Form:
    listed = {name: tuple(value) if isinstance(value, list) else (value,) for name, value in values.items()}
    return Form(listed, files, guessed)


def read(values: dict[str, Any], **more: Any):
    return message(form(values, **more), CONFIG, SERVICES, client="app", key="open311:k", at=START, zone=ZONE)


def described(values: dict[str, Any], **more: Any) -> list[tuple[int, str]]:
    found, faults = read(values, **more)
    assert (found is None) == bool(faults)
    return [(fault.status, fault.description) for fault in faults]


def test_a_form_becomes_a_message():
    found, faults = read(GOOD)
    assert faults == ()
    assert found is not None
    assert (found.key, found.channel, found.account, found.kind) == ("open311:k", "open311", "open311", "form")
    assert (found.text, found.title, found.given) == ("乱收费", "", {"category": "0102"})
    assert found.place is not None
    assert (found.place.longitude, found.place.latitude, found.place.crs) == (110.35, 20.02, "WGS-84")
    person = found.person
    assert (person.name, person.contact_number, person.email, person.user_id) == (
        "王小明", "13876543210", "w@example.com", "app:d-1",
    )  # fmt: skip
    assert found.more == {"client": "app", "device_id": "d-1"}
    assert found.conversation == ""


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ({"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
        ({"first_name": "Ann"}, "Ann"),
        ({"last_name": "王"}, "王"),
    ],
)
def test_names_are_written_as_their_language_does(names, name):
    found, _ = read({"service_code": "0102", "address_string": "x"} | names)
    assert found is not None
    assert found.person.name == name


def test_without_a_description_the_service_is_the_title():
    found, _ = read({"service_code": "0102", "address_id": "A-77"})
    assert found is not None
    assert (found.title, found.text) == ("价格", "")
    assert found.place is not None
    assert (found.place.asset_id, found.place.crs) == ("A-77", "")
    assert found.person.user_id == ""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"service_code": ""}, (400, "service_code was not provided")),
        ({"service_code": "9999"}, (404, "service_code 9999 was not found")),
        ({"service_code": "01"}, (404, "service_code 01 was not found")),
        ({"lat": ""}, (400, "lat and long must both be provided")),
        ({"lat": "91"}, (400, "lat must be decimal degrees (WGS-84)")),
        ({"long": "east"}, (400, "long must be decimal degrees (WGS-84)")),
        ({"description": "长" * 4001}, (400, "description is longer than 4000 characters")),
        ({"phone": "1" * 41}, (400, "phone is longer than 40 characters")),
        ({"media_url": "ftp://x/1.jpg"}, (400, "media_url must be an http or https address")),
        ({"media_url": ["http://x/1"] * 6}, (400, "at most 5 media_url are taken")),
        ({"attribute[amount]": "many"}, (400, "attribute[amount] must be a number")),
        ({"attribute[amount]": ["1", "2"]}, (400, "attribute[amount] takes one value")),
        ({"attribute[hints][]": ["a", "c"]}, (400, "attribute[hints] must be one of a, b")),
    ],
)
def test_a_fault_names_its_parameter(change, fault):
    assert described(GOOD | change) == [fault]


def test_a_place_is_required_in_one_of_three_ways():
    assert described({"service_code": "0102"}) == [
        (400, "a location was not provided: lat and long, address_string or address_id")
    ]


def test_all_faults_are_told_at_once():
    assert len(described({"lat": "x", "phone": "1" * 50})) == 4


def test_a_required_answer_is_asked_for_and_dates_need_a_zone():
    assert described(GOOD | {"service_code": "0101"}) == [(400, "attribute[severity] was not provided")]
    bad = GOOD | {"service_code": "0101", "attribute[severity]": "low", "attribute[when]": "2026-11-21T12:00:00"}
    assert described(bad) == [(400, "attribute[when] must be a date as 2026-11-21T10:00:00+08:00")]


def test_answers_are_kept_also_those_that_nobody_asked_for():
    found, _ = read(GOOD | {"attribute[hints][]": ["a", "b"], "attribute[odd]": "x", "attribute[amount]": ""})
    assert found is not None
    assert found.more["attributes"] == {"hints": ["a", "b"], "odd": "x"}


@pytest.mark.parametrize(("said", "given"), [("yes", True), ("是", True), ("no", False)])
def test_an_answer_can_fill_a_field_of_the_ticket(said, given):
    found, _ = read(GOOD | {"attribute[secret]": said})
    assert found is not None
    assert found.given["is_secret"] is given


def test_media_are_wanted_by_their_address():
    found, _ = read(GOOD | {"media_url": "https://x.example/a/1.jpg?size=2"})
    assert found is not None
    (file,) = found.attachments
    assert (file.name, file.state, file.source) == ("1.jpg", "wanted", {"url": "https://x.example/a/1.jpg?size=2"})


def test_too_many_files_are_refused_and_a_guessed_encoding_is_flagged():
    part = Part("media", "1.png", "image/png", b"x")
    assert described(GOOD, files=(part,) * 6) == [(400, "at most 5 files are taken")]
    found, _ = read(GOOD, guessed=True)
    assert found is not None
    assert found.flags == ("charset_guessed",)


@pytest.mark.parametrize("given", ["", "own-key"])
def test_a_kept_original_gives_the_same_message_again(given):
    body = urlencode(GOOD).encode()
    meta = {"client": "app", "target": "/open311/v2/requests.xml", "idempotency_key": given}
    raw = Raw("r", "open311", "open311", START, "application/x-www-form-urlencoded", body, meta)
    again = read_raw(raw, CONFIG, SERVICES, ZONE)
    key, _ = keys(form(GOOD), "app", given, START, CONFIG.repeat_s)
    found, _ = message(form(GOOD), CONFIG, SERVICES, client="app", key=key, at=START, zone=ZONE)
    assert again == found
    with pytest.raises(Refusal, match="service_code was not provided"):
        read_raw(replace(raw, body=b"lat=1&long=2"), CONFIG, SERVICES, ZONE)


def test_keys_go_by_windows_unless_the_client_has_its_own():
    one = form({"description": "a"})
    key, before = keys(one, "app", "", START, 3600)
    assert keys(one, "app", "", START + 3600, 3600)[1] == key
    assert before == keys(one, "app", "", START - 3600, 3600)[0] != key
    assert keys(one, "app", "own", START, 3600) == ("open311:app:key:own", "")
    assert keys(one, "app", "", START, 0) != keys(one, "app", "", START + 1, 0)


NAMES = [*GOOD, "address_id", "account_id", "media_url", "attribute[when]", "attribute[severity]", "attribute[x][]"]


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=12), st.lists(st.text(max_size=12), max_size=3)))
def test_no_form_raises(values):
    found, faults = message(
        Form({name: tuple(value) for name, value in values.items()}), CONFIG, SERVICES, client="", key="k", at=START,
        zone=ZONE,
    )  # fmt: skip
    assert (found is None) == bool(faults)
