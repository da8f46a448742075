"""One account of generic SMS by HTTP: what its gateway calls its fields, how it is asked to send, how it says yes.

The defaults fit Kannel 1.4 with the lines in docs/channels.md; every other gateway names its own.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator

from gateway.channels.sms.byhttp.config import ByHttp
from gateway.schema import SecretRef, Strict

FieldName = Annotated[
    str,
    Field(
        pattern=r"^[^\x00-\x20\x7f]{0,80}$", description="a field; header:Name; body; a.b inside JSON; empty for none"
    ),
]
Coding = Literal["text", 0, 3, 4, 8, 9, 15]

PLACES = frozenset({"to", "text", "from", "key", "coding", "report_url", "password"})
_PLACE = re.compile(r"\{([^{}]*)\}")


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


Expression = Annotated[str, Field(max_length=400), AfterValidator(_expression)]


class InFields(Strict):
    """The names of a message's fields: in the query, the form, the JSON, or a header. ``text`` and ``sender`` must be.

    ``coding`` is looked up in ``codings``; ``udh`` is the user data header, octets or hex; ``at`` epoch seconds,
    milliseconds, or local time of Beijing.
    """

    text: FieldName = "text"
    sender: FieldName = "from"
    receiver: FieldName = "to"
    id: FieldName = "id"
    at: FieldName = "at"
    coding: FieldName = "coding"
    charset: FieldName = "charset"
    udh: FieldName = "udh"


class ReportFields(Strict):
    """The names of a report's fields, and what its states mean. A state in neither list changes nothing (Kannel's 4,
    queued, and 8, taken by the carrier)."""

    id: FieldName = "id"
    state: FieldName = "state"
    code: FieldName = "code"
    at: FieldName = "at"
    delivered: tuple[str, ...] = ("1", "DELIVRD", "DELIVERED")
    failed: tuple[str, ...] = ("2", "16", "UNDELIV", "REJECTD", "EXPIRED", "DELETED", "UNKNOWN", "FAILED")


class SendHow(Strict):
    """How a message is given to the gateway. ``params`` holds ``{to} {text} {from} {key} {coding} {report_url}
    {password}``; ``{key}`` is our delivery's id, ``{coding}`` 0 for GSM letters only and 2 for all else, as Kannel has
    it, ``{report_url}`` our address for this message's report.

    An answer of status 2xx whose body matches ``success`` is a yes; its group ``id``, if there is one, is the gateway's
    id for reports (else ours is, which ``report_url`` carries). A body that matches ``never`` says that another try is
    in vain.
    """

    url: str = Field(default="", pattern=r"^(https?://[!-~]{1,500})?$")
    how: Literal["get", "form", "json"] = "get"
    params: dict[str, str] = Field(default_factory=dict, max_length=40)
    charset: Literal["utf-8", "gb18030", "gbk"] = "utf-8"
    international: bool = Field(default=False, description="numbers as +8613...; else as 13...")
    success: Expression = r"^(0: |3: |ok\b|success\b|\s*\{)"
    never: Expression = r"(?i)not routable|do not try again"
    largest: int = Field(default=1000, ge=1, le=10_000, description="characters of a text; more is refused")


class HttpSms(ByHttp):
    """``[[sms]]`` with ``kind = "http"``: messages come by GET or POST to ``/in/sms/{account}/{secret}``, reports to
    the same with ``/report``.

    ``items`` names the array inside a JSON body that holds several messages. ``text_as`` says how the text's octets are
    written. ``charset`` is that of texts whose own charset is not stated. ``answer`` is what the gateway takes for yes:
    empty for Kannel, which would send it to the citizen. ``our_base`` is where the gateway reaches us, for
    ``{report_url}``; ``report_query`` is put behind that address as it is.
    """

    kind: Literal["http"] = "http"
    fields: InFields = InFields()
    report: ReportFields = ReportFields()
    items: FieldName = ""
    text_as: Literal["plain", "hex", "base64"] = "plain"
    charset: Literal["utf-8", "gb18030", "utf-16-be"] = "utf-8"
    codings: dict[str, Coding] = Field(default={"0": "text", "1": 4, "2": 8}, max_length=40)
    answer: str = Field(default="", max_length=1000)
    answer_type: str = Field(default="text/plain; charset=utf-8", pattern=r"^[!-~ ]{1,100}$")
    send: SendHow = SendHow()
    password: SecretRef | Literal[""] = ""
    our_base: str = Field(default="http://127.0.0.1:8345", pattern=r"^https?://[A-Za-z0-9.:\[\]/_-]{1,200}$")
    report_query: str = Field(default="&state=%d&code=%A", pattern=r"^[!-~]{0,400}$")

    @model_validator(mode="after")
    def _places_known(self) -> HttpSms:
        if not self.fields.text or not self.fields.sender:
            raise ValueError("fields: text and sender must have names")
        for name, value in self.send.params.items():
            for place in _PLACE.findall(value):
                if place not in PLACES:
                    known = " ".join(f"{{{one}}}" for one in sorted(PLACES))
                    raise ValueError(f"send.params.{name}: there is no {{{place}}}; known are {known}")
        if self.send.url and not any("{text}" in value for value in self.send.params.values()):
            raise ValueError("send.params: none of them holds {text}")
        used = "".join(self.send.params.values())
        if "{password}" in used and not self.password:
            raise ValueError("password: send.params uses {password}, so it is needed")
        if "{from}" in used and not self.number:
            raise ValueError("number: send.params uses {from}, so it is needed")
        return self
