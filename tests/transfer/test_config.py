from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.transfer.config import PartnerConfig


def partner(**changes) -> PartnerConfig:
    return PartnerConfig(**{"number": "961017", "name": "扶贫专线", "mode": "consult"} | changes)


@pytest.mark.parametrize("changes", [{"mode": "blind"}, {"mode": "attended", "modes": ["blind"]}])
def test_110_is_never_released_blind(changes):
    with pytest.raises(ValidationError, match="never released blind"):
        partner(number="110", **changes)


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
