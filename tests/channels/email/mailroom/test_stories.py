"""The mailroom as a process of its own with real mail servers: Postfix delivers to it, it reads Dovecot. Whatever is
killed, stopped or hung on the way, no mail is lost and none is doubled.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fake_imap import fake_imap
from house import ADDRESS, House, kill, running, unset, until_up
from mail_stage import MemoryDesk, mail

from gateway.channels.email.port import Handed
from gateway.tickets.ports import Taken, Tx
from tests.channels.door_stage import Stage as Office
from tests.channels.door_stage import open_stage
from tests.mailservers import Dovecot, MakePostfix, Postfix

LARGE = 2_000_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    unset(one.environ)


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


def titles(*numbers: object) -> list[str]:
    return [f"request {n}" for n in numbers]


async def sent(postfix: Postfix, *mails: bytes) -> None:
    for one in mails:
        await asyncio.to_thread(postfix.send, one)


async def drained(postfix: Postfix) -> None:
    """Until Postfix has got rid of all, and it was not by bouncing."""
    async with asyncio.timeout(60):
        while postfix.waiting():
            await asyncio.to_thread(postfix.flush)
            await asyncio.sleep(0.2)
    assert "status=bounced" not in postfix.log.read_text()


def command_of(pid: int) -> str:
    """How a process was started; nothing when it is gone, which it may be at any moment."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


# Postfix -------------------------------------------------------------------------------------------------------------


async def test_postfix_delivers_by_lmtp_and_each_mail_arrives_byte_for_byte(
    house: House, desk: MemoryDesk, make_postfix: MakePostfix
) -> None:
    postfix = make_postfix(f"inet:127.0.0.1:{house.port}")
    contents = [mail(1), mail(2, ".\n..\n.第三行\r\n" + "长" * 3000), mail(3, size=LARGE)]
    async with running(house, desk):
        await sent(postfix, *contents)
        await desk.until(lambda: len(desk.taken) == 3)
        await drained(postfix)
    assert sorted(desk.titles) == titles(1, 2, 3)
    by_title = {handed.message.title: handed for handed in desk.taken.values()}
    assert by_title["request 1"].raw.body.endswith("\r\n\r\n路灯坏了\r\n".encode())
    assert "..\r\n.第三行".encode() in by_title["request 2"].raw.body
    assert len(by_title["request 3"].raw.file) == 64  # a large one lies in the file store
    assert by_title["request 1"].raw.meta["envelope_from"] == "wang@example.com"
    assert by_title["request 1"].message.person.email == "wang@example.com"


async def test_while_the_gateway_cannot_keep_mail_postfix_does(
    house: House, desk: MemoryDesk, make_postfix: MakePostfix
) -> None:
    postfix = make_postfix(f"inet:127.0.0.1:{house.port}")
    desk.script = lambda _: OSError("database is locked")
    async with running(house, desk) as room:
        await sent(postfix, mail(1), mail(2))
        async with asyncio.timeout(60):
            while room.later < 2 or postfix.waiting() != 2:
                await asyncio.sleep(0.02)
        assert desk.taken == {}
        desk.script = lambda _: None
        await drained(postfix)
    assert sorted(desk.titles) == titles(1, 2)
    await sent(postfix, mail(3))  # nobody listens now
    async with asyncio.timeout(60):
        while postfix.waiting() != 1:
            await asyncio.sleep(0.02)
    async with running(house, desk):
        await drained(postfix)
    assert sorted(desk.titles) == titles(1, 2, 3)


async def test_a_mailroom_killed_again_and_again_loses_and_doubles_nothing(
    house: House, desk: MemoryDesk, make_postfix: MakePostfix
) -> None:
    postfix = make_postfix(f"inet:127.0.0.1:{house.port}")
    async with running(house, desk) as room:
        for burst in range(3):
            await sent(postfix, *(mail(f"{burst}-{n}", size=LARGE if n == 0 else 0) for n in range(8)))
            await kill(room)
        await drained(postfix)
        assert room.restarts == 3
    assert sorted(desk.titles) == sorted(titles(*(f"{burst}-{n}" for burst in range(3) for n in range(8))))


async def test_mail_for_nobody_is_returned_by_postfix_and_not_kept_for_ever(
    house: House, desk: MemoryDesk, make_postfix: MakePostfix
) -> None:
    postfix = make_postfix(f"inet:127.0.0.1:{house.port}")
    async with running(house, desk):
        await asyncio.to_thread(postfix.send, mail(1), "nobody@hotline.example", ADDRESS, sender="")
        await desk.until(lambda: len(desk.taken) == 1)
        async with asyncio.timeout(60):
            while postfix.waiting():
                await asyncio.sleep(0.1)
    assert "550 5.1.1" in postfix.log.read_text()


async def test_when_the_gateway_is_killed_its_mailroom_ends_and_frees_the_port(house: House, tmp_path: Path) -> None:
    config = house.write()
    script = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom gateway.channels.email.mailroom.room import Mailroom\n"
        "async def main():\n    room = Mailroom({}, Path(sys.argv[1]))\n    work = asyncio.create_task(room.run())\n"
        "    while not room.up:\n        await asyncio.sleep(0.02)\n    print(room.pid, flush=True)\n    await work\n"
        "import structlog\nstructlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))\n"
        "asyncio.run(main())\n"
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(config),
        env={**os.environ, **house.environ}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert gateway.stdout is not None
    try:
        async with asyncio.timeout(60):
            pid = int(await gateway.stdout.readline())
        assert b"mailroom" in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 5)
    finally:
        gateway.kill()
        await gateway.wait()
    async with asyncio.timeout(60):
        while "mailroom" in command_of(pid):
            await asyncio.sleep(0.02)


# Dovecot -------------------------------------------------------------------------------------------------------------


async def test_a_mailbox_is_read_by_idle(house: House, desk: MemoryDesk, dovecot_server: Dovecot) -> None:
    dovecot_server.deliver(mail("before the first sight"))
    house.reads(dovecot_server, poll_s=3600, done="done")
    async with running(house, desk) as room:
        await desk.until(lambda: bool(desk.cursors))
        for n in range(3):
            dovecot_server.deliver(mail(n))
            await desk.until(lambda n=n: len(desk.taken) == n + 1)
        async with asyncio.timeout(60):
            while len(dovecot_server.mails(".done")) < 3 or not room.count("mailboxes_up"):
                await asyncio.sleep(0.05)
    assert desk.titles == titles(0, 1, 2)
    assert desk.again == []


async def test_dovecot_restarted_in_the_middle_and_numbered_anew(
    house: House, desk: MemoryDesk, dovecot_server: Dovecot
) -> None:
    house.reads(dovecot_server)
    async with running(house, desk) as room:
        await desk.until(lambda: bool(desk.cursors))
        validity = next(iter(desk.cursors.values()))["uidvalidity"]
        dovecot_server.deliver(mail(1))
        dovecot_server.deliver(mail(2, size=LARGE))
        await desk.until(lambda: len(desk.taken) >= 1)
        await asyncio.to_thread(dovecot_server.stop)
        dovecot_server.deliver(mail(3))
        await asyncio.to_thread(dovecot_server.start)
        await desk.until(lambda: len(desk.taken) == 3)
        await asyncio.to_thread(dovecot_server.stop)
        dovecot_server.renumber()
        dovecot_server.deliver(mail(4))
        await asyncio.to_thread(dovecot_server.start)
        await desk.until(lambda: len(desk.taken) == 4 and len(desk.again) >= 3)
        assert next(iter(desk.cursors.values()))["uidvalidity"] != validity
        assert room.restarts == 0
    assert sorted(desk.titles) == titles(1, 2, 3, 4)


async def test_killed_with_the_mail_in_hand_it_comes_again_and_is_one(
    house: House, desk: MemoryDesk, dovecot_server: Dovecot
) -> None:
    house.reads(dovecot_server)
    async with running(house, desk) as room:
        await desk.until(lambda: bool(desk.cursors))
        desk.gate.clear()
        for n in range(3):
            dovecot_server.deliver(mail(n))
        async with asyncio.timeout(60):
            while not room._slots.locked() and room._slots._value == 32:
                await asyncio.sleep(0.02)
        os.kill(room.pid, signal.SIGKILL)
        desk.gate.set()
        await until_up(room, 1)
        await desk.until(lambda: len(desk.taken) == 3)
    assert sorted(desk.titles) == titles(0, 1, 2)


async def test_a_hung_server_is_left_and_the_other_mailbox_is_read(
    house: House, desk: MemoryDesk, dovecot_server: Dovecot
) -> None:
    async with fake_imap({"UID SEARCH": None}) as hung:
        house.reads(dovecot_server, port=hung.port, user="hung", call_s=0.2)
        house.reads(dovecot_server)
        async with running(house, desk):
            await desk.until(lambda: len(desk.cursors) == 2)
            dovecot_server.deliver(mail(1))
            await desk.until(lambda: len(desk.taken) == 1)
            asked = hung.heard.count('SELECT "INBOX"')
            async with asyncio.timeout(60):
                while hung.heard.count('SELECT "INBOX"') < asked + 2:  # it is tried again
                    await asyncio.sleep(0.02)
    assert desk.titles == titles(1)


# The real ledger ------------------------------------------------------------------------------------------------------


class LedgerDesk:
    """An account on a real ledger and intake: the mail, its ticket and the cursor in one transaction."""

    def __init__(self, office: Office) -> None:
        self._means = office.means

    async def take(self, handed: Handed) -> None:
        async def also(tx: Tx, _: Taken) -> None:
            if handed.cursor is not None:
                await tx.save_state(*handed.cursor)

        await self._means.intake.take(handed.raw, handed.message, also)

    async def cursor(self, name: str) -> Mapping[str, int] | None:
        return await self._means.ledger.state(name)

    async def keep_cursor(self, name: str, value: Mapping[str, int]) -> None:
        await self._means.ledger.write(lambda tx: tx.save_state(name, value))


async def test_on_a_real_ledger_each_mail_is_one_ticket_whichever_way_it_came(
    house: House, dovecot_server: Dovecot, make_postfix: MakePostfix, tmp_path: Path
) -> None:
    postfix = make_postfix(f"inet:127.0.0.1:{house.port}")
    house.reads(dovecot_server)
    async with open_stage(tmp_path) as office, running(house, LedgerDesk(office)) as room:
        name = f"imap:hall:127.0.0.1:{12345}:INBOX"
        async with asyncio.timeout(60):
            while await office.means.ledger.state(name) is None:
                await asyncio.sleep(0.02)
        both = mail("both ways", sender="zhao")
        await sent(postfix, mail(1, sender="qian"), both, mail(2, size=LARGE, sender="sun"))
        dovecot_server.deliver(both)
        dovecot_server.deliver(mail(3, sender="li"))
        await drained(postfix)
        await kill(room)
        async with asyncio.timeout(60):
            while len(tickets := await office.tickets()) < 4:
                await asyncio.sleep(0.05)
        async with asyncio.timeout(60):
            while (await office.means.ledger.state(name) or {}).get("uid", 0) < 2:
                await asyncio.sleep(0.05)
        tickets = await office.tickets()
    assert sorted(ticket.title for ticket in tickets) == sorted(titles(1, 2, 3, "both ways"))
    assert {ticket.channel for ticket in tickets} == {"email"}
