from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.transfer.config import PartnerConfig, PartnersFile, PushConfig


def partner(**changes) -> PartnerConfig:
    return PartnerConfig(**{"number": "961017", "name": "扶贫专线", "mode": "consult"} | changes)


@pytest.mark.parametrize("changes", [{"mode": "blind"}, {"mode": "attended", "modes": ["blind"]}])
def test_110_is_never_released_blind(changes):
    with pytest.raises(ValidationError, match="never released blind"):
        partner(number="110", **changes)


def test_nor_is_a_partner_that_falls_back_to_110():
    with pytest.raises(ValidationError, match="110 is never released blind"):
        partner(number="122", mode="blind", numbers=[{"number": "110"}])


def test_another_partner_may_be_released_blind():
    assert partner(mode="blind").allowed_modes == ("blind",)


def test_mode_queue_needs_a_queue():
    with pytest.raises(ValidationError, match="needs the key queue"):
        partner(mode="queue")
    assert not partner(mode="queue", queue="market").is_dialled


def test_a_partner_that_is_read_out_takes_no_data():
    with pytest.raises(ValidationError, match="takes no data"):
        partner(mode="readout", data="copy")
    assert not partner(mode="readout").is_dialled


def test_the_buttons_mode_comes_first_and_each_once():
    assert partner(modes=["attended", "consult"]).allowed_modes == ("consult", "attended")
    assert partner(mode="queue", queue="market", modes=["consult"]).is_dialled


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "96 1017"},
        {"number": "110&PJSIP/8001"},
        {"mode": "throw"},
        {"data": "some"},
        {"hours": "Office!"},
        {"fields": {"name": "a b"}},
        {"fields": {"na\nme": "x"}},
        {"colour": "red"},
    ],
)
def test_what_is_not_allowed_is_refused(changes):
    with pytest.raises(ValidationError):
        partner(**changes)


def test_further_numbers_are_tried_in_their_sequence_and_ring_no_longer_than_the_music():
    config = partner(answer_s=60, numbers=[{"number": "1101"}, {"number": "1102", "trunk": "police"}])
    assert [(one.number, one.trunk) for one in config.dialled] == [
        ("961017", "trunk"), ("1101", "trunk"), ("1102", "police"),
    ]  # fmt: skip
    assert config.rings_s == 180
    with pytest.raises(ValidationError, match="300 s; all together may ring 270 s"):
        partner(answer_s=150, numbers=[{"number": "1101"}])


def test_nobody_is_offered_in_their_own_place():
    with pytest.raises(ValidationError, match="the partner itself"):
        partner(closed_to="961017")
    assert partner(closed_to="market").closed_to == "market"


def test_what_is_read_out_has_usual_words_until_others_are_given():
    assert partner(name_en="Relief").words == (
        "您反映的事项由扶贫专线受理，请您拨打 961017。", "This is handled by Relief: please dial 961017.",
    )  # fmt: skip
    assert partner(readout="请拨 961017", readout_en="dial it").words == ("请拨 961017", "dial it")


@pytest.mark.parametrize(
    "calls_in",
    [{"addresses": ["10.1.2.3.4"]}, {"headers": ["X Case"]}, {"headers": ["X-Case\n"]}, {"window_s": 1}, {"trust": 1}],
)
def test_what_calls_from_a_partner_do_not_allow_is_refused(calls_in):
    with pytest.raises(ValidationError):
        partner(calls_in=calls_in)


BOTH = {"data": "both_ways"}


def push(**changes) -> PushConfig:
    return PushConfig(**changes)


def test_a_push_is_off_until_it_has_an_address():
    config = partner(**BOTH)
    assert config.push.url == ""
    assert not config.takes


def test_a_push_out_must_be_signed():
    with pytest.raises(ValidationError, match="url needs secret"):
        push(url="https://110.example/cases")
    assert push(url="https://110.example/cases", secret="env:OUT").algorithm == "hmac-sha256"


@pytest.mark.parametrize("data", ["one_way", "copy", "none"])
def test_only_both_ways_takes_tickets(data):
    with pytest.raises(ValidationError, match='only "both_ways" takes tickets'):
        partner(data=data, push={"in_secret": "made:in"})
    assert partner(**BOTH, push={"in_secret": "made:in"}).takes


def test_nothing_is_sent_to_a_partner_without_a_right_to_data():
    with pytest.raises(ValidationError, match='data = "none"'):
        partner(data="none", push={"url": "https://x.example/", "secret": "made:out"})
    assert partner(data="copy", push={"url": "https://x.example/", "secret": "made:out"}).push.url


def test_a_field_of_ours_that_is_not_exchanged_is_refused():
    with pytest.raises(ValidationError, match='"query_code" is not exchanged'):
        partner(fields={"query_code": "code"})
    with pytest.raises(ValidationError, match='"contents" is not exchanged'):
        partner(push={"required": ["contents"]})


def test_two_of_our_fields_cannot_be_one_of_theirs():
    with pytest.raises(ValidationError, match='called "no" by the partner'):
        partner(fields={"ticket_no": "no", "external_no": "no"})


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ftp://x.example/"},
        {"url": "https://x.example/ a", "secret": "made:x"},
        {"secret": "s3cret"},
        {"algorithm": "md5"},
        {"window_s": 0},
        {"acknowledge_s": 0},
        {"crs": "WGS84"},
        {"states": {"办结": "closed"}},
        {"retries": 3},
    ],
)
def test_what_a_push_does_not_allow_is_refused(changes):
    with pytest.raises(ValidationError):
        push(**changes)


def test_the_example_asks_110_to_acknowledge_at_once_and_pushes_nothing_until_told():
    file = PartnersFile(**tomllib.loads(Path("config/partners.toml").read_text(encoding="utf-8")))
    police = next(partner for partner in file.partner if partner.number == "110")
    assert police.push.acknowledge_s == 60
    assert police.takes
    assert not any(partner.push.url for partner in file.partner)
