"""Mail for ``gateway normalize`` and ``gateway replay``: the original's bytes are read as the mailroom reads them.

Nothing is written by normalising: a file's size and SHA-256 are those of its bytes as they came, before pictures are
cleaned. Replaying keeps the files of a mail that had none kept, because it could not be read when it came.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.channels.email.mail import MailFile
from gateway.channels.tidy import named_id
from gateway.cli.entry import Configured, Normalizer, Read, WrongUse, account_named, secret_of
from gateway.model.messages import Attachment, KeptMessage, Message, Raw
from gateway.settings import Secrets, Settings

if TYPE_CHECKING:
    from gateway.channels.email.config import EmailConfig
    from gateway.channels.email.tags import ReplyTags

CHANNEL = "email"
_NULL = ("", "<>")
"""How the empty sender of bounces may be typed."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    what = "the account's name in channels.toml: its addresses and its reply_key (signed reply addresses) are used"
    parser.add_argument("--account", default="", help=what)
    what = "the envelope's sender (MAIL FROM), '<>' for a bounce's; without it Return-Path tells"
    parser.add_argument("--envelope-from", default=None, metavar="ADDRESS", help=what)
    what = "the envelope's recipient (RCPT TO): a signed reply address names its ticket"
    parser.add_argument("--envelope-to", default="", metavar="ADDRESS", help=what)


def _reader(args: argparse.Namespace, configured: Configured) -> Read:
    account, addresses, area, tags = "cli", tuple[str, ...](), "", None
    if args.account:
        settings, secrets = configured()
        config = account_named(args.account, settings.channels.email, CHANNEL)
        account, addresses, area = config.account, config.addresses(), config.area_code
        tags = _tags(secret_of(config.reply_key, settings, secrets))
    sender = "" if args.envelope_from in _NULL else args.envelope_from

    def read(body: bytes, at: float) -> Message:
        raw = Raw("", CHANNEL, account, at, "message/rfc822", body, _envelope(sender, args.envelope_to))
        message, files = read_original(raw, addresses, tags, area, aged=True)
        return replace(message, attachments=tuple(_told(message.key, n, one) for n, one in enumerate(files)))

    return read


EMAIL = Normalizer("a mail as it came over the wire (.eml)", _arguments, _reader)


def read_original(
    raw: Raw, addresses: Sequence[str], tags: ReplyTags | None, area_code: str, aged: bool = False
) -> tuple[Message, tuple[MailFile, ...]]:
    """The message of a mail and its files. Never raises.

    ``aged``: nobody knows when the mail came in (it is a file), so its Date is believed however long ago it was.
    """
    from gateway.channels.email.normalise import normalise
    from gateway.channels.email.reading import read_mail

    mail = read_mail(raw.body)
    came = mail.date if aged and mail.date is not None and 0 < mail.date < raw.received_at else raw.received_at
    message, files = normalise(
        raw.body,
        mail,
        account=raw.account,
        addresses=addresses,
        tags=tags,
        received_at=came,
        area_code=area_code,
        envelope_from=raw.meta.get("envelope_from"),
        envelope_to=raw.meta.get("envelope_to", ""),
    )
    return replace(message, received_at=raw.received_at), files


class MailRereader:
    """Reads kept mails again with the accounts of a configuration. One that is gone, or off and without its key, costs
    only the tags.
    """

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings, self._secrets = settings, secrets

    def read(self, raw: Raw) -> Message:
        """The message without its files. ``raw`` has its body (``whole``)."""
        return self._read(raw)[0]

    async def whole(self, raw: Raw) -> Raw:
        """The original with its body, which lies in the file store when it is large. Raises OSError."""
        if not raw.file:
            return raw
        from gateway.channels.files import FileStore

        store = FileStore(self._settings.state_dir / "files", self._secrets.files_key)
        return replace(raw, body=await store.read(raw.file))

    async def with_files(self, raw: Raw, message: Message, kept: Sequence[KeptMessage]) -> Message:
        """The message with its files: those that an earlier reading kept, or else kept now. Raises OSError."""
        known = [one.message.attachments for one in kept if one.message.attachments]
        if known:
            return replace(message, attachments=known[-1])
        _, files = await asyncio.to_thread(self._read, raw)
        if not files:
            return message
        from gateway.channels.email.keeping import keep_files
        from gateway.channels.enclosures import Enclosures
        from gateway.channels.files import FileStore

        store = FileStore(self._settings.state_dir / "files", self._secrets.files_key)
        limits = self._settings.files
        return replace(message, attachments=tuple(await keep_files(files, Enclosures(store, limits), limits)))

    def _read(self, raw: Raw) -> tuple[Message, tuple[MailFile, ...]]:
        config = next((one for one in self._settings.channels.email if one.account == raw.account), None)
        if config is None:
            return read_original(raw, (), None, "")
        return read_original(raw, config.addresses(), _tags(self._reply_key(config)), config.area_code)

    def _reply_key(self, config: EmailConfig) -> str:
        """ "" where it cannot be had: of an account that is switched off nobody has asked for it."""
        try:
            return secret_of(config.reply_key, self._settings, self._secrets)
        except WrongUse:
            if config.enabled:
                raise
            return ""


def _tags(key: str) -> ReplyTags | None:
    from gateway.channels.email.tags import ReplyTags

    try:
        return ReplyTags(key) if key else None
    except ValueError as error:
        raise WrongUse(f"--account: {error}") from None


def _envelope(sender: str | None, recipient: str) -> dict[str, str]:
    told = {} if sender is None else {"envelope_from": sender}
    return told | ({"envelope_to": recipient} if recipient else {})


def _told(key: str, n: int, file: MailFile) -> Attachment:
    sha256 = hashlib.sha256(file.body).hexdigest()
    return Attachment(named_id(key, str(n), sha256), file.name, file.mime, len(file.body), sha256)
