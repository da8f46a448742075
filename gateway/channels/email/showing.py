"""The HTML of a kept mail, made safe anew each time somebody looks: what was taken for safe when the mail came is not
kept, so a mend of the cleaner holds for old mail too.

Reading takes a mail's size in memory several times over and, at 20 MB, a second of processor time: it is done in a
thread, one mail after the other.
"""

from __future__ import annotations

import asyncio


class MailHtml:
    """Made inside or outside the loop; used in one."""

    def __init__(self) -> None:
        self._alone = asyncio.Lock()

    async def of(self, original: bytes) -> str:
        """Safe HTML of a mail's bytes, "" when it has none. Never raises; bounded by the mail's size."""
        async with self._alone:
            return await asyncio.to_thread(_read, original)


def _read(original: bytes) -> str:
    from gateway.channels.email.reading import read_mail  # only where somebody looks at mail

    return read_mail(original).html
