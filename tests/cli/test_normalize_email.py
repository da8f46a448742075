"""``gateway normalize email``, and what ``gateway replay`` reads of kept mails."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.channels.accounts import ChannelsConfig
from gateway.channels.email.config import EmailConfig
from gateway.channels.email.normalise import unreadable
from gateway.channels.email.tags import ReplyTags
from gateway.channels.files import FileStore
from gateway.cli.normalize_email import MailRereader
from gateway.cli.rereading import NotRead, Rereader
from gateway.cli.rules import rules_of
from gateway.ledger import LedgerKeys, open_ledger
from gateway.model.messages import KeptMessage, Raw
from gateway.settings import Secrets, Settings, load, load_secrets
from gateway.tickets.intake import Intake
from tests.channels.email.make_clients import FOLDER
from tests.channels.pictures_made import photo
from tests.plugins.typed import Said, Typed
from tools.lab.site import CONFIG

NOW = 1_795_233_600.0
KEY = "a reply key of the tests"
NO = "460000-20261118-0000123"
TAGGED = ReplyTags(KEY).address("12345@example.gov.cn", NO)
HEAD = (
    "From: =?utf-8?B?546L5bCP5piO?= <wang@example.com>\r\nTo: {to}\r\nSubject: =?gb2312?B?wre1xrK7wcE=?=\r\n"
    "Message-ID: <m1@example.com>\r\nDate: Sat, 21 Nov 2009 09:30:00 +0800\r\nMIME-Version: 1.0\r\n"
)
PLAIN = "路灯坏了".encode("gb18030")
FILE = b"%PDF-1.4 plan"


def mail(to: str = "12345@example.gov.cn", head: str = "", file: bytes = FILE, name: str = "plan.pdf") -> bytes:
    top = HEAD.format(to=to) + head + 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    text = b"--b\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + PLAIN
    part = f'\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"\r\n'
    return top.encode() + text + part.encode() + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + file + b"\r\n--b--\r\n"


def ticket(said: Said) -> dict[str, Any]:
    assert (said.status, said.err) == (0, "")
    (line,) = said.out.splitlines()
    return dict(json.loads(line))


def written(folder: Path, body: bytes) -> Path:
    file = folder / "one.eml"
    file.write_bytes(body)
    return file


def test_a_mail_is_the_ticket_that_it_would_open(typed: Typed, tmp_path: Path) -> None:
    line = ticket(typed("normalize", "email", written(tmp_path, mail())))
    assert (line["content"], line["full_text"], line["external_id"]) == ("路灯坏了", "路灯坏了", "m1@example.com")
    assert (line["from"]["name"], line["from"]["address"]) == ("王小明", "wang@example.com")
    assert (line["occurred_at"], line["flags"]) == ("2009-11-21T01:30:00.000Z", [])
    (file,) = line["attachments"]
    assert (file["name"], file["mime"], file["size"]) == ("plan.pdf", "application/pdf", len(FILE))
    assert file["sha256"] == hashlib.sha256(FILE).hexdigest()
    assert not typed.state_dir.exists()


def test_each_file_is_a_line_without_a_configuration(typed: Typed) -> None:
    said = typed("normalize", "email", *sorted(FOLDER.glob("qq-*.eml")), "--config", "/nowhere", config=None)
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert said.status == 0 and len(lines) == 5
    assert [line["content"] for line in lines] == [
        one.read_text(encoding="utf-8").strip() for one in sorted(FOLDER.glob("qq-*.txt"))
    ]
    assert all("原始邮件" in line["full_text"] or "Original" in line["full_text"] for line in lines)


def test_the_envelope_may_be_given(typed: Typed, tmp_path: Path) -> None:
    file = written(tmp_path, mail())
    assert ticket(typed("normalize", "email", file, "--envelope-from", "<>"))["flags"] == ["bulk"]
    assert ticket(typed("normalize", "email", file, "--envelope-from", "wang@example.com"))["flags"] == []
    away = ticket(typed("normalize", "email", written(tmp_path, mail(head="Auto-Submitted: auto-replied\r\n"))))
    assert (away["opens_ticket"], away["more"]["verdict"]) == (False, "auto_reply")


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"\n\n\n", bytes(range(256)) * 4])
def test_any_bytes_are_a_ticket(typed: Typed, tmp_path: Path, body: bytes) -> None:
    assert ticket(typed("normalize", "email", written(tmp_path, body)))["opens_ticket"]


def test_an_account_that_is_not_configured_is_told(typed: Typed, tmp_path: Path) -> None:
    said = typed("normalize", "email", written(tmp_path, mail()), "--account", "nobody")
    assert said.status == 1 and "no [[email]] account nobody" in said.err


def test_an_account_that_is_switched_off_serves_when_its_key_can_be_had(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    channels = config / "channels.toml"
    text = channels.read_text(encoding="utf-8")
    channels.write_text(text.replace("made:email-hainan-reply", "env:REPLY_KEY_OF_HAINAN"), encoding="utf-8")
    monkeypatch.delenv("REPLY_KEY_OF_HAINAN", raising=False)
    asked = ("normalize", "email", written(tmp_path, mail(to=TAGGED)), "--account", "hainan", "--envelope-to", TAGGED)
    said = typed(*asked, config=config)
    assert (said.status, said.out) == (1, "") and "the environment variable REPLY_KEY_OF_HAINAN is not set" in said.err
    monkeypatch.setenv("REPLY_KEY_OF_HAINAN", KEY)
    line = ticket(typed(*asked, config=config))
    assert (line["account"], line["more"]["tag_ticket"]) == ("hainan", NO)


# -- replay ------------------------------------------------------------------------------------------------------------


def settings(typed: Typed) -> tuple[Settings, Secrets]:
    config = EmailConfig(account="hall", address="12345@example.gov.cn", reply_key="env:K", area_code="460100")
    shipped = load(CONFIG, typed.environ)
    whole = replace(shipped, channels=ChannelsConfig(email=(config,)))
    real = load_secrets(shipped.state_dir, shipped)
    return whole, cast("Secrets", SimpleNamespace(of={"env:K": KEY}.__getitem__, files_key=real.files_key))


def original(body: bytes, account: str = "hall", **more: Any) -> Raw:
    return Raw("r1", "email", account, NOW, "message/rfc822", body, {"via": "lmtp", "envelope_to": TAGGED}, **more)


def test_a_kept_mail_is_read_with_its_accounts_key_and_area(typed: Typed) -> None:
    message = Rereader(*settings(typed)).read(original(mail()))
    assert (message.text, message.more["tag_ticket"], message.given) == ("路灯坏了", NO, {"area_code": "460100"})
    assert "time_unclear" in message.flags and message.received_at == NOW


def test_one_whose_account_is_gone_is_read_without_its_tags(typed: Typed) -> None:
    message = Rereader(*settings(typed)).read(original(mail(), account="gone"))
    assert (message.text, message.more["tag_ticket"], message.account) == ("路灯坏了", "", "gone")


def test_a_key_that_does_not_serve_is_told(typed: Typed) -> None:
    whole, _ = settings(typed)
    with pytest.raises(NotRead, match="16"):
        Rereader(whole, cast("Secrets", SimpleNamespace(of=lambda _: "short"))).read(original(mail()))


async def test_a_large_original_comes_from_the_file_store(typed: Typed) -> None:
    whole, secrets = settings(typed)
    rereader = MailRereader(whole, secrets)
    store = FileStore(whole.state_dir / "files", secrets.files_key)
    named = await store.keep(mail())
    assert (await rereader.whole(original(b"", file=named))).body == mail()
    with pytest.raises(FileNotFoundError):
        await rereader.whole(original(b"", file="0" * 64))


async def test_files_are_kept_when_no_earlier_reading_had_kept_any(typed: Typed) -> None:
    whole, secrets = settings(typed)
    rereader = MailRereader(whole, secrets)
    raw = original(mail(file=photo(), name="灯.jpg"))
    message = rereader.read(raw)
    full = await rereader.with_files(raw, message, [])
    (one,) = full.attachments
    assert (one.state, one.mime, one.name) == ("kept", "image/jpeg", "灯.jpg")
    again = await rereader.with_files(raw, message, [KeptMessage("m", "r1", "", full)])
    assert again.attachments == full.attachments


async def test_files_that_are_kept_late_are_chosen_as_those_of_a_mail_that_comes_in(typed: Typed) -> None:
    whole, secrets = settings(typed)
    few = whole.files.model_copy(update={"max_count": 5, "max_total": len(photo()) + 10})
    rereader = MailRereader(replace(whole, files=few), secrets)
    body = mail(file=photo(), name="灯.jpg").replace(b"--b--", b"--b\r\nContent-Type: image/jpeg\r\n"
        b'Content-Disposition: attachment; filename="2.jpg"\r\n\r\n' + photo() + b"\r\n--b--")  # fmt: skip
    raw = original(body)
    kept = (await rereader.with_files(raw, rereader.read(raw), [])).attachments
    assert [(one.name, one.state, one.note.partition(":")[0]) for one in kept] == [
        ("灯.jpg", "kept", ""),
        ("2.jpg", "refused", "too_large"),
    ]


def off(whole: Settings, reply_key: str) -> Settings:
    (config,) = whole.channels.email
    changed = config.model_copy(update={"enabled": False, "reply_key": reply_key})
    return replace(whole, channels=ChannelsConfig(email=(changed,)))


def test_a_mail_of_an_account_that_is_off_has_its_tags_when_the_key_can_be_had(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, secrets = settings(typed)
    monkeypatch.delenv("KEY_OF_AN_ACCOUNT_THAT_IS_OFF", raising=False)
    rereader = MailRereader(off(whole, "env:KEY_OF_AN_ACCOUNT_THAT_IS_OFF"), secrets)
    without = rereader.read(original(mail()))
    assert (without.text, without.more["tag_ticket"], without.given) == ("路灯坏了", "", {"area_code": "460100"})
    monkeypatch.setenv("KEY_OF_AN_ACCOUNT_THAT_IS_OFF", KEY)
    assert rereader.read(original(mail())).more["tag_ticket"] == NO


async def test_a_mail_that_could_not_be_read_is_mended_with_its_files(typed: Typed) -> None:
    shipped = load(CONFIG, typed.environ)
    secrets = load_secrets(shipped.state_dir, shipped)
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    body = mail(file=photo(), name="灯.jpg")
    store = FileStore(shipped.state_dir / "files", secrets.files_key)
    raw = replace(original(b"", account="gone"), file=await store.keep(body))
    async with open_ledger(shipped.ledger, shipped.state_dir, keys, shipped.zone) as ledger:
        lost = unreadable(body, "gone", NOW, "why")
        taken = await Intake(ledger, rules_of(None), lambda: NOW).take(raw, lost)
        assert taken.ticket is not None
        said = await asyncio.to_thread(typed, "replay", "r1")
        gone = await asyncio.to_thread(typed, "replay", "r9")
        after = await ledger.ticket(taken.ticket.ticket_no)
        kept = [one.message for one in await ledger.messages(raw_id="r1")]
    assert (said.status, said.out.split("\t")[1], gone.status) == (0, "mended", 1)
    assert after is not None and (after.content, after.title) == ("路灯坏了", "路灯不亮")
    assert [[file.state for file in one.attachments] for one in kept] == [[], ["kept"]]
