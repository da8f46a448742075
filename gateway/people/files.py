"""Rosters as files: CSV (UTF-8 with or without BOM, GB18030) and XLSX in, the same file out.

A file comes from anybody who may import, so it is bounded before it is read: bytes, rows, columns, and of an XLSX (zip)
what it would unpack to. None of this is for the event loop: a large sheet takes a second.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time

from gateway.people.roster import Entry
from gateway.people.rows import COLUMNS, CONTACTS, REQUIRED, ROLES, Cells, Fault, folded
from gateway.people.times import clock_text

MOST_BYTES = 2_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 40
MOST_CELL = 1000
MOST_UNPACKED = 48_000_000
MOST_MEMBERS = 300

_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SEPARATORS = ",\t;"
_HEAD_WITHIN = 20
"""Rows of titles above the heads of the columns."""
_SHEET = "排班"


class Unreadable(Exception):
    """The file as a whole cannot be read: no row of it can be judged. Has the words for it."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.fault = Fault(0, 0, zh, en)


def read(data: bytes) -> tuple[list[Cells], list[Fault]]:
    """The rows of a file by our columns, and the faults of its head. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"文件超过 {MOST_BYTES // 1_000_000} MB", f"over {MOST_BYTES} bytes")
    if data.startswith(_OLD):
        raise Unreadable("这是旧版 XLS 文件，请另存为 XLSX 或 CSV", "an old XLS: save it as XLSX or CSV")
    return _rows(_from_xlsx(data) if data.startswith(_ZIP) else _from_csv(data))


# From text --------------------------------------------------------------------------------------------------------


def _from_csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise Unreadable("CSV 格式错误（引号不成对？）", f"no CSV: {error}") from None


def _decoded(data: bytes) -> str:
    """UTF-8, else GB18030 as Chinese spreadsheets write it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise Unreadable("这不是文本文件", "not a text file")
        return text
    raise Unreadable("无法识别文字编码，请存为 UTF-8 或 GB18030", "neither UTF-8 nor GB18030")


# From a workbook --------------------------------------------------------------------------------------------------


def _from_xlsx(data: bytes) -> Iterator[list[str]]:
    _check_zip(data)
    import openpyxl  # heavy: only who imports a workbook pays for it

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # they are what the file says of itself
        for row in sheet.iter_rows(max_row=MOST_ROWS + _HEAD_WITHIN + 2, max_col=MOST_COLUMNS + 1, values_only=True):
            yield [_cell(value) for value in row]
        book.close()
    except Exception as error:  # a broken workbook raises whatever the part of openpyxl that met it raises
        raise Unreadable("XLSX 文件已损坏或不受支持", f"no workbook: {type(error).__name__}") from None


def _check_zip(data: bytes) -> None:
    """Refuse what would unpack to more than a roster can be, before anything is unpacked. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
            if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_UNPACKED:
                raise Unreadable("XLSX 文件展开后过大", "the workbook unpacks to too much")
            for one in members:
                # ZipFile stops at the size that the member claims, which has been counted
                if one.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in packed.read(one):
                    raise Unreadable("XLSX 文件含有不允许的内容", "the workbook holds a document type definition")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        raise Unreadable("XLSX 文件已损坏", f"no workbook: {type(error).__name__}") from None


def _cell(value: object) -> str:
    """What a cell says as text: whole numbers without a point, days and times as we write them."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


# Heads and rows ---------------------------------------------------------------------------------------------------


def _rows(lines: Iterable[Sequence[str]]) -> tuple[list[Cells], list[Fault]]:
    """The rows below the heads. A row of nothing is no row."""
    places: Mapping[str, int] | None = None
    faults: list[Fault] = []
    rows: list[Cells] = []
    for number, line in enumerate(lines, 1):
        if not any(text.strip() for text in line):
            continue
        if any(text.strip() for text in line[MOST_COLUMNS:]):
            raise Unreadable(f"第 {number} 行超过 {MOST_COLUMNS} 列", f"row {number}: over {MOST_COLUMNS} columns")
        if any(len(text) > MOST_CELL for text in line):
            raise Unreadable(f"第 {number} 行有单元格超过 {MOST_CELL} 字", f"row {number}: a cell over {MOST_CELL}")
        if places is None:
            places, faults = _heads(number, line)
            continue
        if len(rows) >= MOST_ROWS:
            raise Unreadable(f"超过 {MOST_ROWS} 行", f"over {MOST_ROWS} rows")
        texts = {name: _unquoted(line[at - 1]) for name, at in places.items() if at <= len(line)}
        rows.append(Cells(number, texts, places))
    if places is None:
        heads = "、".join(COLUMNS[name][0] for name in REQUIRED)
        raise Unreadable(f"没有表头（需要 {heads}）", "no heads of columns")
    return rows, faults


def _heads(number: int, line: Sequence[str]) -> tuple[Mapping[str, int] | None, list[Fault]]:
    """Where each column stands, from 1; None for a title above the heads."""
    places: dict[str, int] = {}
    faults = []
    for at, text in enumerate(line, 1):
        name = _column(text)
        if name is None and text.strip():
            faults.append(Fault(number, at, f"未知的列“{text.strip()[:20]}”", "no column of ours"))
        elif name is not None and name in places:
            faults.append(Fault(number, at, f"列“{COLUMNS[name][0]}”重复", f"column {name} twice"))
        elif name is not None:
            places[name] = at
    if number <= _HEAD_WITHIN and len(places) < 2:
        return None, []
    missing = [name for name in REQUIRED if name not in places]
    faults += [Fault(number, 0, f"缺少列“{COLUMNS[name][0]}”", f"column {name} is missing") for name in missing]
    return places, faults


def _column(text: str) -> str | None:
    plain = folded(text)
    found = (name for name, heads in COLUMNS.items() if plain in heads or plain == " ".join(heads))
    return next(found, None)


def _unquoted(text: str) -> str:
    """Without the ' that keeps a spreadsheet from computing a cell."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


# Out --------------------------------------------------------------------------------------------------------------


def table(entries: Iterable[Entry], names: Mapping[str, str], contacts: bool) -> list[list[str]]:
    """Heads and rows. ``names`` are shifts by id; without ``contacts`` these cells are empty, which changes nothing
    when the file is imported again."""
    rows = [[" ".join(heads) for heads in COLUMNS.values()]]
    for one in entries:
        duty, person = one.duty, one.person
        said = {
            "date": duty.day.isoformat(), "shift": names.get(duty.shift) or _hours(duty.start_min, duty.end_min),
            "role": ROLES[duty.role][0], "name": person.name, "agent": person.agent, "note": duty.note,
            **({name: getattr(person, name) for name in CONTACTS} if contacts else {}),
        }  # fmt: skip
        rows.append([said.get(name, "") for name in COLUMNS])
    return rows


def _hours(start: int, end: int) -> str:
    return f"{clock_text(start)}-{clock_text(end)}"


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """With a BOM, so that a spreadsheet takes it for UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_quoted(text) for text in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of text cells, its heads held in place."""
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = _SHEET
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, 1):
        for at, text in enumerate(row, 1):
            cell = sheet.cell(number, at)
            cell.value, cell.data_type, cell.number_format = text, "s", "@"
            if number == 1:
                cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFGHI", (14, 16, 12, 14, 12, 18, 26, 24, 30), strict=True):
        sheet.column_dimensions[letter].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _quoted(text: str) -> str:
    """As text that no spreadsheet computes (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
