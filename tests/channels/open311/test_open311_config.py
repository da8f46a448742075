from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.channels.open311.config import AttributeConfig, Open311Config
from tests.channels.open311.endpoint import config


def test_it_is_off_and_wants_a_key_unless_told_otherwise():
    assert not Open311Config().enabled
    assert Open311Config().need_key
    assert config().client[0].name == "app"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"client": [{"name": "a", "key": "made:a"}, {"name": "a", "key": "made:b"}]}, 'client "a" is given twice'),
        ({"client": [{"name": "a", "key": "secret-in-plain"}]}, "pattern"),
        ({"jurisdiction_id": "a b"}, "pattern"),
        ({"url": "ftp://x"}, "pattern"),
        ({"page_size": 1001}, "less than or equal to 1000"),
        ({"colour": 1}, "Extra inputs"),
    ],
)
def test_what_is_not_allowed_is_refused(changes, why):
    with pytest.raises(ValidationError, match=why):
        config(**changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"datatype": "singlevaluelist"}, "a list needs values"),
        ({"values": [{"key": "a", "name": "甲"}]}, "only a list has them"),
        ({"required": True, "variable": False}, "cannot be required"),
        ({"field": "query_code"}, "Input should be"),
    ],
)
def test_attributes_fit_their_type(changes, why):
    with pytest.raises(ValidationError, match=why):
        AttributeConfig.model_validate({"code": "a", "description": "?"} | changes)
