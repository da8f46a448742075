"""Requests taken apart and made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.http.wire import carried, header_octets, octets, pairs, request
from tests.channels.sms.inboxes import asked

CONFIG = HttpSms(account="kannel", path="env:P")
FORM = "application/x-www-form-urlencoded"


def config(**changes: object) -> HttpSms:
    return HttpSms.model_validate({"account": "kannel", "path": "env:P", "password": "env:K"} | changes)


def test_a_query_keeps_octets_that_are_no_utf8() -> None:
    assert pairs(b"from=138&text=%8D%EFpo+%00&text=second&flag") == {
        "from": b"138", "text": b"\x8d\xefpo \x00", "flag": b"",
    }  # fmt: skip


def test_query_form_json_and_headers_are_read_alike() -> None:
    query = carried(asked(target="?from=138&text=a"), CONFIG)
    form = carried(asked(b"from=138&text=a", FORM + "; charset=utf-8"), CONFIG)
    json = carried(asked(b'{"from":138,"text":"a"}', "application/json; charset=utf-8"), CONFIG)
    raw = carried(asked(b"a", "application/octet-stream", X_Kannel_From="138"), CONFIG)
    for found in (query, form, json):
        (one,) = found
        assert one.fields is not None
        assert [one.fields[name] for name in ("from", "text")] in ([b"138", b"a"], ["138", "a"])
    assert query[0].raw == form[0].raw == b"from=138&text=a"
    assert raw[0].fields is not None
    assert raw[0].fields["body"] == b"a"


def test_an_empty_request_carries_nothing() -> None:
    assert carried(asked(), CONFIG) == ()


def test_json_may_hold_an_array_and_fields_inside_fields() -> None:
    body = b'{"account":"x","data":{"list":[{"from":{"number":"138"},"text":"a"},5,{"text":"b"}]}}'
    first, bad, last = carried(asked(body), config(items="data.list"))
    assert first.fields is not None
    assert (first.fields["from.number"], first.fields["account"]) == ("138", "x")
    assert bad.fields is None
    assert last.raw == b'{"text": "b"}'
    (alone,) = carried(asked(b'{"data":{"list":[{"text":"a"}]}}'), config(items="data.list"))
    assert alone.raw == b'{"data":{"list":[{"text":"a"}]}}'
    assert [one.fields is None for one in carried(asked(b"[{},7]"), CONFIG)] == [False, True]


@pytest.mark.parametrize("body", [b"{", b"[1", b"<xml/>"])
def test_broken_json_is_one_piece_without_fields(body: bytes) -> None:
    (one,) = carried(asked(body), CONFIG)
    assert (one.raw.lstrip(b"["), one.fields) == (body.lstrip(b"["), None)


@given(
    st.binary(max_size=200),
    st.sampled_from([FORM, "application/json", "text/xml", ""]),
    st.text(alphabet="abc=&%+?#{}[]0", max_size=50),
)
def test_any_request_is_taken_apart(body: bytes, kind: str, query: str) -> None:
    for one in carried(asked(body, kind, target=f"?{query}"), config(items="a.b")):
        assert one.fields is None or all(isinstance(value, (bytes, str)) for value in one.fields.values())


@pytest.mark.parametrize(
    ("value", "written", "data"),
    [
        ("8DEF", "hex", b"\x8d\xef"), (b"8def", "hex", b"\x8d\xef"), ("8DE", "hex", None), (b"\xff", "hex", None),
        ("jeU=", "base64", b"\x8d\xe5"), ("!", "base64", None), ("路", "base64", None), ("路", "plain", "路".encode()),
    ],
)  # fmt: skip
def test_octets_are_written_in_three_ways(value: bytes | str, written: str, data: bytes | None) -> None:
    assert octets(value, written) == data


def test_a_header_comes_as_octets_or_in_hex() -> None:
    assert header_octets(b"\x05\x00\x03\x07\x02\x01") == header_octets("050003070201") == b"\x05\x00\x03\x07\x02\x01"
    assert header_octets(b"") == b""


def test_a_message_goes_out_by_query_form_or_json() -> None:
    params = {"to": "{to}", "text": "{text}", "user": "gw", "pw": "{password}"}
    places = {"to": "138", "text": "路 a&b", "password": "p+w"}

    def made(how: str, **more: str) -> object:
        return request(config(send={"url": "http://h/s", "how": how, "params": params, **more}), places)

    get = made("get")
    assert get == type(get)("GET", "http://h/s?to=138&text=%E8%B7%AF+a%26b&user=gw&pw=p%2Bw", {}, None)  # type: ignore[call-arg]
    form = made("form", charset="gbk")
    assert form.body == b"to=138&text=%C2%B7+a%26b&user=gw&pw=p%2Bw"  # type: ignore[attr-defined]
    json = made("json")
    assert json.body.decode() == '{"to": "138", "text": "路 a&b", "user": "gw", "pw": "p+w"}'  # type: ignore[attr-defined]


def test_braces_in_a_text_are_no_places() -> None:
    sent = request(config(send={"url": "http://h/s", "params": {"t": "{text}"}}), {"text": "{to} {password}"})
    assert sent.url == "http://h/s?t=%7Bto%7D+%7Bpassword%7D"
