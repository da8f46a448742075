"""A roster as rows of text: the columns of the file that is imported and exported, and what each cell may say.

Every fault of every row is told at once, with row and column as the spreadsheet counts them, in Chinese and English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from gateway.model.people import DutyRole
from gateway.people.config import ShiftConfig, clock_minutes

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date": ("日期", "date"),
        "shift": ("班次", "shift"),
        "role": ("岗位", "role"),
        "name": ("姓名", "name"),
        "agent": ("工号", "agent"),
        "phone": ("电话", "phone"),
        "email": ("邮箱", "email"),
        "wechat": ("微信", "wechat"),
        "note": ("备注", "note"),
    }
)
"""Our names of the columns, and how a file may head them; the first is how we do."""
REQUIRED = ("date", "shift", "role", "name")
CONTACTS = ("phone", "email", "wechat")

ROLES: Mapping[DutyRole, tuple[str, ...]] = MappingProxyType(
    {
        "lead": ("值班长", "班长", "lead", "shift lead"),
        "agent": ("热线员", "话务员", "座席", "agent"),
        "standby": ("备班", "备勤", "standby"),
        "leader": ("接听领导", "领导接听", "领导", "leader"),
        "lawyer": ("律师", "lawyer"),
    }
)
MOST_ERRORS = 200
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)

_DATES = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
)
_SERIAL = re.compile(r"[3-6][0-9]{4}")
"""A day as spreadsheets count them from 1899-12-30, 30000 (1982) to 69999, where a cell lost its format."""
_EPOCH = date(1899, 12, 30)
_HOURS = re.compile(r"([0-9]{1,2}:[0-9]{2})(?::00)?[-~—–至到](?:次日)?([0-9]{1,2}:[0-9]{2})(?::00)?")
_AGENT = re.compile(r"[0-9A-Za-z_-]{1,40}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-*#]{1,24}[0-9*#]")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,20}")
_WECHAT = re.compile(r"[0-9A-Za-z_.@-]{1,64}")
_SEEN = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Fault:
    """``row`` and ``column`` as a spreadsheet counts them, from 1; 0 where it is about the whole file or row."""

    row: int
    column: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its number, the text of each of our columns, and where that column stands."""

    row: int
    texts: Mapping[str, str]
    places: Mapping[str, int] = field(default_factory=dict)

    def fault(self, column: str, zh: str, en: str) -> Fault:
        return Fault(self.row, self.places.get(column, 0), zh, en)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that is right: a duty, and what it says of its person. An empty contact says nothing."""

    row: int
    day: date
    shift: str
    start_min: int
    end_min: int
    role: DutyRole
    name: str
    agent: str = ""
    phone: str = ""
    email: str = ""
    wechat: str = ""
    note: str = ""


def folded(text: str) -> str:
    """A text as it is compared: full-width letters as plain ones, no blanks at the ends, lower case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def read_day(text: str) -> date | None:
    """2026-11-22, 2026/11/22, 2026.11.22, 2026年11月22日, 20261122, or a spreadsheet's number of a day."""
    plain = folded(text)
    plain = plain.removesuffix(" 00:00:00").replace(" ", "")
    for pattern in _DATES:
        if found := pattern.fullmatch(plain):
            return _in_range(lambda found=found: date(*map(int, found.groups())))  # type: ignore[misc]
    if _SERIAL.fullmatch(plain):
        return _in_range(lambda: _EPOCH + timedelta(days=int(plain)))
    return None


def _in_range(make: Callable[[], date]) -> date | None:
    try:
        day = make()
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None


def read_shift(text: str, shifts: Iterable[ShiftConfig]) -> tuple[str, int, int] | None:
    """A configured shift by id or name, or hours of its own (``09:00-11:00``): what it is called, start and end in
    minutes."""
    plain = folded(text)
    for shift in shifts:
        if plain in {folded(name) for name in (shift.id, shift.name, shift.name_en) if name}:
            return (shift.id, *shift.minutes)
    found = _HOURS.fullmatch(plain.replace(" ", ""))
    if found is None:
        return None
    try:
        start, end = (clock_minutes(one.zfill(5)) for one in found.groups())
    except ValueError:
        return None
    called = f"{found[1].zfill(5)}-{found[2].zfill(5)}"
    return called, start, end if end > start else end + 1440


def read_role(text: str) -> DutyRole | None:
    plain = folded(text)
    return next((role for role, names in ROLES.items() if plain in names or plain == role), None)


def check(rows: Sequence[Cells], shifts: Sequence[ShiftConfig]) -> tuple[list[Wanted], list[Fault]]:
    """What the rows say, and every fault in them: a file with any is not taken."""
    wanted, faults = [], []
    for cells in rows:
        made, wrong = _row(cells, shifts)
        faults += wrong
        if made is not None:
            wanted.append(made)
    faults += _double(wanted, rows)
    faults.sort(key=lambda one: (one.row, one.column))
    return wanted, faults


def _row(cells: Cells, shifts: Sequence[ShiftConfig]) -> tuple[Wanted | None, list[Fault]]:
    texts = {name: cells.texts.get(name, "").strip() for name in COLUMNS}
    faults = [cells.fault(name, f"缺少{COLUMNS[name][0]}", f"{name} is empty") for name in REQUIRED if not texts[name]]
    day = read_day(texts["date"])
    if texts["date"] and day is None:
        faults.append(cells.fault("date", "日期无法识别，应如 2026-11-22", "no date: write 2026-11-22"))
    shift = read_shift(texts["shift"], shifts)
    if texts["shift"] and shift is None:
        known = "、".join(one.name for one in shifts)
        faults.append(
            cells.fault(
                "shift", f"班次应为 {known} 或 09:00-11:00", "no shift: a configured one, or hours as 09:00-11:00"
            )
        )
    role = read_role(texts["role"])
    if texts["role"] and role is None:
        faults.append(
            cells.fault("role", "岗位应为 " + "、".join(names[0] for names in ROLES.values()),
                        "no role: lead, agent, standby, leader, lawyer")
        )  # fmt: skip
    faults += _texts(cells, texts)
    if faults or day is None or shift is None or role is None:
        return None, faults
    called, start, end = shift
    return Wanted(
        cells.row, day, called, start, end, role, texts["name"], texts["agent"], texts["phone"], texts["email"],
        texts["wechat"], texts["note"],
    ), []  # fmt: skip


_PATTERNS: tuple[tuple[str, re.Pattern[str], str, str], ...] = (
    ("agent", _AGENT, "工号只能用字母、数字、_ 和 -", "agent: letters, digits, _ and -"),
    ("phone", _PHONE, "电话号码不正确", "phone: no telephone number"),
    ("email", _EMAIL, "邮箱地址不正确", "email: no mail address"),
    ("wechat", _WECHAT, "微信标识不正确", "wechat: no openid or user id"),
)


def _texts(cells: Cells, texts: Mapping[str, str]) -> list[Fault]:
    faults = [
        cells.fault(name, zh, en)
        for name, pattern, zh, en in _PATTERNS
        if texts[name] and not pattern.fullmatch(texts[name])
    ]
    for name, most in (("name", 40), ("note", 200)):
        if len(texts[name]) > most:
            faults.append(cells.fault(name, f"{COLUMNS[name][0]}超过 {most} 字", f"{name}: over {most} characters"))
        if not _SEEN.fullmatch(texts[name]):
            faults.append(cells.fault(name, f"{COLUMNS[name][0]}含有控制字符", f"{name}: holds control characters"))
    return faults


def _double(wanted: Sequence[Wanted], rows: Sequence[Cells]) -> list[Fault]:
    """The same duty twice; one agent's number with two names; one person with two telephones."""
    by_row = {cells.row: cells for cells in rows}
    duties: dict[tuple[object, ...], int] = {}
    said: dict[tuple[str, str], tuple[str, int]] = {}
    faults = []
    for one in wanted:
        cells, who = by_row[one.row], one.agent or one.name
        before = duties.setdefault((one.day, one.start_min, one.end_min, one.role, who), one.row)
        if before != one.row:
            faults.append(cells.fault("date", f"与第 {before} 行重复", f"the same as row {before}"))
        for name in ("name", *CONTACTS):
            value = getattr(one, name)
            known, row = said.setdefault((who, name), (value, one.row)) if value else (value, one.row)
            if known != value:
                zh = f"{COLUMNS[name][0]}与第 {row} 行同一人的不一致"
                faults.append(cells.fault(name, zh, f"{name} differs from row {row}, the same person"))
    return faults
