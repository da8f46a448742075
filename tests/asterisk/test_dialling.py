from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.asterisk.dialling import AUTO_ANSWER, dial_out
from gateway.model.ids import CallId
from gateway.model.orders import DialOut

ORDER = DialOut(
    CallId("out-0198aaaa-1111-7222-8333-444444444444"), "PJSIP/8001w", "13812345678", "12345", "1001",
    "460000-20261121-0000001",
)  # fmt: skip


def headers(order: DialOut = ORDER) -> dict[str, Any]:
    return dict(dial_out(order).headers)


def test_the_agents_telephone_is_rung_under_our_number_and_told_to_take_up_by_itself() -> None:
    sent = headers()
    assert (sent["Channel"], sent["Context"], sent["Exten"]) == ("PJSIP/8001w", "gw-out", "s")
    assert sent["ChannelId"] == ORDER.call
    assert "12345" in sent["CallerID"]
    told = "".join(sent["Variable"])
    assert all(name in told for name in AUTO_ANSWER)
    assert any("X-Gateway-Answer" in one and one.endswith("=auto") for one in sent["Variable"])


def test_the_citizens_number_is_in_no_header_and_no_caller_id_of_the_agents_leg() -> None:
    sent = headers()
    variables = [one for one in sent.pop("Variable") if not one.startswith("GW_OUT=")]
    assert ORDER.number not in f"{sent}{variables}"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("number", "138;x"), ("number", ""), ("shown", "12345>"), ("interface", "Local/8001@x"), ("agent", "1,2"),
        ("ticket_no", "nonsense"), ("call", "1.2"), ("language", "zh)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_its_name_and_never_echoed(field: str, bad: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: ") as refused:
        dial_out(replace(ORDER, **{field: bad}))  # type: ignore[arg-type]
    assert not bad or bad not in str(refused.value)
