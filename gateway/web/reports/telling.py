"""The headline figures in sentences, as a leader reads them. Every number is one of the content; where one is not known
its sentence is left out. The lines of the law stand with their source. The words are those of ``words``.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.web.reports.content import Content
from gateway.web.reports.numbers import change, shown, unit_of
from gateway.web.reports.words import Lang, words

CONNECTION_LINE = 0.95
"""接通率 of any continuous 24 h (GB/T 33358-2016)."""
ANSWER_LINE_S = 15.0
"""Answer within 15 s (GB/T 33358-2016)."""
STANDARD = "GB/T 33358-2016"

LOST = (
    "lost_queue", "lost_ringing", "lost_no_answer", "lost_full", "lost_no_seat", "lost_timeout", "lost_system",
    "lost_unseen",
)  # fmt: skip
_RATES = ("direct_rate", "sent_on_in_time", "first_response_in_time", "rated_rate", "satisfied_rate")


def sentences(content: Content, lang: Lang = "zh") -> list[str]:
    """Paragraphs, the most important first."""
    when = content.period.title_in(lang)
    if not content.complete:
        when = words("so_far", lang, when=when)
    if content.empty:
        return [words("nothing", lang, when=when)]
    teller = _Teller(content, lang)
    paragraphs = [teller.calls(when), teller.waits(), teller.lost(), teller.tickets(), teller.transfers()]
    return [one for one in paragraphs if one]


class _Teller:
    """The paragraphs of one report in one language; "" for one that has nothing to tell."""

    def __init__(self, content: Content, lang: Lang) -> None:
        self.content, self.total, self.lang = content, content.total, lang

    def say(self, key: str, **values: object) -> str:
        return words(key, self.lang, **values)

    def number(self, figure: str) -> str:
        return shown(self.total.get(figure), unit_of(figure), self.lang)

    def moved(self, figure: str) -> str:
        """ ", 较前一日上升 0.8 个百分点", or nothing where there is nothing to compare with."""
        before = self.content.before.total
        if not before.get("requests") and figure != "tickets":
            return ""
        found = change(figure, self.total.get(figure), before.get(figure), self.lang)
        if found is None:
            return ""
        with_ = self.content.period.before_in(self.lang)
        if not self.content.complete:
            with_ = self.say("moved.part", before=with_)
        return self.say("moved" if found.by else "moved.same", before=with_, moved=found.text)

    def calls(self, when: str) -> str:
        if not self.total.get("requests"):
            return self.say("no_calls", when=when)
        said = self.say("calls", when=when, n=self.number("requests"), moved=self.moved("requests"),
                        answered=self.number("answered"))  # fmt: skip
        rate = self.total.get("connection_rate")
        if rate is not None:
            said += self.say("calls.rate", rate=self.number("connection_rate"), against=self.against(rate),
                             moved=self.moved("connection_rate"))  # fmt: skip
        if self.total.get("rate_15s") is not None:
            said += self.say("calls.soon", rate=self.number("rate_15s"), moved=self.moved("rate_15s"))
            if self.total.get("rate_15s_answered") is not None:
                said += self.say("calls.soon_answered", rate=self.number("rate_15s_answered"))
        return said + self.say("stop")

    def against(self, rate: float) -> str:
        """How a connection rate stands to the law's line; a rate that only rounds to it is not over it."""
        return self.say("calls.over" if rate >= CONNECTION_LINE else "calls.under", standard=STANDARD)

    def waits(self) -> str:
        parts = {
            "wait.mean": "wait_mean", "wait.p95": "wait_p95", "wait.talk": "talk_mean",
            "wait.handling": "handling_mean", "wait.occupancy": "occupancy",
        }  # fmt: skip
        return self.listed(
            self.say(key, n=self.number(figure), moved=self.moved(figure))
            for key, figure in parts.items()
            if self.total.get(figure) is not None
        )

    def listed(self, parts: Iterator[str]) -> str:
        """Parts of one sentence, which begins as a sentence does."""
        text = self.say("then").join(parts)
        return f"{text[0].upper()}{text[1:]}{self.say('stop')}" if text else ""

    def lost(self) -> str:
        lost = self.total.get("lost")
        if lost is None:
            return ""
        if not lost:
            return self.say("lost.none") if self.total.get("requests") else ""
        said = self.say("lost", n=self.number("lost"), moved=self.moved("lost"))
        parts = self.say("and").join(
            self.say("lost.part", name=self.say(figure), n=self.number(figure))
            for figure in LOST
            if self.total.get(figure)
        )
        said += self.say("lost.of", parts=parts) if parts else ""
        if self.total.get("short_abandoned"):
            said += self.say("lost.short", n=self.number("short_abandoned"))
        return said + self.say("stop")

    def tickets(self) -> str:
        if self.total.get("tickets") is None:
            return ""
        said = [self.say("tickets.made", n=self.number("tickets"), moved=self.moved("tickets"))]
        said += [
            f"{self.say(f'tickets.{figure}')} {self.number(figure)}"
            for figure in _RATES
            if self.total.get(figure) is not None
        ]
        return self.say("then").join(said) + self.say("stop")

    def transfers(self) -> str:
        if not self.total.get("transfers"):
            return ""
        said = self.say("transfers.made", n=self.number("transfers"))
        if self.total.get("transfers_completed") is not None:
            said += self.say("transfers.done", n=self.number("transfers_completed"))
        return said + self.say("stop")
