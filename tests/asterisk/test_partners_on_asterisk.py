"""A partner's call on a real Asterisk: the address of its INVITE and the references in its headers come with the event
that every call sends, cleaned, and a call without them is as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.render import AsteriskPaths, render, write
from gateway.asterisk.templates.partners import told_of_invite
from gateway.asterisk.translate import translate
from gateway.model.facts import CallEntered
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig, RoomConfig, SeatBlockConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.contexts import comes_from, reference_in
from gateway.transfer.virtual_config import VirtualConfig
from tools.lab import AsteriskBinary, AsteriskLab, Ports, Sipp

pytestmark = pytest.mark.asterisk

CITIZEN = Path(__file__).with_name("patient_citizen.xml")
KEYS = SimpleNamespace(ami_events="e" * 24, ami_orders="o" * 24, probe="p" * 24, seats={"8001": "s" * 24})
PARTNER = PartnerConfig.model_validate(
    {
        "number": "12345460100", "name": "海口市分平台", "mode": "consult",
        "calls_in": {"addresses": ["127.0.0.0/8"], "headers": ["X-Case-No", "User-to-User"]},
    }
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    lab: AsteriskLab
    config: AsteriskConfig
    ports: Ports
    folder: Path


def site(config: AsteriskConfig) -> SimpleNamespace:
    room = RoomConfig(id="main", name="大厅", width=10, height=10)
    block = SeatBlockConfig(prefix="A", first_extension=8001, count=1, room="main", queues=["hotline"])
    return SimpleNamespace(
        asterisk=config,
        halls=[HallConfig(id="hall", name="大厅", area_code="460000", rooms=[room], seat_blocks=[block])],
        queues=[QueueConfig(id="hotline", name="综合受理")],
        entries=[EntryNumberConfig(number="12345", name="政务服务便民热线")],
        partners=[PARTNER], flows=[], virtual=VirtualConfig(), zone="Asia/Shanghai",
    )  # fmt: skip


def asks(dialplan: Path) -> None:
    """Put in what is tested here, where it is not yet in what is rendered."""
    text, told = dialplan.read_text(encoding="utf-8"), told_of_invite([PARTNER])
    if told not in text:
        dialplan.write_text(text.replace("Flow: greeting)", f"Flow: greeting{told})"), encoding="utf-8")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder, ports, binary = tmp_path_factory.mktemp("ast"), Ports(), AsteriskBinary.find()
    first, last = ports.take_block()
    config = AsteriskConfig(
        ami_port=ports.take(), agi_port=ports.take(), agi_guard_s=2, sip_port=ports.take(), http_port=ports.take(),
        rtp_start=first, rtp_end=last,
    )  # fmt: skip
    paths = AsteriskPaths.under(
        folder / "asterisk", modules=binary.modules_dir, share=binary.data_dir, sbin=binary.sbin_dir
    )

    def prepare() -> None:
        paths.make()
        write(render(site(config), KEYS, paths, ("FullyBooted", "UserEvent")), paths.etc)
        asks(paths.etc / "extensions.conf")

    with AsteriskLab(folder, ami_port=config.ami_port, binary=binary, write=prepare) as lab:
        yield Line(lab, config, ports, folder)
    ports.close()


@pytest.fixture
async def entered(line: Line) -> AsyncIterator[asyncio.Queue[CallEntered]]:
    """The calls that enter, as facts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", line.config.ami_port)
    calls: asyncio.Queue[CallEntered] = asyncio.Queue()
    writer.write(f"Action: Login\r\nUsername: gw-events\r\nSecret: {KEYS.ami_events}\r\n\r\n".encode())
    await reader.readline()

    async def read() -> None:
        while raw := (await reader.readuntil(b"\r\n\r\n")).decode():
            frame = dict(row.split(": ", 1) for row in raw.split("\r\n") if ": " in row)
            fact = translate(frame, 0.0)
            if isinstance(fact, CallEntered):
                calls.put_nowait(fact)

    async with asyncio.timeout(60):
        while b"FullyBooted" not in await reader.readline():
            pass
    reading = asyncio.create_task(read())
    yield calls
    reading.cancel()
    await asyncio.wait([reading])
    writer.close()


def with_headers(folder: Path, *headers: str) -> Path:
    """The patient citizen, whose INVITE has some headers more."""
    text = CITIZEN.read_text(encoding="utf-8")
    more = "".join(f"      {header}\n" for header in headers)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "partner.xml"
    path.write_text(text.replace("      Max-Forwards: 70\n", f"      Max-Forwards: 70\n{more}", 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("headers", "reference"),
    [
        (("X-Case-No: HK-2026-1",), "HK-2026-1"),
        (("User-to-User: 484B2D32;encoding=hex;purpose=isdn-uui",), "HK-2"),
        (("X-Case-No: HK-3),Set(GW_DONE=1)\\,${EPOCH}",), "HK-3SetGW_DONE=1EPOCH"),
        ((), ""),
    ],
)
async def test_a_partners_reference_comes_with_its_call(
    line: Line, entered: asyncio.Queue[CallEntered], headers: tuple[str, ...], reference: str
) -> None:
    sipp = Sipp(line.config.sip_port, line.folder / "sipp", ports=line.ports)
    async with sipp.running(with_headers(line.folder / "xml", *headers), ["-m", "1", "-s", "12345"]) as citizen:
        async with asyncio.timeout(60):
            fact = await entered.get()
        line.lab.rx("channel request hangup all")
        assert citizen.said() is not None
    calls_in = PARTNER.calls_in
    assert calls_in is not None and comes_from(calls_in, fact.remote)
    assert reference_in(calls_in, fact.headers) == reference
    assert (fact.caller_number, fact.entry_number) == ("13812345678", "12345")
    said = (line.lab.dir / "log" / "messages.log").read_text(encoding="utf-8")
    assert not [row for row in said.splitlines() if "PJSIP_HEADER" in row or "remote_addr" in row]
