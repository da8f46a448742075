"""The shift lead's side as a node composes it, on a real ledger, with a switch that takes every order: its works begin
and end, its figures are told, and who sends the reports follows the configuration."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.asterisk.ami.errors import LinkDown
from gateway.asterisk.ami.link import Link
from gateway.channels.email.config import EmailConfig
from gateway.lead import LeadSide, mail_account
from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.seats.hall import Hall
from gateway.settings import Settings, load, load_secrets
from gateway.tail import FeedTail
from gateway.web.envelope import encoder

ROOT = Path(__file__).resolve().parents[1]


class Switch:
    async def carry_out(self, order: Any) -> None:
        del order


class Files:
    async def take_in(self, body: bytes, name: str, content_type: str) -> Any:
        raise AssertionError("no report is due")

    async def read(self, sha256: str) -> bytes:
        raise FileNotFoundError(sha256)


def no_link() -> Link:
    raise LinkDown("no Asterisk here")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(ROOT / "config", {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path)})


@pytest.fixture
async def ledger(settings: Settings) -> Any:
    secrets = load_secrets(settings.state_dir, settings, {})
    keys = LedgerKeys(secrets.data_key, secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as opened:
        yield opened


def side(settings: Settings, ledger: SqlLedger) -> LeadSide:
    hall = Hall(settings.halls, settings.queues, {})
    tail = FeedTail(ledger, encoder("test"))
    return LeadSide(
        settings, ledger, hall, Switch(), tail, lambda: None, orders=no_link, files=Files(), wake=lambda: None
    )  # fmt: skip


async def test_its_works_run_on_an_empty_ledger_until_they_are_cancelled(settings: Settings, ledger: SqlLedger) -> None:
    made = side(settings, ledger)
    await made.resume()
    works = made.works()
    names = [name for name, _ in works]
    assert len(set(names)) == len(names)
    assert {"queue-openings", "roster", "recordings", "alarms", "expected-waits", "reports"} <= set(names)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work, name=name) for name, work in works]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()


async def test_each_figure_has_a_name_of_its_own_and_can_be_read(settings: Settings, ledger: SqlLedger) -> None:
    figures = side(settings, ledger).figures()
    assert len({one.name for one in figures}) == len(figures)
    assert all(isinstance(float(one.read()), float) for one in figures)


async def test_reports_go_out_by_the_account_that_is_named_and_able(settings: Settings) -> None:
    def account(name: str, *, smtp: bool = True) -> EmailConfig:
        parts: dict[str, Any] = {"account": name, "enabled": True, "smtp": {"host": "127.0.0.1"} if smtp else None}
        return EmailConfig.model_construct(**parts)

    def with_accounts(named: str, *accounts: EmailConfig) -> Settings:
        channels = settings.channels.model_copy(update={"email": list(accounts)})
        reports = settings.reports.model_copy(update={"account": named})
        return replace(settings, channels=channels, reports=reports)

    one, other, deaf = account("one"), account("other"), account("deaf", smtp=False)
    assert mail_account(with_accounts("", deaf, one, other)) == "one"
    assert mail_account(with_accounts("other", one, other)) == "other"
    assert mail_account(with_accounts("deaf", one, deaf)) == ""
    assert mail_account(with_accounts("")) == ""
