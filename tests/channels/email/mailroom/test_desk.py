"""From bytes to the gateway: files and originals are kept, our faults lose no mail, those of the disk put it off."""

from __future__ import annotations

import pytest
from mail_stage import Stage, mail

from gateway.channels.email.mail import MailFile
from gateway.channels.email.mailroom.desk import Envelope
from gateway.channels.email.mailroom.handing import LARGEST_BODY
from gateway.channels.email.mailroom.link import MailBroken
from gateway.channels.email.port import Handed

FROM_LMTP = Envelope("wang@example.com", "12345@hotline.example")


def only(stage: Stage) -> Handed:
    (handed,) = stage.memory.taken.values()
    return handed


async def test_a_mail_is_handed_over_with_its_original_and_who_delivered_it(stage: Stage) -> None:
    assert await stage.desk.take("hall", mail(1), FROM_LMTP, "lmtp") == "taken"
    raw = only(stage).raw
    assert (raw.body, raw.file) == (mail(1), "")
    assert raw.meta == {"via": "lmtp", "envelope_from": "wang@example.com", "envelope_to": "12345@hotline.example"}
    assert (stage.counters.received, stage.counters.handed) == (1, 1)


async def test_a_mail_from_a_mailbox_has_no_envelope_and_its_cursor_goes_along(stage: Stage) -> None:
    await stage.desk.take("hall", mail(1), None, "imap", ("box", {"uid": 7}))
    assert only(stage).raw.meta == {"via": "imap"}
    assert stage.memory.cursors == {"box": {"uid": 7}}


async def test_the_original_of_a_large_mail_lies_in_the_file_store(stage: Stage) -> None:
    large = mail(1, size=LARGEST_BODY + 1)
    await stage.desk.take("hall", large, FROM_LMTP, "lmtp")
    raw = only(stage).raw
    assert raw.body == b""
    assert stage.files.kept[raw.file] == large


async def test_files_are_kept_within_the_limits_and_pictures_of_the_text_give_way(stage: Stage) -> None:
    stage.readers["hall"].files = (
        MailFile("logo.png", "image/png", b"l" * 10, inline=True),
        MailFile("a.pdf", "application/pdf", b"a" * 10),
        MailFile("huge.pdf", "application/pdf", b"h" * 2000),
        MailFile("b.pdf", "application/pdf", b"b" * 10),
        MailFile("c.pdf", "application/pdf", b"c" * 10),
    )
    await stage.desk.take("hall", mail(1), FROM_LMTP, "lmtp")
    told = [(one.name, one.state, one.note.partition(":")[0]) for one in only(stage).message.attachments]
    assert told == [
        ("logo.png", "refused", "too_many"),
        ("a.pdf", "kept", ""),
        ("huge.pdf", "refused", "too_large"),
        ("b.pdf", "kept", ""),
        ("c.pdf", "kept", ""),
    ]


async def test_a_mail_at_which_reading_fails_is_taken_as_unreadable(stage: Stage) -> None:
    stage.readers["hall"].fails = RecursionError("deep")
    assert await stage.desk.take("hall", mail(1), FROM_LMTP, "lmtp") == "unreadable"
    handed = only(stage)
    assert (handed.message.kind, handed.raw.body) == ("unreadable", mail(1))
    assert "RecursionError" in handed.message.more["why"]
    assert (stage.counters.handed, stage.counters.unreadable) == (1, 1)


async def test_a_mail_at_which_the_gateway_breaks_is_given_again_as_unreadable(stage: Stage) -> None:
    stage.memory.script = lambda handed: None if handed.message.kind == "unreadable" else MailBroken("KeyError")
    assert await stage.desk.take("hall", mail(1), FROM_LMTP, "lmtp", ("box", {"uid": 1})) == "unreadable"
    assert stage.memory.cursors == {"box": {"uid": 1}}


async def test_a_mail_at_which_the_gateway_breaks_whatever_is_said_of_it_is_told(stage: Stage) -> None:
    stage.memory.script = lambda _: MailBroken("KeyError")
    with pytest.raises(MailBroken):
        await stage.desk.take("hall", mail(1), FROM_LMTP, "lmtp")
    assert stage.counters.handed == 0


async def test_a_full_disk_or_an_absent_ledger_puts_a_mail_off(stage: Stage) -> None:
    stage.memory.script = lambda _: OSError("database is locked")
    with pytest.raises(OSError, match="locked"):
        await stage.desk.take("hall", mail(1), FROM_LMTP, "lmtp")
    stage.memory.script = lambda _: None
    stage.files.fails = OSError("No space left on device")
    with pytest.raises(OSError, match="No space"):
        await stage.desk.take("hall", mail(2, size=LARGEST_BODY + 1), FROM_LMTP, "lmtp")
    assert (stage.memory.taken, stage.counters.deferred) == ({}, 2)


async def test_a_note_marks_what_is_not_the_whole_mail(stage: Stage) -> None:
    await stage.desk.take("hall", mail(1), None, "imap", None, "too_large 邮件过大 / too large")
    message = only(stage).message
    assert message.flags == ("too_large",)
    assert message.text.endswith("\n\n邮件过大 / too large")
