from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from gateway.channels.partner import wire

NOW = 1_795_233_600.0
BODY = '{"caseText":"路灯不亮"}'.encode()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def verify(headers, body=BODY, secret="s3cret", algorithm="hmac-sha256", now=NOW):
    return wire.verify(headers, body, secret=secret, algorithm=algorithm, now=now, window_s=300)


def signed(algorithm="hmac-sha256", at=NOW, **changes):
    return wire.signed_headers("s3cret", algorithm, "msg_1", int(at), BODY) | changes


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sm3"])
def test_what_was_signed_is_believed(algorithm):
    assert verify(signed(algorithm), algorithm=algorithm) == "msg_1"


def test_one_algorithm_is_not_taken_for_the_other():
    with pytest.raises(wire.BadSignature):
        verify(signed("hmac-sm3"))


def test_standard_webhooks_verifies_our_signature():
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    now = int(datetime.now(UTC).timestamp())
    headers = wire.signed_headers(secret, "hmac-sha256", "msg_2", now, BODY)
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


def test_we_verify_a_signature_of_standard_webhooks():
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    signature = Webhook(secret).sign("msg_3", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    headers = {"webhook-id": "msg_3", "webhook-timestamp": str(int(NOW)), "webhook-signature": signature}
    assert verify(headers, secret=secret) == "msg_3"


def test_one_of_several_signatures_is_enough_while_a_secret_is_changed():
    headers = signed()
    headers["webhook-signature"] = "v1,AAAA sm3,BBBB " + headers["webhook-signature"]
    assert verify(headers) == "msg_1"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name):
    with pytest.raises(wire.BadSignature, match=f"{name} is missing"):
        verify(signed(**{name: ""}))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"webhook-id": "msg_2"}, "does not fit"),
        ({"webhook-timestamp": str(int(NOW) + 1)}, "does not fit"),
        ({"webhook-signature": "v1,AAAA"}, "does not fit"),
        ({"webhook-signature": "\udc80"}, "does not fit"),
        ({"webhook-timestamp": "soon"}, "must be seconds"),
        ({"webhook-timestamp": "²"}, "must be seconds"),
        ({"webhook-timestamp": "9" * 13}, "must be seconds"),
        ({"webhook-id": "一"}, "printable ASCII"),
        ({"webhook-id": "x" * 201}, "printable ASCII"),
    ],
)
def test_what_was_changed_is_not_believed(changes, why):
    with pytest.raises(wire.BadSignature, match=why):
        verify(signed(**changes))


@pytest.mark.parametrize("away", [-301, 301])
def test_an_old_signature_and_one_of_the_future_are_refused(away):
    with pytest.raises(wire.BadSignature, match="300 s away"):
        verify(signed(at=NOW + away))


def test_another_body_or_secret_is_refused():
    with pytest.raises(wire.BadSignature):
        verify(signed(), body=BODY + b" ")
    with pytest.raises(wire.BadSignature):
        verify(signed(), secret="another")


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_no_headers_raise_anything_but_bad_signature(headers):
    with pytest.raises(wire.BadSignature):
        verify(headers)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_body_raises_anything_but_malformed(body):
    try:
        assert isinstance(wire.read(body), dict)
    except wire.Malformed as error:
        assert str(error)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_object_is_malformed(body):
    with pytest.raises(wire.Malformed):
        wire.read(body)


def test_a_dot_goes_into_an_inner_object():
    body: dict = {"data": {"no": 1}}
    assert wire.find(body, "data.no") == 1
    assert wire.find(body, "data.no.deeper") is None
    wire.put(body, "data.place.x", 2)
    wire.put(body, "data.no.x", 3)
    assert body == {"data": {"no": {"x": 3}, "place": {"x": 2}}}


def test_what_was_read_is_taken_out_with_the_objects_it_leaves_empty():
    body = {"data": {"no": 1, "more": 2}, "only": {"this": 3}, "rest": 4, "empty": {}}
    rest = wire.without(body, frozenset({"data.no", "only.this"}))
    assert rest == {"data": {"more": 2}, "rest": 4, "empty": {}}


@given(st.dictionaries(st.text(max_size=4), json_values, max_size=4), st.frozensets(st.text(max_size=6), max_size=4))
def test_finding_and_taking_out_never_raise(body, names):
    for name in names:
        wire.find(body, name)
    assert set(wire.without(body, names)) <= set(body)


def test_a_problem_names_the_partners_field():
    answer = wire.problem(400, "缺少必填项", "is required", "caseText", ticket_no="1")
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "缺少必填项 / is required",
        "field": "caseText", "ticket_no": "1",
    }  # fmt: skip
