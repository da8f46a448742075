"""A report as a mail to the hotline's own people: its sentences, and the PDF. Pure: what the deliveries say; the mail
channel sends them, with its retries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Attachment, Delivery
from gateway.web.reports.content import Content
from gateway.web.reports.page import title_of
from gateway.web.reports.telling import sentences
from gateway.web.reports.unusual import findings


@dataclass(frozen=True, slots=True)
class Posting:
    """Who sends to whom."""

    account: str
    recipients: Sequence[str]


def subject_of(content: Content) -> str:
    """【运行日报】2026年11月21日（星期六） 海南省12345政务服务便民热线."""
    return f"【{title_of(content.period)}】{content.period.title} {content.hotline}"


def text_of(content: Content, *, corrected: bool = False, without: str = "", url: str = "") -> str:
    """``without`` says why no PDF goes along; ``url`` is where people find the pages, "" for not known."""
    lines = [f"{content.hotline}{title_of(content.period)}　{content.period.title}", ""]
    if corrected:
        lines += ["（数据更正后重新制作，以本版为准。）", ""]
    lines += sentences(content)
    found = findings(content)
    if found:
        lines += ["", "值得关注：", *(f"· {one.text}" for one in found)]
    lines += ["", f"说明：{without}。" if without else "详见附件 PDF。"]
    if url:
        lines += [f"网页版（须登录）：{url}/reports/{content.period.kind}/{content.period.id}"]
    lines += ["", "本邮件由网关自动发送。"]
    return "\n".join(lines)


def deliveries(
    content: Content, posting: Posting, now: float, enclosed: Sequence[Attachment], text: str
) -> Iterator[Delivery]:
    """One for each recipient, so that one address that fails costs nobody else theirs."""
    files = [{"name": one.name, "type": one.mime, "sha256": one.sha256} for one in enclosed]
    more = {"subject": subject_of(content), "enclosed": files, "report": f"{content.period.kind}/{content.period.id}"}
    for recipient in posting.recipients:
        yield Delivery(
            id=new_id(), kind="reply", ticket_no=TicketNo(""), channel="email", account=posting.account,
            target=recipient, created_at=now, text=text, due_at=now, more=more,
        )  # fmt: skip
