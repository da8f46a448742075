"""The written side, composed as a node composes it, on a real ledger and without doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.channels.email.config import EmailConfig
from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import new_id
from gateway.model.messages import Message, Person, Raw
from gateway.settings import Settings, load, load_secrets
from gateway.web.envelope import encoder
from gateway.writing import Writing, _working_days
from tools.lab.site import CONFIG

ZONE = ZoneInfo("Asia/Shanghai")
WORKERS = {"dispatcher", "fetcher", "webhooks", "feed-tail"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path / "var")})


@pytest.fixture
async def ledger(settings: Settings) -> AsyncIterator[SqlLedger]:
    secrets = load_secrets(settings.state_dir, settings, {})
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys) as opened:
        yield opened


def composed(settings: Settings, ledger: SqlLedger, environ: dict[str, str] | None = None) -> Writing:
    secrets = load_secrets(settings.state_dir, settings, environ or {})
    return Writing(settings, secrets, ledger, encoder(settings.web.source))


@pytest.fixture
async def writing(settings: Settings, ledger: SqlLedger) -> AsyncIterator[Writing]:
    async with AsyncExitStack() as stack:
        made = composed(settings, ledger)
        await made.open(stack)
        yield made


def a_message(text: str) -> tuple[Raw, Message]:
    at = datetime(2026, 11, 20, 9, tzinfo=ZONE).timestamp()
    raw = Raw(new_id(), "web", "page", at, "text/plain", text.encode(), {})
    person = Person(contact_number="13812345678")
    return raw, Message(f"web:{raw.id}", "web", "page", "form", at, at, person=person, text=text)


async def test_what_the_shipped_configuration_switches_on_is_opened_and_gets_its_workers(writing: Writing) -> None:
    assert {(one.name, one.account) for one in writing.opened.channels} == {("open311", "open311"), ("partner", "110")}
    works = writing.works()
    try:
        assert {name for name, _ in works} >= WORKERS | {"open311-open311", "partner-110"}
        assert len({name for name, _ in works}) == len(works)
    finally:
        for _, work in works:
            work.close()


async def test_a_message_becomes_a_ticket_of_the_halls_area_and_can_be_answered(
    writing: Writing,
) -> None:
    taken = await writing.intake.take(*a_message("海甸五西路的路灯不亮了三天，请维修"))
    assert taken.outcome == "opened" and taken.ticket is not None
    assert taken.ticket.ticket_no.startswith("460000-20261120-")
    written, _ = await writing.tickets.reply(taken.ticket.ticket_no, "已派人维修。", "8001")
    assert [one.id for one in await writing._ledger.replies(taken.ticket.ticket_no)] == [written.id]


async def test_files_are_kept_sealed_below_the_state_directory(writing: Writing, settings: Settings) -> None:
    kept = await writing.files.take_in(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj\n%%EOF\n", "a.pdf", "")
    assert kept.state == "kept", kept.note
    (file,) = [path for path in (settings.state_dir / "files").rglob("*") if path.is_file()]
    assert file.name == kept.sha256 and b"%PDF" not in file.read_bytes()
    assert await writing.files.read(kept.sha256) == b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj\n%%EOF\n"


async def test_the_workers_live_in_a_task_group_and_drain_ends_when_nothing_is_under_way(writing: Writing) -> None:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(work) for name, work in writing.works()}
        await asyncio.sleep(0)
        await writing.drain()
        assert not any(tasks[name].done() for name in WORKERS - {"dispatcher", "fetcher"})
        for task in tasks.values():
            task.cancel()


async def test_a_secret_that_cannot_be_used_is_an_os_error_that_names_the_account(
    settings: Settings, ledger: SqlLedger
) -> None:
    wechat = settings.channels.wechat[0].model_copy(update={"enabled": True, "aes_key": "env:KEY"})
    spoiled = replace(settings, channels=settings.channels.model_copy(update={"wechat": (wechat,)}))
    environ = {"KEY": "short", "WECHAT_HAINAN_SECRET": "s"}
    async with AsyncExitStack() as stack:
        with pytest.raises(OSError, match=r'channels\.toml: the wechat account "hainan": .*EncodingAESKey'):
            await composed(spoiled, ledger, environ).open(stack)


async def test_a_reload_takes_new_words_at_once_and_tells_what_waits_for_a_restart(
    writing: Writing, settings: Settings
) -> None:
    assert await writing.adopt(settings) == []
    said = {**settings.replies.templates, "thanks": "多谢您。"}
    replies = settings.replies.model_copy(update={"templates": said})
    assert await writing.adopt(replace(settings, replies=replies)) == []
    assert writing.words.say("thanks") == "多谢您。"
    channels = settings.channels.model_copy(update={"open311": settings.channels.open311.model_copy()})
    assert await writing.adopt(replace(settings, channels=channels)) == [], "the same in another copy"

    off = settings.channels.open311.model_copy(update={"enabled": False})
    changed = replace(settings, channels=settings.channels.model_copy(update={"open311": off}))
    assert await writing.adopt(changed) == ["channels.toml"]


async def test_a_partners_new_address_waits_for_a_restart(writing: Writing, settings: Settings) -> None:
    def with_police(**changes: object) -> Settings:
        return replace(
            settings,
            partners=tuple(one.model_copy(update=changes) if one.number == "110" else one for one in settings.partners),
        )

    police = next(one for one in settings.partners if one.number == "110")
    push = police.push.model_copy(update={"url": "https://110.example/cases"})
    assert await writing.adopt(with_police(push=push)) == ["partners.toml (push)"]
    assert writing._push_limit("110") == 60.0 and writing._partner_name("110") == police.name
    assert writing._push_limit("119") is None and writing._partner_name("nobody") is None


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-20T17:30", 1, "2026-11-23T17:30"),  # a Friday
        ("2026-11-20T17:30", 5, "2026-11-27T17:30"),
        ("2026-11-18T00:05", 0, "2026-11-18T00:05"),
        ("2026-09-30T10:00", 1, "2026-10-08T10:00"),  # National Day
    ],
)
def test_working_days_keep_the_time_of_day_and_pass_over_weekends_and_holidays(
    settings: Settings, start: str, days: int, end: str
) -> None:
    add = _working_days(settings)
    at, wanted = (datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() for text in (start, end))
    assert add(at, days) == wanted


async def test_a_mail_account_is_in_the_figures_and_its_mails_can_be_shown(
    settings: Settings, ledger: SqlLedger
) -> None:
    account = EmailConfig(account="hainan", address="12345@hainan.example", reply_key="made:reply", receipt=False)
    channels = settings.channels.model_copy(update={"email": (account,)})
    async with AsyncExitStack() as stack:
        made = composed(replace(settings, channels=channels), ledger)
        await made.open(stack)
        figures = {one.name: one.read() for one in made.figures()}
        assert {"email_sent", "email_answers", "mailroom_up"} <= figures.keys()
        assert len(figures) == len(made.figures())
        shown = await made.mail_html.of(b"Content-Type: text/html\n\n<p>light<script>x</script></p>")
        assert shown == "<p>light</p>"


async def test_every_figure_is_a_number_before_anything_has_happened(writing: Writing) -> None:
    figures = writing.figures()
    assert len({one.name for one in figures}) == len(figures) >= 10
    assert all(float(one.read()) >= 0 for one in figures)
