"""Invitations (text/calendar, RFC 5545) as lines of text: what, when, where, who asks. No calendar is kept."""

from __future__ import annotations

import re

_FOLD = re.compile(r"\n[ \t]")
_LINE = re.compile(r'([A-Za-z-]{1,40})((?:;[^:;="\n]{1,60}=(?:"[^"\n]*+"|[^:;"\n]*+))*+):([^\n]*+)')
_PARAMETER = re.compile(r';([^:;="\n]{1,60})=(?:"([^"\n]*+)"|([^:;"\n]*+))')
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})[0-9]{0,2}(Z?))?")
_ESCAPED = re.compile(r"\\([nN,;\\])")
_METHODS = {"CANCEL": "日程取消", "REPLY": "日程答复", "COUNTER": "日程改期建议"}
_MOST_EVENTS = 20


def text_of_calendar(text: str) -> str:
    """Lines such as ``日程：…`` and ``时间：…`` for each event; "" when there is none."""
    method, blocks = "", []
    event: dict[str, tuple[str, str]] | None = None
    for line in _FOLD.sub("", text.replace("\r\n", "\n")).split("\n"):
        found = _LINE.fullmatch(line.rstrip())
        if found is None:
            continue
        name, value = found[1].upper(), found[3]
        if name == "METHOD":
            method = value.strip().upper()
        elif name == "BEGIN" and value.strip().upper() in ("VEVENT", "VTODO"):
            event = {}
        elif name == "END" and event is not None and value.strip().upper() in ("VEVENT", "VTODO"):
            blocks.append(_spoken(event, method))
            event = None
        elif event is not None and name != "BEGIN":
            event.setdefault(name, (found[2], value))
        if len(blocks) >= _MOST_EVENTS:
            break
    return "\n\n".join(one for one in blocks if one)


def _spoken(event: dict[str, tuple[str, str]], method: str) -> str:
    said = {name: _ESCAPED.sub(_sign, value).strip() for name, (_, value) in event.items()}
    begin, end = (_moment(event.get(name)) for name in ("DTSTART", "DTEND"))
    lines = (
        (_METHODS.get(method, "日程"), said.get("SUMMARY", "")),
        ("时间", f"{begin} 至 {end}" if begin and end else begin),
        ("地点", said.get("LOCATION", "")),
        ("组织者", _organiser(event.get("ORGANIZER"))),
        ("说明", said.get("DESCRIPTION", "")),
    )
    return "\n".join(f"{name}：{value}" for name, value in lines if value)


def _sign(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]


def _moment(field: tuple[str, str] | None) -> str:
    found = _MOMENT.match(field[1].strip()) if field else None
    if found is None or field is None:
        return ""
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if found[4] is None:
        return day
    zone = " UTC" if found[6] else "".join(f" ({value})" for name, value in _parameters(field[0]) if name == "TZID")
    return f"{day} {found[4]}:{found[5]}{zone}"


def _organiser(field: tuple[str, str] | None) -> str:
    if field is None:
        return ""
    address = re.sub(r"(?i)^mailto:", "", field[1].strip())
    name = next((value for key, value in _parameters(field[0]) if key == "CN"), "")
    return f"{name} <{address}>" if name and address else name or address


def _parameters(text: str) -> list[tuple[str, str]]:
    return [(name.upper(), quoted or plain) for name, quoted, plain in _PARAMETER.findall(text)]
