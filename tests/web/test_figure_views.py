"""Views of figures: what a report and today's figures say on the wire."""

from __future__ import annotations

from gateway.kpi.definitions import DEFINITIONS, values
from gateway.kpi.live import LiveFigures
from gateway.kpi.reports import Group, Report
from gateway.web.figure_views import definition_list, live_view, report_view
from tests.web.figure_stage import DAY, ZONE


def test_a_group_without_a_name_is_called_by_its_key() -> None:
    empty = values({})
    report = Report(0, 3600, "queue", empty, [Group("hotline", empty), Group("old", empty)], 7.0, 2, None, None)
    view = report_view(report, {"hotline": "综合受理"}, "Asia/Shanghai")
    assert [one.name for one in view.groups] == ["综合受理", "old"]
    assert (view.as_of, view.left, view.compared, view.before) == (7.0, 2, None, None)


def test_every_figure_has_its_definition() -> None:
    assert [one.id for one in definition_list().figures] == [one.id for one in DEFINITIONS]


def test_a_day_without_calls_has_24_empty_hours_and_no_rates() -> None:
    view = live_view(LiveFigures(ZONE).view(DAY + 5))
    assert len(view.by_hour) == 24 and all(one.requests == 0 and one.connection_rate is None for one in view.by_hour)
    assert view.rate_24h is None and view.figures["requests"] == 0 and view.queues == {}
