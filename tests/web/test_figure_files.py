"""Reports as files: columns that mean something, the period before beside, nothing that computes."""

from __future__ import annotations

import csv
import io

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.kpi.definitions import OF_PARTNERS, values
from gateway.kpi.sums import AT
from gateway.web.figure_files import csv_bytes, rows, xlsx_bytes
from gateway.web.figure_views import GroupView, ReportView

SUMS = {AT["transfers"]: 4, AT["transfers_completed"]: 1}


def a_report(group: str = "110", name: str = "公安", *, compared: bool = False) -> ReportView:
    before = values({AT["transfers"]: 2}, OF_PARTNERS) if compared else None
    told = GroupView(group=group, name=name, values=values(SUMS, OF_PARTNERS), before=before)
    return ReportView(
        since=0, until=3600, by="partner", zone="Asia/Shanghai", total=values(SUMS, OF_PARTNERS), before=before,
        groups=[told], as_of=5.0, left=0,
    )  # fmt: skip


def test_only_columns_that_have_a_meaning_are_there() -> None:
    head, whole, group = rows(a_report())
    assert head == ["分组 group", "名称 name", "转接 Transfers", "转接成功 Transfers completed",
                    "转接成功率 Transfers completed, share"]  # fmt: skip
    assert whole == ["合计 total", "", 4, 1, 0.25] and group == ["110", "公安", 4, 1, 0.25]


def test_the_period_before_stands_beside() -> None:
    head, _, group = rows(a_report(compared=True))
    assert head[2:4] == ["转接 Transfers", "转接 Transfers(前期 before)"] and group[2:] == [4, 2, 1, 0, 0.25, 0.0]


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12))
def test_no_cell_is_computed_whatever_stands_in_it(text: str) -> None:
    report = a_report(text, "=" + text)
    line = list(csv.reader(io.StringIO(csv_bytes(report).decode("utf-8-sig"))))[2]
    assert not line[0].startswith(("=", "+", "-", "@")) and line[1] == "'=" + text
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(report))).worksheets[0]
    assert sheet.cell(3, 2).data_type == "s" and sheet.cell(3, 2).value == "'=" + text
