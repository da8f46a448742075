"""The rendered configuration on a real Asterisk: quiet start, the right dialplan, and callers who reach the queue
whatever the gateway does. Read as stories: a gateway that is gone, dies, or falls silent costs no caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.deploy import RELOADS
from gateway.asterisk.render import AsteriskPaths, render, write
from gateway.ivr.names import DIALPLAN_PROMPTS
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig, RoomConfig, SeatBlockConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.virtual_config import VirtualConfig
from tools.lab import AsteriskBinary, AsteriskLab, Ports, Sipp
from tools.lab.process import until

pytestmark = pytest.mark.asterisk

CITIZEN = Path(__file__).with_name("patient_citizen.xml")
GUARD_S = 6
"""Longer than a test that answers the dialplan may be kept from its work."""
EVENTS = ("FullyBooted", "UserEvent", "QueueCallerJoin", "Newchannel", "Hangup")
KEYS = SimpleNamespace(ami_events="e" * 24, ami_orders="o" * 24, probe="p" * 24, seats={"8001": "s" * 24})

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Line:
    """A running Asterisk with our configuration, and what a test needs to dial it."""

    lab: AsteriskLab
    config: AsteriskConfig
    ports: Ports
    folder: Path
    paths: AsteriskPaths

    def log(self) -> list[str]:
        return (self.lab.dir / "log" / "messages.log").read_text(encoding="utf-8").splitlines()

    @contextlib.asynccontextmanager
    async def dialling(self, number: str) -> AsyncIterator[None]:
        """A citizen who dials and stays until the block ends."""
        sipp = Sipp(self.config.sip_port, self.folder / "sipp", ports=self.ports)
        async with sipp.running(CITIZEN, ["-m", "1", "-s", number]) as citizen:
            try:
                yield
            except TimeoutError as late:
                raise AssertionError(f"did not come\n{citizen.said()}\n{self.lab.tail()}") from late
            finally:
                self.lab.rx("channel request hangup all")


class Ami:
    """The event session as the gateway has it, reduced to what these tests ask."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.seen: list[dict[str, str]] = []

    async def until(self, event: str, **wanted: str) -> dict[str, str]:
        """The next event that matches, within 45 s."""
        async with asyncio.timeout(45):
            while True:
                frame = await self._frame()
                self.seen.append(frame)
                if frame.get("Event") == event and all(frame.get(key) == value for key, value in wanted.items()):
                    return frame

    async def ask(self, action: str, **headers: str) -> dict[str, str]:
        """Send an action and return the first frame that comes: the response, on a session that has no events."""
        rows = [f"Action: {action}", *(f"{key}: {value}" for key, value in headers.items())]
        self.writer.write(("\r\n".join(rows) + "\r\n\r\n").encode())
        async with asyncio.timeout(45):
            return await self._frame()

    async def _frame(self) -> dict[str, str]:
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        return dict(line.split(": ", 1) for line in raw.split("\r\n") if ": " in line)


def site(config: AsteriskConfig) -> SimpleNamespace:
    room = RoomConfig(id="main", name="大厅", width=10, height=10)
    block = SeatBlockConfig(prefix="A", first_extension=8001, count=1, room="main", queues=["hotline"])
    return SimpleNamespace(
        asterisk=config,
        halls=[HallConfig(id="hall", name="大厅", area_code="460000", rooms=[room], seat_blocks=[block])],
        queues=[
            QueueConfig(id="hotline", name="综合受理"),
            QueueConfig(id="legal-aid", name="法律专席", join_empty=False, record=False),
            QueueConfig(id="english", name="外语专席"),
        ],
        entries=[
            EntryNumberConfig(number="12345", name="政务服务便民热线"),
            EntryNumberConfig(number="12348", name="法律服务", queue="legal-aid"),
        ],
        partners=[PartnerConfig(number="110", name="公安", mode="three_way", data="both_ways")],
        flows=[],
        virtual=VirtualConfig(),
    )


def complaints(rows: list[str]) -> list[str]:
    return [row for row in rows if "WARNING" in row or "ERROR" in row]


def silence(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder, ports, binary = tmp_path_factory.mktemp("ast"), Ports(), AsteriskBinary.find()
    first, last = ports.take_block()
    config = AsteriskConfig(
        ami_port=ports.take(),
        agi_port=ports.take(),
        agi_guard_s=GUARD_S,
        sip_port=ports.take(),
        http_port=ports.take(),
        rtp_start=first,
        rtp_end=last,
        entry_prefixes=("0898",),
    )
    paths = AsteriskPaths.under(
        folder / "asterisk", modules=binary.modules_dir, share=binary.data_dir, sbin=binary.sbin_dir
    )

    def prepare() -> None:
        paths.make()
        write(render(site(config), KEYS, paths, EVENTS), paths.etc)
        for name in DIALPLAN_PROMPTS:
            silence(paths.data / "sounds" / "zh" / "gw" / f"{name}.wav")

    lab = AsteriskLab(folder, ami_port=config.ami_port, binary=binary, write=prepare)
    with lab:
        yield Line(lab, config, ports, folder, paths)
    ports.close()


@contextlib.asynccontextmanager
async def session(line: Line, user: str, secret: str) -> AsyncIterator[Ami]:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.config.ami_port)
    await reader.readline()
    link = Ami(reader, writer)
    assert (await link.ask("Login", Username=user, Secret=secret))["Response"] == "Success"
    try:
        yield link
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def ami(line: Line) -> AsyncIterator[Ami]:
    async with session(line, "gw-events", KEYS.ami_events) as link:
        await link.until("FullyBooted")
        yield link


@contextlib.asynccontextmanager
async def gateway(line: Line, serve: Serve) -> AsyncIterator[None]:
    """A FastAGI server that does what ``serve`` does with each connection."""
    busy: set[asyncio.Task[None]] = set()

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(session, "127.0.0.1", line.config.agi_port)
    try:
        yield
    finally:
        server.close()
        async with asyncio.timeout(30):
            await asyncio.gather(*busy)


def flow(*first: str, **variables: str) -> Serve:
    """A flow that says ``first``, sets channel variables, GW_DONE last, and returns."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        for command in (*first, *(f'SET VARIABLE {name} "{value}"' for name, value in variables.items())):
            writer.write(f"{command}\n".encode())
            await reader.readline()

    return serve


def test_starts_without_a_warning(line: Line) -> None:
    before = len(line.log())
    line.lab.restart()  # whatever ran before: the last start is looked at
    assert until(lambda: any(" built by " in row for row in line.log()[before:]), 30)  # the log has a thread of its own
    log = line.log()
    last = max(n for n, row in enumerate(log) if " built by " in row)
    assert complaints(log[last:]) == []


def test_loads_every_module_that_is_listed(line: Line) -> None:
    listed = (line.lab.dir / "etc" / "modules.conf").read_text(encoding="utf-8").splitlines()
    wanted = {row.removeprefix("load = ") for row in listed if row.startswith("load = ")}
    rows = line.lab.rx("module show").splitlines()
    running = {row.split()[0] for row in rows if " Running " in row and "Not Running" not in row}
    assert len(wanted) > 80
    assert wanted - running == set()


def test_shows_endpoints_queues_and_extensions(line: Line) -> None:
    endpoints = line.lab.rx("pjsip show endpoints")
    assert all(f"Endpoint:  {name}" in endpoints for name in ("8001", "trunk", "probe"))
    assert "127.0.0.1/32" in endpoints
    queues = line.lab.rx("queue show")
    assert all(f"{name} has 0 calls" in queues for name in ("hotline", "legal-aid", "english"))
    assert "Goto(12345,1)" in line.lab.rx("dialplan show 089812345@from-trunk")
    assert "?8001w:8001)},45,i)" in line.lab.rx("dialplan show 8001@from-seats")
    assert "gw-outside" in line.lab.rx("dialplan show 110@from-seats")


def test_seats_dial_nothing_but_seats_partners_and_outside_numbers(line: Line) -> None:
    for number in ("12345", "999", "0013912345678", "13812345678&PJSIP"):
        assert "There is no existence" in line.lab.rx(f"dialplan show {number}@from-seats"), number
    assert "gw-outside" in line.lab.rx("dialplan show 13812345678@from-seats")


async def test_orders_come_without_events_and_may_only_what_they_need(line: Line) -> None:
    async with session(line, "gw-orders", KEYS.ami_orders) as orders:
        added = await orders.ask("QueueAdd", Queue="english", Interface="PJSIP/8001", MemberName="1001")
        removed = await orders.ask("QueueRemove", Queue="english", Interface="PJSIP/8001")
        denied = await orders.ask("Command", Command="core show version")
        config = await orders.ask("UpdateConfig", SrcFilename="manager.conf", DstFilename="manager.conf")
    assert (added["Response"], removed["Response"]) == ("Success", "Success")
    assert (denied["Response"], config["Response"]) == ("Error", "Error")


async def test_a_changed_configuration_is_reloaded_by_the_plan(line: Line) -> None:
    changed = site(line.config)
    changed.queues.append(QueueConfig(id="poverty", name="扶贫专席"))
    changed.entries.append(EntryNumberConfig(number="961017", name="扶贫", queue="poverty"))
    done = write(render(changed, KEYS, line.paths, EVENTS), line.paths.etc)
    try:
        assert done.changed == ("extensions.conf", "queues.conf")
        assert done.restart == ()
        async with session(line, "gw-orders", KEYS.ami_orders) as orders:
            for module in done.reload:
                assert (await orders.ask("Reload", Module=module))["Response"] == "Success", module
        assert "poverty has 0 calls" in line.lab.rx("queue show poverty")
        assert "GW_ENTRY=961017" in line.lab.rx("dialplan show 961017@from-trunk")
    finally:
        write(render(site(line.config), KEYS, line.paths, EVENTS), line.paths.etc)


async def test_every_module_of_the_plan_is_one_that_asterisk_reloads(line: Line) -> None:
    async with session(line, "gw-orders", KEYS.ami_orders) as orders:
        for module in dict.fromkeys(RELOADS.values()):
            answer = await orders.ask("Reload", Module=module)
            assert answer["Response"] == "Success", (module, answer)


async def test_without_a_gateway_the_caller_is_in_the_static_queue(line: Line, ami: Ami) -> None:
    async with line.dialling("12345"):
        entered = await ami.until("UserEvent", UserEvent="GWEntered")
        ended = await ami.until("UserEvent", UserEvent="GWFlowEnded")
        joined = await ami.until("QueueCallerJoin")
    assert (entered["Entry"], entered["Account"], entered["AccountCode"]) == ("12345", "trunk", "12345")
    assert (ended["Flow"], ended["Result"], ended["Language"]) == ("greeting", "failed", "zh")
    assert (joined["Queue"], joined["Uniqueid"]) == ("hotline", entered["Uniqueid"])
    log = (line.lab.dir / "log" / "queue_log").read_text(encoding="utf-8")
    assert f"{entered['Uniqueid']}|NONE|NONE|INFO|GWARRIVED|12345|{entered['Linkedid']}|trunk|" in log


async def test_a_gateway_that_accepts_and_says_nothing_holds_a_caller_no_longer_than_the_guard(
    line: Line, ami: Ami
) -> None:
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()

    async with gateway(line, silent), line.dialling("12345"):
        entered = await ami.until("UserEvent", UserEvent="GWEntered")
        async with asyncio.timeout(45):
            await accepted.wait()
        shown = line.lab.rx(f"core show channel {entered['Channel']}")
        limit = re.search(r"Time to Hangup: (\d+)", shown)
        assert limit, shown
        # Asterisk's clock against ours, both before and after it was set: no wait of ours is in it.
        assert int(float(entered["Uniqueid"])) + GUARD_S <= int(limit[1]) <= time.time() + GUARD_S
        ended = await ami.until("UserEvent", UserEvent="GWFlowEnded")
        assert time.time() + 1 >= int(limit[1])
        joined = await ami.until("QueueCallerJoin")
    assert ended["Result"] == "timed_out"
    assert joined["Queue"] == "hotline"


async def test_a_gateway_that_accepts_and_dies_leaves_the_caller_in_the_static_queue(line: Line, ami: Ami) -> None:
    async with gateway(line, flow(GW_NEXT="hangup", GW_QUEUE="english")), line.dialling("12345"):
        ended = await ami.until("UserEvent", UserEvent="GWFlowEnded")
        joined = await ami.until("QueueCallerJoin")
    assert ended["Result"] == "failed"
    assert joined["Queue"] == "hotline"


async def test_the_flow_chooses_the_queue(line: Line, ami: Ami) -> None:
    before = len(line.log())
    async with gateway(line, flow(GW_NEXT="queue", GW_QUEUE="english", GW_DONE="1")), line.dialling("12345"):
        ended = await ami.until("UserEvent", UserEvent="GWFlowEnded")
        joined = await ami.until("QueueCallerJoin")
    assert ended["Result"] == "done"
    assert joined["Queue"] == "english"
    assert complaints(line.log()[before:]) == []


async def test_a_flow_that_is_done_leads_straight_into_its_queue(line: Line, ami: Ami) -> None:
    before = len(line.log())
    async with gateway(line, flow("ANSWER", GW_QUEUE="english", GW_DONE="1")), line.dialling("12345"):
        joined = await ami.until("QueueCallerJoin")
    entered = next(frame for frame in ami.seen if frame.get("UserEvent") == "GWEntered")
    assert (entered["Flow"], joined["Queue"], joined["Language"]) == ("greeting", "english", "zh")
    assert not [frame for frame in ami.seen if frame.get("UserEvent") == "GWFlowEnded"]
    assert complaints(line.log()[before:]) == []


async def test_what_a_flow_says_last_is_done_though_it_does_not_wait_for_the_answer(line: Line, ami: Ami) -> None:
    """Command and end of the connection come to Asterisk together: ``AgiSession.tell_last``."""

    async def hurried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        writer.write(b"SET VARIABLE GW_QUEUE english\n")
        await reader.readline()
        writer.write(b"SET VARIABLE GW_DONE 1\n")  # and the end behind it (``gateway``)

    before = len(line.log())
    async with gateway(line, hurried), line.dialling("12345"):
        joined = await ami.until("QueueCallerJoin")
    gone = await ami.until("Hangup", Uniqueid=joined["Uniqueid"])
    assert joined["Queue"] == "english"
    of_the_call = [frame for frame in ami.seen if frame.get("Uniqueid") == gone["Uniqueid"]]
    assert [frame["Queue"] for frame in of_the_call if frame["Event"] == "QueueCallerJoin"] == ["english"]
    assert complaints(line.log()[before:]) == []


async def test_the_guard_of_the_flow_does_not_end_the_wait_in_the_queue(line: Line, ami: Ami) -> None:
    async with gateway(line, flow("ANSWER", GW_QUEUE="english", GW_DONE="1")), line.dialling("12345"):
        joined = await ami.until("QueueCallerJoin")
        shown = line.lab.rx(f"core show channel {joined['Channel']}")
    assert re.search(r"Application: Queue\b", shown), shown
    assert re.search(r"Time to Hangup: 0\b", shown), shown


async def test_a_citizen_who_hangs_up_in_the_flow_is_told_to_all(line: Line, ami: Ami) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with gateway(line, silent), line.dialling("12345"):
        entered = await ami.until("UserEvent", UserEvent="GWEntered")
        line.lab.rx("channel request hangup all")
        ended = await ami.until("UserEvent", UserEvent="GWFlowEnded")
        await ami.until("Hangup", Uniqueid=entered["Uniqueid"])
    assert ended["Result"] == "hung_up"
    log = (line.lab.dir / "log" / "queue_log").read_text(encoding="utf-8")
    assert f"{entered['Uniqueid']}|NONE|INFO|GWGONE|0" in log.replace("|NONE|NONE|", "|NONE|")


@pytest.mark.parametrize("queue", ["", "nowhere", "x,y", "hot line"])
async def test_an_unknown_queue_falls_back_to_that_of_the_entry_number(line: Line, ami: Ami, queue: str) -> None:
    async with gateway(line, flow(GW_NEXT="queue", GW_QUEUE=queue, GW_DONE="1")), line.dialling("12345"):
        joined = await ami.until("QueueCallerJoin")
    assert joined["Queue"] == "hotline"


async def test_a_failed_transfer_brings_the_caller_into_the_queue(line: Line, ami: Ami) -> None:
    async with gateway(line, flow(GW_NEXT="transfer", GW_TARGET="110", GW_DONE="1")), line.dialling("12345"):
        failed = await ami.until("UserEvent", UserEvent="GWTransferFailed")
        joined = await ami.until("QueueCallerJoin")
    assert (failed["Target"], failed["Status"]) == ("110", "CHANUNAVAIL")
    assert joined["Queue"] == "hotline"


async def test_the_flow_may_end_the_call(line: Line, ami: Ami) -> None:
    async with gateway(line, flow(GW_NEXT="hangup", GW_DONE="1")), line.dialling("12345"):
        ended = await ami.until("Hangup")
    assert ended["Cause"] == "16"
    assert not [frame for frame in ami.seen if frame.get("Event") == "QueueCallerJoin"]


async def test_a_caller_who_hangs_up_in_the_flow_is_told_of(line: Line, ami: Ami) -> None:
    heard, talking = b"", asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await reader.readuntil(b"\n\n")
        talking.set()
        heard = await reader.read()

    async with gateway(line, silent):
        async with line.dialling("12345"), asyncio.timeout(30):
            await talking.wait()
        ended = await ami.until("UserEvent", UserEvent="GWFlowEnded")
    assert ended["Result"] == "hung_up"
    assert heard.endswith(b"HANGUP\n")  # the gateway knows a hang-up from a broken line


async def test_a_queue_with_nobody_there_says_sorry(line: Line, ami: Ami) -> None:
    async with line.dialling("12348"):
        left = await ami.until("UserEvent", UserEvent="GWQueueLeft")
        ended = await ami.until("Hangup")
    assert (left["Queue"], left["Status"]) == ("legal-aid", "JOINEMPTY")
    assert ended["Cause"] == "34"


async def test_an_unknown_number_is_not_in_service(line: Line, ami: Ami) -> None:
    async with line.dialling("54321"):
        ended = await ami.until("Hangup")
    assert ended["Cause"] == "1"
    assert ended["Exten"] == "54321"
