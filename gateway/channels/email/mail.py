"""A mail as it was meant: what ``read_mail`` makes of the bytes, with every header and text repaired.

Only values, no reading: the reader (mime, headers, charsets, html) and what follows (shown text, threading, verdict)
meet here. Texts are plain Unicode without NUL and other controls but newline and tab; newlines are LF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Address:
    """``address`` is lower-cased in its domain only; "" when none could be read."""

    address: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class MailFile:
    """A part that is a file. ``inline`` when the text shows it in its place (``content_id`` without brackets)."""

    name: str
    mime: str
    body: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery status notification (RFC 3464) or a bounce in words says of a mail of ours.

    ``status`` is the enhanced code (``5.1.1``, "" when none is given), ``original_id`` the Message-ID of the mail that
    did not arrive, without brackets; ``envelope_id`` is Original-Envelope-Id.
    """

    action: Literal["failed", "delayed", "delivered", "relayed", "expanded"]
    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    original_id: str = ""
    envelope_id: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, read. ``text`` is all of its words (quotation and signature included), from the plain part or, where
    there is none or it says nothing, from the HTML one; ``html`` is safe HTML to show ("" without any).

    ``headers`` are all, in order: names in lower case, values decoded and unfolded. ``date`` is epoch seconds, None
    when absent or absurd. Message-IDs stand without their brackets. ``flags`` tell what had to be guessed or was left
    out (``charset_guessed``, ``charset_lied``, ``header_repaired``, ``truncated``, ``empty``, ``encrypted``,
    ``unreadable`` ...).
    """

    headers: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    sender: Address = field(default_factory=Address)
    reply_to: Address = field(default_factory=Address)
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: float | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    files: tuple[MailFile, ...] = ()
    report: Report | None = None
    flags: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The first header of a name in lower case, "" when there is none."""
        return next((value for known, value in self.headers if known == name), "")
