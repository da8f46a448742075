"""Which files of a mail are kept, and keeping them: one rule for mail that comes in and for mail that is read again.

A mail may bring more files than a message may have. What hangs on the mail goes before pictures that only adorn its
text (logos, signatures); what is over a limit is listed as refused. All of them are in the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from gateway.channels.email.mail import MailFile
from gateway.model.ids import new_id
from gateway.model.messages import Attachment

if TYPE_CHECKING:
    from gateway.channels.port import Files  # it imports aiohttp, which the mailroom does without


class Limited(Protocol):
    """``[files]`` on one message: how many files, and how many bytes of them."""

    @property
    def max_count(self) -> int: ...

    @property
    def max_total(self) -> int: ...


async def keep_files(given: Sequence[MailFile], store: Files, limits: Limited) -> list[Attachment]:
    """A mail's files in their order, kept or refused with the reason. Raises OSError when the disk does."""
    return [await _kept(file, over, store) for file, over in within(given, limits)]


def within(files: Sequence[MailFile], limits: Limited) -> list[tuple[MailFile, str]]:
    """Each file with the note that it is over a limit, "" for those that are kept; the order stays."""
    ranked = sorted(range(len(files)), key=lambda n: (files[n].inline, n))
    notes, total, count = [""] * len(files), 0, 0
    for n in ranked:
        size = len(files[n].body)
        if count >= limits.max_count:
            notes[n] = f"too_many: 附件超过{limits.max_count}个，见原件 / too many files, see the original"
        elif total + size > limits.max_total:
            notes[n] = "too_large: 附件总量过大，见原件 / files too large together, see the original"
        else:
            count, total = count + 1, total + size
    return list(zip(files, notes, strict=True))


async def _kept(file: MailFile, over: str, store: Files) -> Attachment:
    if over:
        return Attachment(new_id(), file.name, file.mime, len(file.body), state="refused", note=over)
    return await store.take_in(file.body, file.name, file.mime)
