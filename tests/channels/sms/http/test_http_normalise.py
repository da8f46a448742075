"""A generic gateway's messages and reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.http.normalise import messages, reports
from gateway.channels.sms.http.wire import Carried, carried
from gateway.channels.sms.port import Arrived, PartOf, Told
from tests.channels.sms.inboxes import AT, asked

KANNEL = "?from=13800138000&to=12345&id=057cef2b&at=1795233600&coding={}&charset={}&udh={}&text={}"


def config(**changes: object) -> HttpSms:
    return HttpSms.model_validate({"account": "kannel", "path": "env:P", "number": "12345"} | changes)


def heard(target: str, body: bytes = b"", kind: str = "", **changes: object) -> Arrived:
    made = config(**changes)
    (one,) = messages(carried(asked(body, kind, target=target), made), made, kind, AT + 9).arrived
    return one


def test_kannels_ucs2_arrives_as_octets_with_its_format() -> None:
    one = heard(KANNEL.format(2, "UTF-16BE", "", "%8D%EFpoWON%86"))
    assert (one.text, one.coding, one.data.decode("utf-16-be")) == (None, 8, "路灯坏了")
    assert (one.sender, one.receiver, one.sent_at, one.received_at) == ("13800138000", "12345", AT, AT + 9)
    assert one.key.startswith("057cef2b-")
    assert one.flags == ()


def test_kannels_text_is_decoded_by_its_charset() -> None:
    assert heard(KANNEL.format(0, "UTF-8", "", "hello+%E8%B7%AF")).text == "hello 路"
    assert heard(KANNEL.format("", "GBK", "", "%C2%B7")).text == "路"
    assert heard(KANNEL.format("", "", "", "%C2%B7"), charset="gb18030").text == "路"


def test_octets_that_are_no_text_of_their_charset_are_flagged_and_never_guessed() -> None:
    one = heard(KANNEL.format(0, "UTF-8", "", "%C2%B7%FF"))
    assert (one.text, one.flags) == ("·\ufffd", ("undecodable",))
    assert heard(KANNEL.format(0, "rot13", "", "abc")).flags == ("charset_unknown",)
    assert heard(KANNEL.format(9, "", "", "abc")).flags == ("coding_unknown",)


def test_parts_keep_their_octets_and_their_place() -> None:
    part = heard(KANNEL.format(2, "", "%05%00%03%07%02%01", "%8D%EF%70"))
    assert (part.part, part.data, part.text) == (PartOf(7, 8, 2, 1), b"\x8d\xefp", None)
    text = heard(KANNEL.format(0, "UTF-8", "%06%08%04%01%07%02%02", "%E8%B7%AF"))
    assert (text.part, text.data.decode("utf-16-be"), text.coding) == (PartOf(263, 16, 2, 2), "路", 8)
    assert part.key != text.key


def test_port_addressed_data_and_a_broken_header_are_marked() -> None:
    assert heard(KANNEL.format(1, "", "%06%05%04%0B%84%00%00", "%01%02")).port == 2948
    assert heard(KANNEL.format(0, "UTF-8", "%63%00", "abc")).flags == ("udh_broken",)


def test_json_fields_are_text_already() -> None:
    one = heard("", '{"mobile":"138","msg":"路灯\\ud83d","ts":1795233600000}'.encode(), "application/json",
                fields={"text": "msg", "sender": "mobile", "at": "ts", "id": ""})  # fmt: skip
    assert (one.text, one.sender, one.sent_at, one.receiver) == ("路灯�", "138", AT, "12345")


def test_hex_and_headers_serve_too() -> None:
    assert heard("?from=138&text=8DEF&coding=2", text_as="hex").data == b"\x8d\xef"
    bad = heard("?from=138&text=8DE&coding=2", text_as="hex")
    assert (bad.flags, bad.raw) == (("unreadable",), b"from=138&text=8DE&coding=2")
    made = config(fields={"text": "body", "sender": "header:X-Kannel-From", "coding": "header:X-Kannel-Coding"})
    posted = asked(b"\x8d\xef", "application/octet-stream", x_kannel_from="138", x_kannel_coding="2")
    (one,) = messages(carried(posted, made), made, "", AT).arrived
    assert (one.sender, one.data, one.coding) == ("138", b"\x8d\xef", 8)
    assert one.meta == {"header:X-Kannel-From": "138", "header:X-Kannel-Coding": "2"}


def test_without_an_id_all_that_came_is_the_key() -> None:
    keys = {heard(f"?from=138&text={text}").key for text in ("a", "a", "b")}
    assert len(keys) == 2


@pytest.mark.parametrize("target", ["?from=138", "?a=b", "?text"])
def test_what_has_no_text_or_no_sender_says_so(target: str) -> None:
    assert heard(target).flags in (("unreadable",), ("sender_missing",))


@pytest.mark.parametrize(("state", "told"), [("1", "delivered"), ("2", "failed"), ("16", "failed"), ("8", "waiting"),
                                             ("delivrd", "delivered"), ("new", "waiting")])  # fmt: skip
def test_states_mean_what_the_configuration_says(state: str, told: str) -> None:
    made = config()
    found = reports(carried(asked(target=f"?id=d1&state={state}&code=&at=1795233600"), made), made, "", AT)
    assert found.told == (Told("d1", told, state, AT),)  # type: ignore[arg-type]


def test_a_message_at_the_reports_address_is_taken_and_what_is_neither_is_passed() -> None:
    made = config()
    found = reports(carried(asked(target="?from=138&text=a"), made), made, "", AT)
    assert [one.text for one in found.arrived] == ["a"]
    assert reports(carried(asked(target="?state=1"), made), made, "", AT).passed == (
        "a report without an id or a state",
    )
    assert reports([Carried(b"{", None)], made, "", AT).arrived[0].flags == ("unreadable",)


NAMES = st.sampled_from(["text", "from", "to", "id", "at", "coding", "charset", "udh", "state", "code"])
VALUES = (
    st.binary(max_size=40) | st.text(max_size=20) | st.sampled_from(["0", "1", "2", "UTF-8", "zip", "050003070201"])
)


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(["plain", "hex", "base64"]))
def test_any_fields_are_a_message_and_a_report(fields: dict[str, bytes | str], written: str) -> None:
    made, one = config(text_as=written), Carried(b"raw", fields)
    (arrived,) = messages([one], made, "", AT).arrived
    assert (arrived.text is None) == (bool(arrived.data) or arrived.part is not None or arrived.coding != 0)
    reports([one], made, "", AT)
