"""Status reports: the text of appendix B as centres write it, the parameters, and both."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.frames import WireError
from gateway.channels.sms.port import Told
from gateway.channels.sms.smpp.receipts import is_receipt, read_receipt
from gateway.channels.sms.smpp.wire import Handed

ZONE = ZoneInfo("Asia/Shanghai")
STANDARD = "id:0A1B sub:001 dlvrd:001 submit date:2611221205 done date:2611221206 stat:DELIVRD err:000 text:id:9 hi"
AT = 1_795_320_360.0


def handed(text: str | bytes = b"", coding: int = 0, esm_class: int = 4, **more: bytes) -> Handed:
    data = text if isinstance(text, bytes) else text.encode()
    tags = {"id": 0x001E, "state": 0x0427, "error": 0x0423}
    parameters = {tags[name]: value for name, value in more.items()}
    return Handed("138", 1, "12345", 1, esm_class, coding, data, more=parameters)


def told(one: Handed) -> Told:
    return read_receipt(one, one.data, ZONE)


def test_the_text_of_the_standard() -> None:
    assert told(handed(STANDARD)) == Told("0A1B", "delivered", "DELIVRD", AT, "138")


@pytest.mark.parametrize(
    ("text", "state", "code"),
    [
        ("id:7 stat:UNDELIV err:010", "failed", "UNDELIV 010"),
        ("id:7 stat:UNDELIV err:MK:0013", "failed", "UNDELIV MK:0013"),
        ("ID: 7 Stat: expired", "failed", "EXPIRED"),
        ("id:7,stat:ACCEPTD", "waiting", "ACCEPTD"),
        ("stat:REJECTD Done Date:x id:7", "failed", "REJECTD"),
        ("id:7 sub: dlvrd: stat:DELIVRD err:", "delivered", "DELIVRD"),
        ("id:7 done date:26112212060 stat:DELIVRD", "delivered", "DELIVRD"),
    ],
)
def test_texts_as_centres_write_them(text: str, state: str, code: str) -> None:
    found = told(handed(text))
    assert (found.external_id, found.state, found.code, found.at) == ("7", state, code, None)


def test_a_report_in_ucs2() -> None:
    assert told(handed(STANDARD.encode("utf-16-be"), 8)).external_id == "0A1B"


@pytest.mark.parametrize(
    ("state", "code"),
    [(b"\1", "ENROUTE"), (b"\2", "DELIVRD"), (b"\3", "EXPIRED"), (b"\5", "UNDELIV"), (b"\x08", "REJECTD")],
)
def test_parameters_alone_are_a_report_too(state: bytes, code: str) -> None:
    one = handed(esm_class=0, id=b"a-1\0", state=state)
    assert is_receipt(one)
    assert (told(one).external_id, told(one).code) == ("a-1", code)


def test_the_networks_error_is_told() -> None:
    assert told(handed(id=b"7\0", state=b"\5", error=b"\3\0\x1d")).code == "UNDELIV 29"


def test_an_intermediate_notification_changes_nothing() -> None:
    assert told(handed("id:7 stat:UNDELIV", esm_class=0x20)).state == "waiting"


def test_a_citizens_text_that_looks_like_one_is_none() -> None:
    assert not is_receipt(handed(STANDARD, esm_class=0))
    assert not is_receipt(handed("hi", esm_class=0x08))


@pytest.mark.parametrize("text", ["", "stat:DELIVRD", "id:7", "text:id:7 stat:DELIVRD"])
def test_a_report_on_nothing_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="status report without"):
        told(handed(text))


@given(st.binary(max_size=200), st.sampled_from([0, 3, 4, 8, 15, 200]), st.binary(max_size=10), st.binary(max_size=6))
def test_any_octets_are_a_report_or_a_wire_error(data: bytes, coding: int, id: bytes, state: bytes) -> None:
    one = handed(b"id:7 stat:" + data, coding, id=id, state=state)
    try:
        found = told(one)
    except WireError as error:
        assert "status report without" in str(error)
    else:
        assert found.external_id
        assert found.code
