"""The frame of the citizens' pages, and the pages that only show: receipt, progress, trouble. Markup is made on the
server, Chinese first with English beside it, and works on a browser of ten years ago with scripts switched off.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.model.records import Ticket
from gateway.web.html import Html, Inner, both, h, lines
from gateway.web.ticket_views import ProgressView

STATES = {
    "received": ("已收到", "Received"),
    "accepted": ("已受理", "Accepted"),
    "sent": ("已转办", "Sent on"),
    "acknowledged": ("办理中", "In hand"),
    "returned": ("重新转办中", "Being sent on again"),
    "closed": ("已办结", "Closed"),
}
_PLACE_OF = {"received": 0, "accepted": 0, "sent": 1, "returned": 1, "acknowledged": 2, "closed": 3}
_WAY = (("收到", "Received"), ("转办", "Sent on"), ("办理", "In hand"), ("办结", "Closed"))
_EMERGENCIES = (("110", "报警", "police"), ("119", "火警", "fire"), ("120", "急救", "ambulance"))
_SCORES = (
    (5, "非常满意", "very satisfied"), (4, "满意", "satisfied"), (3, "一般", "fair"), (2, "不满意", "dissatisfied"),
    (1, "非常不满意", "very dissatisfied"),
)  # fmt: skip

Title = tuple[str, str]


def page(title: Title, heading: Title, here: str, *inner: Inner, aside: Html | None = None) -> bytes:
    """A whole page. ``title`` is the hotline's name, ``heading`` what the page is for, ``here`` its address."""
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="format-detection", content="telephone=no"),
        h("title", f"{heading[0]} · {title[0]}"),
        h("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        h("link", rel="stylesheet", href="/static/citizen.css"),
        h("script", src="/static/citizen.js", defer=True),
    )
    main = h("main", *inner, id="main")
    body = h(
        "body",
        h("a", "跳到正文 Skip to content", class_="skip", href="#main"),
        _emergencies(),
        _banner(title, here),
        h("div", main, aside, class_="wide" if aside else "narrow"),
        _footer(),
    )
    return f"<!doctype html>{h('html', head, body, lang='zh-CN')}".encode()


def _emergencies() -> Html:
    numbers = [h("a", h("b", number), " ", both(zh, en), href=f"tel:{number}") for number, zh, en in _EMERGENCIES]
    return h("p", h("span", both("紧急危险请直接拨打", "In danger, call")), numbers, class_="sos", role="note")


def _banner(title: Title, here: str) -> Html:
    links = [
        h("a", both(zh, en), href=href, aria_current="page" if href == here else None)
        for href, zh, en in (("/", "提交诉求", "Request"), ("/progress", "查询进度", "Progress"))
    ]
    call = h("a", "☎ 12345", href="tel:12345", class_="call", aria_label="拨打12345 Call 12345")
    name = h("a", h("img", src="/static/icon.svg", alt="", width=40, height=40), h("span", both(*title)), href="/")
    return h("header", h("div", h("p", name, class_="name"), h("nav", links, call), class_="bar"))


def _footer() -> Html:
    staff = [
        h("a", both(zh, en), href=href)
        for href, zh, en in (
            ("/login", "工作人员登录", "Staff"), ("/seats", "座席地图", "Seat map"),
            ("/api/openapi.json", "开放接口", "API"),
        )
    ]  # fmt: skip
    note = both("24小时受理，非紧急事项请在此提交", "Open day and night for what is not an emergency")
    return h("footer", h("p", note), h("p", staff))


def trouble(title: Title, status: int, zh: str, en: str, request_id: str) -> bytes:
    """What went wrong, in words, with what to do now."""
    again = "返回重试，或拨打12345由热线员为您登记。", "Go back and try again, or call 12345 and an agent will help."
    return page(
        title, ("未能完成", "Not done"), "",
        h(
            "section",
            h("h1", both("未能完成", "Not done")),
            h("p", both(zh, en), class_="fault", role="alert"),
            h("p", both(*again)),
            h("p", h("a", both("返回首页", "Home"), href="/", class_="main")),
            h("p", h("small", f"{status} · {request_id}")),
            class_="card",
        ),
    )  # fmt: skip


def receipt(title: Title, ticket: Ticket, zone: ZoneInfo, urgent: str) -> bytes:
    """The number and the code, large; ``urgent`` is what to say when the request sounds like an emergency."""
    number, code = ticket.ticket_no, ticket.query_code
    at = datetime.fromtimestamp(ticket.received_at, zone)
    look = h(
        "form",
        h("input", type="hidden", name="ticket_no", value=number),
        h("input", type="hidden", name="query_code", value=code),
        h("button", both("查看进度", "See progress"), class_="main"),
        method="post", action="/progress",
    )  # fmt: skip
    facts = h(
        "dl",
        h("dt", both("工单编号", "Ticket")), h("dd", number, id="no", class_="big"),
        h("dt", both("查询码", "Query code")), h("dd", code, id="code", class_="big"),
        h("dt", both("收到时间", "Received")), h("dd", f"{at:%Y-%m-%d %H:%M}"),
        class_="receipt",
    )  # fmt: skip
    return page(
        title, ("提交成功", "Received"), "",
        h(
            "section",
            h("h1", h("span", "✓", class_="tick", aria_hidden="true"), both("诉求已收到", "Received")),
            h("p", lines(urgent), class_="fault", role="alert") if urgent else None,
            facts,
            h("p", both("请截图或抄下编号和查询码，凭此查询进度和答复。", "Keep both: you need them to look it up."),
              class_="note"),
            h(
                "p",
                h("button", both("复制", "Copy"), type="button", class_="quiet js", data_copy="#no,#code"),
                h("button", both("打印", "Print"), type="button", class_="quiet js", data_print=True),
                class_="row",
            ),
            look,
            h("p", h("a", both("再提交一件", "Send another request"), href="/")),
            class_="card",
        ),
    )  # fmt: skip


def look_up(
    title: Title, *, number: str = "", fault: tuple[str, str] | None = None, answer: Html | None = None
) -> bytes:
    """The form to ask by number and code, with what was wrong or the answer above it."""
    form = h(
        "form",
        h("h1", both("查询进度", "Progress")) if answer is None else h("h2", both("查询其他工单", "Another ticket")),
        h("p", both(*fault), class_="fault", role="alert") if fault else None,
        h(
            "label", both("工单编号", "Ticket"),
            h("input", name="ticket_no", value=number, maxlength=40, required=True, autocomplete="off",
              placeholder="460000-20260101-0000001", inputmode="text"),
        ),
        h(
            "label", both("查询码", "Query code"),
            h("input", name="query_code", maxlength=12, required=True, autocomplete="off", autocapitalize="characters",
              spellcheck="false"),
        ),
        h("button", both("查询", "Look up"), class_="main"),
        method="post", action="/progress", class_="card",
    )  # fmt: skip
    return page(title, ("查询进度", "Progress"), "/progress", answer, form)


def progress(view: ProgressView, code: str, zone: ZoneInfo, said: tuple[str, str] | None = None) -> Html:
    """How a ticket stands: where on its way, what happened when, and the question of satisfaction at the end."""
    zh, en = STATES.get(view.state, (view.state, ""))
    deadline = None
    if view.deadline_at is not None and view.state != "closed":
        by = datetime.fromtimestamp(view.deadline_at, zone)
        deadline = h("p", both(f"办理时限 {by:%Y-%m-%d}", "due"), class_="note")
    return h(
        "section",
        h("h1", both(zh, en)),
        h("p", view.ticket_no, " ", h("span", view.title), class_="note"),
        h("p", both(*said), class_="good", role="status") if said else None,
        _way(view.state),
        deadline,
        h("ol", [_step(step.at, step.text, step.text_en, zone) for step in reversed(view.steps)], class_="steps"),
        _rating(view, code),
        class_="card",
    )


def _way(state: str) -> Html:
    reached = _PLACE_OF.get(state, 0)
    places = [
        h("li", both(zh, en), class_="done" if place <= reached else None,
          aria_current="step" if place == reached else None)
        for place, (zh, en) in enumerate(_WAY)
    ]  # fmt: skip
    return h("ol", places, class_="way")


def _step(at: float, zh: str, en: str, zone: ZoneInfo) -> Html:
    moment = datetime.fromtimestamp(at, zone)
    time = h("time", f"{moment:%m-%d %H:%M}", datetime=moment.isoformat(timespec="seconds"))
    return h("li", time, h("p", lines(zh), " ", h("small", en, lang="en")))


def _rating(view: ProgressView, code: str) -> Html | None:
    if view.satisfaction is not None:
        words = next((both(zh, en) for score, zh, en in _SCORES if score == view.satisfaction), None)
        return h("p", both("您的评价：", "You said:"), " ", words, class_="note")
    if not view.may_rate:
        return None
    scores = [
        h("button", "★" * score, " ", both(zh, en), name="score", value=score, class_="quiet")
        for score, zh, en in _SCORES
    ]
    return h(
        "form",
        h("h2", both("您对处理结果满意吗？", "Are you satisfied?")),
        h("input", type="hidden", name="ticket_no", value=view.ticket_no),
        h("input", type="hidden", name="query_code", value=code),
        h("label", both("意见（可不填）", "Comment, if you like"),
          h("textarea", name="comment", rows=2, maxlength=500)),
        h("p", scores, class_="scores"),
        method="post", action="/progress",
    )  # fmt: skip


def fault_of(name: str, faults: dict[str, tuple[str, str]]) -> Html | None:
    """The message beside a field that is at fault."""
    said = faults.get(name)
    return None if said is None else h("span", both(*said), class_="fault", id=f"{name}-fault")
