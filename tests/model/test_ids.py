"""Identifiers: sortable, and ticket numbers as people read them out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from gateway.model.ids import new_id, ticket_no


def test_new_ids_are_version_7_and_differ() -> None:
    ids = [new_id() for _ in range(100)]
    assert {UUID(i).version for i in ids} == {7}
    assert {UUID(i).variant for i in ids} == {"specified in RFC 4122"}
    assert len(set(ids)) == 100


def test_ids_made_later_sort_later_by_their_time() -> None:
    first, second = (int(new_id().replace("-", "")[:12], 16) for _ in range(2))
    assert second >= first


def test_ticket_number_has_area_day_and_seven_digits() -> None:
    assert ticket_no("460000", date(2026, 11, 21), 1) == "460000-20261121-0000001"
    assert ticket_no("460108", date(2026, 11, 22), 20) == "460108-20261122-0000020"


@pytest.mark.parametrize(
    ("area", "n"), [("46000", 1), ("46000x", 1), ("四六零零零零", 1), ("460000", 0), ("460000", 10**7)]
)
def test_impossible_ticket_numbers_are_refused(area: str, n: int) -> None:
    with pytest.raises(ValueError, match=r"area code|running"):
        ticket_no(area, date(2026, 11, 21), n)
