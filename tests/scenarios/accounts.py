"""Accounts of mail and SMS for stories: what channels.toml says of them, the real servers around them, and citizens who
write mails and read their mailbox.
"""

from __future__ import annotations

import asyncio
import base64
import imaplib
import re
import smtplib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image

from tests.fakes.ismg import Ismg, Speaks
from tests.mailservers import PASSWORD, USER, Dovecot, Postfix, dovecot, postfix

HOTLINE, HOME = "12345@hotline.example", "qq.example"
AREA = "460106"
SMS_NUMBER, SMS_SIGNATURE = "1065812345", "海南12345"
SMS_ACCOUNT, SMS_SECRET = "901234", "fake-cmpp-secret"
QUICK = {"GATEWAY__DELIVERY__SEND_LIMIT_S": "2", "GATEWAY__DELIVERY__LEASE_S": "12", "GATEWAY__DELIVERY__FIRST_S": "1"}
"""What was being sent when we were killed is sent again after its lease, what failed after a second."""

_numbers = count(1)


# Configuration --------------------------------------------------------------------------------------------------------


def table(values: Mapping[str, Any]) -> str:
    """Lines of TOML."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def mail_account(listen: int, smtp: int, box: Dovecot | None = None, **more: Any) -> tuple[str, dict[str, str]]:
    """channels.toml with the hotline's mail: LMTP on ``listen``, a server for our mails on ``smtp``, a mailbox; and the
    variables with its secrets."""
    local = {"host": "127.0.0.1", "tls": "none"}
    account = {"account": "hainan", "address": HOTLINE, "name": "海南12345热线", "area_code": AREA,
               "reply_key": "made:email-hainan-reply", "per_minute": 10_000, **more}  # fmt: skip
    text = f'[mailroom]\nlisten = "tcp:127.0.0.1:{listen}"\n\n[[email]]\n{table(account)}'
    if box is not None:
        imap = {**local, "port": box.port, "user": USER, "password": "env:STORY_IMAP", "poll_s": 3600, "call_s": 10}
        text += f"\n[[email.imap]]\n{table(imap)}"
    text += f"\n[email.smtp]\n{table({**local, 'port': smtp})}\n"
    return text, {"STORY_IMAP": PASSWORD}


def cmpp_account(ismg: Ismg, version: Speaks = "3.0", **more: Any) -> tuple[str, dict[str, str]]:
    """channels.toml with an account at the fake carrier, and the variable with its secret."""
    account = {"kind": "cmpp", "account": "hainan", "number": SMS_NUMBER, "signature": SMS_SIGNATURE,
               "version": version, "host": "127.0.0.1", "port": ismg.port, "source_addr": SMS_ACCOUNT,
               "secret": "env:FAKE_CMPP_SECRET", "reconnect_first_s": 0.1, "reconnect_most_s": 0.5, **more}  # fmt: skip
    return f"[[sms]]\n{table(account)}\n", {"FAKE_CMPP_SECRET": SMS_SECRET}


def wakeful(config: Path, fallback_sms: str = "") -> Path:
    """The configuration without quiet hours for SMS, whenever the story is told; ``fallback_sms`` answers the web."""
    file = config / "replies.toml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace('[[quiet]]\nchannel = "sms"\nhours = "22:00-07:30"\n', "")
    assert changed != text
    done = changed.replace('fallback_sms = ""', f'fallback_sms = "{fallback_sms}"')
    assert done != changed or not fallback_sms
    file.write_text(done, encoding="utf-8")
    return config


# Servers --------------------------------------------------------------------------------------------------------------


class Town:
    """One real Postfix for all: the hotline's mail goes to the gateway by LMTP, citizens' mail (``@qq.example``) into a
    mailbox on a real Dovecot. An address in ``nobody`` has no mailbox: Postfix takes the mail and returns it."""

    def __init__(self, server: Postfix, home: Dovecot) -> None:
        self.postfix, self.home = server, home

    async def send(self, mail: bytes, sender: str, to: str = HOTLINE) -> None:
        """A citizen's mail; it is Postfix's when this returns."""
        await asyncio.to_thread(lambda: self.postfix.send(mail, to, sender=sender))

    async def drained(self, limit_s: float = 60) -> None:
        """Until Postfix has got rid of all. What it has given to the gateway by then is committed."""
        async with asyncio.timeout(limit_s):
            while self.postfix.waiting():
                await asyncio.sleep(0.1)

    def given(self) -> list[str]:
        """Message-IDs of the mails that the gateway has answered 250 for, one entry each time."""
        log = self.postfix.log.read_text(errors="replace")
        ids = dict(re.findall(r"cleanup\[\d+\]: (\w+): message-id=<([^>]*)>", log))
        return [ids[name] for name in re.findall(r"/lmtp\[\d+\]: (\w+): .* status=sent \(250 ", log)]

    async def mails(self, to: str = "") -> list[EmailMessage]:
        """What lies in the citizens' mailbox, oldest first; only those ``to`` an address when one is given."""
        found = [parsed(raw) for raw in await asyncio.to_thread(self._read)]
        return [one for one in found if not to or to in str(one["To"])]

    async def until(self, true: Callable[[list[EmailMessage]], Any], to: str = "") -> list[EmailMessage]:
        """The mailbox once it is so."""
        end = time.monotonic() + 60
        while not true(found := await self.mails(to)):
            log = self.postfix.log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < end, f"{len(found)} mails in the citizens' mailbox\n{log}"
            await asyncio.sleep(0.1)
        return found

    def _read(self) -> list[bytes]:
        """Over IMAP, as a citizen's program does."""
        with imaplib.IMAP4("127.0.0.1", self.home.port, timeout=30) as imap:
            imap.login("wang", PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            answers: list[Any] = [imap.fetch(n.decode(), "(BODY.PEEK[])")[1] for n in numbers]
        return [bytes(answer[0][1]) for answer in answers]


@contextmanager
def town(listen: int, nobody: str = "") -> Iterator[Town]:
    """The servers, running; ``listen`` is the gateway's LMTP port. All of ``@qq.example`` has the one mailbox, but for
    the address ``nobody``."""
    with dovecot() as home:
        has = f"regexp:{home.folder}/mailboxes" if nobody else "static:mail/"
        (home.folder / "mailboxes").write_text(f"!/^{re.escape(nobody)}$/ mail/\n")
        owner = home.maildir.stat()
        more = f"""
virtual_mailbox_domains = {HOME}
virtual_mailbox_base = {home.folder}
virtual_mailbox_maps = {has}
virtual_uid_maps = static:{owner.st_uid}
virtual_gid_maps = static:{owner.st_gid}
virtual_mailbox_limit = 0
smtpd_reject_unlisted_recipient = no
"""
        with postfix(f"inet:127.0.0.1:{listen}", more) as server:
            yield Town(server, home)


def by_lmtp(port: int, mail: bytes, sender: str, to: str = HOTLINE) -> None:
    """Give the gateway a mail directly, with no server between that would repair it. Returns after its commit."""
    with smtplib.LMTP("127.0.0.1", port, timeout=120) as lmtp:
        lmtp.sendmail(sender, [to], mail)


# Mails ----------------------------------------------------------------------------------------------------------------


def parsed(raw: bytes) -> EmailMessage:
    made = message_from_bytes(raw, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def words_in(mail: EmailMessage) -> str:
    """Its text with LF."""
    return str(mail.get_content()).replace("\r\n", "\n")


def word(text: str, charset: str = "gb18030") -> str:
    """An encoded word as QQ mail writes it."""
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def qq_mail(
    subject: str, text: str, sender: str, *, name: str = "王芳", to: str = HOTLINE, photo: bytes = b"", **headers: str
) -> bytes:
    """A mail as QQ mail's web page writes it: GB18030, text and HTML in base64, the photo's name in an encoded word.
    Further headers with _ for -."""
    inner = "\r\n".join((
        "------=_NextPart_IN", 'Content-Type: text/plain; charset="gb18030"', *_base64(text.encode("gb18030")),
        "------=_NextPart_IN", 'Content-Type: text/html; charset="gb18030"', *_base64(_html(text).encode("gb18030")),
        "------=_NextPart_IN--", "",
    ))  # fmt: skip
    alternative = 'Content-Type: multipart/alternative;\r\n\tboundary="----=_NextPart_IN"'
    body, kind = inner, alternative
    if photo:
        kind = 'Content-Type: multipart/mixed;\r\n\tboundary="----=_NextPart_OUT"'
        file = (f'Content-Type: application/octet-stream;\r\n\tname="{word("路灯.jpg")}"',
                f'Content-Disposition: attachment; filename="{word("路灯.jpg")}"', *_base64(photo))  # fmt: skip
        body = "\r\n".join((
            "This is a multi-part message in MIME format.", "", "------=_NextPart_OUT", alternative, "", inner,
            "------=_NextPart_OUT", *file, "------=_NextPart_OUT--", "",
        ))  # fmt: skip
    head = {
        "X-QQ-mid": "webmail514t1763700000t", "From": f'"{word(name)}" <{sender}>', "To": f'"{word("热线")}" <{to}>',
        "Subject": word(subject), "Date": formatdate(), "X-Priority": "3", "Mime-Version": "1.0",
        "Message-ID": f"<tencent_{next(_numbers):08d}@qq.com>", "X-Mailer": "QQMail 2.x",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    lines = "\r\n".join(f"{name}: {value}" for name, value in head.items())
    return f"{lines}\r\n{kind}\r\nContent-Transfer-Encoding: 8Bit\r\n\r\n{body}".encode("ascii")


def _base64(octets: bytes) -> tuple[str, ...]:
    return "Content-Transfer-Encoding: base64", "", base64.encodebytes(octets).decode().replace("\n", "\r\n")


def _html(text: str) -> str:
    return "".join(f"<div>{line or '<br>'}</div>" for line in text.split("\n"))


def answer_to(ours: EmailMessage, text: str, sender: str, **headers: str) -> bytes:
    """A mail of ours answered in QQ mail: to the address that it names, with the whole of it quoted below."""
    told = words_in(ours)
    quoted = (
        f"{text}\n\n\n------------------&nbsp;原始邮件&nbsp;------------------\n"
        f"发件人: \"海南12345热线\" <{HOTLINE}>;\n"
        f"发送时间:&nbsp;2026年11月22日(星期日) 中午12:01\n收件人:&nbsp;\"王芳\"<{sender}>;\n"
        f"主题:&nbsp;{ours['Subject']}\n\n\n{told}"
    )  # fmt: skip
    id = str(ours["Message-ID"])
    named = {"In_Reply_To": id, "References": f"{ours['References']} {id}", **headers}
    return qq_mail(f"回复：{ours['Subject']}", quoted, sender, to=answered_at(ours), photo=b"", name="王芳", **named)


def answered_at(ours: EmailMessage) -> str:
    """The address that a mail of ours wants its answers at."""
    (address,) = ours["Reply-To"].addresses
    assert address.username.startswith("12345+") and address.domain == HOTLINE.partition("@")[2]
    return str(address.addr_spec)


def photo(size: tuple[int, int] = (800, 600)) -> bytes:
    """A picture as a phone makes it, with the maker's name in it."""
    exif = Image.Exif()
    exif[271] = "CameraOfTheCitizen"
    kept = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(kept, "JPEG", exif=exif)
    return kept.getvalue()
