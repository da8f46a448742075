"""Signatures are those of Standard Webhooks: its own library verifies them, with each secret that is in force."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.bus.signing import BadSecret, headers, key_of, new_secret


def now() -> int:
    return int(datetime.now(UTC).timestamp())


@given(body=st.text(min_size=1).map(lambda text: f'{{"t":{len(text)}}}'))
def test_the_library_verifies_what_we_sign_with_the_old_secret_and_the_new(body: str) -> None:
    old, new = new_secret(), new_secret()
    made = headers([key_of(new), key_of(old)], "msg_1", now(), body.encode())
    for secret in (old, new):
        Webhook(secret).verify(body, made)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, made)


def test_a_changed_id_or_body_is_not_ours() -> None:
    secret = new_secret()
    made = headers([key_of(secret)], "msg_1", now(), b"{}")
    for changed, body in (({**made, "webhook-id": "msg_2"}, "{}"), (made, "{ }")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, changed)


def test_the_example_of_the_specification_is_signed_as_there() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = headers([key_of(secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_abc", "whsec_%%%%", b64encode(b"x" * 32).decode(), "whsec_" + "QUJD" * 30, "whsec_钥"],
)
def test_what_is_no_secret_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(BadSecret) as refused:
        key_of(secret)
    assert not secret or secret.removeprefix("whsec_")[:20] not in str(refused.value) or secret == "whsec_"


def test_secrets_differ_and_can_sign() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(len(key_of(secret)) == 32 for secret in made)
