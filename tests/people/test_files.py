"""Rosters as files: what goes out comes in again, in each encoding; what is broken or too large is refused in words."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import AgentId
from gateway.model.people import DUTY_ROLES, Duty, Person
from gateway.people import files
from gateway.people.config import RosterConfig
from gateway.people.files import Unreadable, as_csv, as_xlsx, read, table
from gateway.people.roster import Roster
from gateway.people.rows import COLUMNS, Wanted, check

SHIFTS = RosterConfig().shifts
NAMES = {shift.id: shift.name for shift in SHIFTS}
ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 22)  # noqa: DTZ001  # as spreadsheets have it
HEAD = "日期,班次,岗位,姓名,工号"
ROW = "2026-11-22,白班,热线员,王小芳,8001"


def workbook(*rows: Any) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def wanted(data: bytes) -> list[Wanted]:
    rows, faults = read(data)
    assert faults == []
    found, wrong = check(rows, SHIFTS)
    assert wrong == []
    return found


def why(data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        read(data)
    return refused.value.fault.zh


# The round trip ---------------------------------------------------------------------------------------------------

LETTERS = st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"])
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
people = st.builds(
    Person,
    id=st.uuids().map(str),
    name=st.text(LETTERS, min_size=1, max_size=8).filter(lambda name: name == name.strip() and not name.startswith("'")
    ),
    agent=st.from_regex(r"[0-9A-Za-z_-]{1,8}", fullmatch=True).map(AgentId),
    phone=st.sampled_from(["", "13812345678", "+86 898-66112233"]),
    email=st.sampled_from(["", "zhang@example.cn"]),
    wechat=st.sampled_from(["", "oAbC_123"]),
)  # fmt: skip
hours = st.sampled_from(
    [("day", 480, 1200), ("night", 1200, 1920), ("09:00-11:00", 540, 660), ("22:00-02:00", 1320, 1560)]
)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    some = draw(st.lists(people, min_size=1, max_size=4, unique_by=lambda one: one.agent))
    duties = draw(
        st.lists(
            st.tuples(days, st.sampled_from(some), st.sampled_from(DUTY_ROLES), hours), max_size=8,
            unique_by=lambda one: (one[0], one[1].id, one[2], one[3]),
        )
    )  # fmt: skip
    note = draw(st.sampled_from(["", "=1+1", "早到，带耳麦", '引"号']))
    made = [Duty(str(n), day, who.id, role, *shift, note) for n, (day, who, role, shift) in enumerate(duties)]
    return Roster(some, made, SHIFTS, ZONE)


def as_wanted(roster: Roster, contacts: bool) -> list[tuple[object, ...]]:
    return [
        (one.duty.day, one.duty.shift, one.duty.start_min, one.duty.end_min, one.duty.role, one.person.name,
         one.person.agent, one.person.phone if contacts else "", one.duty.note)
        for one in roster.entries
    ]  # fmt: skip


def told(found: list[Wanted]) -> list[tuple[object, ...]]:
    return [(w.day, w.shift, w.start_min, w.end_min, w.role, w.name, w.agent, w.phone, w.note) for w in found]


@settings(max_examples=40, deadline=None)
@given(rosters(), st.booleans(), st.sampled_from(["csv", "xlsx", "gb18030", "no bom"]))
def test_what_goes_out_comes_in_again(roster: Roster, contacts: bool, kind: str) -> None:
    rows = table(roster.entries, NAMES, contacts)
    data = as_xlsx(rows) if kind == "xlsx" else as_csv(rows)
    if kind in ("gb18030", "no bom"):
        data = data.decode("utf-8-sig").encode("gb18030" if kind == "gb18030" else "utf-8")
    assert told(wanted(data)) == as_wanted(roster, contacts)


def test_an_export_without_contacts_has_none_and_is_headed_in_both_languages() -> None:
    who = Person("p", "王小芳", AgentId("8001"), "13812345678", "a@b.cn", "oX")
    roster = Roster([who], [Duty("d", date(2026, 11, 22), "p", "lead", "day", 480, 1200)], SHIFTS, ZONE)
    text = as_csv(table(roster.entries, NAMES, False)).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("日期 date,班次 shift,岗位 role") and "13812345678" not in text
    assert "13812345678" in as_csv(table(roster.entries, NAMES, True)).decode()


# What is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_separator_and_line_end_is_read(separator: str, end: str) -> None:
    text = f"{HEAD}{end}{end}{ROW}{end}".replace(",", separator)
    [one] = wanted(text.encode())
    assert (one.row, one.name) == (3, "王小芳")


def test_titles_above_the_heads_are_passed_over() -> None:
    [one] = wanted(f"十一月排班表\n\n{HEAD}\n{ROW}".encode())
    assert one.row == 4


def test_columns_may_stand_in_any_order() -> None:
    [one] = wanted("name,role,shift,date\n李强,lead,night,2026/11/22".encode())
    assert (one.role, one.shift, one.agent) == ("lead", "night", "")


def test_cells_of_a_workbook_are_read_as_they_look() -> None:
    data = workbook(
        ["日期", "班次", "岗位", "姓名", "工号"],
        [MIDNIGHT, "白班", "热线员", "王小芳", 8001],
        [date(2026, 11, 23), "夜班", "值班长", "李强", "8002"],
        [None] * 5,
        [46350, "白班", "律师", "陈律师", None],
    )
    found = wanted(data)
    assert [(one.row, one.day.day, one.agent) for one in found] == [(2, 22, "8001"), (3, 23, "8002"), (5, 24, "")]


def test_times_and_numbers_of_cells() -> None:
    values = [files._cell(one) for one in (None, 8001.0, 1.5, time(9, 5), MIDNIGHT.replace(hour=3, minute=4), True)]
    assert values == ["", "8001", "1.5", "09:05", "2026-11-22 03:04:00", "True"]


def test_heads_that_are_wrong_are_told_with_their_place() -> None:
    _, faults = read("日期,班次,岗位,姓名,血型,日期\n".encode())
    assert [(one.row, one.column) for one in faults] == [(1, 5), (1, 6)]
    _, faults = read("日期,班次,姓名\n".encode())
    assert [(one.row, one.column, one.zh) for one in faults] == [(1, 0, "缺少列“岗位”")]


# What is refused --------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_refused_in_words() -> None:
    assert "XLS" in why(b"\xd0\xcf\x11\xe0" + b"\0" * 100)
    assert "表头" in why(b"") and "表头" in why("你好,再见\n1,2".encode())
    assert "编码" in why(b"\xff\xfe\xff" * 9)
    assert "文本" in why(b"a\0b")
    assert "CSV" in why(f'{HEAD}\n"2026'.encode())
    assert "MB" in why(b"x" * (files.MOST_BYTES + 1))
    assert "行" in why((HEAD + f"\n{ROW}" * (files.MOST_ROWS + 1)).encode())
    assert "列" in why(f"{HEAD}\n{',x' * 60}".encode())
    assert "单元格" in why(f"{HEAD}\n{'x' * 1001}".encode())


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


def test_a_bomb_is_not_unpacked() -> None:
    assert "展开" in why(zipped(**{"xl/a.xml": b"0" * (files.MOST_UNPACKED + 1)}))
    assert "展开" in why(zipped(**{f"{n}.xml": b"" for n in range(files.MOST_MEMBERS + 1)}))


def test_a_document_type_is_refused() -> None:
    bad = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    assert "不允许" in why(zipped(**{"xl/workbook.xml": bad}))


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 500, zipped(**{"a.txt": b"x"})])
def test_a_broken_workbook_is_refused(data: bytes) -> None:
    assert "损坏" in why(data)


def test_a_workbook_that_was_cut_is_refused() -> None:
    whole = workbook([*COLUMNS], ["x"] * 9)
    assert "损坏" in why(whole[: len(whole) // 2])


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for one in (data, HEAD.encode() + b"\n" + data, b"PK\x03\x04" + data):
        try:
            read(one)
        except Unreadable as refused:
            assert refused.fault.zh and refused.fault.en
