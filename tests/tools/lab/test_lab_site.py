"""The shipped configuration runs on a real Asterisk anywhere: ports, folders and passwords are its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.plugins.lab import MakeSite
from tools.lab import AsteriskLab, Ports, Sipp
from tools.lab.sipp import SCENARIOS
from tools.lab.site import Site, free_environ

pytestmark = pytest.mark.asterisk
KEYS = {"ring_ms": "0", "talk_ms": "60000"}


def test_free_ports_override_every_port_of_the_configuration(tmp_path: Path) -> None:
    ports = Ports()
    given = {name: value for name, value in free_environ(ports, tmp_path).items() if "PORT" in name}
    ports.close()
    assert len(given) == len(set(given.values())) == 5


def test_the_session_asterisk_has_our_endpoints_queues_and_entries(
    asterisk_lab: AsteriskLab, asterisk_site: Site
) -> None:
    endpoints = asterisk_lab.rx("pjsip show endpoints")
    assert all(name in endpoints for name in ("trunk", "probe"))
    assert all(queue.id in asterisk_lab.rx("queue show") for queue in asterisk_site.settings.queues)
    assert all(
        entry.number in asterisk_lab.rx(f"dialplan show {entry.number}@from-trunk")
        for entry in asterisk_site.settings.entries
    )


def test_every_prompt_of_every_flow_is_spoken(asterisk_site: Site) -> None:
    report = asterisk_site.prompts()
    assert report.built == 0
    assert report.durations
    assert (asterisk_site.paths.data / "sounds" / "zh" / "gw" / "static-greeting.wav").stat().st_size > 8000


async def test_seats_of_the_configuration_register_and_are_dialled(sipp: Sipp, asterisk_site: Site) -> None:
    seats = [seat.extension for hall in asterisk_site.settings.halls for seat in hall.all_seats()][:2]
    async with sipp.seats(asterisk_site.seat_passwords(seats), answer=SCENARIOS / "seat-answer.xml", keys=KEYS):
        contacts = await asyncio.to_thread(asterisk_site.asterisk.rx, "pjsip show contacts")
    assert all(f"{seat}/sip:{seat}@127.0.0.1" in contacts for seat in seats)


async def test_a_site_of_ones_own_may_be_killed_and_has_its_own_passwords(
    make_site: MakeSite, asterisk_site: Site
) -> None:
    own = await make_site(overrides={"GATEWAY__ASTERISK__AGI_GUARD_S": "3"})
    assert own.settings.asterisk.agi_guard_s == 3
    assert own.secrets.ami_events != asterisk_site.secrets.ami_events
    own.asterisk.kill9()
    await asyncio.to_thread(own.asterisk.restart)
    assert own.asterisk.alive
    assert asterisk_site.asterisk.alive
