"""Calls out over AMI: the action that rings an agent's own telephone and lets it into ``gw-out``, which dials on
(``gateway.asterisk.templates.outbound``).

The number that is dialled rides in a variable: neither the agent's telephone, whose INVITE a browser may read, nor the
name of an extension, which every event repeats, tells it.
"""

from __future__ import annotations

import re

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.model.orders import DialOut
from gateway.seats.outbound import PREFIX

_CALL = re.compile(rf"{PREFIX}[0-9a-f-]{{8,60}}")
_SEAT = re.compile(r"PJSIP/[0-9A-Za-z]{1,20}")
_NUMBER = re.compile(r"[0-9*#+]{2,32}")
_AGENT = re.compile(r"[0-9A-Za-z_-]{0,40}")
_TICKET = re.compile(r"([0-9]{6}-[0-9]{8}-[0-9]{7})?")
_LANGUAGE = re.compile(r"[a-z]{2,8}")

AUTO_ANSWER = {
    "Call-Info": "<sip:127.0.0.1>;answer-after=0",
    "Alert-Info": "info=alert-autoanswer;delay=0",
    "X-Gateway-Answer": "auto",
}
"""What makers of telephones take for "answer by yourself": RFC 5373 has never been heard of, the first two mostly have;
the third is for our own (``static/desk/phone.js``). Asterisk copies no header of a citizen's INVITE to a seat's."""


def dial_out(order: DialOut) -> Action:
    """Originate towards the seat. Raises ValueError naming a value that does not fit."""
    shown, call = _fit("shown", order.shown, _NUMBER), _fit("call", order.call, _CALL)
    headers = {f"PJSIP_HEADER(add,{name})": text for name, text in AUTO_ANSWER.items()}
    return actions.originate(
        _fit("interface", order.interface, _SEAT),
        "gw-out",
        "s",
        timeout_s=order.ring_s,
        caller_id=f'"回拨 {shown}" <{shown}>',
        variables={
            "GW_OUT": _fit("number", order.number, _NUMBER),
            "GW_SHOWN": shown,
            "GW_AGENT": _fit("agent", order.agent, _AGENT),
            "GW_TICKET": _fit("ticket_no", order.ticket_no, _TICKET),
            "FORWARD_CONTEXT": "gw-nowhere",
            "CHANNEL(language)": _fit("language", order.language, _LANGUAGE),
            "PJSIP_HEADER(add,X-Call-Id)": call,
            **headers,
        },
        channel_id=call,
    )


def _fit(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{field}: not allowed here")
    return value
