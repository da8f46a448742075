"""Fixtures of the tickets' tests: a real ledger, the shipped rules, and messages to take in."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.messages import Message, Person, Raw
from gateway.tickets.config import CategoriesConfig, IntakeConfig, RepliesConfig
from gateway.tickets.policy import IntakePolicy

CONFIG = Path(__file__).parents[2] / "config"
AT = 1795233600.0
"""2026-11-21 12:00 in Shanghai, a Saturday at noon."""

DAY = 86_400.0


def working_days(start: float, days: int) -> float:
    """A calendar without weekends, so that tests can count."""
    return start + days * DAY


@cache
def shipped_categories() -> CategoriesConfig:
    return CategoriesConfig.model_validate(tomllib.loads((CONFIG / "categories.toml").read_text()))


@cache
def shipped_intake() -> IntakeConfig:
    return IntakeConfig.model_validate(tomllib.loads((CONFIG / "intake.toml").read_text()))


@cache
def shipped_replies() -> RepliesConfig:
    return RepliesConfig.model_validate(tomllib.loads((CONFIG / "replies.toml").read_text()))


@cache
def shipped_policy() -> IntakePolicy:
    """The policy of config/, on the calendar without weekends."""
    return IntakePolicy.of(shipped_intake(), shipped_categories(), {}, working_days, "460000")


@pytest.fixture
def policy() -> IntakePolicy:
    return shipped_policy()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    config = LedgerConfig(url=f"sqlite:///{tmp_path}/ledger.db")
    async with open_ledger(config, tmp_path, LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)) as opened:
        yield opened


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float = AT) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Sends = Callable[..., tuple[Raw, Message]]


@pytest.fixture
def chat() -> Sends:
    """Makes messages of one WeChat conversation, each with a key of its own: ``chat("路灯不亮", at=AT)``."""
    count = 0

    def send(text: str = "", **fields: Any) -> tuple[Raw, Message]:
        nonlocal count
        count += 1
        at = fields.pop("at", AT)
        who = fields.pop("who", "oABC")
        key = fields.pop("key", f"wechat:hainan:gh:{who}:{count}")
        message = Message(
            key=key, channel="wechat", account="hainan", kind="text", occurred_at=at, received_at=at,
            external_id=str(count), conversation=f"wechat:hainan:{who}", person=Person(user_id=who), text=text,
        )  # fmt: skip
        raw = Raw(f"raw-{key}", "wechat", "hainan", at, "text/xml", f"<xml>{text}</xml>".encode())
        return raw, replace(message, **fields)

    return send


@pytest.fixture
def form() -> Sends:
    """Makes web submissions, each alone: ``form("路灯不亮", given={"kind": "投诉"})``."""
    count = 0

    def send(text: str = "", **fields: Any) -> tuple[Raw, Message]:
        nonlocal count
        count += 1
        at = fields.pop("at", AT)
        key = fields.pop("key", f"web:{count}")
        message = Message(
            key=key, channel="web", account="portal", kind="form", occurred_at=at, received_at=at, text=text
        )
        raw = Raw(f"raw-{key}", "web", "portal", at, "application/json", text.encode("utf-8", "replace"))
        return raw, replace(message, **fields)

    return send
