"""Kannel for real: Debian's bearerbox and smsbox with its fakesmsc, on free loopback ports, in a folder of their own.

fakesmsc plays the carrier: ``say`` has a citizen send, ``heard`` is what citizens got. bearerbox talks to one fakesmsc
at a time, so each new message comes from a fakesmsc of its own, and the last one stays to receive.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from tools.lab import Ports
from tools.lab.process import Child

FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
USER, PASSWORD = "gw", "gw-password"
LIMIT_S = 60.0

_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (\S+) (.*)>$", re.M)

_CONFIG = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = 127.0.0.1
dlr-storage = internal
sms-combine-concatenated-mo = false

group = smsc
smsc = fake
smsc-id = FAKE
port = {carrier}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "{get_url}?from=%p&to=%P&id=%I&at=%T&coding=%c&charset=%C&udh=%u&text=%b"
"""


class Kannel:
    """A running bearerbox and smsbox that hand messages to ``get_url`` (an address without a query)."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder = folder
        self.admin, self.boxes, self.carrier, self.port = (ports.take() for _ in range(4))
        self.sendsms = f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"
        self._children: list[Child] = []
        self._carriers: list[Child] = []

    async def start(self, get_url: str) -> None:
        config = self.folder / "kannel.conf"
        config.write_text(
            _CONFIG.format(
                admin=self.admin, boxes=self.boxes, carrier=self.carrier, sendsms=self.port, user=USER,
                password=PASSWORD, get_url=get_url,
            )
        )  # fmt: skip
        for name, port in (("bearerbox", self.boxes), ("smsbox", self.port)):
            binary = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin")
            assert binary is not None and FAKESMSC.exists(), "Kannel is not installed (Debian: kannel, kannel-extras)"
            self._children.append(Child(name, [binary, "-v", "1", config], self.folder / f"{name}.log"))
            await self._listening(port, self._children[-1])

    async def _listening(self, port: int, child: Child) -> None:
        async def there() -> bool:
            assert child.alive, child.log.read_text(errors="replace")[-2000:]
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
            return True

        await until(there)

    async def say(self, sender: str, receiver: str, kind: str, *content: str) -> None:
        """A citizen sends. ``kind`` and ``content`` are fakesmsc's: ("text", words), ("ucs2", percent-encoded octets),
        ("udh-text", header, words), ("udh-data", header, octets)."""
        self._hang_up()
        words = " ".join((sender, receiver, kind, *content))
        command = [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.carrier), "-m", "1", words]
        log = self.folder / f"fakesmsc-{len(self._carriers)}.log"
        self._carriers.append(Child("fakesmsc", command, log))
        await until(lambda: "sent message 1" in log.read_text(errors="replace"))

    def heard(self) -> list[tuple[str, str, str]]:
        """Messages that citizens got: from, to, text. Long ones when all their parts are there."""
        logs = (child.log.read_text(errors="replace") for child in self._carriers)
        found: list[tuple[str, str, str]] = []
        parts: dict[tuple[str, str, int], dict[int, bytes]] = {}
        for sender, to, kind, content in (hit for log in logs for hit in _GOT.findall(log)):
            if kind != "udh":
                found.append((sender, to, _octets(content).decode("utf-16-be") if kind == "ucs-2" else content))
                continue
            header, _, body = content.split(" ", 2)
            reference, total, n = _octets(header)[3:]
            waiting = parts.setdefault((sender, to, reference), {})
            waiting[n] = _octets(body)
            if len(waiting) == total:
                whole = b"".join(waiting[k] for k in sorted(waiting))
                found.append((sender, to, whole.decode("utf-16-be")))
        return found

    def _hang_up(self) -> None:
        for child in self._carriers:
            child.stop()

    def stop(self) -> None:
        self._hang_up()
        for child in reversed(self._children):
            child.stop()


def _octets(content: str) -> bytes:
    return unquote_to_bytes(content.replace("+", " "))


def ucs2(text: str) -> str:
    """A text as fakesmsc's ``ucs2`` wants it."""
    return quote(text.encode("utf-16-be"), safe="")


async def until(holds: Callable[[], bool | Awaitable[bool]], limit_s: float = LIMIT_S) -> None:
    """Look until it holds. Other programs tell of their progress only to those who look."""
    end = time.monotonic() + limit_s
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < end, "it did not come to hold in time"
        await asyncio.sleep(0.05)


@contextmanager
def kannel(folder: Path) -> Iterator[Kannel]:
    """A Kannel to be started; ended with the block."""
    ports = Ports()
    made = Kannel(folder, ports)
    try:
        yield made
    finally:
        made.stop()
        ports.close()
