"""The tree of parts becomes words, HTML and files: which part is what the writer said, and which one he sent along.

``multipart/alternative`` gives its plain part unless that says nothing; a nested message is shown in its place as a
block of words, its files beside the others; what cannot be shown as words is a file. Words are bounded: what does not
fit any more is kept as a file, so nothing is lost.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.channels.email.calendar import text_of_calendar
from gateway.channels.email.charsets import Charsets, codec_of
from gateway.channels.email.dsn import message_id_in
from gateway.channels.email.html import has_tags, is_html, safe_html, text_of
from gateway.channels.email.mail import MailFile
from gateway.channels.email.mime import Part
from gateway.channels.email.names import default_name, mime_of
from gateway.channels.email.plain import says_nothing, unarmoured, unenriched, unflowed
from gateway.channels.email.rtf import text_of_rtf
from gateway.channels.email.smime import signed_content
from gateway.channels.email.texts import MOST_TEXT, clean_text, file_name
from gateway.channels.email.tnef import is_tnef, read_tnef
from gateway.channels.email.transfer import split_uu
from gateway.channels.email.words import raw_text, read_words

MOST_NESTED = 3
"""Messages inside messages that are shown; deeper ones are files."""

_SHOWN = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/calendar", "text/rtf",
                    "application/rtf", "text/markdown", "application/xhtml+xml"})  # fmt: skip
_TEXT_FILES = frozenset({"text/css", "text/csv", "text/vcard", "text/x-vcard", "text/x-amp-html",
                         "text/rfc822-headers", "text/directory", "text/javascript"})  # fmt: skip
_NESTED = frozenset({"message/rfc822", "message/global", "message/news"})
_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_META = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s{0,5}=\s{0,5}["']?([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)
_CID = re.compile(r'src="cid:([^"]{1,300})"')
_OPENED = "-----转发的邮件-----"


@dataclass(frozen=True, slots=True)
class Body:
    """What a part says. ``text`` None means that the words are those of ``html``, which is safe already."""

    text: str | None = ""
    html: str = ""

    def words(self) -> str:
        """The words."""
        return text_of(self.html, MOST_TEXT) if self.text is None else self.text

    def empty(self) -> bool:
        """Whether it says and shows nothing."""
        return not self.text and not self.html


@dataclass(slots=True)
class _File:
    name: str
    mime: str
    body: bytes
    content_id: str = ""
    inline: bool = False


class Gatherer:
    """Walks one mail. ``statuses`` are delivery reports, ``original_id`` is the Message-ID of what was embedded."""

    def __init__(self, charsets: Charsets) -> None:
        self._charsets, self.flags = charsets, charsets.flags
        self._files: list[_File] = []
        self._room = 4 * MOST_TEXT
        self.statuses: list[str] = []
        self.original_id = ""
        self.spare = Body()

    def files(self, shown: str) -> tuple[MailFile, ...]:
        """The files; those that the HTML shows are inline."""
        used = {entities.unescape(one) for one in _CID.findall(shown)} - {""} if self._files else set()
        return tuple(
            MailFile(one.name or default_name(one.mime, number), one.mime, one.body, one.content_id,
                     one.content_id in used or (one.inline and one.mime.startswith("image/")))
            for number, one in enumerate(self._files, 1)
        )  # fmt: skip

    def body(self, part: Part, nested: int = 0, only: bool = True) -> Body:
        """What the part says. ``only``: it stands alone or is an alternative, so a name does not make it a file."""
        kind = part.kind
        if kind.startswith("multipart/"):
            return self._multipart(part, nested)
        if kind in _NESTED and part.children:
            return self._message(part, nested)
        return self._words(part) if self._is_words(part, only) else self._other(part, nested)

    def _is_words(self, part: Part, only: bool) -> bool:
        if part.disposition.startswith("attachment") or self._room <= 0:
            return False
        if part.kind in _SHOWN:
            return only or not part.name or part.kind == "text/calendar"
        return part.kind.startswith("text/") and not part.name and part.kind not in _TEXT_FILES

    def _other(self, part: Part, nested: int) -> Body:
        """What is not words by itself."""
        if part.kind.startswith("message/") or part.kind in _HEADERS:
            return self._machine(part)
        if part.kind in _SEALED:
            return self._sealed(part, nested)
        if part.kind in _TNEF or part.name.lower().endswith("winmail.dat"):
            return self._winmail(part)
        # the icon and folder of a Macintosh file whose data is the next part are no file to us
        return Body() if part.kind == "application/applefile" else self._keep(part)

    # multiparts

    def _multipart(self, part: Part, nested: int) -> Body:
        if part.kind == "multipart/alternative":
            return self._alternative(part, nested)
        if part.kind == "multipart/encrypted":
            self.flags.add("encrypted")
        if part.kind == "multipart/signed":
            self.flags.add("signed")
        if not part.children and part.start < part.end:  # too deep to be opened
            return self._keep(part)
        single = len(part.children) == 1
        return _joined([self.body(one, nested, only=single) for one in part.children])

    def _alternative(self, part: Part, nested: int) -> Body:
        """The plain part unless it says nothing, and the last HTML to show; invitations beside them."""
        events: list[Body] = []
        bodies: list[Body] = []
        for one in part.children:
            (events if one.kind == "text/calendar" else bodies).append(self.body(one, nested))
        html = next((one.html for one in reversed(bodies) if one.html), "")
        texts = [one.text for one in bodies if one.text]
        spoken = next((one for one in texts if not says_nothing(one)), None)
        if spoken is None and not html:
            spoken = next(iter(texts), "")
        chosen = Body(spoken, html)
        return _joined([chosen, *events]) if any(not one.empty() for one in events) else chosen

    # words

    def _words(self, part: Part) -> Body:
        data, repaired = part.body()
        if repaired:
            self.flags.add("mime_repaired")
        if len(data) > min(self._room, 4 * MOST_TEXT):
            self.flags.add("truncated")
            self._files.append(_File(file_name(part.name) or _whole_name(part.kind), part.kind, data))
            data = data[: max(self._room, 0)]
            data = data[: data.rfind(b"\n", -1000) + 1] or data  # not inside a character
        self._room -= len(data)
        if part.kind in ("text/html", "application/xhtml+xml"):
            return self._html(data, part)
        if "rtf" in part.kind:
            return Body(clean_text(text_of_rtf(data)))
        data = self._without_uu(data)
        text = clean_text(self._charsets.decode(data, self._label(part)))
        if part.kind == "text/calendar":
            return Body(text_of_calendar(text))
        if is_html(text):
            return self._safe(text)
        return Body(self._plain(text, part).strip("\n"))

    def _label(self, part: Part) -> str:
        label = part.params.get("charset", "")
        if label and not self._charsets.hint:
            self._charsets.hint = label
        return label

    def _plain(self, text: str, part: Part) -> str:
        if part.kind in ("text/enriched", "text/richtext"):
            return unenriched(text)
        if part.params.get("format", "").lower() == "flowed":
            text = unflowed(text, part.params.get("delsp", "").lower() == "yes")
        text, sealed = unarmoured(text)
        if sealed:
            self.flags.add(sealed)
        return text

    def _without_uu(self, data: bytes) -> bytes:
        if b"begin" not in data:
            return data
        rest, found = split_uu(data)
        for name, body in found:
            clean = file_name(raw_text(name, self._charsets))
            self._files.append(_File(clean, mime_of(clean), body))
        return rest

    def _html(self, data: bytes, part: Part) -> Body:
        label = self._label(part)
        if not codec_of(label) and (meta := _META.search(data[:4096])):
            label = meta[1].decode("ascii")
        text = self._charsets.decode(data, label)
        return self._safe(text) if has_tags(text) else Body(clean_text(text).strip("\n"))

    def _safe(self, source: str) -> Body:
        safe, flags = safe_html(source, self._inside)
        self.flags |= flags
        return Body(None, safe)

    def _inside(self, kind: str, body: bytes) -> str:
        """Keep an image that stands in the HTML itself."""
        content_id = f"inside-{len(self._files) + 1}"
        if len(self._files) < 1000:
            self._files.append(_File("", f"image/{kind}", body, content_id, True))
        return content_id

    # messages and machines

    def _message(self, part: Part, nested: int) -> Body:
        inner = part.children[0]
        self.original_id = self.original_id or message_id_in(_id_line(inner))
        if nested >= MOST_NESTED:
            subject = read_words(raw_text(inner.get("subject"), self._charsets), self._charsets)
            body = part.source[part.start : part.end]
            self._files.append(_File(file_name(f"{subject[:80] or '邮件'}.eml"), "message/rfc822", body))
            return Body()
        body_inside = self.body(inner, nested + 1)
        head = "\n".join((_OPENED, *self._head(inner)))
        shown = ""
        if body_inside.html:
            shown = f"<p>{'<br>'.join(entities.escape(line) for line in head.splitlines())}</p>{body_inside.html}"
        return Body(f"{head}\n\n{body_inside.words()}".rstrip(), shown)

    def _head(self, part: Part) -> list[str]:
        names = (("发件人", "from"), ("时间", "date"), ("收件人", "to"), ("主题", "subject"))
        lines = []
        for shown, name in names:
            value = read_words(raw_text(part.get(name), self._charsets), self._charsets)
            if value:
                lines.append(f"{shown}: {value[:500]}")
        return lines

    def _machine(self, part: Part) -> Body:
        """What programs tell each other."""
        if part.kind in _STATUS or part.kind in _HEADERS or part.kind == "message/disposition-notification":
            data, _ = part.body()
            text = clean_text(self._charsets.decode(data[:262_144]))
            if part.kind in _STATUS:
                self.statuses.append(text)
            elif part.kind in _HEADERS:
                self.original_id = self.original_id or message_id_in(text)
            else:
                self.flags.add("read_receipt")
            return Body()
        if part.kind == "message/external-body":
            told = "，".join(f"{name}={value[:300]}" for name, value in part.params.items())
            return Body(f"（附件在别处：{told} / a file kept elsewhere）")
        if part.kind == "message/partial":
            self.flags.add("partial")
        return self._keep(part)

    def _sealed(self, part: Part, nested: int) -> Body:
        """S/MIME: what is only signed is shown; the sealed original is kept in any case."""
        data, _ = part.body()
        content = signed_content(data) if part.params.get("smime-type", "") != "enveloped-data" else b""
        self.flags.add("signed" if content else "encrypted")
        self._keep(part)
        if not content or nested >= MOST_NESTED:
            return Body()
        from gateway.channels.email.mime import read_mime

        return self.body(read_mime(content, self._charsets), nested + 1)

    def _winmail(self, part: Part) -> Body:
        data, _ = part.body()
        if not is_tnef(data):
            return self._keep(part)
        found = read_tnef(data, self._charsets)
        if not found.whole:
            self.flags.add("mime_repaired")
        for one in found.files:
            self._files.append(_File(one.name, _mime(one.mime), one.body, one.content_id))
        if self.spare.empty():
            self.spare = self._safe(found.html) if found.html else Body(found.text.strip("\n"))
        return Body()

    def _keep(self, part: Part) -> Body:
        data, repaired = part.body()
        if repaired:
            self.flags.add("mime_repaired")
        content_id = raw_text(part.get("content-id"), self._charsets).strip().strip("<>").strip()
        inline = part.disposition.startswith("inline")
        name = file_name(part.name)
        mime = _mime(part.kind)
        if mime == "application/octet-stream" and name:
            mime = mime_of(name)
        self._files.append(_File(name, mime, data, clean_text(content_id)[:200], inline))
        return Body()


def _mime(kind: str) -> str:
    return (
        kind if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}", kind) else "application/octet-stream"
    )


def _whole_name(kind: str) -> str:
    return "正文.html" if "html" in kind else "正文.txt"


def _id_line(part: Part) -> str:
    return f"Message-ID: {part.get('message-id')[:1000].decode('utf-8', 'replace')}"


def _joined(bodies: Sequence[Body]) -> Body:
    """One behind the other."""
    bodies = [one for one in bodies if not one.empty()]
    if len(bodies) < 2:
        return bodies[0] if bodies else Body()
    html = ""
    if any(one.html for one in bodies):
        html = "\n".join(one.html or f"<pre>{entities.escape(one.text or '')}</pre>" for one in bodies)
    return Body("\n\n".join(words for one in bodies if (words := one.words())), html)
