"""A report as a mail to the hotline's own people: its sentences, and the PDF. Pure: what the deliveries say; the mail
channel sends them, with its retries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Attachment, Delivery
from gateway.web.reports.content import Content
from gateway.web.reports.page import address, title_of
from gateway.web.reports.telling import sentences
from gateway.web.reports.unusual import findings
from gateway.web.reports.words import Lang, words


@dataclass(frozen=True, slots=True)
class Posting:
    """Who sends to whom."""

    account: str
    recipients: Sequence[str]


def subject_of(content: Content, lang: Lang = "zh") -> str:
    """【运行日报】2026年11月21日（星期六） 海南省12345政务服务便民热线."""
    return words(
        "mail.subject", lang, kind=title_of(content.period, lang), when=content.period.title_in(lang),
        hotline=content.hotline_in(lang),
    )  # fmt: skip


def text_of(content: Content, *, corrected: bool = False, without: str = "", url: str = "", lang: Lang = "zh") -> str:
    """``without`` says why no PDF goes along; ``url`` is where people find the pages, "" for not known."""
    head = words(
        "mail.head", lang, hotline=content.hotline_in(lang), kind=title_of(content.period, lang),
        when=content.period.title_in(lang),
    )  # fmt: skip
    lines = [head, ""]
    if corrected:
        lines += [words("mail.corrected", lang), ""]
    lines += sentences(content, lang)
    found = findings(content, lang)
    if found:
        lines += ["", words("mail.notable", lang), *(f"· {one.text}" for one in found)]
    lines += ["", words("mail.without", lang, why=without) if without else words("mail.enclosed", lang)]
    if url:
        lines += [words("mail.page", lang, url=f"{url}{address(content.period, lang)}")]
    lines += ["", words("mail.foot", lang)]
    return "\n".join(lines)


def deliveries(
    content: Content, posting: Posting, now: float, enclosed: Sequence[Attachment], text: str, lang: Lang = "zh"
) -> Iterator[Delivery]:
    """One for each recipient, so that one address that fails costs nobody else theirs."""
    files = [{"name": one.name, "type": one.mime, "sha256": one.sha256} for one in enclosed]
    more = {
        "subject": subject_of(content, lang),
        "enclosed": files,
        "report": f"{content.period.kind}/{content.period.id}",
    }
    for recipient in posting.recipients:
        yield Delivery(
            id=new_id(), kind="reply", ticket_no=TicketNo(""), channel="email", account=posting.account,
            target=recipient, created_at=now, text=text, due_at=now, more=more,
        )  # fmt: skip
