"""The whole reader: the corpus, the standard library as reference, and any bytes."""

from __future__ import annotations

import json
import time
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.channels.email import reading
from gateway.channels.email.mail import Address, Mail
from gateway.channels.email.reading import read, read_mail
from gateway.channels.email.texts import MOST_TEXT
from tests.channels.email import make_corpus
from tests.channels.email.cases.made import PHOTO

FOLDER = Path(__file__).parent / "corpus"
CORPUS = sorted(FOLDER.glob("*.eml"))
RAW = [path.read_bytes() for path in CORPUS]
SMALL = [raw for raw in RAW if len(raw) < 20_000]


def pair(address: Address) -> list[str]:
    return [address.address, address.name]


def told(mail: Mail) -> dict[str, Any]:
    """A mail by the names of the corpus."""
    report = mail.report
    return {
        "subject": mail.subject,
        "from": pair(mail.sender),
        "text": mail.text,
        "files": [[one.name, one.mime, len(one.body), one.inline, one.content_id] for one in mail.files],
        "flags": sorted(mail.flags),
        "date": mail.date,
        "cc": [pair(one) for one in mail.cc],
        "reply_to": pair(mail.reply_to),
        "message_id": mail.message_id,
        "references": list(mail.references),
        "in_reply_to": list(mail.in_reply_to),
        "html": mail.html,
        "report": None if report is None else {name: getattr(report, name) for name in report.__slots__},
    }


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_mail_of_the_corpus_is_read_as_told_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    mail = read(path.read_bytes())
    found = told(mail)
    for part in expected.pop("html_has", []):
        assert part in mail.html
    for part in expected.pop("html_lacks", []):
        assert part not in mail.html
    assert {name: found[name] for name in expected} == expected
    assert all(one.body == PHOTO for one in mail.files if len(one.body) == len(PHOTO))


def test_the_corpus_is_what_its_maker_writes() -> None:
    written = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert written == make_corpus.output()
    assert len(CORPUS) >= 150
    assert sum(map(len, written.values())) < 3_000_000


WORDS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u2028\u2029\x85"),
    max_size=60,
)
LINES = st.lists(WORDS.map(str.strip), min_size=1, max_size=6).map(lambda lines: "\n".join(["您好", *lines, "谢谢"]))
NAMES = st.text(st.sampled_from("照片现场abcXYZ0 ()-_"), min_size=1, max_size=30).map(lambda name: f"x{name}x.bin")


@given(
    subject=WORDS, text=LINES, files=st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=3), html=st.booleans()
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_well_formed_mail_is_read_as_the_standard_library_wrote_it(
    subject: str, text: str, files: list[tuple[str, bytes]], html: bool
) -> None:
    message = EmailMessage()
    subject = " ".join(subject.split())
    message["Subject"] = subject
    message["From"] = '"张三, 市民" <zhang@example.cn>'
    message["Date"] = "Fri, 01 Mar 2024 15:04:05 +0800"
    message.set_content(text)
    if html:
        message.add_alternative(f"<p>{len(text)}</p>", subtype="html")
    for name, body in files:
        message.add_attachment(body, maintype="application", subtype="x-test", filename=name)
    mail = read(message.as_bytes())
    assert mail.subject == subject
    assert mail.sender == Address("zhang@example.cn", "张三, 市民")
    assert mail.date == parsedate_to_datetime(message["Date"]).timestamp()
    assert mail.text == text
    assert [(one.name, one.body) for one in mail.files] == [(" ".join(name.split(" ")), body) for name, body in files]
    assert not set(mail.flags) - {"empty"}


def sound(mail: Mail) -> None:
    """What holds of any mail, whatever it was."""
    texts = [mail.subject, mail.text, mail.html, mail.message_id, *(value for _, value in mail.headers)]
    texts += [mail.sender.name, mail.sender.address, *(one.name + one.mime + one.content_id for one in mail.files)]
    for text in texts:
        text.encode("utf-8")
        assert not any(ord(one) < 32 and one not in "\n\t" for one in text)
    assert len(mail.text.encode()) <= MOST_TEXT
    assert all(one.name and "/" not in one.name and "\\" not in one.name for one in mail.files)
    assert "<script" not in mail.html
    assert mail.flags == tuple(sorted(set(mail.flags)))


@given(st.binary(max_size=2000))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    sound(read(raw))


PIECES = st.sampled_from(
    [
        b"=?utf-8?B?",
        b"?=",
        b"\r\n",
        b"\n\n",
        b"--b1",
        b"\x1b$B",
        b"\xff\xfe",
        b"<",
        b"begin 644 a\n",
        b"\nend\n",
        b"\0",
        b'"',
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        b"Content-Type: message/rfc822\n\n",
        b"charset=utf-16",
        b"=",
        b"Content-Transfer-Encoding: base64\n",
        b"\x78\x9f\x3e\x22",
        b"charset=utf-7",
        b"-----BEGIN PGP SIGNED MESSAGE-----\n",
    ]
)


@given(st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_mutation_of_the_corpus_is_a_mail(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SMALL))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw)))
        to = data.draw(st.integers(at, len(raw)))
        change = data.draw(st.sampled_from(["cut", "insert", "swap", "bytes"]))
        if change == "cut":
            raw = raw[:at] + raw[to:]
        elif change == "insert":
            raw = raw[:at] + data.draw(PIECES) + raw[at:]
        elif change == "swap":
            raw = raw[to:] + raw[at:to] + raw[:at]
        else:
            raw = raw[:at] + data.draw(st.binary(max_size=8)) + raw[at:]
    sound(read(raw))


def repeated(piece: bytes, head: bytes = b"") -> bytes:
    """A megabyte of something, behind the start of a mail."""
    return b"From: a@example.cn\nSubject: x\n" + head + piece * (1_000_000 // len(piece))


MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"
HTML = b"Content-Type: text/html\n\n"
HOSTILE = {
    "parts": repeated(b"--b\n\nx\n", MIXED),
    "dashes": repeated(b"--", MIXED),
    "near-boundaries": repeated(b"\n--b          x", MIXED),
    "nested": repeated(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"),
    "nested-messages": repeated(b"Content-Type: message/rfc822\n\n"),
    "fields": repeated(b"a:b\n"),
    "words": repeated(b"=?utf-8?B?5L2g", b"X: "),
    "word-starts": repeated(b"=?utf-8?B?", b"X: "),
    "folds": repeated(b"\n    ", b"X: "),
    "commas": repeated(b"a,", b"To: "),
    "escapes": repeated(b'"\\', b"To: "),
    "brackets": repeated(b"<a@", b"To: "),
    "parameters": repeated(b"a*1*=x; ", b"Content-Type: text/plain; "),
    "quotes": repeated(b'"a', b"Content-Type: text/plain; "),
    "paddings": repeated(b"AA==\n", b"Content-Transfer-Encoding: base64\n\n"),
    "broken-qp": repeated(b"= =\t", b"Content-Transfer-Encoding: quoted-printable\n\n"),
    "uuencode": repeated(b"begin 644 a\nM\n", b"\n"),
    "divs": repeated(b"<div>", HTML),
    "formats": repeated(b"<b><i><u><p>", HTML),
    "attributes": repeated(b'<a title="', HTML),
    "lone-brackets": repeated(b"<", HTML),
    "pictures": repeated(b'<img src="data:image/png;base64,AAAA">', HTML),
    "metas": repeated(b"<meta charset", HTML),
    "tnef": repeated(b"\x01\x02\x90\x06\0\0\0\0\0\0\0", b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\0\0"),
    "rtf": repeated(b"{\\rtf1\\'b0", b"Content-Type: text/rtf\n\n"),
    "calendar": repeated(b'A;b=c;d="', b"Content-Type: text/calendar\n\n"),
    "status": repeated(b"Status: 5.1.1\n\n", b"Content-Type: message/delivery-status\n\n"),
    "mixture": repeated("您好\n".encode("gbk"), b"\n" + "您好\n".encode()),
    "returns": b"\r" * 1_000_000,
    "noughts": bytes(1_000_000),
    "every-byte": bytes(range(256)) * 4000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_made_to_hurt_is_read_in_bounded_time(name: str) -> None:
    started = time.process_time()
    sound(read(HOSTILE[name]))
    assert time.process_time() - started < 5  # they take 0.01 to 0.6 s; quadratic ones would take minutes


def test_a_large_attachment_costs_less_than_its_parsing_line_by_line() -> None:
    import base64
    import email

    body = base64.encodebytes(bytes(6_000_000))
    raw = (
        b"From: a@example.cn\n" + MIXED + b"--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n" + body
    )
    started = time.process_time()
    mail = read(raw + b"--b--\n")
    ours = time.process_time() - started
    started = time.process_time()
    email.message_from_bytes(raw)
    assert len(mail.files[0].body) == 6_000_000
    assert ours < time.process_time() - started


def test_text_beyond_the_limit_is_cut_flagged_and_kept_whole_as_a_file() -> None:
    words = "路灯不亮\n".encode() * 400_000
    mail = read(b"From: a@example.cn\nContent-Type: text/plain; charset=utf-8\n\n" + words)
    assert "truncated" in mail.flags
    assert len(mail.text.encode()) <= MOST_TEXT
    assert mail.text.startswith("路灯不亮\n路灯不亮")
    assert [(one.name, one.body) for one in mail.files] == [("正文.txt", words)]


def test_a_fault_of_ours_still_gives_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: bytes) -> Mail:
        raise RuntimeError(raw)

    monkeypatch.setattr(reading, "read", fail)
    assert read_mail("井盖".encode("gbk")) == Mail(text="井盖", flags=("unreadable",))


def test_the_sender_is_taken_from_elsewhere_only_when_from_has_no_address() -> None:
    assert read(b"Return-Path: <b@example.cn>\nSubject: x\n\nx").sender == Address("b@example.cn")
    assert read(b"Return-Path: <b@example.cn>\nFrom: a@example.cn\n\nx").sender == Address("a@example.cn")


def test_many_references_keep_the_first_and_the_last() -> None:
    ids = " ".join(f"<{number}@x>" for number in range(300))
    found = read(f"From: a@b.cn\nReferences: {ids}\n\nx".encode()).references
    assert len(found) == 100
    assert (found[0], found[1], found[-1]) == ("0@x", "201@x", "299@x")
