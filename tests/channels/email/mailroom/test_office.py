"""What the process is composed of: the account's reader, and that it goes when the gateway goes."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from mail_stage import AT, mail

from gateway.channels.config import FilesConfig
from gateway.channels.email.config import EmailConfig, MailroomConfig
from gateway.channels.email.mailroom.desk import Envelope
from gateway.channels.email.mailroom.handing import Figures, Frames
from gateway.channels.email.mailroom.office import Account, AccountReader, Kept, work
from gateway.channels.email.tags import ReplyTags
from gateway.model.messages import Attachment
from tools.lab import free_port

KEY = "k" * 43
CONFIG = EmailConfig(account="hall", address="12345@hotline.example", reply_key="made:x", area_code="460100")
ACCOUNT = Account(CONFIG, KEY, ())


def test_a_mail_is_read_with_the_accounts_area_and_keys() -> None:
    tagged = ReplyTags(KEY).address(CONFIG.address, "460000-20261121-0000001")
    message, files = AccountReader(ACCOUNT).read(mail(1), AT, Envelope("wang@example.com", tagged))
    assert (message.title, message.person.email, files) == ("request 1", "wang@example.com", ())
    assert message.given["area_code"] == "460100"
    assert message.more["tag_ticket"] == "460000-20261121-0000001"


def test_files_are_put_onto_the_message() -> None:
    reader = AccountReader(ACCOUNT)
    message, _ = reader.read(mail(1), AT, None)
    file = Attachment("a", "a.pdf")
    assert reader.with_files(message, [file]).attachments == (file,)


def test_what_is_not_read_still_has_its_key() -> None:
    reader = AccountReader(ACCOUNT)
    message, _ = reader.read(mail(1), AT, None)
    unreadable = reader.unreadable(mail(1), AT, "a defect")
    assert (unreadable.kind, unreadable.account) == ("unreadable", "hall")
    assert unreadable.key == message.key  # given again after a mend it is known


async def test_the_work_tells_that_it_lives_and_ends_with_the_gateway(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=theirs)
    gateway, told = await asyncio.open_unix_connection(sock=ours)
    config = MailroomConfig(listen=f"tcp:127.0.0.1:{free_port()}")
    kept = Kept(tmp_path / "files", b"k" * 32, FilesConfig())
    working = asyncio.create_task(work(config, [ACCOUNT], kept, reader, writer))
    async with asyncio.timeout(60):
        (frame,) = Frames().feed(await gateway.read(65_536))
        assert isinstance(frame, Figures)
        told.close()
        await working
    writer.close()


async def test_a_part_that_dies_takes_the_process_along(tmp_path: Path) -> None:
    """A certificate that is none: the gateway sees the end, logs it and starts again."""
    (tmp_path / "cert.pem").write_text("no certificate")
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=theirs)
    config = MailroomConfig(listen="unix:/nowhere/x", certificate="a", certificate_key="b", commit_s=1)
    kept = Kept(tmp_path / "files", b"short", FilesConfig())
    with pytest.raises(ValueError, match="32 bytes"):
        await work(config, [ACCOUNT], kept, reader, writer)
    writer.close()
    ours.close()
