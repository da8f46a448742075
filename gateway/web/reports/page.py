"""A report as a page: Chinese, set for A4, the same markup in the browser and on paper. Nothing in it needs a script;
what only a browser has (the way back, the downloads) is not printed.
"""

from __future__ import annotations

import re
from datetime import datetime

from gateway.web.html import Html, Inner, h, join
from gateway.web.reports.content import Content
from gateway.web.reports.drawing import Series, heat, line, stacked
from gateway.web.reports.numbers import change, shown, unit_of
from gateway.web.reports.periods import NAMES, Period
from gateway.web.reports.source import Row, Values
from gateway.web.reports.tables import Sheet, sheets
from gateway.web.reports.telling import ANSWER_LINE_S, CONNECTION_LINE, STANDARD, sentences
from gateway.web.reports.unusual import RULES, findings

_TILES = (
    ("requests", "人工请求", ""),
    ("connection_rate", "接通率", f"目标 ≥ 95 %（{STANDARD}）"),
    ("rate_15s", "15 秒接通率", "占全部请求"),
    ("wait_mean", "平均等待", "目标 15 秒内接听"),
    ("lost", "呼损", "目标 0"),
    ("tickets", "工单", ""),
)
_SHORT_DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WHOLE = 13
"""A table of so many rows stays on one page."""
_FORMULAS = (
    "人工请求 R：进入队列请求人工服务的来电；接通 A：其中通话时长大于 0 的。接通率 = A ÷ R；呼损 = R − A。",
    "15 秒接通率 = 进入队列后 15 秒内接通的来电 ÷ R（按接通口径为 ÷ A）。等待自进入队列起算。",
    "平均处理 = 通话 + 保持 + 话后；占用率 =（通话 + 保持 + 话后）÷ 签入可用时长。",
    "“前期”为上一个同类周期；“—”表示没有可计算的数据。全部口径见 docs/figures.md。",
)


_LOOSE = re.compile(r"(?<=[0-9]) (?=[%\u4e00-\u9fff])")


def _tied(text: str) -> str:
    """A number and its unit do not part at the end of a line."""
    return _LOOSE.sub("\u00a0", text)


def title_of(period: Period) -> str:
    """运行日报, 运行周报, 运行月报."""
    return f"运行{NAMES[period.kind][0]}"


def report(content: Content, made_at: float, corrected: bool = False) -> Html:
    """The report itself, without the page around it. ``corrected``: an earlier one of the period told others."""
    return h(
        "article",
        _head(content, made_at, corrected),
        _tiles(content),
        _section("概述", [h("p", _tied(one)) for one in sentences(content)]),
        _section("值得关注", _findings(content)),
        None if content.empty else _pictures(content),
        [_table(sheet) for sheet in sheets(content)],
        h("footer", [h("p", one) for one in _FORMULAS], class_="notes"),
        class_="report",
    )


def page(content: Content, made_at: float, corrected: bool = False, *, pdf: bool = True) -> bytes:
    """The page for a browser. ``pdf`` False: none can be made here, and the page says so."""
    body = h("body", _bar(content, pdf), h("main", report(content, made_at, corrected), id="main"))
    return _document(content, body, h("link", rel="stylesheet", href="/static/report.css"))


def paper(content: Content, made_at: float, corrected: bool = False) -> bytes:
    """The page for the PDF, whose style is given to the printer beside it."""
    return _document(content, h("body", report(content, made_at, corrected)))


def _document(content: Content, body: Html, *links: Html) -> bytes:
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="author", content=content.hotline),
        h("title", f"{title_of(content.period)} {content.period.title} · {content.hotline}"),
        h("link", rel="icon", href="/static/icon.svg", type="image/svg+xml") if links else None,
        *links,
    )
    return f"<!doctype html>{h('html', head, body, lang='zh-CN')}".encode()


def _bar(content: Content, pdf: bool) -> Html:
    period = content.period

    def go(to: Period, text: str) -> Html:
        return h("a", text, href=f"/reports/{to.kind}/{to.id}")

    here = f"/reports/{period.kind}/{period.id}"
    files = [
        h("a", "PDF", href=f"{here}.pdf", class_="file") if pdf else h("span", "此机器不能生成 PDF", class_="missing")
    ]
    files.append(h("a", "XLSX", href=f"{here}.xlsx", class_="file"))
    ways = [
        h("a", "← 报表 ", h("small", "Reports", lang="en"), href="/reports"),
        go(period.before, "上一期"),
        *([go(period.next, "下一期")] if content.complete else []),
    ]
    return h("nav", ways, h("span", class_="space"), files, class_="bar", aria_label="报告 Report")


def _section(title: str, *inner: Inner, class_: str | None = None) -> Html:
    return h("section", h("h2", title), *inner, class_=class_)


def _at(moment: float, content: Content) -> str:
    return f"{datetime.fromtimestamp(moment, content.period.zone):%Y-%m-%d %H:%M}"


def _head(content: Content, made_at: float, corrected: bool) -> Html:
    said = f"制作时间 {_at(made_at, content)}"
    if corrected:
        said += "（数据更正后重新制作，以本版为准）"
    running = (
        None if content.complete else h("p", f"本期尚未结束，数据截至 {_at(content.as_of, content)}", class_="running")
    )
    if content.left:
        running = h("p", f"还有 {content.left} 个时段（每个 15 分钟）正在统计，数字尚不完整", class_="running")
    return h(
        "header",
        h("p", content.hotline, class_="hotline"),
        h("h1", title_of(content.period)),
        h("p", content.period.title, class_="when"),
        running,
        h("p", said, class_="made"),
    )


def _tiles(content: Content) -> Html:
    return h("section", [_tile(content, *one) for one in _TILES], class_="tiles", aria_label="主要指标")


def _tile(content: Content, figure: str, name: str, target: str) -> Html:
    now, before = content.total.get(figure), content.before.total.get(figure)
    moved = change(figure, now, before)
    way = None
    if moved is not None:
        mood = "same" if moved.good is None else "good" if moved.good else "bad"
        text = (
            f"{moved.arrow} 较{content.period.before_word}{moved.text}"
            if moved.by
            else f"＝ 与{content.period.before_word}持平"
        )
        way = h("span", text, class_=f"way {mood}")
    return h(
        "div",
        h("span", name, class_="name"),
        h("b", shown(now, unit_of(figure)), class_="value"),
        way,
        h("span", target, class_="target") if target else None,
        class_="tile",
        data_figure=figure,
        data_state=_state(figure, now),
    )


def _state(figure: str, now: float | None) -> str | None:
    """Beside the law's line or not; figures without one have no state."""
    if now is None:
        return None
    if figure == "connection_rate":
        return "good" if now >= CONNECTION_LINE else "bad"
    if figure == "wait_mean":
        return "good" if now <= ANSWER_LINE_S else "bad"
    return None


def _findings(content: Content) -> list[Html]:
    found = findings(content)
    rules = h("p", f"核查规则：{'；'.join(RULES)}。", class_="rules")
    if not found:
        return [h("p", "按下列规则核查，本期没有超出界限的情况。", class_="calm"), rules]
    marks = {1: "法定", 2: "关注", 3: "了解"}
    return [
        h(
            "ul",
            [h("li", h("b", marks[one.level]), _tied(one.text), data_level=one.level) for one in found],
            class_="findings",
        ),
        rules,
    ]


# -- charts ------------------------------------------------------------------------------------------------------------


def _figure(title: str, keys: list[tuple[str, str]], drawing: Html) -> Html:
    legend = [h("span", h("i", class_=f"hue {hue}"), text) for hue, text in keys]
    return h("figure", h("figcaption", h("b", title), legend), drawing)


def _pictures(content: Content) -> Html:
    rows = list(content.course.rows)
    labels = [_short(row, content) for row in rows]
    name = "每小时" if content.course.by == "hour" else "每日"
    in_time, late, lost = _parts(rows)
    calls = stacked(
        f"{name}请求", labels, [Series("", in_time, "good"), Series("", late, "warn"), Series("", lost, "bad")]
    )
    rates = [row.values.get("connection_rate") for row in rows]
    earlier = _earlier(content, len(rows))
    rate = line(
        f"{name}接通率", labels, [Series("", rates), Series("", earlier, "before", dashed=True)], "share",
        law=CONNECTION_LINE,
    )  # fmt: skip
    waits = line(
        f"{name}平均等待", labels, [Series("", [row.values.get("wait_mean") for row in rows])], "s", law=ANSWER_LINE_S
    )
    figures = [
        _figure(f"{name}请求", [("good", "15 秒内接通"), ("warn", "15 秒后接通"), ("bad", "呼损")], calls),
        _figure(f"{name}接通率", [("first", "本期"), ("before", content.period.before_word), ("law", "95 %")], rate),
        _figure(f"{name}平均等待（秒）", [("first", "接通来电"), ("law", "15 秒")], waits),
    ]
    if content.period.kind != "day":
        figures.append(_figure("请求的时段分布（次）", [], _heat(content)))
    return _section("走势", *figures, class_="pictures")


def _short(row: Row, content: Content) -> str:
    at = datetime.fromtimestamp(row.since or 0, content.period.zone)
    if content.period.kind == "day":
        return f"{at.hour}"
    return f"{at.month}/{at.day}" if content.period.kind == "week" else f"{at.day}"


def _parts(rows: list[Row]) -> tuple[list[float], list[float], list[float]]:
    """Answered in time, answered later, lost; their sum is the requests."""

    def in_time(values: Values) -> float:
        return float(round((values.get("rate_15s") or 0) * (values.get("requests") or 0)))

    quick = [in_time(row.values) for row in rows]
    late = [max(0.0, (row.values.get("answered") or 0) - quick[i]) for i, row in enumerate(rows)]
    return quick, late, [row.values.get("lost") or 0 for row in rows]


def _earlier(content: Content, count: int) -> list[float | None]:
    """The period before, place by place: as long as this one."""
    rates = [row.values.get("connection_rate") for row in content.before.rows][:count]
    return [*rates, *([None] * (count - len(rates)))]


def _heat(content: Content) -> Html:
    """Requests by weekday and hour, summed over the period."""
    cells: list[list[float | None]] = [[None] * 24 for _ in range(7)]
    for row in content.hours.rows:
        at = datetime.fromtimestamp(row.since or 0, content.period.zone)
        cells[at.weekday()][at.hour] = (cells[at.weekday()][at.hour] or 0) + (row.values.get("requests") or 0)
    return heat("请求的时段分布", _SHORT_DAYS, [str(hour) for hour in range(24)], cells)


# -- tables ------------------------------------------------------------------------------------------------------------


def _table(sheet: Sheet) -> Html:
    rows = sheet.rows if sheet.short is None else sheet.rows[: sheet.short]
    head = h("thead", h("tr", [h("th", one, scope="col") for one in sheet.heads]))
    body = h(
        "tbody", [h("tr", h("th", row[0].text, scope="row"), [h("td", one.text) for one in row[1:]]) for row in rows]
    )
    left = len(sheet.rows) - len(rows)
    more = h("p", f"另有 {left} 行，见 XLSX。", class_="more") if left > 0 else None
    whole = len(rows) <= _WHOLE
    return _section(sheet.title, join(h("table", head, body), more), class_="table whole" if whole else "table")
