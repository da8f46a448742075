"""The field types that all configuration models share."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.schema import Dialable, Key, Label, Strict


class Table(Strict):
    key: Key = "k"
    dial: Dialable = "12345"
    label: Label = "x"


@pytest.mark.parametrize("key", ["a", "hotline", "a-b_9", "a" * 40])
def test_keys_are_short_lower_case_names(key: str) -> None:
    assert Table(key=key).key == key


@pytest.mark.parametrize("key", ["", "A", "9a", "-a", "a b", "a.b", "热线", "a" * 41, "a\n", "a\r\nAction: x"])
def test_what_could_break_a_file_or_a_frame_is_no_key(key: str) -> None:
    with pytest.raises(ValidationError, match="key"):
        Table(key=key)


@pytest.mark.parametrize("dial", ["12", "12345", "089812345", "*98", "#1", "+8613812345678"])
def test_numbers_to_dial_are_digits_and_the_signs_of_a_keypad(dial: str) -> None:
    assert Table(dial=dial).dial == dial


@pytest.mark.parametrize("dial", ["", "1", "1" * 21, "12 345", "12345\n", "1234${X}", "１２３４５", "12345,1", "sip:1"])
def test_what_a_dialplan_would_read_otherwise_is_no_number(dial: str) -> None:
    with pytest.raises(ValidationError, match="dial"):
        Table(dial=dial)


@pytest.mark.parametrize("label", ["综合受理", "Front desk (24 h)", "x" * 40])
def test_labels_are_any_words_without_control_characters(label: str) -> None:
    assert Table(label=label).label == label


@pytest.mark.parametrize("label", ["", "x" * 41, "a\nb", "a\r", "a\0b", "a\x7f", "a\tb"])
def test_a_label_never_ends_a_line(label: str) -> None:
    with pytest.raises(ValidationError, match="label"):
        Table(label=label)


def test_a_misspelt_key_is_an_error_and_a_table_does_not_change() -> None:
    with pytest.raises(ValidationError, match="lable"):
        Table(lable="x")  # type: ignore[call-arg]
    table = Table()
    with pytest.raises(ValidationError, match="frozen"):
        table.label = "y"
