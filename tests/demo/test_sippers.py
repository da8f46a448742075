"""SIPp as a process: its files, its ports, its end. What its calls do is tested against Asterisk in tests/cli."""

from __future__ import annotations

import asyncio
import socket
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.sippers import SCENARIOS, Sipper, Sippers, SippFailed, free_media_port, injection, local_address
from tools.lab import Ports

XML = sorted(SCENARIOS.glob("*.xml"))


async def until_written(citizen: Sipper, log: Path) -> None:
    """SIPp has opened its log, which empties what was there, and is up."""
    async with asyncio.timeout(60):
        while not log.exists():
            assert citizen.running, citizen.complaint()
            await asyncio.sleep(0.02)


def test_the_scenarios_of_the_brief_are_all_there_and_reached_as_tools_sipp():
    names = {file.stem for file in XML}
    assert {"citizen", "citizen-gives-up", "citizen-dtmf", "seat-register", "seat-answer", "seat-no-answer"} <= names
    tools = SCENARIOS.parents[2] / "tools" / "sipp"
    assert tools.resolve() == SCENARIOS and not tools.readlink().is_absolute()


@pytest.mark.parametrize("file", XML, ids=lambda file: file.stem)
def test_a_scenario_is_xml_with_a_comment_and_every_jump_has_its_label(file):
    text = file.read_text(encoding="utf-8")
    tree = ET.fromstring(text)
    jumps = {one.get("next") for one in tree.iter() if one.get("next")}
    assert jumps <= {one.get("id") for one in tree.iter("label")}
    assert text.index("<!--") < text.index("<scenario")


def test_the_voice_is_some_seconds_of_sound():
    voice = (SCENARIOS / "voice.alaw").read_bytes()
    assert 2 * 8000 <= len(voice) <= 10 * 8000
    assert len(set(voice)) > 50


def test_a_value_that_would_break_its_line_is_refused():
    assert injection([["a", "b"], ["c", ""]]) == "SEQUENTIAL\na;b;\nc;;\n"
    for bad in ("a;b", "a\nb", "a\rb", "a\0b"):
        with pytest.raises(ValueError, match="separator"):
            injection([[bad]])


@pytest.fixture
def ports() -> Iterator[Ports]:
    """Ports that nobody else on this machine is given meanwhile."""
    taken = Ports()
    yield taken
    taken.close()


@pytest.fixture
def nobody(ports: Ports) -> int:
    """A port on which nobody listens."""
    return ports.take()


def test_media_ports_are_even_and_free_four_in_a_row(ports):
    begin, _ = ports.take_block()
    first = free_media_port("127.0.0.1", begin + 1)
    assert first % 2 == 0 and first >= begin + 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", first + 2))
        assert free_media_port("127.0.0.1", first) > first


def test_the_local_address_routes_to_the_server():
    assert local_address("127.0.0.1", 5060) == "127.0.0.1"
    with pytest.raises(SippFailed, match="cannot be reached"):
        local_address("no-such-host.invalid", 5060)


async def test_a_citizen_who_meets_nobody_is_stopped_and_leaves_what_it_wrote(tmp_path, nobody):
    sippers = Sippers("127.0.0.1", nobody, "127.0.0.1", tmp_path)
    row = ["13800000001", "1aa-demo-0001", "12345", "0", "60000", "no"]
    citizen = await sippers.dial("one", "citizen.xml", [row], 100)
    lines = list[str]()
    async with asyncio.timeout(60):
        while not (lines := citizen.new_lines()):
            await asyncio.sleep(0.02)
    await citizen.stop()
    assert not citizen.running
    assert ["1aa-demo-0001;dialled" in line for line in lines] == [True]
    assert (tmp_path / "one.csv").stat().st_mode & 0o077 == 0


async def test_a_log_is_read_line_by_line_and_never_half_a_line(tmp_path, nobody):
    sippers = Sippers("127.0.0.1", nobody, "127.0.0.1", tmp_path)
    citizen = await sippers.dial("one", "citizen.xml", [["1", "m", "2", "60000", "1", "no"]], 100)
    try:
        log = tmp_path / "one.log"
        await until_written(citizen, log)
        with log.open("ab") as more:
            more.write("甲\n乙".encode())
        assert citizen.new_lines() == ["甲"]
        with log.open("ab") as more:
            more.write(b"\n")
        assert citizen.new_lines() == ["乙"]
        assert citizen.new_lines() == []
    finally:
        await citizen.stop()


async def test_seats_that_cannot_register_are_told(tmp_path, nobody, monkeypatch):
    monkeypatch.setattr("gateway.demo.sippers.REGISTER_S", 0.5)
    sippers = Sippers("127.0.0.1", nobody, "127.0.0.1", tmp_path)
    with pytest.raises(SippFailed, match="could not register"):
        await sippers.register({"8001": "x"})


def test_no_port_is_given_out_twice_however_late_sipp_binds_it(tmp_path):
    sippers = Sippers("127.0.0.1", 5060, "127.0.0.1", tmp_path)
    ports = [sippers._port() for _ in range(50)]
    assert len(set(ports)) == 50
    first, second = sippers._media_port(), sippers._media_port()
    assert second - first >= 4000


def test_without_sipp_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SippFailed, match="sip-tester"):
        Sippers("127.0.0.1", 5060, "127.0.0.1", tmp_path)
