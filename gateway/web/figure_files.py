"""A report of figures as a file: CSV, or a workbook (XLSX) that is written row by row in a thread.

What stands in a cell was named by anybody, so nothing in it is computed by the program that opens it (``sheet.plain``;
in a workbook texts are texts by their type as well).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from gateway.kpi.definitions import DEFINITIONS, Definition
from gateway.web.figure_views import GroupView, ReportView
from gateway.web.sheet import plain

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS = {"share": "0.00%", "s": "0.0", "count": "0", "score": "0.00"}
_UNITS = {"share": "", "s": "(秒 s)", "count": "", "score": ""}
_SHOWN = 31
"""The longest name that a sheet may have."""

Cell = str | int | float | None


def csv_bytes(report: ReportView) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets here need to read Chinese."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([plain(cell) for cell in row] for row in rows(report))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def xlsx_bytes(report: ReportView) -> bytes:
    """To be called in a thread: a year by the hour takes seconds."""
    from openpyxl import Workbook  # 10 MB, where it is asked for
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("指标 figures"[:_SHOWN])
    formats = [None, None, *(_FORMATS[one.unit] for one in _columns(report) for _ in _times(report))]
    for number, row in enumerate(rows(report)):
        cells = []
        for value, form in zip(row, formats, strict=True):
            cell = WriteOnlyCell(sheet, value=plain(value))
            if form is not None and number:
                cell.number_format = form
            cells.append(cell)
        sheet.append(cells)
    words = book.create_sheet("口径 definitions")
    for one in _definition_rows():
        words.append([plain(cell) for cell in one])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows(report: ReportView) -> Iterator[Sequence[Cell]]:
    """The head, the whole, and each group; a figure compared has the one of before beside it."""
    columns = _columns(report)
    head = [f"{one.name} {one.name_en}{_UNITS[one.unit]}" for one in columns]
    times = _times(report)
    yield ["分组 group", "名称 name", *(name + suffix for name in head for suffix in times)]
    whole = GroupView(group="合计 total", name="", values=report.total, before=report.before)
    for group in (whole, *report.groups):
        yield [group.group, group.name, *_values(group, columns, compared=len(times) > 1)]


def _columns(report: ReportView) -> Sequence[Definition]:
    """Figures that have a meaning in the report."""
    shown = [report.total, *(group.values for group in report.groups)]
    return [one for one in DEFINITIONS if any(values.get(one.id) is not None for values in shown)]


def _times(report: ReportView) -> Sequence[str]:
    return ("",) if report.before is None else ("", "(前期 before)")


def _values(group: GroupView, columns: Iterable[Definition], *, compared: bool) -> Iterator[Cell]:
    for one in columns:
        yield group.values.get(one.id)
        if compared:
            yield (group.before or {}).get(one.id)


def _definition_rows() -> Iterator[Sequence[Cell]]:
    yield ["指标", "figure", "口径", "formula", "依据 source"]
    for one in DEFINITIONS:
        yield [one.name, one.name_en, one.formula, one.formula_en, one.source]
