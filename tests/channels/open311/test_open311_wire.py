from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import quote, quote_from_bytes, urlencode
from xml.etree import ElementTree

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.open311 import wire
from tests.channels.door_stage import START, ZONE

FORM = "application/x-www-form-urlencoded"


def post(body: bytes, content_type: str = FORM, target: str = "/open311/v2/requests.xml") -> wire.Form:
    return wire.posted(target, content_type, body)


def faults(call, *given) -> tuple[wire.Fault, ...]:
    with pytest.raises(wire.Refusal) as caught:
        call(*given)
    return caught.value.faults


# -- what comes in -----------------------------------------------------------------------------------------------------


def test_a_form_is_read_with_its_query_and_the_form_wins():
    form = post(b"service_code=0102&description=", target="/requests.xml?api_key=k&service_code=0101&description=q")
    assert (form.one("api_key"), form.one("service_code"), form.one("description")) == ("k", "0102", "q")


def test_an_empty_parameter_counts_as_absent():
    form = post(b"lat=&long=++&service_code=1&service_code=")
    assert (form.one("lat"), form.one("long"), form.one("service_code"), form.one("none")) == ("", "", "1", "")


def test_lists_are_given_by_commas_and_by_repeating():
    form = wire.query("/requests.json?status=open,closed&service_code=1&service_code=2,,3&service_code[]=4")
    assert form.listed("status") == ("open", "closed")
    assert form.listed("service_code") == ("1", "2", "3", "4")


def test_utf8_is_read_and_gbk_is_guessed():
    text = "路灯不亮"
    assert post(urlencode({"description": text}).encode()).one("description") == text
    form = post(b"description=" + quote_from_bytes(text.encode("gb18030")).encode())
    assert (form.one("description"), form.guessed) == (text, True)
    assert faults(post, b"description=%ff%ff")[0].description == "the parameters are not UTF-8"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/png"])
def test_another_content_type_is_refused_by_name(kind):
    (fault,) = faults(post, b"{}", kind)
    assert fault.status == 400
    assert kind in fault.description


def test_a_form_without_a_content_type_is_taken_as_one():
    assert post(b"service_code=1", "").one("service_code") == "1"


def test_too_many_parameters_are_refused():
    (fault,) = faults(post, b"&".join(b"a=1" for _ in range(300)))
    assert "more than 200" in fault.description


async def test_multipart_is_read_as_clients_write_it():
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("service_code", "0101")
    data.add_field("description", "第一行\r\n第二行")
    data.add_field("media", b"\x89PNG\r\n--\r\n\r\n", filename="照片 1.png", content_type="image/png")
    data.add_field("empty", b"", filename="", content_type="application/octet-stream")
    payload = data()
    form = post(await payload.as_bytes(), payload.content_type)
    assert (form.one("service_code"), form.one("description")) == ("0101", "第一行\r\n第二行")
    (part,) = form.files
    assert (part.name, part.filename, part.content_type) == ("media", "照片 1.png", "image/png")
    assert part.body == b"\x89PNG\r\n--\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\n\r\n--x--", "multipart/form-data"),
        (b"--x\r\nno end", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Type: text/plain\r\n\r\nv\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\n" * 150 + b"--x--", "multipart/form-data; boundary=x"),
    ],
)
def test_a_broken_multipart_body_is_a_fault(body, kind):
    assert faults(post, body, kind)[0].status == 400


@given(st.binary(max_size=300), st.sampled_from([FORM, "multipart/form-data; boundary=x", "multipart/form-data", ""]))
def test_no_body_raises_anything_but_a_refusal(body, kind):
    try:
        form = post(body, kind)
    except wire.Refusal as refusal:
        assert refusal.faults[0].status == 400
    else:
        assert isinstance(form, wire.Form)
        assert len(form.digest()) == 64


@given(st.lists(st.binary(max_size=40), max_size=4), st.text(max_size=30))
def test_no_part_raises_anything_but_a_refusal(pieces, header):
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + piece + b"\r\n\r\nv\r\n" for piece in pieces)
    try:
        post(body + b"--x--", f"multipart/form-data; boundary=x; {header}")
    except wire.Refusal as refusal:
        assert refusal.faults


def test_the_digest_is_the_same_for_the_same_words_in_any_order_and_ignores_the_key():
    one = post(b"service_code=1&description=a&api_key=k")
    other = post(b"description=a&api_key=other&service_code=1")
    assert one.digest() == other.digest()
    assert one.digest() != post(b"service_code=1&description=b").digest()
    assert post(b"a=1&b=2").digest() != post(b"a=12&b=").digest()


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/requests.xml", "/requests.xml"),
        ("/requests.xml?api_key=k", "/requests.xml"),
        ("/requests.xml?api_key=k&lat=1&api_key=l&description=%E8%B7%AF", "/requests.xml?lat=1&description=%E8%B7%AF"),
    ],
)
def test_a_target_is_kept_without_the_clients_key(target, kept):
    assert wire.without_key(target) == kept


@pytest.mark.parametrize(
    ("name", "accept", "wanted"),
    [
        ("services.json", "text/xml", ("services", "json")),
        ("services.xml", "application/json", ("services", "xml")),
        ("01.02.json", "", ("01.02", "json")),
        ("services", "application/json", ("services", "json")),
        ("services", "text/xml, application/json", ("services", "xml")),
        ("services", "application/json, text/xml", ("services", "json")),
        ("services", "*/*", ("services", "xml")),
        ("01.html", "", ("01.html", "xml")),
    ],
)
def test_the_format_is_told_by_extension_else_by_accept_else_it_is_xml(name, accept, wanted):
    assert wire.format_of(name, {"accept": accept}) == wanted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-21T04:00:00Z", START),
        ("2026-11-21T12:00:00+08:00", START),
        ("2026-11-21T12:00:00 08:00", START),
        ("2026-11-21T12:00:00+0800", START),
        ("2026-11-21T12:00:00.25+08:00", START + 0.25),
        ("2026-11-21T12:00+08:00", START),
        ("2026-11-21", START - 12 * 3600),
        ("2026-11-21T12:00:00", None),
        ("2026-11-21 12:00:00", None),
        ("21/11/2026", None),
        ("2026-13-01", None),
        ("2026-11-21T25:00:00Z", None),
        ("now", None),
        ("", None),
    ],
)
def test_w3c_dates_need_a_zone(text, seconds):
    assert wire.moment(text, ZONE) == seconds


def test_times_are_told_in_the_halls_zone():
    assert wire.w3c(START + 0.9, ZONE) == "2026-11-21T12:00:00+08:00"
    assert wire.w3c(None, ZONE) is None
    assert datetime.fromisoformat(wire.w3c(START, ZONE) or "").timestamp() == START


@pytest.mark.parametrize(
    ("text", "value"), [("20.02", 20.02), ("-90", -90.0), ("90.01", None), ("nan", None), ("inf", None), ("x", None)]
)
def test_degrees_are_numbers_within_range(text, value):
    assert wire.degrees(text, 90) == value


# -- what goes out -----------------------------------------------------------------------------------------------------

REQUEST = {"service_request_id": "1", "status_notes": "", "lat": 20.5, "zipcode": None, "description": "a<b>&\x00\x0b"}


def test_a_list_is_an_array_in_json_and_elements_in_xml():
    answer = wire.rendered("json", "service_requests", "request", [REQUEST])
    assert json.loads(answer.body) == [
        {"service_request_id": "1", "status_notes": None, "lat": 20.5, "zipcode": None, "description": "a<b>&"}
    ]
    assert answer.content_type == "application/json; charset=utf-8"
    answer = wire.rendered("xml", "service_requests", "request", [REQUEST, REQUEST])
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    root = ElementTree.fromstring(answer.body)
    assert root.tag == "service_requests"
    assert [item.tag for item in root] == ["request", "request"]
    assert [(field.tag, field.text) for field in root[0]] == [
        ("service_request_id", "1"), ("status_notes", None), ("lat", "20.5"), ("zipcode", None),
        ("description", "a<b>&"),
    ]  # fmt: skip


def test_a_mapping_is_the_root_and_containers_hold_their_elements():
    value = {"code": "1", "required": True, "values": [{"key": "a", "name": "甲"}], "formats": ["text/xml"]}
    root = ElementTree.fromstring(wire.rendered("xml", "definition", "", value).body)
    assert root.findtext("required") == "true"
    assert [value.findtext("name") for value in root.findall("values/value")] == ["甲"]
    assert [value.text for value in root.findall("formats/format")] == ["text/xml"]


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_errors_are_a_list_of_code_and_description(kind):
    answer = wire.errors(kind, [wire.Fault(404, "a < b"), wire.Fault(400, "c")])
    assert answer.status == 404
    if kind == "json":
        assert json.loads(answer.body) == [
            {"code": 404, "description": "a < b"}, {"code": 400, "description": "c"},
        ]  # fmt: skip
    else:
        found = ElementTree.fromstring(answer.body).findall("error")
        assert [(one.findtext("code"), one.findtext("description")) for one in found] == [
            ("404", "a < b"), ("400", "c"),
        ]  # fmt: skip


def test_browsers_from_elsewhere_may_read():
    assert wire.errors("json", [wire.Fault(404, "x")]).headers["Access-Control-Allow-Origin"] == "*"
    allowed = wire.allowed("GET", "POST")
    assert (allowed.status, allowed.headers["Access-Control-Allow-Methods"]) == (204, "GET, POST")


@given(st.text())
def test_any_text_makes_xml_that_can_be_read(text):
    root = ElementTree.fromstring(wire.rendered("xml", "r", "i", [{"a": text}, text]).body)
    assert len(root) == 2
    json.loads(wire.rendered("json", "r", "i", [{"a": text}]).body)


@given(st.text(max_size=20))
def test_path_variables_are_decoded(text):
    clean = text.encode("utf-8", "replace").decode()
    assert wire.plain(quote(clean)) == clean
