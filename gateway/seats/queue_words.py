"""The words that callers hear of a queue which a shift lead has closed, in Chinese and English."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.seats.config import QueueConfig
from gateway.seats.queue_states import Closure


def closed_words(queue: QueueConfig, closure: Closure, now: float, zone: ZoneInfo) -> tuple[str, str]:
    """What is spoken: that the queue is closed, why, and when it opens again. English says the Chinese reason in
    Chinese (``[zh]``, see ``gateway.ivr.config.Text``) when nobody has put it into English."""
    zh = f"您好，{queue.name}现在暂停服务。"
    en = f"{queue.name_en or 'The service that you have chosen'} is closed at present. "
    if closure.why:
        zh += f"{_sentence(closure.why)}"
        en += f"{closure.why_en} " if closure.why_en else f"[zh]{_sentence(closure.why)}[en]"
    if closure.until is not None:
        opens_zh, opens_en = opening(closure.until, now, zone)
        zh += f"预计{opens_zh}恢复服务。"
        en += f"It opens again {opens_en}."
    return zh, en.strip()


def opening(until: float, now: float, zone: ZoneInfo) -> tuple[str, str]:
    """When it opens, as one says it, in the zone of the hall: today, tomorrow, or the date."""
    at, today = datetime.fromtimestamp(until, zone), datetime.fromtimestamp(now, zone).date()
    minutes = f"{at.minute}分" if at.minute else ""
    clock_zh, clock_en = f"{at.hour}点{minutes}", f"{at:%H:%M}"
    if at.date() == today:
        return f"今天{clock_zh}", f"at {clock_en} today"
    if at.date() == today + timedelta(days=1):
        return f"明天{clock_zh}", f"at {clock_en} tomorrow"
    return f"{at.month}月{at.day}日{clock_zh}", f"on {at:%B} {at.day} at {clock_en}"


def _sentence(text: str) -> str:
    return text if text[-1] in "。！？.!?" else f"{text}。"
