"""Notes about callers have a last moment."""

from __future__ import annotations

import pytest

from gateway.model.desk import WATCH_LEVELS, Filing, Watch


@pytest.mark.parametrize(("until", "at", "holds"), [(None, 1e12, True), (10.0, 9.9, True), (10.0, 10.0, False)])
def test_a_note_holds_until_its_moment(until: float | None, at: float, holds: bool) -> None:
    assert Watch("w", "13812345678", "care", "x", "lead", 1.0, until).in_force(at) is holds


def test_levels_are_three_and_a_form_names_nothing_by_itself() -> None:
    assert WATCH_LEVELS == ("care", "attention", "alert")
    form = Filing({"title": "x"}, "460000")
    assert (form.ticket_no, form.call, form.revision, form.send_to) == (None, None, None, "")
