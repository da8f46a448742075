"""Every kind has its words in both languages, with the same numbers in both."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from gateway.alarms.config import RuleConfig
from gateway.alarms.kinds import KINDS, Watch

SLOT = re.compile(r"\{(\w+?)(?:_en)?\}")


@pytest.mark.parametrize("watch", sorted(KINDS))
def test_both_languages_say_the_same(watch: str) -> None:
    kind = KINDS[watch]  # type: ignore[index]
    assert kind.zh and kind.en and kind.explained and kind.explained_en
    assert set(SLOT.findall(kind.text_en)) == set(SLOT.findall(kind.text))


def test_kinds_are_those_that_a_rule_may_name_and_their_keys_are_keys_of_rules() -> None:
    assert set(KINDS) == set(get_args(Watch))
    assert set().union(*(kind.takes for kind in KINDS.values())) <= set(RuleConfig.model_fields)
