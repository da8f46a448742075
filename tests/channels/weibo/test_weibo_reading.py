"""Reading a push in one go."""

from __future__ import annotations

import json

import pytest

from gateway.channels.weibo import WireError, normalise_push, read_raw
from gateway.model.messages import Raw
from tests.fakes.weibo import SECRET, signed

NOW = 1_795_233_600.0
BODY = json.dumps({"type": "text", "sender_id": 7, "created_at": str(int(NOW)), "text": "路灯坏了"}).encode()


def test_a_push_and_its_kept_original_give_the_same_message() -> None:
    pushed = normalise_push(BODY, signed(NOW - 1e6, "n"), SECRET, "hainan", NOW)
    assert pushed == read_raw(Raw("r1", "weibo", "hainan", NOW, "", BODY))
    assert pushed.text == "路灯坏了"


@pytest.mark.parametrize(
    ("secret", "age", "where"), [("", None, "app_secret"), ("other", None, "signature"), (SECRET, 10, "timestamp")]
)
def test_a_push_that_is_not_proved_is_refused(secret: str, age: float | None, where: str) -> None:
    with pytest.raises(WireError) as error:
        normalise_push(BODY, signed(NOW - 100, "n"), secret, "hainan", NOW, age)
    assert error.value.where == where
