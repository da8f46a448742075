"""Cells of a roster: what each may say, and every fault told with its place."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.people.config import RosterConfig
from gateway.people.rows import COLUMNS, ROLES, Cells, Wanted, check, read_day, read_role, read_shift

SHIFTS = RosterConfig().shifts
PLACES = {name: at for at, name in enumerate(COLUMNS, 1)}
RIGHT = {"date": "2026-11-22", "shift": "白班", "role": "热线员", "name": "王小芳", "agent": "8001"}


def row(number: int = 2, **texts: str) -> Cells:
    return Cells(number, {**RIGHT, **texts}, PLACES)


def faults(*rows: Cells) -> list[tuple[int, int, str]]:
    return [(one.row, one.column, one.zh) for one in check(rows, SHIFTS)[1]]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "2026/11/22",
        "2026.11.22",
        "2026年11月22日",
        " 20261122 ",
        "２０２６-１１-２２",
        "46348",
        "2026-11-22 00:00:00",
    ],
)
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert read_day(text) == date(2026, 11, 22)


@pytest.mark.parametrize("text", ["", "明天", "2026-13-01", "2026-02-30", "22.11.2026", "1026-11-22", "11-22", "99999"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text) is None


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("白班", ("day", 480, 1200)), ("day", ("day", 480, 1200)), ("NIGHT", ("night", 1200, 1920)),
        ("09:00-11:00", ("09:00-11:00", 540, 660)), ("9：00—11：30", ("09:00-11:30", 540, 690)),
        ("22:00至次日02:00", ("22:00-02:00", 1320, 1560)), ("08:00:00-09:00:00", ("08:00-09:00", 480, 540)),
    ],
)  # fmt: skip
def test_shifts_are_named_or_are_hours(text: str, shift: tuple[str, int, int]) -> None:
    assert read_shift(text, SHIFTS) == shift


@pytest.mark.parametrize("text", ["中班", "25:00-26:00", "9-11", "09:00", ""])
def test_what_is_no_shift_is_none(text: str) -> None:
    assert read_shift(text, SHIFTS) is None


def test_every_role_is_read_by_each_of_its_names() -> None:
    for role, names in ROLES.items():
        assert {read_role(name) for name in (*names, role, f" {names[0]} ", role.upper())} == {role}
    assert read_role("保安") is None


def test_a_right_row_is_a_duty() -> None:
    wanted, wrong = check([row(phone="+86 138-1234-5678", email="a@b.cn", note="早到")], SHIFTS)
    assert wrong == []
    assert wanted == [
        Wanted(
            2,
            date(2026, 11, 22),
            "day",
            480,
            1200,
            "agent",
            "王小芳",
            "8001",
            "+86 138-1234-5678",
            "a@b.cn",
            "",
            "早到",
        )
    ]


def test_every_fault_of_every_row_is_told_with_its_place() -> None:
    found = faults(row(2, date="x", shift="y", role="z"), row(3, name="", agent="a b"), row(5, phone="12", email="@"))
    assert [(number, column) for number, column, _ in found] == [(2, 1), (2, 2), (2, 3), (3, 4), (3, 5), (5, 6), (5, 7)]


@pytest.mark.parametrize(
    ("texts", "column"),
    [
        ({"name": "王" * 41}, 4), ({"note": "x" * 201}, 9), ({"name": "王\x07"}, 4), ({"wechat": "a b"}, 8),
        ({"phone": "138a"}, 6), ({"email": "a@b"}, 7),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_fit_is_named(texts: dict[str, str], column: int) -> None:
    assert [(number, at) for number, at, _ in faults(row(**texts))] == [(2, column)]


def test_rows_that_contradict_each_other_are_told() -> None:
    assert [one[:2] for one in faults(row(2), row(3))] == [(3, 1)]
    assert [one[:2] for one in faults(row(2), row(3, shift="夜班", name="王小方"))] == [(3, 4)]
    assert [one[:2] for one in faults(row(2, phone="13800001111"), row(4, shift="夜班", phone="13800002222"))] == [
        (4, 6)
    ]
    assert faults(row(2, phone="13800001111"), row(4, shift="夜班")) == []


@given(st.lists(st.dictionaries(st.sampled_from([*COLUMNS]), st.text(max_size=12), max_size=9), max_size=4))
def test_no_text_raises(rows: list[dict[str, str]]) -> None:
    wanted, wrong = check([Cells(at, texts, PLACES) for at, texts in enumerate(rows, 2)], SHIFTS)
    assert len(wanted) + len({one.row for one in wrong}) >= len(rows)
