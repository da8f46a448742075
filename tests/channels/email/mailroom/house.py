"""The real mailroom as the gateway starts it (``gateway mailroom``, a process of its own), handing over to a desk in
this process: in memory, or an account on a real ledger.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mail_stage import ended

from gateway.channels.email.mailroom.room import Mailroom
from gateway.channels.email.port import MailDesk
from tests.mailservers import PASSWORD, USER, Dovecot
from tools.lab import free_port
from tools.lab.site import CONFIG, ROOT

ADDRESS = "12345@hotline.example"


@dataclass
class House:
    """A configuration and a state directory for a mailroom."""

    folder: Path
    mailroom: str = ""
    account: str = ""
    port: int = field(default_factory=free_port)

    def write(self) -> Path:
        """The shipped configuration with one mail account."""
        config = self.folder / "config"
        shutil.copytree(CONFIG, config, dirs_exist_ok=True)
        (config / "channels.toml").write_text(
            f'[mailroom]\nlisten = "tcp:127.0.0.1:{self.port}"\n{self.mailroom}\n\n'
            f'[[email]]\naccount = "hall"\naddress = "{ADDRESS}"\nreply_key = "made:email-hall-reply"\n'
            f"receipt = false\n{self.account}\n"
        )
        return config

    @property
    def environ(self) -> dict[str, str]:
        return {"GATEWAY__GATEWAY__STATE_DIR": str(self.folder / "var"), "HALL_IMAP": PASSWORD, "PYTHONPATH": str(ROOT)}

    def reads(self, server: Dovecot, **options: object) -> None:
        """Read this server's mailbox as well."""
        table = {"host": "127.0.0.1", "port": server.port, "tls": "none", "user": USER, "password": "env:HALL_IMAP",
                 "poll_s": 1, "call_s": 5, **options}  # fmt: skip
        lines = [
            f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in table.items()
        ]
        self.account += "\n[[email.imap]]\n" + "\n".join(lines) + "\n"


@asynccontextmanager
async def running(house: House, desk: MailDesk, **options: float) -> AsyncIterator[Mailroom]:
    """The mailroom, up."""
    config = house.write()
    for name, value in house.environ.items():
        os.environ[name] = value
    room = Mailroom({"hall": desk}, config, **{"first_s": 0.05, "most_s": 0.2, **options})  # type: ignore[arg-type]
    work = asyncio.create_task(room.run())
    try:
        await until_up(room)
        yield room
    finally:
        await ended(work)


async def until_up(room: Mailroom, lives: int = 0) -> None:
    """Until a mailroom of at least that many restarts works."""
    async with asyncio.timeout(40):
        while not (room.up and room.restarts >= lives):
            await asyncio.sleep(0.02)


async def kill(room: Mailroom) -> None:
    """As a crash does; until the next one works."""
    lives = room.restarts + 1
    os.kill(room.pid, signal.SIGKILL)
    await until_up(room, lives)


def unset(names: Mapping[str, str]) -> None:
    for name in names:
        os.environ.pop(name, None)
