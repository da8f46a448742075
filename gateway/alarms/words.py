"""An alarm's texts: Chinese and English, from the kind's templates and a reading's words. Durations are told as people
say them, and a word that is missing leaves a dash and never an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.alarms.config import RuleConfig
from gateway.alarms.readings import Reading

_LONGEST = 300
_SHOWN = 6
_SLOT = re.compile(r"\{(\w+)\}")


def duration(seconds: float) -> tuple[str, str]:
    """``3 分钟`` and ``3 min``: in the largest unit that leaves two digits or so."""
    for least, size, zh, en in ((172_800, 86_400, "天", "d"), (3600, 3600, "小时", "h"), (60, 60, "分钟", "min")):
        if seconds >= least:
            return f"{_number(seconds / size)} {zh}", f"{_number(seconds / size)} {en}"
    return f"{_number(seconds)} 秒", f"{_number(seconds)} s"


def texts(rule: RuleConfig, reading: Reading) -> tuple[str, str]:
    """What is so, in both languages."""
    kind, (start, _) = rule.kind, rule.thresholds(reading.limit)
    said: dict[str, object] = {
        "value": _number(reading.value), "limit": _number(start), "percent": _number(reading.value * 100, 1),
        "limit_percent": _number(start * 100, 1), **reading.words,
    }  # fmt: skip
    for name, seconds in (("value", reading.value), ("limit", start), ("within", said.get("within_s"))):
        if isinstance(seconds, int | float):
            said[f"{name}_words"], said[f"{name}_words_en"] = duration(float(seconds))
    return _filled(kind.text, said), _filled(kind.text_en, said)


def titles(rule: RuleConfig) -> tuple[str, str]:
    return rule.title or rule.kind.zh, rule.title_en or rule.kind.en


def storm_texts(rule: RuleConfig, members: Sequence[str]) -> tuple[str, str]:
    """Of many in one alarm: how many, and the first of them by name."""
    names = [member.partition(":")[2] or member for member in members]
    more = len(names) > _SHOWN
    zh = f"另有 {len(names)} 处：{'、'.join(names[:_SHOWN])}{' 等' if more else ''}"
    en = f"{len(names)} more: {', '.join(names[:_SHOWN])}{' ...' if more else ''}"
    return zh, en


def _number(value: float, digits: int = 0) -> str:
    """Without needless zeros: 15, 2.5, 93.4."""
    rounded = round(value, 1 if digits or abs(value) < 10 else 0)
    return f"{rounded:g}" if abs(rounded) < 1e6 else f"{rounded:.0f}"


def _filled(template: str, said: Mapping[str, object]) -> str:
    return _SLOT.sub(lambda slot: str(said.get(slot[1], "-")), template)[:_LONGEST].strip()
