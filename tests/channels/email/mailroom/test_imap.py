"""A mailbox over IMAP: on a real Dovecot what servers do, on a fake what ill ones do. No call ever hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fake_imap import FakeImap, fake_imap
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_stage import mail

from gateway.channels.email.config import ImapConfig
from gateway.channels.email.mailroom import imap
from gateway.channels.email.mailroom.imap import ImapBox, open_box
from gateway.channels.email.mailroom.mailbox import BoxLost, BoxSaysNo
from tests.mailservers import PASSWORD, USER, Dovecot, dovecot

MOST = 50_000_000


def config(port: int, **changes: Any) -> ImapConfig:
    given_ = {"host": "127.0.0.1", "port": port, "tls": "none", "user": USER, "password": "env:X", "call_s": 20}
    return ImapConfig.model_validate({**given_, **changes})


@asynccontextmanager
async def opened(port: int, password: str = PASSWORD, folder: str = "INBOX", **changes: Any) -> AsyncIterator[ImapBox]:
    box = await open_box(config(port, **changes), password, folder, MOST)
    try:
        yield box
    finally:
        await box.close()


@pytest.fixture(scope="module")
def standing() -> Iterator[Dovecot]:
    """A Dovecot for tests that do not stop it; each uses a mailbox that may hold mails of others."""
    with dovecot() as server:
        yield server


async def test_mails_are_found_by_uid_looked_at_and_fetched_as_they_are(dovecot_server: Dovecot) -> None:
    contents = [mail(n, size=n * 100_000) for n in range(3)]
    for content in contents:
        dovecot_server.deliver(content)
    async with opened(dovecot_server.port) as box:
        assert (box.validity > 0, box.next_uid) == (True, 4)
        assert await box.search(1, None) == [1, 2, 3]
        assert await box.search(3, None) == [3]
        assert await box.search(4, None) == []  # the server names the last one here
        found = await box.look([1, 2, 3, 99])
        assert [found[uid].size for uid in (1, 2, 3)] == [len(one) for one in contents]
        assert 99 not in found
        assert [await box.mail(uid) for uid in (1, 2, 3)] == contents
        head = await box.head(2)
        assert head is not None
        assert contents[1].startswith(head)
        assert await box.mail(99) is None
    assert not any("S" in path.name.partition(":2,")[2] for path in dovecot_server.mails())  # none is marked as read


async def test_many_mails_in_one_answer_are_no_trouble(standing: Dovecot) -> None:
    """aioimaplib's recursion broke at a thousand lines in one read."""
    for n in range(120):
        standing.deliver(mail(f"many {n}"))
    async with opened(standing.port) as box:
        uids = await box.search(1, None)
        assert len(await box.look(uids)) == len(uids) >= 120


async def test_since_finds_by_the_day_of_arrival(standing: Dovecot) -> None:
    standing.deliver(mail("new"))
    async with opened(standing.port) as box:
        every = await box.search(1, None)
        found = (await box.look(every[-1:]))[every[-1]]
        assert found.arrived is not None
        assert every[-1] in await box.search(1, found.arrived)
        assert await box.search(1, found.arrived + 5 * 86_400) == []


async def test_idle_wakes_when_a_mail_comes(standing: Dovecot) -> None:
    async with opened(standing.port) as box:
        before = await box.search(1, None)
        waiting = asyncio.create_task(box.wait(60))
        await asyncio.sleep(0)
        standing.deliver(mail("pushed"))
        async with asyncio.timeout(50):  # of 60 s that it would wait for nothing
            await waiting
        assert len(await box.search(1, None)) == len(before) + 1


async def test_a_mail_that_is_told_of_in_the_middle_of_another_answer_is_not_forgotten() -> None:
    told = {"UID SEARCH": b"* SEARCH 8\r\n* 2 EXISTS\r\n", "IDLE": None}
    async with fake_imap(told) as fake, opened(fake.port) as box:
        await box.search(1, None)
        async with asyncio.timeout(60):
            await box.wait(3600)
        assert "IDLE" not in fake.heard


async def test_idle_ends_after_its_time_and_the_box_is_still_good(standing: Dovecot) -> None:
    async with opened(standing.port) as box:
        for _ in range(3):
            await box.wait(0.01)
        assert isinstance(await box.search(1, None), list)


@pytest.mark.parametrize("able", [True, False])
async def test_a_mail_is_moved_into_a_folder_that_is_made(standing: Dovecot, able: bool) -> None:
    standing.deliver(mail("moved"))
    async with opened(standing.port) as box:
        if not able:
            box._wire.capabilities -= {"MOVE"}
        uids = await box.search(1, None)
        folder = f"已处理 & 归档 {able}"
        await box.move(uids[-1], folder)
        assert await box.search(1, None) == uids[:-1]
        async with opened(standing.port, folder=folder) as other:
            assert await other.mail(1) == mail("moved")


async def test_a_mail_is_flagged(dovecot_server: Dovecot) -> None:
    dovecot_server.deliver(mail(1))
    async with opened(dovecot_server.port) as box:
        await box.flag(1)
    assert [path.name.partition(":2,")[2] for path in dovecot_server.mails()] == ["F"]


async def test_a_wrong_password_and_a_folder_that_is_not_there_are_said(standing: Dovecot) -> None:
    with pytest.raises(BoxSaysNo, match="AUTHENTICATIONFAILED"):
        async with opened(standing.port, password='wrong "\\ 密码'):
            pass
    with pytest.raises(BoxSaysNo):
        async with opened(standing.port, folder="没有"):
            pass
    with pytest.raises(BoxSaysNo, match="line end"):
        async with opened(standing.port, password="a\r\nA1 LOGOUT"):
            pass


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_over_tls_when_the_certificate_is_trusted(tls: str) -> None:
    with dovecot(tls=True) as server:
        server.deliver(mail(1))
        port = server.tls_port if tls == "implicit" else server.port
        async with opened(port, tls=tls, ca=str(server.certificate)) as box:
            assert await box.mail(1) == mail(1)
            await box.wait(0.01)
        async with opened(port, tls=tls, verify=False) as box:
            assert await box.search(1, None) == [1]
        with pytest.raises(BoxLost, match="certificate"):
            async with opened(port, tls=tls):
                pass


async def test_the_end_of_the_server_ends_every_wait(dovecot_server: Dovecot) -> None:
    async with opened(dovecot_server.port) as box:
        waiting = asyncio.create_task(box.wait(600))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(dovecot_server.stop)
        async with asyncio.timeout(60):
            with pytest.raises(BoxLost):
                await waiting
                await box.search(1, None)
        with pytest.raises(BoxLost):
            await box.mail(1)
    with pytest.raises(BoxLost):
        async with opened(dovecot_server.port):
            pass


# On a fake -----------------------------------------------------------------------------------------------------------


async def lost(fake: FakeImap, what: str | None = None) -> None:
    """Opening and one round end with BoxLost, soon."""
    async with asyncio.timeout(60):
        with pytest.raises(BoxLost, match=what):
            async with opened(fake.port, call_s=0.1) as box:
                await box.search(1, None)
                await box.look([8])
                await box.mail(8)
                await box.wait(0.05)
                await box.wait(0.05)


@pytest.mark.parametrize(
    "command", ["CAPABILITY", "LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "IDLE"]
)  # fmt: skip
async def test_a_server_that_stops_answering_is_left(command: str) -> None:
    async with fake_imap({command: None}) as fake:
        await lost(fake, "within")


async def test_a_server_that_does_not_greet_is_left() -> None:
    async with fake_imap({}, None) as fake:
        await lost(fake, "greeting")


@pytest.mark.parametrize(
    "greeting", [b"* BYE too busy\r\n", b"220 smtp here\r\n", b"\xff\x00\r\n", b"* OK " + b"x" * 2_000_000]
)
async def test_a_server_that_greets_with_something_else_is_left(greeting: bytes) -> None:
    async with fake_imap({}, greeting) as fake:
        await lost(fake)


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "IDLE"])
async def test_bye_ends_the_wait_at_once(command: str) -> None:
    async with fake_imap({command: b"* BYE Autologout\r\n"}) as fake:
        await lost(fake)


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 8 BODY[] {99999999999}\r\n",
        b"* 1 FETCH (UID 8 BODY[] {100}\r\nhalf",
        b"* 1 FETCH ((((\r\n",
        b"* \xff\xfe\r\n!",
        b"ZZZ OK of another\r\n",
        b"* 1 FETCH (FLAGS ())\r\n" * 3000 + b"* BYE\r\n",
    ],
)
async def test_nonsense_is_the_end_of_the_connection_and_of_nothing_else(answer: bytes) -> None:
    async with fake_imap({"UID FETCH": answer}) as fake:
        await lost(fake)


async def test_thousands_of_lines_in_one_read_are_read() -> None:
    flood = b"".join(b"* %d EXPUNGE\r\n" % n for n in range(5000, 0, -1))
    async with fake_imap({"UID SEARCH": flood + b"* SEARCH 8\r\n"}) as fake, opened(fake.port) as box:
        assert await box.search(1, None) == [8]


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (b"* 1 FETCH (UID 8 BODY[] {5}\r\nhello)\r\n", b"hello"),
        (b"* 1 FETCH (BODY[] {5}\r\nhello UID 8)\r\n", b"hello"),
        (b"* 1 FETCH (UID 8 FLAGS (\\Seen) BODY[] {5}\r\n(())( FLAGS ())\r\n", b"(())("),
        (b"* 1 FETCH (UID 8 BODY[] {0}\r\n)\r\n", b""),
        (b'* 1 FETCH (UID 8 BODY[] "")\r\n', b""),
        (b'* 1 FETCH (UID 8 BODY[] "say \\"hi\\"")\r\n', b'say "hi"'),
        (b"* 1 FETCH (UID 8 BODY[] NIL)\r\n", b""),
        (b"* 2 EXISTS\r\n* 1 FETCH (UID 8 BODY[] {5}\r\nhello)\r\n* 3 RECENT\r\n", b"hello"),
        (b"", None),
        (b"* 1 EXPUNGE\r\n", None),
    ],
)
async def test_a_mail_is_read_in_every_form_that_servers_give_it(answer: bytes, content: bytes | None) -> None:
    async with fake_imap({"UID FETCH": answer}) as fake, opened(fake.port) as box:
        assert await box.mail(8) == content


async def test_netease_is_told_who_we_are_before_the_mailbox_is_opened() -> None:
    """163 and 126 answer SELECT with "Unsafe Login" to clients that did not say ID."""
    capability = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 ID IDLE\r\n"}
    async with fake_imap(capability) as fake, opened(fake.port) as box:
        assert box.next_uid == 9
        names = [line.split()[0] for line in fake.heard]
        assert names.index("ID") < names.index("SELECT")


async def test_names_with_blanks_and_quotes_are_quoted() -> None:
    async with fake_imap({}) as fake, opened(fake.port, user='a "b" c', folder='x "y"', password='p"w'):
        assert 'LOGIN "a \\"b\\" c" "p\\"w"' in fake.heard
        assert 'SELECT "x \\"y\\""' in fake.heard


async def test_without_idle_the_time_is_waited() -> None:
    async with fake_imap({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"}) as fake, opened(fake.port) as box:
        await box.wait(0.01)
        assert "IDLE" not in fake.heard


@pytest.mark.parametrize(
    ("name", "wire"),
    [("INBOX", '"INBOX"'), ("已处理", '"&XfJZBHQG-"'), ("A&B", '"A&-B"'), ("台北 x", '"&U,BTFw- x"'), ('q"', '"q\\""')],
)
def test_folders_are_named_in_modified_utf_7(name: str, wire: str) -> None:
    assert imap._folder(name) == wire


@given(
    st.binary(max_size=100) | st.from_regex(rb'INTERNALDATE "[ 0-9]{1,2}-[A-Za-z]{3}-[0-9]{4} [0-9:]{8} [+-][0-9]{4}"')
)
@settings(max_examples=200)
def test_no_date_raises(line: bytes) -> None:
    moment = imap._moment(line)
    assert moment is None or isinstance(moment, float)


def test_a_date_is_read_with_its_zone() -> None:
    assert imap._moment(b'1 FETCH (INTERNALDATE " 1-Jan-1970 08:00:01 +0800")') == 1.0
