"""Programs: delivery reports, bounces in words, read receipts, invitations, signatures, encryption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.channels.email.cases.made import Case, lines64, mail, multi, part, plain, text_part, top, word

SAID = "白沙门公园垃圾清运不及时。"
DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example.cn>"
MAILER = ("MAILER-DAEMON@mx.example.cn", "Mail Delivery System")
OURS = "reply-1@12345.example.cn"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from reports()
    yield from bounces()
    yield from invitations()
    yield from sealed()


def _report(
    action: str = "failed", recipient: str = "li@example.cn", status: str = "5.1.1", diagnostic: str = "", **more: Any
) -> dict[str, Any]:
    return {"report": {"action": action, "recipient": recipient, "status": status, "diagnostic": diagnostic,
                       "original_id": OURS, "envelope_id": "", **more}}  # fmt: skip


STATUS = (
    "Reporting-MTA: dns; mx.example.cn\r\nOriginal-Envelope-Id: env-7\r\n\r\nFinal-Recipient: rfc822; li@example.cn\r\n"
    "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n <li@example.cn> no such user\r\n"
)
ORIGINAL = f"From: 12345@hotline.example.cn\r\nSubject: {word('答复')}\r\nMessage-ID: <{OURS}>\r\n\r\n{SAID}".encode()
HEADERS = ORIGINAL.partition(b"\r\n\r\n")[0] + b"\r\n"
SAYS = "-----转发的邮件-----\n发件人: 12345@hotline.example.cn\n主题: 答复"


def _dsn(status: str, original: bytes) -> bytes:
    entity = multi(text_part("The mail did not arrive."), part("message/delivery-status", status), original,
                   kind="report", params="; report-type=delivery-status")  # fmt: skip
    return top(entity, sender=DAEMON)


def reports() -> Iterator[Case]:
    """RFC 3464."""
    headers = part("text/rfc822-headers", HEADERS)
    told = _report(diagnostic="smtp; 550 5.1.1 <li@example.cn> no such user", envelope_id="env-7")
    yield Case("dsn-failed", _dsn(STATUS, headers), "The mail did not arrive.", sender=MAILER, more=told)
    whole = part("message/rfc822", ORIGINAL)
    text = f"The mail did not arrive.\n\n{SAYS}\n\n{SAID}"
    yield Case("dsn-with-the-original", _dsn(STATUS, whole), text, sender=MAILER, flags=("charset_guessed",), more=told)
    late = "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822;li@example.cn\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
    yield Case(
        "dsn-delayed",
        _dsn(late, headers),
        "The mail did not arrive.",
        sender=MAILER,
        more=_report("delayed", status="4.4.1"),
    )
    fine = (
        "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; li@example.cn\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    )
    yield Case(
        "dsn-delivered",
        _dsn(fine, headers),
        "The mail did not arrive.",
        sender=MAILER,
        more=_report("delivered", status="2.0.0"),
    )
    two = f"{fine}\r\nFinal-Recipient: rfc822; wang@example.cn\r\nAction: failed\r\nStatus: 5.2.2\r\n"
    worse = _report(recipient="wang@example.cn", status="5.2.2")
    yield Case("dsn-of-two-the-worse", _dsn(two, headers), "The mail did not arrive.", sender=MAILER, more=worse)
    bare = "Final-Recipient: li@example.cn\r\nStatus: 5.0.0 (unknown)\r\n"
    yield Case(
        "dsn-without-action",
        _dsn(bare, headers),
        "The mail did not arrive.",
        sender=MAILER,
        more=_report(status="5.0.0"),
    )
    receipt = multi(
        text_part("已读"),
        part("message/disposition-notification", "Disposition: manual-action; displayed"),
        kind="report",
    )
    yield Case("read-receipt", top(receipt), "已读", flags=("read_receipt",), more={"report": None})


def bounces() -> Iterator[Case]:
    """In words."""

    def words(name: str, subject: str, text: str, sender: str, who: tuple[str, str], **more: Any) -> Case:
        raw = mail(text, *plain(), subject=f"Subject: {word(subject)}", sender=sender)
        return Case(f"bounce-{name}", raw, text.replace("\r\n", "\n").strip("\n"), subject, who, more=more)

    qmail = (
        "Hi. This is the qmail-send program at mx.example.cn.\r\n"
        "I'm afraid I wasn't able to deliver your message.\r\n\r\n"
        "<li@example.cn>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        "--- Below this line is a copy of the message.\r\n\r\n"
        f"Return-Path: <12345@hotline.example.cn>\r\nMessage-ID: <{OURS}>\r\nSubject: x\r\n"
    )
    line = "Sorry, no mailbox here by that name. (#5.1.1)"
    yield words("qmail", "failure notice", qmail, DAEMON, MAILER, **_report(diagnostic=line))
    qq = (
        "抱歉，您的邮件被退回来了……\r\n\r\n原邮件信息：\r\n收件人：li@example.cn\r\n\r\n退信原因：收件人邮件地址不存在\r\n"
        f"host mx.example.cn said: 550 Mailbox not found\r\n\r\nMessage-ID: <{OURS}>\r\n"
    )
    post = ("PostMaster@qq.example", "")
    told = _report(status="", diagnostic="host mx.example.cn said: 550 Mailbox not found")
    yield words("qq", "系统退信/Systems bounce", qq, "From: PostMaster@qq.example", post, **told)
    full = f"您的邮件 <li@example.cn> 投递失败：552 5.2.2 mailbox full\r\n\r\nMessage-Id: <{OURS}>\r\n"
    told = _report(status="5.2.2", diagnostic="您的邮件 <li@example.cn> 投递失败：552 5.2.2 mailbox full")
    yield words("163", "系统退信", full, "From: Postmaster@163.example", ("Postmaster@163.example", ""), **told)
    wait = f"will retry: <li@example.cn> 451 4.7.1 greylisted\r\n\r\nMessage-ID: <{OURS}>\r\n"
    told = _report("delayed", status="4.7.1", diagnostic="will retry: <li@example.cn> 451 4.7.1 greylisted")
    yield words("late", "Delivery delayed", wait, DAEMON, MAILER, **told)
    told = text_part("无法传递到以下收件人：\r\nli@example.cn\r\n#550 5.1.10 RecipientNotFound")
    exchange = top(multi(told, part("message/rfc822", ORIGINAL)),
                   subject=f"Subject: {word('未传递: 答复')}", sender="From: postmaster@exchange.example")  # fmt: skip
    text = f"无法传递到以下收件人：\nli@example.cn\n#550 5.1.10 RecipientNotFound\n\n{SAYS}\n\n{SAID}"
    yield Case("bounce-exchange", exchange, text, "未传递: 答复", ("postmaster@exchange.example", ""),
               flags=("charset_guessed",),
               more=_report(status="5.1.10", diagnostic="#550 5.1.10 RecipientNotFound"))  # fmt: skip
    exim = mail(f"550 unknown user\r\n\r\nMessage-ID: <{OURS}>", *plain(), "X-Failed-Recipients: li@example.cn",
                subject="Subject: Mail delivery failed: returning message to sender", sender=DAEMON)  # fmt: skip
    yield Case("bounce-exim", exim, f"550 unknown user\n\nMessage-ID: <{OURS}>",
               "Mail delivery failed: returning message to sender",
               MAILER, more=_report(status="", diagnostic="550 unknown user"))  # fmt: skip
    citizen = mail(f"我收到退信，请问怎么办？\r\n{qq}", *plain(), subject=f"Subject: {word('转发：系统退信')}")
    yield Case("bounce-forwarded-by-a-citizen", citizen,
               f"我收到退信，请问怎么办？\n{qq}".replace("\r\n", "\n").strip("\n"),
               "转发：系统退信", more={"report": None})  # fmt: skip
    chat = mail(
        "系统将于今晚维护。", *plain(), subject=f"Subject: {word('通知')}", sender="From: postmaster@example.cn"
    )
    yield Case(
        "postmaster-who-bounces-nothing",
        chat,
        "系统将于今晚维护。",
        "通知",
        ("postmaster@example.cn", ""),
        more={"report": None},
    )


EVENT = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:China\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    'ORGANIZER;CN="王五":mailto:wang@example.cn\r\nDTSTART;TZID=China:20240301T150000\r\nDTEND;TZID=China:20240301T160000\r\n'
    "SUMMARY:协调会\\, 第二次\r\nLOCATION:街道\r\n 办事处\r\nDESCRIPTION:议题一\\n议题二\r\n"
    "BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
SPOKEN = (
    "日程：协调会, 第二次\n时间：2024-03-01 15:00 (China) 至 2024-03-01 16:00 (China)\n地点：街道办事处\n"
    "组织者：王五 <wang@example.cn>\n说明：议题一\n议题二"
)


def invitations() -> Iterator[Case]:
    """text/calendar."""
    kind = "text/calendar; charset=utf-8; method=REQUEST"
    yield Case("invitation", mail(EVENT, f"Content-Type: {kind}"), SPOKEN)
    two = multi(text_part(SAID), part(kind, EVENT), kind="alternative")
    yield Case("invitation-as-an-alternative", top(two), f"{SAID}\n\n{SPOKEN}")
    file = part(kind, EVENT, 'Content-Disposition: attachment; filename="invite.ics"')
    yield Case("invitation-attached", top(multi(text_part(SAID), file)), SAID,
               files=(["invite.ics", "text/calendar", len(EVENT.encode()), False, ""],))  # fmt: skip
    off = EVENT.replace("REQUEST", "CANCEL").replace(";TZID=China:20240301T150000", ";VALUE=DATE:20240301")
    yield Case("invitation-cancelled", mail(off, f"Content-Type: {kind}"),
               SPOKEN.replace("日程：", "日程取消：").replace("2024-03-01 15:00 (China)", "2024-03-01"))  # fmt: skip


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    head = bytes((size,)) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes((tag,)) + head + body


def signed(content: bytes) -> bytes:
    """SignedData without any signature."""
    inner = _der(0x30, _der(6, bytes.fromhex("2a864886f70d010701")) + _der(0xA0, _der(4, content)))
    data = _der(0x30, _der(2, b"\1") + _der(0x31, b"") + inner + _der(0x31, b""))
    return _der(0x30, _der(6, bytes.fromhex("2a864886f70d010702")) + _der(0xA0, data))


def sealed() -> Iterator[Case]:
    """Signed and encrypted."""
    signature = part(
        "application/pkcs7-signature; name=smime.p7s", lines64(b"\x30\x80"), "Content-Transfer-Encoding: base64"
    )
    detached = multi(text_part(SAID), signature, kind="signed", params="; protocol=x")
    yield Case(
        "signed",
        top(detached),
        SAID,
        files=(["smime.p7s", "application/pkcs7-signature", 2, False, ""],),
        flags=("signed",),
    )
    opaque = signed(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + SAID.encode())
    raw = mail(
        lines64(opaque),
        "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "Content-Transfer-Encoding: base64",
    )
    yield Case(
        "signed-opaque",
        raw,
        SAID,
        files=(["smime.p7m", "application/pkcs7-mime", len(opaque), False, ""],),
        flags=("signed",),
    )
    raw = mail(
        lines64(b"\x30\x80secret"),
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data",
        "Content-Transfer-Encoding: base64",
    )
    yield Case(
        "encrypted-smime", raw, "", files=(["附件1.p7m", "application/pkcs7-mime", 8, False, ""],), flags=("encrypted",)
    )
    pgp = multi(
        part("application/pgp-encrypted", "Version: 1\r\n"),
        part("application/octet-stream; name=encrypted.asc", "-----BEGIN PGP MESSAGE-----"),
        kind="encrypted",
    )
    files = (
        ["附件1.asc", "application/pgp-encrypted", 12, False, ""],
        ["encrypted.asc", "application/octet-stream", 27, False, ""],
    )
    yield Case("encrypted-pgp", top(pgp), "", files=files, flags=("encrypted",))
    clear = f"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n{SAID}\r\n- -- \r\n张三\r\n"
    clear += "-----BEGIN PGP SIGNATURE-----\r\n\r\nabc\r\n-----END PGP SIGNATURE-----\r\n"
    yield Case("signed-pgp-in-text", mail(clear, *plain()), f"{SAID}\n-- \n张三", flags=("signed",))
    inline = "-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----"
    yield Case("encrypted-pgp-in-text", mail(inline, *plain()), inline.replace("\r\n", "\n"), flags=("encrypted",))
    partial = mail(SAID, 'Content-Type: message/partial; id="a@b"; number=1; total=2')
    yield Case(
        "partial",
        partial,
        "",
        files=(["附件1.bin", "message/partial", len(SAID.encode()), False, ""],),
        flags=("partial",),
    )
