"""The words between step and runner."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from gateway.ivr.state import Place, begin


def test_a_state_cannot_be_changed_neither_itself_nor_through_what_it_was_made_of() -> None:
    given = {"caller": "13812345678"}
    state = begin("main", "hi", given, "zh")
    given["caller"] = "110"
    assert state.variables["caller"] == "13812345678"
    with pytest.raises(FrozenInstanceError):
        state.language = "en"  # type: ignore[misc]
    with pytest.raises(TypeError):
        state.variables["caller"] = "110"  # type: ignore[index]


def test_a_place_is_read_as_flow_and_node() -> None:
    assert str(Place("greeting", "welcome")) == "greeting/welcome"
