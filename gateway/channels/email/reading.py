"""``read_mail``: the bytes of a mail become a ``Mail``. Pure, total and bounded.

mime (structure) -> gathering (words, HTML, files) -> here (headers, report, limits). Whatever the bytes, there is an
answer: what cannot be understood carries the flag ``unreadable``, and its raw original is kept by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.channels.email.addresses import read_addresses
from gateway.channels.email.charsets import Charsets
from gateway.channels.email.dates import read_date
from gateway.channels.email.dsn import from_system, read_status, read_words
from gateway.channels.email.gathering import Body, Gatherer
from gateway.channels.email.mail import Address, Mail, Report
from gateway.channels.email.mime import Part, read_mime
from gateway.channels.email.texts import clean_text, cut_text, one_line
from gateway.channels.email.words import raw_text
from gateway.channels.email.words import read_words as decoded

_IDS = re.compile(r"<([^<>]{1,998})>")
_SPACE = re.compile(r"\s+")
_KNOWN = frozenset({"from", "to", "subject", "date", "received", "message-id", "content-type", "return-path", "sender"})
_MOST_IDS = 100


def read_mail(raw: bytes) -> Mail:
    """Read a mail. Never raises; time and memory are those of its size."""
    try:
        return read(raw)
    except Exception:  # the promise of this function; the tests call ``read`` and let nothing hide behind it
        return Mail(text=clean_text(raw[:65_536].decode("gb18030", "replace")), flags=("unreadable",))


def read(raw: bytes) -> Mail:
    """``read_mail`` without its net."""
    flags: set[str] = set()
    charsets = Charsets(flags)
    root = read_mime(raw, charsets)
    gatherer = Gatherer(charsets)
    charsets.hint = root.params.get("charset", "")
    body = gatherer.body(root)
    if body.empty() or (not body.html and not (body.text or "").strip()):
        body = gatherer.spare if not gatherer.spare.empty() else body
    text, cut = cut_text(body.words())
    if cut:
        flags.add("truncated")
    head = _Head(root, charsets)
    return head.mail(text, body, gatherer)


class _Head:
    """The header fields of the mail itself."""

    def __init__(self, root: Part, charsets: Charsets) -> None:
        self._charsets, self._flags = charsets, charsets.flags
        self._raw = [(name, raw_text(value, charsets)) for name, value in root.fields]
        self._named: dict[str, list[str]] = {}
        for name, text in self._raw:
            self._named.setdefault(name, []).append(text)
        if self._named.keys().isdisjoint(_KNOWN):
            self._flags.add("unreadable")

    def mail(self, text: str, body: Body, gatherer: Gatherer) -> Mail:
        """Everything put together."""
        headers = tuple((name, decoded(value, self._charsets)) for name, value in self._raw)
        subject = next((value for name, value in headers if name == "subject" and value), "")
        sender = self._sender()
        report = self._report(gatherer, sender, subject, text)
        files = gatherer.files(body.html)
        if not text.strip() and not files:
            self._flags.add("empty")
        return Mail(
            headers=headers,
            subject=subject,
            sender=sender,
            reply_to=next(iter(self._addresses("reply-to")), Address()),
            to=self._addresses("to"),
            cc=self._addresses("cc"),
            date=next((moment for value in self._all("date") if (moment := read_date(value)) is not None), None),
            message_id=next(iter(self._ids("message-id")), "")[:998],
            in_reply_to=self._ids("in-reply-to"),
            references=self._ids("references"),
            text=text,
            html=body.html,
            files=files,
            report=report,
            flags=tuple(sorted(self._flags)),
        )

    def _all(self, name: str) -> Sequence[str]:
        return self._named.get(name, ())

    def _addresses(self, name: str) -> tuple[Address, ...]:
        return tuple(one for value in self._all(name) for one in read_addresses(value, self._charsets))[:500]

    def _sender(self) -> Address:
        """From; where it gives no address, who is said to have sent it."""
        named = self._addresses("from")
        found = next((one for one in named if one.address), None)
        if found is not None:
            return found
        for name in ("sender", "return-path"):
            other = next((one for one in self._addresses(name) if one.address), None)
            if other is not None:
                self._flags.add("header_repaired")
                return Address(other.address, named[0].name if named else other.name)
        return named[0] if named else Address()

    def _ids(self, name: str) -> tuple[str, ...]:
        """Message-IDs in order, each once, without brackets and without the blanks that folding put into them."""
        values = self._all(name)
        if not values:
            return ()
        text = one_line(" ".join(values)[:262_144])
        found = [_SPACE.sub("", one) for one in _IDS.findall(text)]
        if not found:
            found = [one.strip("<>,;") for one in text.split() if "@" in one or name == "message-id"]
        unique = tuple(dict.fromkeys(one for one in found if one))
        return unique if len(unique) <= _MOST_IDS else (unique[0], *unique[1 - _MOST_IDS :])

    def _report(self, gatherer: Gatherer, sender: Address, subject: str, text: str) -> Report | None:
        for status in gatherer.statuses:
            report = read_status(status, gatherer.original_id)
            if report is not None:
                return report
        return_path = next(iter(self._all("return-path")), None)
        if not from_system(sender.address, sender.name, return_path):
            return None
        failed = tuple(one.address for one in self._addresses("x-failed-recipients"))
        return read_words(subject, text, gatherer.original_id, failed)
